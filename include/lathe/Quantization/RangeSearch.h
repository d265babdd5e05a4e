//===- RangeSearch.h - Ranges by the noise of outputs -----------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// How well a range suits an activation, its own error does not tell: clipping
// what decides between classes costs more than its squares say. Here the ranges
// are chosen by the noise that they cause at the outputs of the model.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_RANGESEARCH_H
#define LATHE_QUANTIZATION_RANGESEARCH_H

#include "lathe/Quantization/ErrorMeasure.h"
#include "lathe/Quantization/RangeEstimator.h"
#include "lathe/Support/NamedTensors.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <functional>

namespace lathe {

/// Activations that have the same parameters, and what these may be.
struct RangeAlternatives {
  llvm::SmallVector<mlir::Value, 1> values;
  /// At least one; of a method what it gives itself first, if that is there.
  llvm::SmallVector<RangeCandidate, 8> candidates;
};

struct RangeSearchOptions {
  unsigned threads = 1;
  /// Bounds the work: runs of the model, by which fewer of the samples are
  /// taken to measure single activations with, but one at least. Comparing
  /// whole choices takes some more.
  int64_t mostRuns = 5000;
  /// Is called after some runs of the model, at the end with `done` equal to
  /// `total`.
  std::function<void(int64_t done, int64_t total)> progress;
  /// Whether to give up; asked before each of the alternatives.
  std::function<bool()> shouldStop;
};

/// What was chosen for one of the alternatives.
struct FoundRange {
  /// The index of its candidate.
  size_t candidate = 0;
  /// The noise of each part of the outputs of each sample for a signal of 1
  /// (see OutputNoise) when these activations alone are quantized.
  llvm::SmallVector<double, 1> shares;

  /// That as a ratio in dB.
  double getDecibels() const { return getMeanDecibels(shares); }
};

/// Nothing if it was given up.
struct RangeSearchResult {
  llvm::SmallVector<FoundRange> ranges;
  /// When all of them are quantized, and nothing else.
  double decibels = 0;
};

/// Chooses a candidate for each of `alternatives`, values of `model`, which is
/// at the graph level, without states, and stays as it is. `samples` are
/// inputs, at least one, and their float outputs the original:
///
/// 1. The noise at the outputs with each candidate of each alone is measured.
/// 2. As noise is close to additive, the candidates with the least sum are a
///    first choice. It is compared with choices by one method for all, and
///    the best of them goes on.
/// 3. The dozen that disturb the outputs most try their other candidates among
///    all others, once.
llvm::Expected<RangeSearchResult> searchRanges(
    mlir::func::FuncOp model, llvm::ArrayRef<RangeAlternatives> alternatives,
    llvm::ArrayRef<NamedTensors> samples, const RangeSearchOptions &options);

} // namespace lathe

#endif // LATHE_QUANTIZATION_RANGESEARCH_H
