//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/ValueSummary.h"

#include <algorithm>

using namespace lathe;

ValueSummary lathe::summarize(const Histogram &histogram,
                              const RealInterval &range, size_t numBars) {
  ValueSummary summary;
  summary.bars.resize(numBars);
  if (histogram.empty())
    return summary;
  summary.low = histogram.getMin();
  summary.high = histogram.getMax();
  const double width = summary.high - summary.low;
  const auto total = static_cast<double>(histogram.getNumValues());
  // `nearest` to 0 of what is counted as `value`.
  auto add = [&](double value, double nearest, uint64_t count) {
    if (count == 0)
      return;
    double place = width > 0 ? (value - summary.low) / width : 0;
    auto bar = static_cast<int64_t>(place * static_cast<double>(numBars));
    summary.bars[std::clamp<int64_t>(bar, 0, numBars - 1)] += count;
    double share = static_cast<double>(count) / total;
    summary.meanSquare += share * value * value;
    if (nearest < range.low || nearest > range.high)
      summary.clipped += share;
  };
  add(0, 0, histogram.getNumZeros());
  for (int64_t bin = -Histogram::numBins; bin < Histogram::numBins; ++bin) {
    double binWidth = histogram.getBinWidth();
    add((static_cast<double>(bin) + 0.5) * binWidth,
        static_cast<double>(bin < 0 ? bin + 1 : bin) * binWidth,
        histogram.getCount(bin));
  }
  return summary;
}
