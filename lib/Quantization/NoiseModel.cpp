//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/NoiseModel.h"

#include <cmath>

using namespace lathe;
using llvm::ArrayRef;

/// The sets of 1 to `degree` of `numLayers` layers.
static std::vector<NoiseModel::Term> createTerms(unsigned numLayers,
                                                 unsigned degree) {
  std::vector<NoiseModel::Term> terms;
  for (unsigned i = 0; i < numLayers; ++i)
    terms.push_back({{i}, 0});
  // Each set one larger is one with a layer behind its last.
  for (size_t first = 0; --degree > 0;) {
    const size_t last = terms.size();
    for (; first < last; ++first)
      for (unsigned i = terms[first].layers.back() + 1; i < numLayers; ++i) {
        NoiseModel::Term term = terms[first];
        term.layers.push_back(i);
        terms.push_back(std::move(term));
      }
  }
  return terms;
}

static bool applies(const NoiseModel::Term &term,
                    const llvm::SmallBitVector &quantized) {
  return llvm::all_of(term.layers,
                      [&](unsigned layer) { return quantized.test(layer); });
}

/// Solves `matrix` x = `right` in place, the former being symmetric, positive
/// definite and given by rows, by Cholesky's factors.
static void solve(std::vector<double> &matrix, std::vector<double> &right) {
  const size_t size = right.size();
  auto at = [&](size_t i, size_t j) -> double & {
    return matrix[i * size + j];
  };
  for (size_t j = 0; j < size; ++j) {
    for (size_t i = j; i < size; ++i) {
      double sum = at(i, j);
      for (size_t k = 0; k < j; ++k)
        sum -= at(i, k) * at(j, k);
      at(i, j) = i == j ? std::sqrt(sum) : sum / at(j, j);
    }
  }
  for (size_t i = 0; i < size; ++i) {
    for (size_t k = 0; k < i; ++k)
      right[i] -= at(i, k) * right[k];
    right[i] /= at(i, i);
  }
  for (size_t i = size; i-- > 0;) {
    for (size_t k = i + 1; k < size; ++k)
      right[i] -= at(k, i) * right[k];
    right[i] /= at(i, i);
  }
}

std::optional<NoiseModel> NoiseModel::fit(ArrayRef<NoiseSample> samples,
                                          unsigned degree) {
  // Against the number of samples, which the diagonal has at most.
  constexpr double ridge = 1e-6;
  if (samples.empty() || samples.front().quantized.empty())
    return std::nullopt;
  NoiseModel model;
  model.degree = degree;
  model.terms = createTerms(samples.front().quantized.size(), degree);
  const size_t size = model.terms.size();
  std::vector<double> matrix(size * size, 0), right(size, 0);
  for (const NoiseSample &sample : samples) {
    std::vector<size_t> present;
    for (auto [i, term] : llvm::enumerate(model.terms))
      if (applies(term, sample.quantized))
        present.push_back(i);
    for (size_t i : present) {
      right[i] += sample.noise;
      for (size_t j : present)
        matrix[i * size + j] += 1;
    }
  }
  for (size_t i = 0; i < size; ++i)
    matrix[i * size + i] += ridge * static_cast<double>(samples.size());
  solve(matrix, right);
  for (auto [term, coefficient] : llvm::zip_equal(model.terms, right))
    term.coefficient = coefficient;
  return model;
}

double NoiseModel::predict(const llvm::SmallBitVector &quantized) const {
  double sum = 0;
  for (const Term &term : terms)
    if (applies(term, quantized))
      sum += term.coefficient;
  return sum;
}

std::optional<double>
NoiseModel::computeR2(ArrayRef<NoiseSample> samples) const {
  double mean = 0;
  for (const NoiseSample &sample : samples)
    mean += sample.noise / static_cast<double>(samples.size());
  double variance = 0, rest = 0;
  for (const NoiseSample &sample : samples) {
    double error = sample.noise - predict(sample.quantized);
    variance += (sample.noise - mean) * (sample.noise - mean);
    rest += error * error;
  }
  if (variance == 0)
    return std::nullopt;
  return 1 - rest / variance;
}
