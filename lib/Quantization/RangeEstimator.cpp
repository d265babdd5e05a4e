//===- RangeEstimator.cpp - The range that integers stand for -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/RangeEstimator.h"
#include "HistogramMoments.h"
#include "LineSearch.h"
#include "lathe/Support/ParseName.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace lathe;

llvm::StringRef lathe::getName(RangeMethod method) {
  switch (method) {
  case RangeMethod::MinMax:
    return "min-max";
  case RangeMethod::MeanMinMax:
    return "mean-min-max";
  case RangeMethod::Percentile99_99:
    return "percentile-99.99";
  case RangeMethod::Percentile99_999:
    return "percentile-99.999";
  case RangeMethod::Entropy:
    return "entropy";
  case RangeMethod::MSE:
    return "mse";
  case RangeMethod::OCTAV:
    break;
  }
  return "octav";
}

llvm::Expected<RangeMethod> lathe::parseRangeMethod(llvm::StringRef name) {
  return parseName("range method", name, llvm::ArrayRef(allRangeMethods));
}

namespace {

/// Estimates for one tensor.
class RangeEstimator {
public:
  RangeEstimator(const TensorStatistics &statistics,
                 const QuantizedStorage &storage, const RealInterval &bounds)
      : statistics(statistics), histogram(statistics.getHistogram()),
        moments(histogram), storage(storage), bounds(bounds) {}

  std::optional<RealInterval> estimate(RangeMethod method) const;
  RangeCandidate evaluate(RangeMethod method, RealInterval range) const;

private:
  /// Values of magnitude up to `threshold`.
  RealInterval clipAt(double threshold) const;
  /// Whether all integers can stand for numbers of one sign.
  bool isOneSided() const;

  RealInterval estimatePercentile(double share) const;
  std::optional<RealInterval> estimateEntropy() const;
  RealInterval estimateMSE() const;
  RealInterval estimateOCTAV() const;

  double getSquaredError(RealInterval range) const {
    return moments.getSquaredError(getParameters(range, storage));
  }

  const TensorStatistics &statistics;
  const Histogram &histogram;
  HistogramMoments moments;
  const QuantizedStorage &storage;
  const RealInterval &bounds;
};

} // namespace

RealInterval RangeEstimator::clipAt(double threshold) const {
  return {std::max<double>(histogram.getMin(), -threshold),
          std::min<double>(histogram.getMax(), threshold)};
}

bool RangeEstimator::isOneSided() const {
  return !storage.symmetric &&
         (histogram.getMin() >= 0 || histogram.getMax() <= 0);
}

//===----------------------------------------------------------------------===//
// Percentiles
//===----------------------------------------------------------------------===//

/// Leaves out the share of the least and of the greatest values, unless 0 is
/// the end.
RealInterval RangeEstimator::estimatePercentile(double share) const {
  auto numValues = static_cast<double>(histogram.getNumValues());
  auto numZeros = static_cast<double>(histogram.getNumZeros());
  double numNegative = moments.getBelow(0).count;
  auto findQuantile = [&](double q) {
    double rank = q * numValues;
    if (rank <= numNegative)
      return moments.findValueWithBelow(rank);
    return rank <= numNegative + numZeros
               ? 0
               : moments.findValueWithBelow(rank - numZeros);
  };
  RealInterval range = moments.getExtremes();
  if (range.low < 0)
    range.low = findQuantile(1 - share);
  if (range.high > 0)
    range.high = findQuantile(share);
  return range;
}

//===----------------------------------------------------------------------===//
// Entropy
//===----------------------------------------------------------------------===//

