//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Golden values: ONNX Runtime 1.31 (ConvTranspose, AveragePool, MaxPool) and
// ONNX's reference evaluator (Conv), in channels-first order; NumPy's matmul.
// Small integers as operands make almost all of them exact.
//
//===----------------------------------------------------------------------===//

#include "EvaluateText.h"

using namespace lathe;
using namespace lathe::testing;

/// A tensor of `shape` whose i-th element is (i * factor) % modulus + offset,
/// then transposed: dimension d of the result is `permutation[d]`.
static HostTensor pattern(std::vector<int64_t> shape,
                          std::vector<int64_t> permutation, int64_t factor,
                          int64_t modulus, int64_t offset) {
  size_t rank = shape.size();
  std::vector<int64_t> strides(rank, 1), to;
  for (size_t d = rank - 1; d > 0; --d)
    strides[d - 1] = strides[d] * shape[d];
  for (int64_t d : permutation)
    to.push_back(shape[d]);
  HostTensor result(ElementKind::F32, to);
  for (int64_t i = 0; i < result.getNumElements(); ++i) {
    int64_t rest = i, source = 0;
    for (size_t d = rank; d-- > 0; rest /= to[d])
      source += rest % to[d] * strides[permutation[d]];
    result.setDouble(i, source * factor % modulus + offset);
  }
  return result;
}

// x = ((arange(80) * 7) % 11 - 5).reshape(1, 4, 5, 4)
// w = ((arange(48) * 5) % 7 - 3).reshape(4, 2, 3, 2)
// Conv(x, w, [0.5, -1, 2, 0.25], group=2, strides=[2, 1], dilations=[1, 2],
//      pads=[1, 0, 0, 1]).transpose(0, 2, 3, 1)
TEST(SpatialTest, ConvWithGroupsDilationAndUnevenPads) {
  expectValues(
      evaluateText("lathe.conv %0, %1, %2 {strides = array<i64: 2, 1>, "
                   "dilations = array<i64: 1, 2>, pads = array<i64: 1, 0, 0, "
                   "1>, group = 2 : i64} : (tensor<1x5x4x4xf32>, "
                   "tensor<3x2x2x4xf32>, tensor<4xf32>) -> "
                   "tensor<1x2x3x4xf32>",
                   {pattern({1, 4, 5, 4}, {0, 2, 3, 1}, 7, 11, -5),
                    pattern({4, 2, 3, 2}, {2, 3, 1, 0}, 5, 7, -3),
                    f32({4}, {0.5, -1, 2, 0.25})}),
      {24.5, 10, 13, 10.25,  -39.5, 8,   6,   9.25,  0.5,  12, 16, -22.75,
       33.5, -3, 26, -15.75, 22.5,  -32, -10, 34.25, -9.5, 17, 20, -9.75},
      0);
}

// x = ((arange(12) * 5) % 7 - 3).reshape(1, 2, 2, 3)
// w = ((arange(24) * 3) % 5 - 2).reshape(2, 2, 3, 2)
// ConvTranspose(x, w, group=2, strides=[2, 2], dilations=[1, 2],
//   pads=[1, 0, 0, 1], output_padding=[1, 0]).transpose(0, 2, 3, 1)
TEST(SpatialTest, ConvTransposeWithGroupsDilationAndOutputPadding) {
  std::vector<double> golden = {
      3,  -6, 0,  2, 0,  0,  0,  0,  -8, 4, 2,  5,  0,  0,  0,  0, 4,  0, 6,
      -7, 0,  0,  0, 0,  4,  4,  -1, 1,  0, 0,  0,  0,  -2, -2, 0, -3, 0, 0,
      0,  0,  -3, 0, -2, -2, 0,  0,  0,  0, 2,  -4, 0,  0,  0,  0, 0,  0, -7,
      6,  0,  4,  0, 0,  0,  0,  5,  2,  4, -8, 0,  0,  0,  0,  0, 4,  0, 0,
      0,  0,  0,  0, 4,  -8, -2, 2,  0,  0, 0,  0,  -6, 1,  5,  -7};
  golden.resize(120, 0); // what output_padding adds
  expectValues(
      evaluateText("lathe.conv_transpose %0, %1 {strides = array<i64: 2, 2>, "
                   "dilations = array<i64: 1, 2>, pads = array<i64: 1, 0, 0, "
                   "1>, output_padding = array<i64: 1, 0>, group = 2 : i64} : "
                   "(tensor<1x2x3x2xf32>, tensor<3x2x2x2xf32>) -> "
                   "tensor<1x5x6x4xf32>",
                   {pattern({1, 2, 2, 3}, {0, 2, 3, 1}, 5, 7, -3),
                    pattern({2, 2, 3, 2}, {2, 3, 0, 1}, 3, 5, -2)}),
      golden, 0);
}

TEST(SpatialTest, DepthwiseConvOfIntegersSumsInInt32) {
  expectValues(
      evaluateText("lathe.conv %0, %1 {strides = array<i64: 1>, dilations = "
                   "array<i64: 1>, pads = array<i64: 0, 0>, group = 2 : i64} : "
                   "(tensor<1x2x2xui8>, tensor<2x1x2xi8>) -> tensor<1x1x2xi32>",
                   {tensor<uint8_t>({1, 2, 2}, {255, 1, 255, 2}),
                    tensor<int8_t>({2, 1, 2}, {-128, 3, -128, 4})}),
      {-65280, 11});
}

