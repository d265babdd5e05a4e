//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/BlockScales.h"

#include "gtest/gtest.h"

using namespace lathe;

static HostTensor getTensor(llvm::ArrayRef<int64_t> shape,
                            llvm::ArrayRef<float> values) {
  return HostTensor::get<float>(shape, values);
}

TEST(BlockScalesTest, EachBlockHasItsScale) {
  // Columns of blocks of two rows; the last block has one.
  BlockwiseTensor stored = quantizeInBlocks(
      getTensor({3, 2}, {1.0f, 100.0f, -8.0f, 0.0f, 0.5f, 700.0f}), 0, 2);
  ASSERT_EQ(stored.scales.getShape(), llvm::ArrayRef<int64_t>({2, 2}));
  const float expected[] = {1.0f, 100.0f, -8.0f, 0.0f, 0.5f, 700.0f};
  for (int64_t i = 0; i < 6; ++i) {
    double scale = stored.scales.getDouble(i / 4 * 2 + i % 2);
    EXPECT_NEAR(scale * static_cast<double>(stored.integers.getInt(i)),
                expected[i], 1e-3 * std::abs(expected[i]));
  }
}

TEST(BlockScalesTest, TheSideOfMinusEightTakesTheGreatestMagnitude) {
  BlockwiseTensor stored =
      quantizeInBlocks(getTensor({3}, {8.0f, -7.0f, 1.0f}), 0, 32);
  EXPECT_EQ(stored.scales.getDouble(0), -1);
  EXPECT_EQ(stored.integers.getInt(0), -8);
  EXPECT_EQ(stored.integers.getInt(1), 7);
  EXPECT_EQ(stored.integers.getInt(2), -1);
}

TEST(BlockScalesTest, ErrorIsThatOfTheBestScale) {
  // A single large value is worth less than the many beside it.
  std::vector<float> values(32, 1.0f);
  values[0] = 16.0f;
  BlockwiseTensor stored = quantizeInBlocks(getTensor({32}, values), 0, 32);
  double error = 0;
  for (int64_t i = 0; i < 32; ++i) {
    double real = stored.scales.getDouble(0) *
                  static_cast<double>(stored.integers.getInt(i));
    error += (real - values[i]) * (real - values[i]);
  }
  // With 16 / 8 as the scale each 1 becomes 0 or 2, an error of 31.
  EXPECT_LT(error, 31);
}

TEST(BlockScalesTest, ZerosStayZero) {
  BlockwiseTensor stored = quantizeInBlocks(getTensor({4}, {0, 0, 0, 0}), 0, 2);
  for (int64_t i = 0; i < 4; ++i)
    EXPECT_EQ(stored.integers.getInt(i), 0);
  EXPECT_EQ(stored.scales.getDouble(0), 0);
}
