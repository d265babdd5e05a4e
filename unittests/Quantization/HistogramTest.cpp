//===- HistogramTest.cpp - Counts of values -------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/Histogram.h"
#include "llvm/ADT/STLExtras.h"
#include "gtest/gtest.h"
#include <random>

using namespace lathe;

namespace {

void addAll(Histogram &histogram, llvm::ArrayRef<float> values) {
  histogram.add(values, *llvm::min_element(values), *llvm::max_element(values));
}

TEST(HistogramTest, BinsAreBoundedByMultiplesOfTheirWidth) {
  Histogram histogram;
  addAll(histogram,
         {0.0f, -0.0f, 0.5f, 1.0f, 1.999f, -0.5f, -1.0f, -2.5f, 4095.9f});
  EXPECT_EQ(histogram.getBinWidth(), 1.0);
  EXPECT_EQ(histogram.getNumZeros(), 2u);
  EXPECT_EQ(histogram.getNumNonZeros(), 7u);
  EXPECT_EQ(histogram.getCount(0), 1u);
  EXPECT_EQ(histogram.getCount(1), 2u);
  EXPECT_EQ(histogram.getCount(-1), 1u);
  EXPECT_EQ(histogram.getCount(-2), 1u);
  EXPECT_EQ(histogram.getCount(-3), 1u);
  EXPECT_EQ(histogram.getCount(4095), 1u);
  EXPECT_EQ(histogram.getMin(), -2.5f);
  EXPECT_EQ(histogram.getMax(), 4095.9f);
}

TEST(HistogramTest, ValueBeyondTheLastBinDoublesTheWidth) {
  Histogram histogram;
  addAll(histogram, {1.5f, -1.5f, 4095.0f});
  addAll(histogram, {4096.0f});
  EXPECT_EQ(histogram.getBinWidth(), 2.0);
  EXPECT_EQ(histogram.getCount(0), 1u);
  EXPECT_EQ(histogram.getCount(-1), 1u);
  EXPECT_EQ(histogram.getCount(2047), 1u);
  EXPECT_EQ(histogram.getCount(2048), 1u);
}

/// Merging bins must give what counting in the wide bins would have.
TEST(HistogramTest, OrderAndDivisionOfValuesDoNotMatter) {
  std::mt19937 random(1);
  std::vector<float> values;
  for (int i = 0; i < 50000; ++i) {
    // Magnitudes from 2^-20 to 2^20, every hundredth value 0.
    float mantissa = static_cast<float>(random() % 2001) / 1000 - 1;
    values.push_back(i % 100 == 0 ? 0
                                  : std::ldexp(mantissa, random() % 41 - 20));
  }
  llvm::sort(values,
             [](float a, float b) { return std::fabs(a) < std::fabs(b); });
  Histogram growing, atOnce;
  for (size_t begin = 0; begin < values.size();) {
    size_t size = std::min<size_t>(1 + random() % 3000, values.size() - begin);
    addAll(growing, llvm::ArrayRef(values).slice(begin, size));
    begin += size;
  }
  std::reverse(values.begin(), values.end());
  addAll(atOnce, values);
  EXPECT_EQ(growing.getExponent(), atOnce.getExponent());
  EXPECT_EQ(growing.getNumZeros(), atOnce.getNumZeros());
  EXPECT_EQ(growing.getCounts(), atOnce.getCounts());
  EXPECT_EQ(growing.getMin(), atOnce.getMin());
  EXPECT_EQ(growing.getMax(), atOnce.getMax());
  EXPECT_EQ(growing.getNumValues(), values.size());
}

TEST(HistogramTest, ExtremeMagnitudesHaveBins) {
  constexpr float greatest = std::numeric_limits<float>::max();
  constexpr float least = std::numeric_limits<float>::denorm_min();
  Histogram tiny;
  addAll(tiny, {least, -least});
  EXPECT_EQ(tiny.getCount(0), 1u);
  EXPECT_EQ(tiny.getCount(-1), 1u);
  addAll(tiny, {greatest, -greatest});
  EXPECT_EQ(tiny.getCount(0), 1u);
  EXPECT_EQ(tiny.getCount(-1), 1u);
  EXPECT_EQ(tiny.getCount(4095), 1u);
  EXPECT_EQ(tiny.getCount(-4096), 1u);
}

} // namespace
