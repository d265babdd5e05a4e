//===- HistogramMoments.cpp - Sums over parts of a histogram --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HistogramMoments.h"

#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cmath>

using namespace lathe;

HistogramMoments::HistogramMoments(const Histogram &histogram)
    : width(histogram.getBinWidth()),
      extremes{histogram.getMin(), histogram.getMax()} {
  int64_t end = Histogram::numBins;
  firstBin = -Histogram::numBins;
  while (firstBin < end && histogram.getCount(firstBin) == 0)
    ++firstBin;
  while (end > firstBin && histogram.getCount(end - 1) == 0)
    --end;
  prefix.emplace_back();
  for (int64_t bin = firstBin; bin < end; ++bin) {
    counts.push_back(static_cast<double>(histogram.getCount(bin)));
    prefix.push_back(prefix.back() + getPart(bin, getEdges(bin).high));
  }
}

RealInterval HistogramMoments::getEdges(int64_t bin) const {
  double low = static_cast<double>(bin) * width;
  return {std::max(low, extremes.low), std::min(low + width, extremes.high)};
}

Moments HistogramMoments::getPart(int64_t bin, double x) const {
  RealInterval edges = getEdges(bin);
  double count = counts[bin - firstBin];
  if (edges.getWidth() > 0)
    count *= (x - edges.low) / edges.getWidth();
  double mean = (edges.low + x) / 2, spread = x - edges.low;
  return {count, count * mean, count * (mean * mean + spread * spread / 12)};
}

Moments HistogramMoments::getBelow(double x) const {
  if (counts.empty() || x <= extremes.low)
    return {};
  if (x > extremes.high)
    return getTotal();
  auto last = static_cast<int64_t>(counts.size()) - 1;
  auto bin = static_cast<int64_t>(std::floor(x / width)) - firstBin;
  bin = std::clamp<int64_t>(bin, 0, last);
  RealInterval edges = getEdges(firstBin + bin);
  // The last bin may be a single point, and x there.
  if (x <= edges.low)
    return prefix[bin];
  return prefix[bin] + getPart(firstBin + bin, std::min(x, edges.high));
}

double HistogramMoments::findValueWithBelow(double count) const {
  if (counts.empty())
    return 0;
  auto next =
      llvm::lower_bound(prefix, count, [](const Moments &below, double value) {
        return below.count < value;
      });
  if (next == prefix.end())
    return extremes.high;
  int64_t bin = std::max<int64_t>(next - prefix.begin() - 1, 0);
  RealInterval edges = getEdges(firstBin + bin);
  return edges.low +
         edges.getWidth() * (count - prefix[bin].count) / counts[bin];
}

/// What lies beyond the range of `parameters` costs its distance from there,
/// and the rest, in steps finer than bins, a twelfth of the squared step.
double HistogramMoments::getSquaredErrorOfFineSteps(
    const QuantizationParameters &parameters) const {
  RealInterval range = parameters.getRange();
  Moments below = getBelow(range.low);
  Moments upToHigh = getBelow(range.high);
  double inside = upToHigh.count - below.count;
  return below.getSquaredError(range.low) +
         (getTotal() - upToHigh).getSquaredError(range.high) +
         inside * parameters.scale * parameters.scale / 12;
}

double HistogramMoments::getSquaredError(
    const QuantizationParameters &parameters) const {
  if (parameters.scale < width)
    return getSquaredErrorOfFineSteps(parameters);
  // Each integer's cell reaches half a step to both sides, and the outermost
  // ones to infinity. Only those that hold values need a look.
  auto cellOf = [&](double x) {
    double q = std::floor(x / parameters.scale + 0.5) +
               static_cast<double>(parameters.zeroPoint);
    return static_cast<int64_t>(
        std::clamp(q, static_cast<double>(parameters.low),
                   static_cast<double>(parameters.high)));
  };
  int64_t last = cellOf(extremes.high);
  double error = 0;
  Moments below;
  for (int64_t q = cellOf(extremes.low); q <= last; ++q) {
    double value = parameters.dequantize(q);
    Moments upTo =
        q == last ? getTotal() : getBelow(value + parameters.scale / 2);
    error += (upTo - below).getSquaredError(value);
    below = upTo;
  }
  // Differences of great sums may leave less than nothing.
  return std::max(error, 0.0);
}
