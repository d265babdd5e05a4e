//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/PrecisionGroup.h"
#include "TestModel.h"
#include "gtest/gtest.h"

using namespace lathe;

namespace {

/// Two convolutions, of which one reads what is joined.
constexpr llvm::StringLiteral joined = R"(
  func.func @joined(%x: tensor<1x8x8x4xf32> {lathe.name = "x"} loc("x"))
      -> (tensor<1x8x8x2xf32> {lathe.name = "y"}) {
    %w = lathe.constant dense<0.5> : tensor<1x1x4x4xf32>
    %v = lathe.constant dense<0.5> : tensor<1x1x8x2xf32>
    %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>,
        dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
        : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32>
        loc("Conv_0")
    %1 = lathe.relu %0 : (tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32>
        loc("Relu_1")
    %2 = lathe.neg %x : (tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32>
        loc("Neg_2")
    %3 = lathe.concat %1, %2 {axis = 3 : i64}
        : (tensor<1x8x8x4xf32>, tensor<1x8x8x4xf32>) -> tensor<1x8x8x8xf32>
        loc("Concat_3")
    %4 = lathe.conv %3, %v {strides = array<i64: 1, 1>,
        dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
        : (tensor<1x8x8x8xf32>, tensor<1x1x8x2xf32>) -> tensor<1x8x8x2xf32>
        loc("Conv_4")
    return %4 : tensor<1x8x8x2xf32>
  })";

TEST(PrecisionGroupTest, JoinedActivationsAreOneGroupWithWhatReadsThem) {
  TestModel model(joined);
  QuantizationPlan plan = QuantizationPlan::get(model.get());
  std::vector<PrecisionGroup> groups = getPrecisionGroups(plan);
  ASSERT_EQ(groups.size(), 2u);
  // x, read by a convolution and the negation.
  EXPECT_EQ(groups[0].values.size(), 1u);
  EXPECT_EQ(groups[0].layers.size(), 1u);
  EXPECT_EQ(groups[0].macs, 8 * 8 * 4 * 4);
  EXPECT_EQ(groups[0].countWeights(), 4 * 4);
  // Both parts, and what they are joined to.
  EXPECT_EQ(groups[1].values.size(), 3u);
  ASSERT_EQ(groups[1].layers.size(), 1u);
  EXPECT_EQ(groups[1].layers[0]->getResult(0), model.getValue("Conv_4"));
  EXPECT_EQ(groups[1].macs, 8 * 8 * 8 * 2);
  EXPECT_EQ(groups[1].numElements, 8 * 8 * 16);
}

TEST(PrecisionGroupTest, PrecisionsHaveNames) {
  for (Precision precision : allPrecisions) {
    auto parsed = parsePrecision(getName(precision));
    ASSERT_TRUE(bool(parsed));
    EXPECT_EQ(*parsed, precision);
  }
  EXPECT_EQ(llvm::toString(parsePrecision("int2").takeError()),
            "there is no precision 'int2'; there are int8, int16, float, "
            "int4-weights");
}

TEST(DominantGroupsTest, NoisyOnesAreSparedAsFarAsWorkAllows) {
  const double high[] = {0.1}, middle[] = {0.03}, low[] = {0.001};
  const GroupNoise groups[] = {{low, 10}, {high, 50}, {middle, 60}, {low, 1}};
  using Indices = llvm::SmallVector<size_t>;
  EXPECT_EQ(findDominantGroups(groups, 200), (Indices{0, 1, 2, 3}));
  EXPECT_EQ(findDominantGroups(groups, 110), (Indices{1, 2}));
  // The noisiest is too much work, and without it others hardly count.
  EXPECT_EQ(findDominantGroups(groups, 49), Indices{});
  EXPECT_EQ(findDominantGroups({}, 49), Indices{});
}

TEST(DominantGroupsTest, EqualNoiseHasNoneThatDominates) {
  const double share[] = {0.01};
  std::vector<GroupNoise> groups(20, GroupNoise{share, 1});
  EXPECT_TRUE(findDominantGroups(groups, 100).empty());
}

TEST(DominantGroupsTest, SmallPartOfOutputsCountsAsMuch) {
  const double boxes[] = {0.01, 1e-6}, scores[] = {1e-6, 0.01};
  const GroupNoise groups[] = {{boxes, 1}, {scores, 1}};
  EXPECT_EQ(findDominantGroups(groups, 1), llvm::SmallVector<size_t>{0});
  EXPECT_EQ(findDominantGroups(groups, 2), (llvm::SmallVector<size_t>{0, 1}));
}

} // namespace
