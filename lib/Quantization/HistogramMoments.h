//===- HistogramMoments.h - Sums over parts of a histogram ------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_QUANTIZATION_HISTOGRAMMOMENTS_H
#define LATHE_LIB_QUANTIZATION_HISTOGRAMMOMENTS_H

#include "lathe/Quantization/Histogram.h"
#include "lathe/Quantization/QuantizationParameters.h"

namespace lathe {

/// The number, sum and sum of squares of values.
struct Moments {
  double count = 0, sum = 0, squares = 0;

  Moments operator+(const Moments &other) const {
    return {count + other.count, sum + other.sum, squares + other.squares};
  }
  Moments operator-(const Moments &other) const {
    return {count - other.count, sum - other.sum, squares - other.squares};
  }

  /// The sum of the squared distances from `value`.
  double getSquaredError(double value) const {
    return squares - 2 * value * sum + value * value * count;
  }
};

/// The moments of a histogram's values, without zeros, below any number. Within
/// a bin values are taken to be spread evenly, the outermost bins ending at the
/// extremes.
class HistogramMoments {
public:
  explicit HistogramMoments(const Histogram &histogram);

  /// Of all values below `x`, and for x beyond the greatest of all values.
  Moments getBelow(double x) const;
  /// The x below which `count` values are.
  double findValueWithBelow(double count) const;
  const Moments &getTotal() const { return prefix.back(); }

  /// The sum of the squared errors of quantizing with `parameters`.
  double getSquaredError(const QuantizationParameters &parameters) const;

  const RealInterval &getExtremes() const { return extremes; }

private:
  /// Of the values of a bin that are below `x`, which is inside.
  Moments getPart(int64_t bin, double x) const;
  RealInterval getEdges(int64_t bin) const;
  double getSquaredErrorOfFineSteps(const QuantizationParameters &) const;

  double width;
  RealInterval extremes;
  int64_t firstBin = 0;        ///< that holds anything
  std::vector<double> counts;  ///< from the first bin on
  std::vector<Moments> prefix; ///< of the bins before; one more than counts
};

} // namespace lathe

#endif // LATHE_LIB_QUANTIZATION_HISTOGRAMMOMENTS_H
