//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/OutputParts.h"
#include "TestModel.h"
#include "gtest/gtest.h"

using namespace lathe;

namespace {

/// Rows of two and of one element, joined and transposed, beside a tensor as it
/// is.
constexpr llvm::StringLiteral joined = R"(
  func.func @joined(%x: tensor<2x3xf32> {lathe.name = "x"} loc("x"))
      -> (tensor<3x3xf32> {lathe.name = "joined"},
          tensor<2x3xf32> {lathe.name = "whole"}) {
    %0 = lathe.neg %x : (tensor<2x3xf32>) -> tensor<2x3xf32> loc("Neg_0")
    %1 = lathe.slice %x {offsets = array<i64: 0, 0>, sizes = array<i64: 1, 3>,
        steps = array<i64: 1, 1>} : (tensor<2x3xf32>) -> tensor<1x3xf32>
        loc("Slice_1")
    %2 = lathe.concat %0, %1 {axis = 0 : i64}
        : (tensor<2x3xf32>, tensor<1x3xf32>) -> tensor<3x3xf32> loc("Concat_2")
    %3 = lathe.transpose %2 {permutation = array<i64: 1, 0>}
        : (tensor<3x3xf32>) -> tensor<3x3xf32> loc("Transpose_3")
    return %3, %0 : tensor<3x3xf32>, tensor<2x3xf32>
  })";

TEST(OutputPartsTest, PartsFollowWhatTheyAreJoinedOf) {
  TestModel model(joined);
  std::vector<TensorParts> parts = findOutputParts(model.get());
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].numParts, 2);
  // Each row has two elements of one part and one of the other.
  ASSERT_EQ(parts[0].runs.size(), 6u);
  int64_t first = parts[0].runs[0].part;
  for (auto [i, run] : llvm::enumerate(parts[0].runs)) {
    EXPECT_EQ(run.begin, static_cast<int64_t>(i / 2 * 3 + i % 2 * 2));
    EXPECT_EQ(run.part, i % 2 == 0 ? first : 1 - first);
  }
  EXPECT_EQ(parts[1].numParts, 1);
  EXPECT_TRUE(parts[1].runs.empty());
}

} // namespace
