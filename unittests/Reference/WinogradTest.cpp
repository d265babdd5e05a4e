//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Winograd's algorithm against the convolution that it computes.
//
//===----------------------------------------------------------------------===//

#include "EvaluateText.h"

using namespace lathe;
using namespace lathe::testing;

static HostTensor waves(llvm::ArrayRef<int64_t> shape, double phase) {
  HostTensor result(ElementKind::F32, shape);
  for (int64_t i = 0; i < result.getNumElements(); ++i)
    result.setDouble(i, std::sin(static_cast<double>(i * i) + phase));
  return result;
}

// Two images of 7x9 pixels, whose tiles reach beyond the result, and five
// output channels in blocks of four.
TEST(WinogradTest, IsAConvolution) {
  HostTensor x = waves({2, 7, 9, 3}, 0), w = waves({3, 3, 3, 5}, 1);
  HostTensor bias = waves({5}, 2);
  HostTensor filter = evaluateText(
      "lathe.winograd_filter %0 {block = 4 : i64} : (tensor<3x3x3x5xf32>) -> "
      "tensor<2x36x3x4xf32>",
      {w});
  HostTensor result = evaluateText(
      "lathe.winograd_conv %0, %1, %2 {pads = array<i64: 1, 0, 0, 2>, "
      "channels = 5 : i64, block = array<i64: 1, 2>} : (tensor<2x7x9x3xf32>, "
      "tensor<2x36x3x4xf32>, tensor<5xf32>) -> tensor<2x6x9x5xf32>",
      {x, filter, bias});
  HostTensor expected = evaluateText(
      "lathe.conv %0, %1, %2 {strides = array<i64: 1, 1>, dilations = "
      "array<i64: 1, 1>, pads = array<i64: 1, 0, 0, 2>} : "
      "(tensor<2x7x9x3xf32>, tensor<3x3x3x5xf32>, tensor<5xf32>) -> "
      "tensor<2x6x9x5xf32>",
      {x, w, bias});
  ASSERT_EQ(result.getShape(), expected.getShape());
  for (int64_t i = 0; i < result.getNumElements(); ++i)
    EXPECT_NEAR(result.getDouble(i), expected.getDouble(i), 1e-5) << i;
}

// Lavin and Gray, 2015: the first row of G is (1/4, 0, 0), the last (0, 0, 1).
TEST(WinogradTest, FilterIsPackedWithZeros) {
  HostTensor w = f32({3, 3, 1, 1}, {16, 0, 0, 0, 0, 0, 0, 0, 3});
  HostTensor filter = evaluateText(
      "lathe.winograd_filter %0 {block = 2 : i64} : (tensor<3x3x1x1xf32>) -> "
      "tensor<1x36x1x2xf32>",
      {w});
  EXPECT_EQ(filter.getDouble(0), 1);      // 16 / 4 / 4
  EXPECT_EQ(filter.getDouble(2 * 35), 3); // 3 * 1 * 1
  for (int64_t i = 1; i < filter.getNumElements(); i += 2)
    EXPECT_EQ(filter.getDouble(i), 0) << i;
}
