//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Golden values: numpy.pad with the modes reflect, edge and wrap; the others by
// hand.
//
//===----------------------------------------------------------------------===//

#include "EvaluateText.h"

using namespace lathe;
using namespace lathe::testing;

static HostTensor pad(std::string mode) {
  return evaluateText("lathe.pad %0 {low = array<i64: 1, 2>, high = array<i64: "
                      "0, 2>, mode = #lathe<pad_mode " +
                          mode + ">} : (tensor<2x3xf32>) -> tensor<3x7xf32>",
                      {f32({2, 3}, {1, 2, 3, 4, 5, 6})});
}

TEST(DataTest, PadModesAgreeWithNumPy) {
  expectValues(pad("reflect"),
               {6, 5, 4, 5, 6, 5, 4, 3, 2, 1, 2, 3, 2, 1, 6, 5, 4, 5, 6, 5, 4});
  expectValues(pad("edge"),
               {1, 1, 1, 2, 3, 3, 3, 1, 1, 1, 2, 3, 3, 3, 4, 4, 4, 5, 6, 6, 6});
  expectValues(pad("wrap"),
               {5, 6, 4, 5, 6, 4, 5, 2, 3, 1, 2, 3, 1, 2, 5, 6, 4, 5, 6, 4, 5});
  expectValues(pad("constant"),
               {0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 4, 5, 6, 0, 0});
}

TEST(DataTest, PadTakesItsValue) {
  expectValues(
      evaluateText("lathe.pad %0, %1 {low = array<i64: 1>, high = array<i64: "
                   "2>} : (tensor<1xi8>, tensor<i8>) -> tensor<4xi8>",
                   {tensor<int8_t>({1}, {5}), tensor<int8_t>({}, {-7})}),
      {-7, 5, -7, -7});
}

TEST(DataTest, GatherCountsNegativeIndicesFromTheEnd) {
  expectValues(
      evaluateText(
          "lathe.gather %0, %1 {axis = 1 : i64} : (tensor<2x3xf32>, "
          "tensor<2xi64>) -> tensor<2x2xf32>",
          {f32({2, 3}, {1, 2, 3, 4, 5, 6}), tensor<int64_t>({2}, {-1, 0})}),
      {3, 1, 6, 4});
}

TEST(DataTest, TransposePermutes) {
  expectValues(evaluateText("lathe.transpose %0 {permutation = array<i64: 2, "
                            "0, 1>} : (tensor<1x2x3xf32>) -> tensor<3x1x2xf32>",
                            {f32({1, 2, 3}, {1, 2, 3, 4, 5, 6})}),
               {1, 4, 2, 5, 3, 6});
}

TEST(DataTest, SliceWalksBackwards) {
  expectValues(evaluateText("lathe.slice %0 {offsets = array<i64: 1, 2>, sizes "
                            "= array<i64: 1, 2>, steps = array<i64: 1, -2>} : "
                            "(tensor<2x3xf32>) -> tensor<1x2xf32>",
                            {f32({2, 3}, {1, 2, 3, 4, 5, 6})}),
               {6, 4});
}

TEST(DataTest, BroadcastAndTileRepeat) {
  expectValues(evaluateText("lathe.broadcast %0 {shape = array<i64: 2, 2, 2>} "
                            ": (tensor<2x1xf32>) -> tensor<2x2x2xf32>",
                            {f32({2, 1}, {1, 2})}),
               {1, 1, 2, 2, 1, 1, 2, 2});
  expectValues(evaluateText("lathe.tile %0 {repeats = array<i64: 2, 2>} : "
                            "(tensor<1x2xf32>) -> tensor<2x4xf32>",
                            {f32({1, 2}, {1, 2})}),
               {1, 2, 1, 2, 1, 2, 1, 2});
}

TEST(DataTest, ConcatJoinsAlongAnInnerAxis) {
  expectValues(evaluateText("lathe.concat %0, %1 {axis = 1 : i64} : "
                            "(tensor<2x1xf32>, tensor<2x2xf32>) -> "
                            "tensor<2x3xf32>",
                            {f32({2, 1}, {1, 4}), f32({2, 2}, {2, 3, 5, 6})}),
               {1, 2, 3, 4, 5, 6});
}
