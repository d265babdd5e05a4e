//===- WeightRounding.cpp - Weights rounded for their layer ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/WeightRounding.h"

#include <cmath>

using namespace lathe;

namespace {

/// The matrix of one group, and the weights of one output channel after the
/// other.
class RowRounder {
public:
  RowRounder(const GramMatrix &gram, int64_t group,
             const QuantizedStorage &storage);

  /// Rounds `weights` to integers times `scale`, which changes.
  void round(llvm::ArrayRef<double> weights, double &scale,
             llvm::MutableArrayRef<double> integers);

  /// The mean of what `weights` give, less that of `rounded`.
  double getMeanError(llvm::ArrayRef<double> weights,
                      llvm::ArrayRef<double> rounded) const;

private:
  void multiply(llvm::ArrayRef<double> row, std::vector<double> &product) const;
  bool improve(llvm::ArrayRef<double> weights, double scale,
               llvm::MutableArrayRef<double> integers);

  const size_t size;
  const QuantizedStorage &storage;
  /// H of the data less its mean: [size, size].
  std::vector<double> h;
  std::vector<double> means;
  /// W H, and Q H.
  std::vector<double> target, current;
};

} // namespace

RowRounder::RowRounder(const GramMatrix &gram, int64_t group,
                       const QuantizedStorage &storage)
    : size(gram.size), storage(storage) {
  constexpr double share = 0.01;
  const auto numPatches = static_cast<double>(gram.numPatches);
  for (size_t i = 0; i < size; ++i)
    means.push_back(gram.sums[group * size + i] / numPatches);
  double trace = 0;
  for (size_t i = 0; i < size; ++i) {
    for (size_t j = 0; j < size; ++j)
      h.push_back(gram.at(group, i, j) - numPatches * means[i] * means[j]);
    trace += h[i * size + i];
  }
  for (size_t i = 0; i < size; ++i)
    h[i * size + i] += share * trace / static_cast<double>(size);
}

/// A row times H.
void RowRounder::multiply(llvm::ArrayRef<double> row,
                          std::vector<double> &product) const {
  product.assign(size, 0);
  for (size_t i = 0; i < size; ++i) {
    if (row[i] == 0)
      continue;
    const double *values = &h[i * size];
    for (size_t j = 0; j < size; ++j)
      product[j] += row[i] * values[j];
  }
}

/// Changes each integer once by what lessens the error most; whether any
/// changed. Adding d to integer k adds 2 s d (s Q H - W H)_k + (s d)^2 H_kk to
/// the error.
bool RowRounder::improve(llvm::ArrayRef<double> weights, double scale,
                         llvm::MutableArrayRef<double> integers) {
  // Farther from the weight than this no integer goes.
  constexpr double most = 2;
  bool changed = false;
  for (size_t k = 0; k < size; ++k) {
    const double *row = &h[k * size];
    if (row[k] <= 0)
      continue;
    double real = weights[k] / scale;
    double low = std::max<double>(std::ceil(real - most),
                                  static_cast<double>(storage.low));
    double high = std::min<double>(std::floor(real + most),
                                   static_cast<double>(storage.high));
    double best = integers[k] - (current[k] - target[k] / scale) / row[k];
    double next =
        low <= high ? std::clamp(std::nearbyint(best), low, high) : integers[k];
    double step = next - integers[k];
    // Not where neither is closer.
    if (step == 0 || std::fabs(best - next) >= std::fabs(best - integers[k]))
      continue;
    integers[k] = next;
    for (size_t j = 0; j < size; ++j)
      current[j] += step * row[j];
    changed = true;
  }
  return changed;
}

void RowRounder::round(llvm::ArrayRef<double> weights, double &scale,
                       llvm::MutableArrayRef<double> integers) {
  constexpr int numScales = 2, mostRounds = 8;
  for (size_t k = 0; k < size; ++k)
    integers[k] = std::clamp<double>(std::nearbyint(weights[k] / scale),
                                     static_cast<double>(storage.low),
                                     static_cast<double>(storage.high));
  multiply(weights, target);
  multiply(integers, current);
  const double least = 0.9 * scale, greatest = 1.1 * scale;
  for (int i = 0; i < numScales; ++i) {
    for (int round = 0; round < mostRounds; ++round)
      if (!improve(weights, scale, integers))
        break;
    double products = 0, squares = 0;
    for (size_t k = 0; k < size; ++k) {
      products += integers[k] * target[k];
      squares += integers[k] * current[k];
    }
    if (squares > 0)
      scale =
          static_cast<float>(std::clamp(products / squares, least, greatest));
  }
}

double RowRounder::getMeanError(llvm::ArrayRef<double> weights,
                                llvm::ArrayRef<double> rounded) const {
  double error = 0;
  for (size_t k = 0; k < size; ++k)
    error += (weights[k] - rounded[k]) * means[k];
  return error;
}

RoundedWeights lathe::roundWeights(const HostTensor &weights,
                                   llvm::ArrayRef<double> scales,
                                   const GramMatrix &gram,
                                   const QuantizedStorage &storage) {
  const int64_t size = gram.size, outputs = weights.getShape().back();
  const int64_t groupOutputs = outputs / gram.numGroups;
  RoundedWeights rounded{HostTensor(ElementKind::F32, weights.getShape()),
                         std::vector<double>(scales.begin(), scales.end()),
                         std::vector<double>(outputs)};
  std::vector<double> row(size), integers(size);
  for (int64_t group = 0; group < gram.numGroups; ++group) {
    RowRounder rounder(gram, group, storage);
    for (int64_t i = 0; i < groupOutputs; ++i) {
      int64_t output = group * groupOutputs + i;
      for (int64_t k = 0; k < size; ++k)
        row[k] = weights.getDouble(k * outputs + output);
      double &scale = rounded.scales[output];
      rounder.round(row, scale, integers);
      for (int64_t k = 0; k < size; ++k) {
        integers[k] *= scale;
        rounded.values.setDouble(k * outputs + output, integers[k]);
      }
      rounded.biasChanges[output] = rounder.getMeanError(row, integers);
    }
  }
  return rounded;
}
