//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/ValueSummary.h"

#include "gtest/gtest.h"

using namespace lathe;

TEST(ValueSummaryTest, BarsShareTheObservedRange) {
  Histogram histogram;
  const float values[] = {-1, -1, 0, 0.5f, 3};
  histogram.add(values, -1, 3);
  ValueSummary summary = summarize(histogram, {-1, 3}, 4);
  EXPECT_EQ(summary.low, -1);
  EXPECT_EQ(summary.high, 3);
  EXPECT_EQ(summary.bars, (std::vector<uint64_t>{2, 2, 0, 1}));
  EXPECT_EQ(summary.clipped, 0);
  EXPECT_NEAR(summary.meanSquare, (1 + 1 + 0.25 + 9) / 5, 0.01);
}

TEST(ValueSummaryTest, CountsWhatTheRangeCutsOff) {
  Histogram histogram;
  const float values[] = {-4, 1, 1, 8};
  histogram.add(values, -4, 8);
  EXPECT_DOUBLE_EQ(summarize(histogram, {-2, 8}).clipped, 0.25);
  EXPECT_DOUBLE_EQ(summarize(histogram, {-4, 2}).clipped, 0.25);
  EXPECT_DOUBLE_EQ(summarize(histogram, {-2, 2}).clipped, 0.5);
}

TEST(ValueSummaryTest, NothingObservedHasNoBars) {
  ValueSummary summary = summarize(Histogram(), {0, 1}, 2);
  EXPECT_EQ(summary.bars, (std::vector<uint64_t>{0, 0}));
  EXPECT_EQ(summary.clipped, 0);
}
