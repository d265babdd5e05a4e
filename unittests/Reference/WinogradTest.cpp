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

/// Pseudo-random integers in the whole range of `T`.
template <typename T>
static HostTensor noise(llvm::ArrayRef<int64_t> shape, uint32_t state) {
  HostTensor result(elementKindOf<T>, shape);
  for (int64_t i = 0; i < result.getNumElements(); ++i) {
    state = state * 1664525 + 1013904223;
    result.setInt(i, static_cast<T>(state >> 24));
  }
  return result;
}

/// Convolves `x`, of elements "ui8" or "i8", with `w` by either op, and expects
/// the same integers. The result has 5 channels.
static void expectSameIntegers(std::string data, const HostTensor &x,
                               const HostTensor &w) {
  HostTensor bias = tensor<int32_t>({5}, {1, -100000, 0, 2147483647, 7});
  HostTensor filter = evaluateText(
      "lathe.winograd_filter %0 {block = 4 : i64} : (tensor<3x3x3x5xi8>) -> "
      "tensor<2x36x2x8xi16>",
      {w});
  HostTensor result = evaluateText(
      "lathe.winograd_conv %0, %1, %2 {pads = array<i64: 1, 0, 0, 2>, "
      "channels = 5 : i64, block = array<i64: 1, 2>} : (tensor<2x7x9x3x" +
          data +
          ">, tensor<2x36x2x8xi16>, tensor<5xi32>) -> tensor<2x6x9x5xi32>",
      {x, filter, bias});
  HostTensor expected = evaluateText(
      "lathe.conv %0, %1, %2 {strides = array<i64: 1, 1>, dilations = "
      "array<i64: 1, 1>, pads = array<i64: 1, 0, 0, 2>} : (tensor<2x7x9x3x" +
          data + ">, tensor<3x3x3x5xi8>, tensor<5xi32>) -> tensor<2x6x9x5xi32>",
      {x, w, bias});
  ASSERT_EQ(result.getShape(), expected.getShape());
  for (int64_t i = 0; i < result.getNumElements(); ++i)
    EXPECT_EQ(result.getInt(i), expected.getInt(i)) << i;
}

TEST(WinogradTest, IntegersAreThoseOfTheConvolution) {
  HostTensor w = noise<int8_t>({3, 3, 3, 5}, 1);
  expectSameIntegers("ui8", noise<uint8_t>({2, 7, 9, 3}, 2), w);
  expectSameIntegers("i8", noise<int8_t>({2, 7, 9, 3}, 3), w);
}

// What is furthest from zero: all data and weights of the largest magnitude.
TEST(WinogradTest, LargestIntegersAreThoseOfTheConvolution) {
  HostTensor w(ElementKind::I8, {3, 3, 3, 5});
  HostTensor unsignedX(ElementKind::UI8, {2, 7, 9, 3});
  HostTensor signedX(ElementKind::I8, {2, 7, 9, 3});
  llvm::fill(w.mutableData<int8_t>(), -128);
  llvm::fill(unsignedX.mutableData<uint8_t>(), 255);
  llvm::fill(signedX.mutableData<int8_t>(), -128);
  expectSameIntegers("ui8", unsignedX, w);
  expectSameIntegers("i8", signedX, w);
}

// The largest sum of a row of the matrix is 12.
TEST(WinogradTest, FilterOfIntegersFits) {
  HostTensor w(ElementKind::I8, {3, 3, 1, 1});
  llvm::fill(w.mutableData<int8_t>(), -128);
  HostTensor filter = evaluateText(
      "lathe.winograd_filter %0 {block = 1 : i64} : (tensor<3x3x1x1xi8>) -> "
      "tensor<1x36x1x2xi16>",
      {w});
  int64_t least = 0, most = 0;
  for (int64_t i = 0; i < filter.getNumElements(); ++i) {
    least = std::min(least, filter.getInt(i));
    most = std::max(most, filter.getInt(i));
  }
  EXPECT_EQ(least, -12 * 12 * 128);
  EXPECT_EQ(most, 12 * 7 * 128);
}
