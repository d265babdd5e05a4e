//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_VALUESUMMARY_H
#define LATHE_QUANTIZATION_VALUESUMMARY_H

#include "lathe/Quantization/Histogram.h"
#include "lathe/Support/RealInterval.h"
#include <vector>

namespace lathe {

/// What a report shows of a tensor's values.
struct ValueSummary {
  /// How many values lie in each of equal parts of [low, high].
  std::vector<uint64_t> bars;
  double low = 0, high = 0;
  /// The share of values that a range cuts off, from 0 to 1.
  double clipped = 0;
  /// The mean of the squares.
  double meanSquare = 0;
};

/// Summarizes `histogram` in `numBars` bars; `range` is what is not cut off.
/// Values are taken for the middle of their bin, and a bin is cut off if all of
/// it is.
ValueSummary summarize(const Histogram &histogram, const RealInterval &range,
                       size_t numBars = 48);

} // namespace lathe

#endif // LATHE_QUANTIZATION_VALUESUMMARY_H