// AveragePool(arange(25).reshape(1, 1, 5, 5) + 1, kernel_shape=[3, 3],
//   strides=[2, 2], pads=[1, 1, 0, 0], ceil_mode=1): its last windows reach one
// element beyond the input.
static HostTensor averageOfCeilWindows(std::string attributes) {
  return evaluateText(
      "lathe.avg_pool %0 {kernel = array<i64: 3, 3>, strides = array<i64: 2, "
      "2>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>" +
          attributes + "} : (tensor<1x5x5x1xf32>) -> tensor<1x3x3x1xf32>",
      {pattern({1, 5, 5, 1}, {0, 1, 2, 3}, 1, 100, 1)});
}

TEST(SpatialTest, AvgPoolCountsWhatCounts) {
  expectValues(averageOfCeilWindows(""),
               {4, 5.5, 7, 11.5, 13, 14.5, 19, 20.5, 22});
  expectValues(
      averageOfCeilWindows(
          ", count_include_pad, counted_pads = array<i64: 1, 1, 0, 0>"),
      {1.77777779, 3.66666675, 4.66666651, 7.66666651, 13, 14.5, 12.666667,
       20.5, 22});
}

TEST(SpatialTest, MaxPoolNeverPicksPadding) {
  expectValues(
      evaluateText("lathe.max_pool %0 {kernel = array<i64: 3, 3>, strides = "
                   "array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = "
                   "array<i64: 1, 1, 1, 1>} : (tensor<1x5x5x1xf32>) -> "
                   "tensor<1x3x3x1xf32>",
                   {pattern({1, 5, 5, 1}, {0, 1, 2, 3}, -1, 100, -1)}),
      {-1, -2, -4, -6, -7, -9, -16, -17, -19});
}

// The elements under the window lie three and one before and one behind the
// only one of the input.
TEST(SpatialTest, MaxPoolOfPaddingAloneIsTheLowest) {
  expectValues(
      evaluateText("lathe.max_pool %0 {kernel = array<i64: 3>, strides = "
                   "array<i64: 1>, dilations = array<i64: 2>, pads = "
                   "array<i64: 3, 1>} : (tensor<1x1x1xf32>) -> "
                   "tensor<1x1x1xf32>",
                   {pattern({1, 1, 1}, {0, 1, 2}, 1, 100, 7)}),
      {-std::numeric_limits<double>::infinity()});
}

// matmul(arange(12).reshape(2, 1, 2, 3), arange(12).reshape(1, 2, 3, 2) - 4)
TEST(SpatialTest, MatMulBroadcastsBatches) {
  expectValues(
      evaluateText("lathe.matmul %0, %1 : (tensor<2x1x2x3xf32>, "
                   "tensor<1x2x3x2xf32>) -> tensor<2x2x2x2xf32>",
                   {pattern({2, 1, 2, 3}, {0, 1, 2, 3}, 1, 100, 0),
                    pattern({1, 2, 3, 2}, {0, 1, 2, 3}, 1, 100, -4)}),
      {-2, 1, -20, -8, 16, 19, 52, 64, -38, -17, -56, -26, 88, 109, 124, 154});
}

TEST(SpatialTest, MatMulAddsItsBias) {
  expectValues(evaluateText("lathe.matmul %0, %1, %2 : (tensor<1x2xf32>, "
                            "tensor<2x2xf32>, tensor<2xf32>) -> "
                            "tensor<1x2xf32>",
                            {f32({1, 2}, {1, 2}), f32({2, 2}, {3, 4, 5, 6}),
                             f32({2}, {100, 200})}),
               {113, 216});
}

// np.pad(x - 5, …) windows times w, summed in int64 by NumPy. Padding is the
// zero point: 250 and 5 both count as they are less 5.
TEST(SpatialTest, ConvTakesTheZeroPointAndPadsWithIt) {
  expectValues(
      evaluateText("lathe.conv %0, %1, %2 {strides = array<i64: 1>, "
                   "dilations = array<i64: 1>, pads = array<i64: 1, 1>, "
                   "input_zero_point = 5 : si64} : (tensor<1x3x2xui8>, "
                   "tensor<3x2x2xi8>, tensor<2xi32>) -> tensor<1x3x2xi32>",
                   {tensor<uint8_t>({1, 3, 2}, {1, 2, 3, 4, 250, 6}),
                    tensor<int8_t>({3, 2, 2},
                                   {-6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5}),
                    tensor<int32_t>({2}, {10, -20})}),
      {10, -30, 544, 750, -464, -251}, 0);
}

// (a + 10) @ (c - 128) by NumPy.
TEST(SpatialTest, MatMulTakesBothZeroPoints) {
  expectValues(evaluateText("lathe.matmul %0, %1 {lhs_zero_point = -10 : si64, "
                            "rhs_zero_point = 128 : si64} : (tensor<2x2xi8>, "
                            "tensor<2x2xui8>) -> tensor<2x2xi32>",
                            {tensor<int8_t>({2, 2}, {-128, 127, 3, 4}),
                             tensor<uint8_t>({2, 2}, {1, 2, 255, 7})}),
               {32385, -1709, 127, -3332}, 0);
}