/// The Kullback-Leibler divergence of what clipping at `end` bins of
/// `magnitudes` and rounding to `numLevels` levels makes of them. Zeros are not
/// among them, so that many of them decide nothing. Migacz, 8-bit Inference
/// with TensorRT, GTC 2017, slides 26 and 38; `tail` is what lies from `end`
/// on.
static double computeDivergence(llvm::ArrayRef<double> magnitudes, size_t end,
                                double tail, size_t numLevels) {
  // What a level shares out to a bin that is empty in the level alone.
  constexpr double smoothing = 1e-4;
  auto clipped = [&](size_t bin) {
    return magnitudes[bin] + (bin + 1 == end ? tail : 0);
  };
  double sumOfP = 0, sumOfQ = 0, sum = 0;
  for (size_t level = 0; level < numLevels; ++level) {
    size_t first = level * end / numLevels;
    size_t last = (level + 1) * end / numLevels;
    double levelSum = 0, numFilled = 0;
    for (size_t bin = first; bin < last; ++bin) {
      levelSum += magnitudes[bin];
      numFilled += clipped(bin) != 0;
    }
    if (numFilled == 0)
      continue;
    double q = std::max(levelSum / numFilled, smoothing);
    sumOfQ += q * numFilled;
    for (size_t bin = first; bin < last; ++bin) {
      double p = clipped(bin);
      sumOfP += p;
      sum += p == 0 ? 0 : p * std::log(p / q);
    }
  }
  // The sum over p / sumOfP and q / sumOfQ.
  return sum / sumOfP - std::log(sumOfP / sumOfQ);
}

std::optional<RealInterval> RangeEstimator::estimateEntropy() const {
  constexpr size_t mergedBins = 2, numCandidates = 128, leastBinsPerLevel = 4;
  std::vector<double> magnitudes(Histogram::numBins / mergedBins);
  size_t numBins = 0;
  for (int64_t bin = 0; bin < Histogram::numBins; ++bin) {
    auto count = static_cast<double>(histogram.getCount(bin) +
                                     histogram.getCount(-1 - bin));
    magnitudes[bin / mergedBins] += count;
    if (count != 0)
      numBins = bin / mergedBins + 1;
  }
  size_t numLevels = storage.getNumLevels() / (isOneSided() ? 1 : 2);
  if (numBins < leastBinsPerLevel * numLevels)
    return std::nullopt;

  double tail = 0, least = 0;
  size_t best = numBins;
  const size_t step = magnitudes.size() / numCandidates;
  for (size_t end = numBins; end >= std::max(numLevels, step); end -= step) {
    double divergence = computeDivergence(magnitudes, end, tail, numLevels);
    if (end == numBins || divergence < least) {
      least = divergence;
      best = end;
    }
    for (size_t bin = end - step; bin < end; ++bin)
      tail += magnitudes[bin];
  }
  return clipAt(static_cast<double>(best * mergedBins) *
                histogram.getBinWidth());
}

//===----------------------------------------------------------------------===//
// Mean squared error
//===----------------------------------------------------------------------===//

RealInterval RangeEstimator::estimateMSE() const {
  // A range this small a part of the whole clips more than it gains even where
  // one value in a million is an outlier.
  constexpr double leastShare = 0.01;
  constexpr int gridSteps = 50, goldenSteps = 16;
  RealInterval range = moments.getExtremes();
  auto search = [&](llvm::function_ref<RealInterval(double)> getRange) {
    return getRange(minimizeOnInterval(
        [&](double share) { return getSquaredError(getRange(share)); },
        leastShare, 1, gridSteps, goldenSteps));
  };
  const RealInterval extremes = range;
  range = search([&](double share) {
    return RealInterval{extremes.low * share, extremes.high * share};
  });
  if (isOneSided() || storage.symmetric)
    return range;
  // Then one end after the other.
  constexpr int numRounds = 2;
  for (int round = 0; round < numRounds; ++round) {
    range = search([&](double share) {
      return RealInterval{range.low, extremes.high * share};
    });
    range = search([&](double share) {
      return RealInterval{extremes.low * share, range.high};
    });
  }
  return range;
}

/// Sakr et al., Optimal Clipping and Magnitude-aware Differentiation for
/// Improved Quantization-aware Training, ICML 2022, equation 6: Newton's
/// method for the threshold of the least mean squared error.
RealInterval RangeEstimator::estimateOCTAV() const {
  auto above = [&](double threshold) {
    Moments negative = moments.getBelow(-threshold);
    Moments positive = moments.getTotal() - moments.getBelow(threshold);
    return Moments{negative.count + positive.count, positive.sum - negative.sum,
                   0};
  };
  Moments all = above(0);
  if (all.count == 0)
    return {0, 0};
  // A step is the threshold divided by the levels on one side of 0, and its
  // noise a twelfth of its square.
  uint64_t allLevels = llvm::PowerOf2Ceil(storage.getNumLevels());
  auto levels = static_cast<double>(isOneSided() ? allLevels : allLevels / 2);
  double noise = 1 / (12 * levels * levels);
  constexpr int numSteps = 10;
  double threshold = all.sum / all.count;
  for (int step = 0; step < numSteps; ++step) {
    Moments clipped = above(threshold);
    threshold = clipped.sum / (clipped.count * (1 - noise) + noise * all.count);
  }
  return clipAt(threshold);
}

