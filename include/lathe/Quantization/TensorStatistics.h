//===- TensorStatistics.h - What is known of a tensor's values --*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_TENSORSTATISTICS_H
#define LATHE_QUANTIZATION_TENSORSTATISTICS_H

#include "lathe/Quantization/Histogram.h"

namespace lathe {

/// Sums over the values of each channel.
struct ChannelSums {
  std::vector<double> sum, sumOfSquares;
  std::vector<float> min, max;
};

/// What calibration learns of a tensor from its values in one sample after
/// another. The last dimension of the tensor is its channels. The memory
/// needed does not depend on the number of samples.
class TensorStatistics {
public:
  /// Tensors with more channels are taken to have one: so many are no features,
  /// and what is kept of each would be as much as the tensor itself.
  static constexpr int64_t mostChannels = 1 << 16;

  /// Values of a tensor that are no numbers to quantize.
  struct NonFinite {
    int64_t numNaN = 0, numInfinite = 0;
    explicit operator bool() const { return numNaN + numInfinite != 0; }
  };

  /// Of a tensor whose last dimension is `numChannels`, 1 for a scalar.
  explicit TensorStatistics(int64_t numChannels = 1);

  /// Restores what the accessors of another object gave.
  TensorStatistics(Histogram histogram, ChannelSums channels,
                   int64_t numSamples, double sumOfMinima, double sumOfMaxima);

  /// Adds the tensor's values, row-major, in one sample. Should there be NaNs
  /// or infinities, nothing is added, and they are counted instead.
  [[nodiscard]] NonFinite add(llvm::ArrayRef<float> values);

  const Histogram &getHistogram() const { return histogram; }
  const ChannelSums &getChannelSums() const { return channels; }

  int64_t getNumSamples() const { return numSamples; }
  /// The least and the greatest value of a sample, summed up over all samples.
  double getSumOfMinima() const { return sumOfMinima; }
  double getSumOfMaxima() const { return sumOfMaxima; }
  /// The mean over the samples of the least and the greatest value.
  double getMeanMin() const;
  double getMeanMax() const;

  int64_t getNumChannels() const { return channels.sum.size(); }
  /// The mean and the variance (of the population) of a channel.
  double getMean(int64_t channel) const;
  double getVariance(int64_t channel) const;
  /// Those of all values.
  double getMean() const;
  double getVariance() const;

  /// Whether all values in all samples were equal.
  bool isConstant() const { return histogram.getMin() == histogram.getMax(); }

private:
  double getNumValuesPerChannel() const;

  Histogram histogram;
  ChannelSums channels;
  int64_t numSamples = 0;
  double sumOfMinima = 0, sumOfMaxima = 0;
};

} // namespace lathe

#endif // LATHE_QUANTIZATION_TENSORSTATISTICS_H
