//===- ErrorMeasure.cpp - How far a model moved from its original ---------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/ErrorMeasure.h"

#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace lathe;

static constexpr double infinity = std::numeric_limits<double>::infinity();

//===----------------------------------------------------------------------===//
// Noise
//===----------------------------------------------------------------------===//

void NoiseMeasure::add(const HostTensor &actual, const HostTensor &original,
                       int64_t begin, int64_t end) {
  if (actual.getKind() == ElementKind::F32 &&
      original.getKind() == ElementKind::F32) {
    // Almost all tensors; without a call for each element.
    llvm::ArrayRef<float> y = actual.data<float>(), x = original.data<float>();
    for (int64_t i = begin; i < end; ++i) {
      double value = x[i], error = y[i] - value;
      signal += value * value;
      noise += error * error;
    }
    return;
  }
  for (int64_t i = begin; i < end; ++i) {
    double value = original.getDouble(i), error = actual.getDouble(i) - value;
    signal += value * value;
    noise += error * error;
  }
}

double NoiseMeasure::getDecibels() const {
  if (noise == 0)
    return infinity;
  if (!std::isfinite(noise) || signal == 0)
    return -infinity;
  return 10 * std::log10(signal / noise);
}

double lathe::computeSQNR(const HostTensor &actual,
                          const HostTensor &original) {
  NoiseMeasure measure;
  measure.add(actual, original);
  return measure.getDecibels();
}

/// Adds an output to the measures of its parts.
static void addParts(llvm::MutableArrayRef<NoiseMeasure> measures,
                     const TensorParts &parts, const HostTensor &actual,
                     const HostTensor &original) {
  if (parts.runs.empty())
    return measures.front().add(actual, original);
  for (auto [i, run] : llvm::enumerate(parts.runs)) {
    int64_t end = i + 1 < parts.runs.size() ? parts.runs[i + 1].begin
                                            : original.getNumElements();
    measures[run.part].add(actual, original, run.begin, end);
  }
}

void OutputNoise::add(const NamedTensors &actual,
                      const NamedTensors &original) {
  for (auto [i, y, x] : llvm::enumerate(actual, original)) {
    const HostTensor &expected = x.second;
    const TensorParts whole;
    const TensorParts &divided = parts.empty() ? whole : parts[i];
    size_t first = measures.size();
    measures.resize(first + divided.numParts);
    addParts(llvm::MutableArrayRef(measures).drop_front(first), divided,
             y.second.getShape() == expected.getShape()
                 ? y.second
                 : HostTensor(expected.getKind(), expected.getShape()),
             expected);
  }
}

/// Of a part, neither so low nor so high that it alone decides.
static double getLimitedDecibels(const NoiseMeasure &part) {
  // Beyond this a part has nothing to do with the original any more.
  constexpr double leastDecibels = -100;
  return std::clamp(part.getDecibels(), leastDecibels,
                    OutputNoise::mostDecibels);
}

double OutputNoise::getDecibels() const {
  double sum = 0;
  for (const NoiseMeasure &part : measures)
    sum += getLimitedDecibels(part);
  return sum / static_cast<double>(measures.size());
}

llvm::SmallVector<double, 1> OutputNoise::getShares() const {
  llvm::SmallVector<double, 1> shares;
  for (const NoiseMeasure &part : measures)
    shares.push_back(std::pow(10, -getLimitedDecibels(part) / 10));
  return shares;
}

double lathe::toDecibels(double noise) {
  return std::min(-10 * std::log10(noise), OutputNoise::mostDecibels);
}

double lathe::getMeanDecibels(llvm::ArrayRef<double> shares) {
  double sum = 0;
  for (double share : shares)
    sum += toDecibels(share);
  return sum / static_cast<double>(shares.size());
}

//===----------------------------------------------------------------------===//
// Divergence
//===----------------------------------------------------------------------===//

/// The logarithms of a row's probabilities.
static void toLogProbabilities(llvm::MutableArrayRef<double> row,
                               bool areLogits) {
  for (double &value : row)
    value = areLogits ? value : std::log(std::max(value, 0.0));
  // Rounded probabilities, too, may not sum up to 1.
  double greatest = *llvm::max_element(row);
  if (greatest == -infinity) {
    // Nothing is said about any class.
    llvm::fill(row, 0);
    greatest = 0;
  }
  double sum = 0;
  for (double value : row)
    sum += std::exp(value - greatest);
  double norm = greatest + std::log(sum);
  for (double &value : row)
    value -= norm;
}

static double computeDivergence(llvm::ArrayRef<double> p,
                                llvm::ArrayRef<double> q) {
  // Where the actual probability is 0 and the original is not, this is as
  // unlikely as it gets; infinity would hide all other rows.
  constexpr double leastLog = -100;
  double sum = 0;
  for (size_t i = 0; i < p.size(); ++i)
    if (p[i] > -infinity)
      sum += std::exp(p[i]) * (p[i] - std::max(q[i], leastLog));
  return sum;
}

void DivergenceMeasure::add(const HostTensor &actual,
                            const HostTensor &original, bool areLogits) {
  int64_t numClasses = original.getRank() == 0 ? 1 : original.getShape().back();
  std::vector<double> p(numClasses), q(numClasses);
  for (int64_t first = 0; first < original.getNumElements();
       first += numClasses) {
    for (int64_t i = 0; i < numClasses; ++i) {
      p[i] = original.getDouble(first + i);
      q[i] = actual.getDouble(first + i);
    }
    ++numRows;
    numAgreeing +=
        llvm::max_element(p) - p.begin() == llvm::max_element(q) - q.begin();
    toLogProbabilities(p, areLogits);
    toLogProbabilities(q, areLogits);
    sum += computeDivergence(p, q);
  }
}

double DivergenceMeasure::getMeanDivergence() const {
  return numRows == 0 ? 0 : sum / static_cast<double>(numRows);
}

double DivergenceMeasure::getAgreement() const {
  return numRows == 0
             ? 1
             : static_cast<double>(numAgreeing) / static_cast<double>(numRows);
}