//===----------------------------------------------------------------------===//
// Choice
//===----------------------------------------------------------------------===//

std::optional<RealInterval> RangeEstimator::estimate(RangeMethod method) const {
  if (histogram.empty())
    return RealInterval{0, 0};
  std::optional<RealInterval> range;
  switch (method) {
  case RangeMethod::MinMax:
    range = moments.getExtremes();
    break;
  case RangeMethod::MeanMinMax:
    range = {statistics.getMeanMin(), statistics.getMeanMax()};
    break;
  case RangeMethod::Percentile99_99:
    range = estimatePercentile(0.9999);
    break;
  case RangeMethod::Percentile99_999:
    range = estimatePercentile(0.99999);
    break;
  case RangeMethod::Entropy:
    range = estimateEntropy();
    break;
  case RangeMethod::MSE:
    range = estimateMSE();
    break;
  case RangeMethod::OCTAV:
    range = estimateOCTAV();
    break;
  }
  if (range)
    range = range->intersect(bounds);
  return range;
}

RangeCandidate RangeEstimator::evaluate(RangeMethod method,
                                        RealInterval range) const {
  RangeCandidate candidate;
  candidate.method = method;
  candidate.parameters = getParameters(range, storage);
  if (!histogram.empty())
    candidate.meanSquaredError = moments.getSquaredError(candidate.parameters) /
                                 static_cast<double>(histogram.getNumValues());
  return candidate;
}

std::string lathe::describe(const RangeCandidate &candidate) {
  std::string name = getName(candidate.method).str();
  if (candidate.share == 1)
    return name;
  return llvm::itostr(std::lround(100 * candidate.share)) + " % of " + name;
}

size_t RangeChoice::find(RangeMethod method) const {
  for (auto [i, candidate] : llvm::enumerate(candidates))
    if (candidate.method == method && candidate.share == 1)
      return i;
  // Min-max is the first, and always there.
  return 0;
}

std::optional<RealInterval>
lathe::estimateRange(const TensorStatistics &statistics, RangeMethod method,
                     const QuantizedStorage &storage,
                     const RealInterval &bounds) {
  return RangeEstimator(statistics, storage, bounds).estimate(method);
}

RangeChoice lathe::chooseRange(const TensorStatistics &statistics,
                               const QuantizedStorage &storage,
                               const RealInterval &bounds,
                               std::optional<RangeMethod> method) {
  RangeEstimator estimator(statistics, storage, bounds);
  RangeChoice choice;
  for (RangeMethod candidate : allRangeMethods)
    if (!method || candidate == *method || candidate == RangeMethod::MinMax)
      if (auto range = estimator.estimate(candidate))
        choice.candidates.push_back(estimator.evaluate(candidate, *range));
  choice.chosen =
      choice.candidates[choice.find(method.value_or(RangeMethod::MinMax))];
  for (const RangeCandidate &candidate : choice.candidates)
    if (!method && candidate.meanSquaredError < choice.chosen.meanSquaredError)
      choice.chosen = candidate;
  return choice;
}

void lathe::addShares(RangeChoice &choice, const TensorStatistics &statistics,
                      const QuantizedStorage &storage,
                      const RealInterval &bounds) {
  RangeEstimator estimator(statistics, storage, bounds);
  constexpr RangeMethod method = RangeMethod::MeanMinMax;
  auto whole = estimator.estimate(method);
  auto extremes = estimator.estimate(RangeMethod::MinMax);
  if (!whole || !extremes)
    return;
  for (double share : {0.6, 0.7, 0.8, 0.9, 1.15}) {
    RealInterval range = {whole->low * share, whole->high * share};
    RangeCandidate candidate =
        estimator.evaluate(method, range.intersect(*extremes));
    candidate.share = share;
    choice.candidates.push_back(candidate);
  }
}

double
lathe::computeMeanSquaredError(const Histogram &histogram,
                               const QuantizationParameters &parameters) {
  return HistogramMoments(histogram).getSquaredError(parameters) /
         static_cast<double>(histogram.getNumValues());
}
