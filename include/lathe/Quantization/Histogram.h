//===- Histogram.h - How often a tensor has which values --------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_HISTOGRAM_H
#define LATHE_QUANTIZATION_HISTOGRAM_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <limits>
#include <vector>

namespace lathe {

/// Counts values in bins of equal width on both sides of 0. The width is a
/// power of two, the least with which all values so far fit, and doubles by
/// merging each two bins when a greater magnitude comes. So between 2,048 and
/// 4,096 bins lie between 0 and the greatest magnitude, and what a histogram
/// holds depends on the values that were added alone, not on their order or on
/// how they were divided among calls.
///
/// Bin i, from -numBins to numBins - 1, holds the values x with i <= x / width
/// < i + 1 if they are positive, and those with i < x / width <= i + 1 if they
/// are negative. Zeros are counted by themselves: every quantization has them
/// exactly.
class Histogram {
public:
  /// Bins on each side of 0.
  static constexpr int64_t numBins = 4096;

  /// Widths below this power of two are not told apart.
  static constexpr int leastExponent = -120;

  Histogram() : counts(2 * numBins) {}

  /// Restores what the accessors of another histogram gave.
  Histogram(int exponent, float min, float max, uint64_t numZeros,
            std::vector<uint64_t> counts);

  /// Adds `values`, which are finite and lie between `least` and `greatest`,
  /// of which each is one of them.
  void add(llvm::ArrayRef<float> values, float least, float greatest);

  /// The exponent of 2 that is the width of a bin.
  int getExponent() const { return exponent; }
  double getBinWidth() const;

  /// The extremes of what was added, exactly; min > max if nothing was.
  float getMin() const { return min; }
  float getMax() const { return max; }

  uint64_t getNumZeros() const { return numZeros; }
  /// Values that are not 0.
  uint64_t getNumNonZeros() const;
  uint64_t getNumValues() const { return numZeros + getNumNonZeros(); }
  bool empty() const { return min > max; }

  /// How many values bin `bin` holds.
  uint64_t getCount(int64_t bin) const { return counts[bin + numBins]; }
  /// The counts of all bins from -numBins on.
  llvm::ArrayRef<uint64_t> getCounts() const { return counts; }

private:
  void widen(int newExponent);

  int exponent = leastExponent;
  float min = std::numeric_limits<float>::infinity();
  float max = -std::numeric_limits<float>::infinity();
  uint64_t numZeros = 0;
  std::vector<uint64_t> counts;
};

} // namespace lathe

#endif // LATHE_QUANTIZATION_HISTOGRAM_H
