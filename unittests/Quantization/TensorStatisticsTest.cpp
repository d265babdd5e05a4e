//===- TensorStatisticsTest.cpp - What is known of a tensor's values ------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/TensorStatistics.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace lathe;

namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

/// x[i] = (7919 i mod 1000) / 100 - 3 for i < 1000.
std::vector<float> makeValues() {
  std::vector<float> values;
  for (int i = 0; i < 1000; ++i)
    values.push_back(static_cast<float>(i * 7919 % 1000 / 100.0 - 3));
  return values;
}

/// NumPy: x.reshape(-1, 5), then mean(0), var(0), min(0), max(0), and mean()
/// and var() of all.
TEST(TensorStatisticsTest, ChannelsHaveTheMeanAndVarianceOfNumPy) {
  TensorStatistics statistics(5);
  std::vector<float> values = makeValues();
  // Samples of different sizes need not be, but may be.
  ASSERT_FALSE(statistics.add(llvm::ArrayRef(values).take_front(635)));
  ASSERT_FALSE(statistics.add(llvm::ArrayRef(values).drop_front(635)));
  const double means[] = {1.975, 2.015, 2.005, 1.995, 1.985};
  const float minima[] = {-3.0f, -2.96f, -2.97f, -2.98f, -2.99f};
  const float maxima[] = {6.95f, 6.99f, 6.98f, 6.97f, 6.96f};
  ASSERT_EQ(statistics.getNumChannels(), 5);
  for (int c = 0; c < 5; ++c) {
    EXPECT_NEAR(statistics.getMean(c), means[c], 1e-6);
    EXPECT_NEAR(statistics.getVariance(c), 8.333125, 1e-5);
    EXPECT_FLOAT_EQ(statistics.getChannelSums().min[c], minima[c]);
    EXPECT_FLOAT_EQ(statistics.getChannelSums().max[c], maxima[c]);
  }
  EXPECT_NEAR(statistics.getMean(), 1.995, 1e-6);
  EXPECT_NEAR(statistics.getVariance(), 8.333326, 1e-5);
}

/// Rows are summed up side by side in vectors; every number of channels must
/// give what a plain sum does.
TEST(TensorStatisticsTest, AnyNumberOfChannelsIsSummedUp) {
  std::vector<float> values = makeValues();
  for (int64_t numChannels : {1, 2, 3, 7, 8, 20, 125, 500, 1000}) {
    TensorStatistics statistics(numChannels);
    int64_t numRows = 1000 / numChannels;
    ASSERT_FALSE(statistics.add(
        llvm::ArrayRef(values).take_front(numRows * numChannels)));
    for (int64_t c = 0; c < numChannels; ++c) {
      double sum = 0;
      float min = infinity;
      for (int64_t row = 0; row < numRows; ++row) {
        sum += values[row * numChannels + c];
        min = std::min(min, values[row * numChannels + c]);
      }
      EXPECT_NEAR(statistics.getMean(c), sum / double(numRows), 1e-9);
      EXPECT_EQ(statistics.getChannelSums().min[c], min);
    }
  }
}

TEST(TensorStatisticsTest, ExtremesOfSamplesAreAveraged) {
  TensorStatistics statistics(2);
  ASSERT_FALSE(statistics.add({-1, 2, 0, 5}));
  ASSERT_FALSE(statistics.add({-4, 1}));
  EXPECT_EQ(statistics.getNumSamples(), 2);
  EXPECT_EQ(statistics.getMeanMin(), -2.5);
  EXPECT_EQ(statistics.getMeanMax(), 3);
  EXPECT_EQ(statistics.getHistogram().getMin(), -4);
  EXPECT_EQ(statistics.getHistogram().getMax(), 5);
}

TEST(TensorStatisticsTest, NonFiniteValuesAreCountedAndNotAdded) {
  TensorStatistics statistics(3);
  std::vector<float> values = makeValues();
  values.resize(99);
  values[7] = nan;
  values[98] = infinity;
  values[50] = -infinity;
  TensorStatistics::NonFinite found = statistics.add(values);
  EXPECT_TRUE(found);
  EXPECT_EQ(found.numNaN, 1);
  EXPECT_EQ(found.numInfinite, 2);
  EXPECT_EQ(statistics.getNumSamples(), 0);
  EXPECT_TRUE(statistics.getHistogram().empty());
  // The squares of the largest floats are no infinities.
  EXPECT_FALSE(statistics.add({3e38f, -3e38f, 3e38f}));
}

TEST(TensorStatisticsTest, ConstantTensorIsKnown) {
  TensorStatistics statistics(1);
  ASSERT_FALSE(statistics.add({2.5f, 2.5f}));
  EXPECT_TRUE(statistics.isConstant());
  ASSERT_FALSE(statistics.add({2.5f, 2.25f}));
  EXPECT_FALSE(statistics.isConstant());
}

TEST(TensorStatisticsTest, TooManyChannelsAreOne) {
  TensorStatistics statistics(TensorStatistics::mostChannels + 1);
  EXPECT_EQ(statistics.getNumChannels(), 1);
}

} // namespace
