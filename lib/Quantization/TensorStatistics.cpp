//===- TensorStatistics.cpp - What is known of a tensor's values ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/TensorStatistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace lathe;

//===----------------------------------------------------------------------===//
// Sums of one sample
//===----------------------------------------------------------------------===//

static constexpr float infinity = std::numeric_limits<float>::infinity();

static ChannelSums createSums(int64_t numChannels) {
  ChannelSums sums;
  sums.sum.resize(numChannels);
  sums.sumOfSquares.resize(numChannels);
  sums.min.resize(numChannels, infinity);
  sums.max.resize(numChannels, -infinity);
  return sums;
}

/// Adds what `from` holds of its channel `source` to channel `target`.
static void mergeChannel(ChannelSums &into, int64_t target,
                         const ChannelSums &from, int64_t source) {
  into.sum[target] += from.sum[source];
  into.sumOfSquares[target] += from.sumOfSquares[source];
  into.min[target] = std::min(into.min[target], from.min[source]);
  into.max[target] = std::max(into.max[target], from.max[source]);
}

/// Adds `numRows` rows of `lanes` values that lie `stride` apart to the sums of
/// as many channels from `first` on. A vectorizer keeps the sums in registers.
template <int lanes>
static void addColumns(const float *values, int64_t numRows, int64_t stride,
                       ChannelSums &sums, int64_t first) {
  double sum[lanes] = {}, squares[lanes] = {};
  float min[lanes], max[lanes];
  std::fill_n(min, lanes, infinity);
  std::fill_n(max, lanes, -infinity);
  for (int64_t row = 0; row < numRows; ++row, values += stride) {
    for (int lane = 0; lane < lanes; ++lane) {
      float value = values[lane];
      double wide = value;
      sum[lane] += wide;
      squares[lane] += wide * wide;
      min[lane] = value < min[lane] ? value : min[lane];
      max[lane] = value > max[lane] ? value : max[lane];
    }
  }
  for (int lane = 0; lane < lanes; ++lane) {
    sums.sum[first + lane] += sum[lane];
    sums.sumOfSquares[first + lane] += squares[lane];
    sums.min[first + lane] = std::min(sums.min[first + lane], min[lane]);
    sums.max[first + lane] = std::max(sums.max[first + lane], max[lane]);
  }
}

/// Sums up `values`, which are rows of `numChannels`.
static ChannelSums sumUp(llvm::ArrayRef<float> values, int64_t numChannels) {
  // As many rows side by side as make whole vectors: lane l of them belongs to
  // channel l modulo numChannels.
  constexpr int vectorLanes = 8;
  const int64_t width = std::lcm(numChannels, int64_t(vectorLanes));
  const int64_t numRows = static_cast<int64_t>(values.size()) / width;
  // Rows that stay in the first level of the cache for all their columns.
  const int64_t blockRows = std::max<int64_t>(4096 / width, 1);
  ChannelSums wide = createSums(numRows == 0 ? 0 : width);
  for (int64_t row = 0; row < numRows; row += blockRows)
    for (int64_t lane = 0; lane < width; lane += vectorLanes)
      addColumns<vectorLanes>(&values[row * width + lane],
                              std::min(blockRows, numRows - row), width, wide,
                              lane);
  ChannelSums sums = createSums(numChannels);
  for (int64_t lane = 0; numRows != 0 && lane < width; ++lane)
    mergeChannel(sums, lane % numChannels, wide, lane);
  for (int64_t i = numRows * width; i < static_cast<int64_t>(values.size());
       ++i)
    addColumns<1>(&values[i], 1, 1, sums, i % numChannels);
  return sums;
}

static TensorStatistics::NonFinite
countNonFinite(llvm::ArrayRef<float> values) {
  TensorStatistics::NonFinite counts;
  for (float value : values) {
    counts.numNaN += std::isnan(value);
    counts.numInfinite += std::isinf(value);
  }
  return counts;
}

//===----------------------------------------------------------------------===//
// TensorStatistics
//===----------------------------------------------------------------------===//

TensorStatistics::TensorStatistics(int64_t numChannels)
    : channels(createSums(
          numChannels < 1 || numChannels > mostChannels ? 1 : numChannels)) {}

TensorStatistics::TensorStatistics(Histogram histogram, ChannelSums channels,
                                   int64_t numSamples, double sumOfMinima,
                                   double sumOfMaxima)
    : histogram(std::move(histogram)), channels(std::move(channels)),
      numSamples(numSamples), sumOfMinima(sumOfMinima),
      sumOfMaxima(sumOfMaxima) {}

TensorStatistics::NonFinite
TensorStatistics::add(llvm::ArrayRef<float> values) {
  if (values.empty())
    return {};
  ChannelSums sample = sumUp(values, getNumChannels());
  // The square of a float is far from the largest double, so a sum is finite
  // unless a value is not.
  if (!llvm::all_of(sample.sumOfSquares,
                    [](double sum) { return std::isfinite(sum); }))
    return countNonFinite(values);
  float least = infinity, greatest = -infinity;
  for (int64_t i = 0; i < getNumChannels(); ++i) {
    least = std::min(least, sample.min[i]);
    greatest = std::max(greatest, sample.max[i]);
    mergeChannel(channels, i, sample, i);
  }
  histogram.add(values, least, greatest);
  sumOfMinima += least;
  sumOfMaxima += greatest;
  ++numSamples;
  return {};
}

double TensorStatistics::getMeanMin() const {
  return sumOfMinima / static_cast<double>(numSamples);
}

double TensorStatistics::getMeanMax() const {
  return sumOfMaxima / static_cast<double>(numSamples);
}

double TensorStatistics::getNumValuesPerChannel() const {
  return static_cast<double>(histogram.getNumValues()) /
         static_cast<double>(getNumChannels());
}

/// The variance of `count` values, which rounding must not make negative.
static double computeVariance(double sum, double sumOfSquares, double count) {
  double mean = sum / count;
  return std::max(sumOfSquares / count - mean * mean, 0.0);
}

double TensorStatistics::getMean(int64_t channel) const {
  return channels.sum[channel] / getNumValuesPerChannel();
}

double TensorStatistics::getVariance(int64_t channel) const {
  return computeVariance(channels.sum[channel], channels.sumOfSquares[channel],
                         getNumValuesPerChannel());
}

static double addUp(llvm::ArrayRef<double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

double TensorStatistics::getMean() const {
  return addUp(channels.sum) / static_cast<double>(histogram.getNumValues());
}

double TensorStatistics::getVariance() const {
  return computeVariance(addUp(channels.sum), addUp(channels.sumOfSquares),
                         static_cast<double>(histogram.getNumValues()));
}
