//===- Histogram.cpp - How often a tensor has which values ----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/Histogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace lathe;

static constexpr int numBinsLog2 = 12;
static_assert(Histogram::numBins == int64_t(1) << numBinsLog2);

/// The least exponent with which `magnitude` is inside the last bin.
static int exponentFor(float magnitude) {
  int exponent = 0;
  std::frexp(magnitude, &exponent);
  return std::max(exponent - numBinsLog2, Histogram::leastExponent);
}

Histogram::Histogram(int exponent, float min, float max, uint64_t numZeros,
                     std::vector<uint64_t> counts)
    : exponent(exponent), min(min), max(max), numZeros(numZeros),
      counts(std::move(counts)) {}

double Histogram::getBinWidth() const { return std::ldexp(1.0, exponent); }

uint64_t Histogram::getNumNonZeros() const {
  return std::accumulate(counts.begin(), counts.end(), uint64_t(0));
}

void Histogram::widen(int newExponent) {
  // A shift of a negative bin rounds away from 0, as its definition does.
  int distance = std::min(newExponent - exponent, numBinsLog2);
  std::vector<uint64_t> merged(counts.size());
  for (int64_t bin = -numBins; bin < numBins; ++bin)
    merged[(bin >> distance) + numBins] += counts[bin + numBins];
  counts = std::move(merged);
  exponent = newExponent;
}

void Histogram::add(llvm::ArrayRef<float> values, float least, float greatest) {
  if (values.empty())
    return;
  min = std::min(min, least);
  max = std::max(max, greatest);
  int needed = exponentFor(std::max(std::fabs(least), std::fabs(greatest)));
  if (needed > exponent)
    widen(needed);

  // The bins of a block are computed with vectors, and then counted one by one.
  // Scaling by a power of two is exact, and truncation finds the bin.
  constexpr size_t blockSize = 1024;
  int32_t bins[blockSize];
  const float scale = std::ldexp(1.0f, -exponent);
  for (; !values.empty();
       values = values.drop_front(std::min(blockSize, values.size()))) {
    llvm::ArrayRef<float> block = values.take_front(blockSize);
    int32_t blockZeros = 0;
    for (size_t i = 0; i < block.size(); ++i) {
      auto magnitude = static_cast<int32_t>(std::fabs(block[i]) * scale);
      int32_t sign = block[i] < 0 ? -1 : 0;
      bins[i] = (magnitude ^ sign) + static_cast<int32_t>(numBins);
      blockZeros += block[i] == 0 ? 1 : 0;
    }
    for (size_t i = 0; i < block.size(); ++i)
      ++counts[bins[i]];
    // Zeros were counted as the least positive values.
    counts[numBins] -= blockZeros;
    numZeros += blockZeros;
  }
}
