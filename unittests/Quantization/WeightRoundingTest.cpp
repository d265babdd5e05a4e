//===- WeightRoundingTest.cpp - Weights rounded for their layer -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/WeightRounding.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace lathe;

namespace {

/// Coarse, so that much is to be gained.
constexpr QuantizedStorage storage = {-7, 7, true};

/// Patches of a layer with two groups of three elements, each.
class WeightRoundingTest : public testing::Test {
protected:
  static constexpr int64_t numGroups = 2, size = 3, numPatches = 200,
                           outputs = 4;

  WeightRoundingTest() {
    std::mt19937 random(1);
    auto draw = [&] { return static_cast<double>(random() % 2001) / 1000 - 1; };
    for (int64_t i = 0; i < numPatches; ++i)
      for (int64_t group = 0; group < numGroups; ++group) {
        // Close to each other, and with a mean.
        double common = draw() + 0.5;
        for (int64_t k = 0; k < size; ++k)
          patches.push_back(common + 0.1 * draw());
      }
    for (int64_t i = 0; i < size * outputs; ++i)
      weights.setDouble(i, draw());
    gram.numPatches = numPatches;
    for (int64_t i = 0; i < numPatches; ++i)
      for (int64_t group = 0; group < numGroups; ++group)
        for (int64_t k = 0; k < size; ++k) {
          gram.sums[group * size + k] += at(i, group, k);
          for (int64_t j = 0; j < size; ++j)
            gram.values[(group * size + k) * size + j] +=
                at(i, group, k) * at(i, group, j);
        }
  }

  double at(int64_t patch, int64_t group, int64_t k) const {
    return patches[(patch * numGroups + group) * size + k];
  }

  /// The squared error of an output over all patches when `change` is added to
  /// it and `actual` takes the place of the weights.
  double getError(int64_t output, const HostTensor &actual,
                  double change) const {
    int64_t group = output / (outputs / numGroups);
    double sum = 0;
    for (int64_t i = 0; i < numPatches; ++i) {
      double error = change;
      for (int64_t k = 0; k < size; ++k)
        error += (actual.getDouble(k * outputs + output) -
                  weights.getDouble(k * outputs + output)) *
                 at(i, group, k);
      sum += error * error;
    }
    return sum;
  }

  std::vector<double> patches;
  HostTensor weights{ElementKind::F32, {size, outputs}};
  GramMatrix gram{numGroups, size};
};

TEST_F(WeightRoundingTest, ErrorsOfTheLayerShrinkWhateverTheWeightsDo) {
  std::vector<double> scales =
      getWeightScales(weights, storage, WeightRange::Max);
  RoundedWeights rounded = roundWeights(weights, scales, gram, storage);
  double nearestError = 0, error = 0;
  for (int64_t output = 0; output < outputs; ++output) {
    HostTensor nearest(ElementKind::F32, weights.getShape());
    for (int64_t i = 0; i < weights.getNumElements(); ++i) {
      double scale = scales[i % outputs];
      nearest.setDouble(i,
                        std::nearbyint(weights.getDouble(i) / scale) * scale);
    }
    nearestError += getError(output, nearest, 0);
    error += getError(output, rounded.values, rounded.biasChanges[output]);
  }
  EXPECT_LT(error, nearestError / 4);
}

TEST_F(WeightRoundingTest, WhatComesOutIsIntegersTimesTheScale) {
  std::vector<double> scales =
      getWeightScales(weights, storage, WeightRange::Max);
  RoundedWeights rounded = roundWeights(weights, scales, gram, storage);
  ASSERT_EQ(rounded.scales.size(), scales.size());
  for (int64_t i = 0; i < weights.getNumElements(); ++i) {
    double steps = rounded.values.getDouble(i) / rounded.scales[i % outputs];
    EXPECT_NEAR(steps, std::nearbyint(steps), 1e-5);
    EXPECT_LE(std::fabs(steps), 7.001);
  }
}

TEST_F(WeightRoundingTest, TheBiasMakesUpForTheMean) {
  std::vector<double> scales =
      getWeightScales(weights, storage, WeightRange::Max);
  RoundedWeights rounded = roundWeights(weights, scales, gram, storage);
  for (int64_t output = 0; output < outputs; ++output) {
    double change = rounded.biasChanges[output];
    double least = getError(output, rounded.values, change);
    EXPECT_LE(least, getError(output, rounded.values, change + 0.001));
    EXPECT_LE(least, getError(output, rounded.values, change - 0.001));
  }
}

TEST_F(WeightRoundingTest, WeightsOnTheGridStay) {
  for (int64_t i = 0; i < weights.getNumElements(); ++i)
    weights.setDouble(i, std::nearbyint(weights.getDouble(i) * 7) / 8);
  std::vector<double> scales(outputs, 0.125);
  RoundedWeights rounded = roundWeights(weights, scales, gram, storage);
  for (int64_t i = 0; i < weights.getNumElements(); ++i)
    EXPECT_NEAR(rounded.values.getDouble(i), weights.getDouble(i), 1e-6);
}

} // namespace
