//===- QuantizationParametersTest.cpp - Integers for real numbers ---------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/QuantizationParameters.h"
#include "TestValues.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace lathe;

namespace {

TEST(QuantizationParametersTest, RangeBecomesAllIntegers) {
  QuantizationParameters p =
      getParameters({-1, 1.55}, QuantizedStorage::int8());
  EXPECT_FLOAT_EQ(p.scale, 0.01);
  EXPECT_EQ(p.zeroPoint, -28);
  EXPECT_EQ(p.low, -128);
  EXPECT_EQ(p.high, 127);
  EXPECT_NEAR(p.getRange().low, -1, 1e-7);
  EXPECT_NEAR(p.getRange().high, 1.55, 1e-7);
}

TEST(QuantizationParametersTest, ScaleIsAnF32) {
  double scale = getParameters({0, 1}, QuantizedStorage::int8()).scale;
  EXPECT_EQ(scale, static_cast<double>(1.0f / 255));
}

TEST(QuantizationParametersTest, RangeIsWidenedToZero) {
  // ReLUs of both signs.
  EXPECT_EQ(getParameters({2, 6}, QuantizedStorage::int8()).zeroPoint, -128);
  EXPECT_EQ(getParameters({-6, -2}, QuantizedStorage::int8()).zeroPoint, 127);
  EXPECT_FLOAT_EQ(getParameters({2, 5.1}, QuantizedStorage::int8()).scale,
                  0.02);
}

TEST(QuantizationParametersTest, SymmetricRangeHasZeroPointZero) {
  QuantizationParameters p =
      getParameters({-3.2767, 1}, QuantizedStorage::int16());
  EXPECT_FLOAT_EQ(p.scale, 1e-4);
  EXPECT_EQ(p.zeroPoint, 0);
  EXPECT_EQ(p.high, 32767);
  EXPECT_FLOAT_EQ(
      getParameters({-1.27, 1}, QuantizedStorage::int8Weights()).scale, 0.01);
}

TEST(QuantizationParametersTest, ScaleHasAFloor) {
  EXPECT_EQ(getParameters({0, 0}, QuantizedStorage::int8()).scale, 1);
  EXPECT_EQ(getParameters({0, 1e-30}, QuantizedStorage::int8()).scale,
            leastScale);
  // The product of two scales is a normal f32.
  EXPECT_GE(leastScale * leastScale, double(std::numeric_limits<float>::min()));
}

TEST(QuantizationParametersTest, AllFloatsFitARange) {
  double greatest = std::numeric_limits<float>::max();
  QuantizationParameters p =
      getParameters({-greatest, greatest}, QuantizedStorage::int8());
  EXPECT_NEAR(p.scale / greatest, 2.0 / 255, 1e-9);
}

/// Three channels: every fortieth Laplace value, its cube, and zeros.
HostTensor makeWeights() {
  std::vector<float> laplace = makeLaplace();
  HostTensor weights(ElementKind::F32, {500, 3});
  for (int64_t i = 0; i < 500; ++i) {
    float value = laplace[i * 40];
    weights.setDouble(i * 3, value);
    weights.setDouble(i * 3 + 1, value * value * value);
  }
  return weights;
}

TEST(WeightScalesTest, GreatestMagnitudeIsTheGreatestInteger) {
  std::vector<double> scales = getWeightScales(
      makeWeights(), QuantizedStorage::int8Weights(), WeightRange::Max);
  ASSERT_EQ(scales.size(), 3u);
  EXPECT_NEAR(scales[0], 0.07798021421657772, 1e-6);
  EXPECT_NEAR(scales[1], 7.648226039616142, 1e-5);
  // A channel of zeros follows the others.
  EXPECT_EQ(scales[2], scales[1]);
}

/// NumPy: the errors sum((w - clip(rint(w / s), -7, 7) * s)^2) of 20,001 scales
/// s from 0.2 to 1 times max|w| / 7.
TEST(WeightScalesTest, ScaleOfTheLeastSquaredErrorIsFound) {
  QuantizedStorage int4{-7, 7, true};
  std::vector<double> scales =
      getWeightScales(makeWeights(), int4, WeightRange::MSE);
  EXPECT_NEAR(scales[0], 0.7801684263719832, 2e-3);
  EXPECT_NEAR(scales[1], 134.65890695591517, 0.3);
}

TEST(WeightScalesTest, NoChannelsAndNothingButZeros) {
  QuantizedStorage storage = QuantizedStorage::int8Weights();
  EXPECT_EQ(getWeightScales(HostTensor(ElementKind::F32, {3, 2}), storage,
                            WeightRange::MSE),
            (std::vector<double>{1, 1}));
  EXPECT_TRUE(getWeightScales(HostTensor(ElementKind::F32, {3, 0}), storage,
                              WeightRange::MSE)
                  .empty());
}

TEST(WeightScalesTest, BiasFitsItsInteger) {
  double scale = getLeastWeightScale(-12, 0.5);
  EXPECT_EQ(12 / (0.5 * scale), 0x1p30);
}

// Multiples of 0.01 and of 0.37, which products in f32 have rounded; the third
// channel lies on no grid of 127 steps to either side.
TEST(QuantizationParametersTest, WeightsOnAGridKeepItsStep) {
  const int steps[] = {-99, 7, 0, 42, 31, -5, 64, 90};
  HostTensor weights(ElementKind::F32, {8, 3});
  for (int i = 0; i < 8; ++i) {
    weights.setDouble(3 * i, 0.01f * static_cast<float>(steps[i]));
    weights.setDouble(3 * i + 1, 0.37f * static_cast<float>(steps[i] / 3));
    weights.setDouble(3 * i + 2, std::sqrt(i + 1.0));
  }
  for (WeightRange method : {WeightRange::Max, WeightRange::MSE}) {
    std::vector<double> scales =
        getWeightScales(weights, QuantizedStorage::int8Weights(), method);
    EXPECT_NEAR(scales[0], 0.01, 1e-8);
    EXPECT_NEAR(scales[1], 0.37, 4e-7);
    EXPECT_GT(scales[2], 0.01);
  }
}

} // namespace
