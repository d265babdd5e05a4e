//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Mixed precision: for each group of activations and layers the precision with
// which a model keeps to a bound and is as fast, or as exact, as it can be.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_PRECISIONSEARCH_H
#define LATHE_QUANTIZATION_PRECISIONSEARCH_H

#include "lathe/Quantization/PrecisionGroup.h"

#include "llvm/Support/Error.h"
#include <functional>
#include <optional>
#include <vector>

namespace lathe {

/// What a model must keep to.
struct PrecisionBound {
  enum class Kind {
    Noise,   ///< at the outputs for a signal of 1, at most; it is to be fast
    Size,    ///< bytes of constants, at most; it is to be exact
    Latency, ///< seconds of a run, at most; it is to be exact
    Score    ///< that someone else gives it, at least; it is to be fast
  };
  Kind kind;
  double limit;
};

/// What a group would be in one of the precisions that it may have.
struct PrecisionOption {
  Precision precision;
  /// The noise of each part of the outputs of each sample for a signal of 1 if
  /// it alone is not float.
  llvm::SmallVector<double, 1> shares;
  /// Time, in any unit, and bytes of weights.
  double work, bytes;
};

/// The first is what a group has to begin with.
using PrecisionOptions = llvm::SmallVector<PrecisionOption, 4>;

/// What a model turned out to be.
struct PrecisionMeasurement {
  /// The noise at the outputs for a signal of 1, the geometric mean over its
  /// parts.
  double noise = 0;
  double seconds = 0, bytes = 0;
  /// For bounds on it.
  double score = 0;
};

/// A choice that was tried.
struct PrecisionTrial {
  /// For each group, one of its options.
  llvm::SmallVector<size_t> choice;
  /// What was expected of it: the noise, by simulation and by how far that was
  /// from what was measured before.
  double predictedNoise = 0;
  PrecisionMeasurement measured;
  bool fits = false;
};

struct PrecisionSearchOptions {
  PrecisionBound bound;
  /// Builds and measures what a choice makes of the model.
  std::function<llvm::Expected<PrecisionMeasurement>(llvm::ArrayRef<size_t>)>
      measure;
  /// The noise of a choice in the float model, rounded as the choice asks for:
  /// much cheaper than `measure`.
  std::function<llvm::Expected<double>(llvm::ArrayRef<size_t>)> simulate;
  /// Whether to be content with what there is; asked before each trial but the
  /// first.
  std::function<bool()> shouldStop;
  int64_t mostTrials = 6;
};

struct PrecisionSearchResult {
  std::vector<PrecisionTrial> trials;
  /// Of the trials that fit, the one that does best; of none, the one that is
  /// nearest to it.
  size_t best = 0;
};

/// Chooses an option for each of `groups`, of which there is at least one.
///
/// Noise is close to additive over groups, so each choice is the solution of a
/// knapsack problem: the least time, or the least noise, within what the bound
/// leaves. For a bound on noise, that of several choices is simulated, and the
/// best that should keep to the bound taken. It is built and measured, and how
/// far it was from what was expected corrects the next one, until a choice
/// comes again or `mostTrials` were made. For a bound on a score, the noise to
/// allow is found by bisection.
llvm::Expected<PrecisionSearchResult>
searchPrecisions(llvm::ArrayRef<PrecisionOptions> groups,
                 const PrecisionSearchOptions &options);

} // namespace lathe

#endif // LATHE_QUANTIZATION_PRECISIONSEARCH_H
