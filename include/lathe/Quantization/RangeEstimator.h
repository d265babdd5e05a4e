//===- RangeEstimator.h - The range that integers stand for -----*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Ways to choose from a tensor's statistics what its integers stand for.
// docs/calibration.md has the formulas.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_RANGEESTIMATOR_H
#define LATHE_QUANTIZATION_RANGEESTIMATOR_H

#include "lathe/Quantization/QuantizationParameters.h"
#include "lathe/Quantization/TensorStatistics.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <string>

namespace lathe {

enum class RangeMethod {
  MinMax,
  MeanMinMax, ///< of the samples' extremes
  Percentile99_99,
  Percentile99_999,
  Entropy,
  MSE,
  OCTAV
};

inline constexpr RangeMethod allRangeMethods[] = {RangeMethod::MinMax,
                                                  RangeMethod::MeanMinMax,
                                                  RangeMethod::Percentile99_99,
                                                  RangeMethod::Percentile99_999,
                                                  RangeMethod::Entropy,
                                                  RangeMethod::MSE,
                                                  RangeMethod::OCTAV};

/// "min-max", "mean-min-max", "percentile-99.99", "percentile-99.999",
/// "entropy", "mse", "octav".
llvm::StringRef getName(RangeMethod method);

/// The method of that name; an error lists the names.
llvm::Expected<RangeMethod> parseRangeMethod(llvm::StringRef name);

/// What a method gives, and the mean squared error over all calibrated values,
/// by the histogram.
struct RangeCandidate {
  RangeMethod method = RangeMethod::MinMax;
  QuantizationParameters parameters;
  double meanSquaredError = 0;
  /// What part of the range that the method gives this is.
  double share = 1;
};

/// "mse", "80 % of mean-min-max".
std::string describe(const RangeCandidate &candidate);

struct RangeChoice {
  RangeCandidate chosen;
  /// Of all methods that were tried, in the order of the enumeration.
  llvm::SmallVector<RangeCandidate, 8> candidates;

  /// The index of the candidate that is what `method` gives, or min-max where
  /// that is of no use.
  size_t find(RangeMethod method) const;
};

/// The range that `method` gives for a tensor with values, before it is widened
/// to hold 0, but limited by `bounds`. None if the method is of no use:
/// entropy, where the histogram does not have many bins for each integer.
std::optional<RealInterval> estimateRange(const TensorStatistics &statistics,
                                          RangeMethod method,
                                          const QuantizedStorage &storage,
                                          const RealInterval &bounds = {});

/// Chooses parameters for a tensor with values: those of the method whose mean
/// squared error is least, and of equals the first, or those of `method`. Where
/// `method` is of no use min-max takes its place.
RangeChoice chooseRange(const TensorStatistics &statistics,
                        const QuantizedStorage &storage,
                        const RealInterval &bounds = {},
                        std::optional<RangeMethod> method = std::nullopt);

/// Adds parts of mean-min-max's range to the candidates of `choice`, and a
/// range somewhat wider. How much is best cut off where not the tensor's own
/// error counts, no method can tell.
void addShares(RangeChoice &choice, const TensorStatistics &statistics,
               const QuantizedStorage &storage,
               const RealInterval &bounds = {});

/// The mean squared error of quantizing all values of `histogram` with
/// `parameters`.
double computeMeanSquaredError(const Histogram &histogram,
                               const QuantizationParameters &parameters);

} // namespace lathe

#endif // LATHE_QUANTIZATION_RANGEESTIMATOR_H
