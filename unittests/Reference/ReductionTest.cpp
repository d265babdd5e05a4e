//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Golden values: ONNX's reference evaluator (onnx 1.23, Softmax, LogSoftmax,
// LayerNormalization) and NumPy.
//
//===----------------------------------------------------------------------===//

#include "EvaluateText.h"

using namespace lathe;
using namespace lathe::testing;

static HostTensor matrix() { return f32({2, 3}, {1, -2, 3, 4, 5, -6}); }

TEST(ReductionTest, SoftmaxAlongEitherAxis) {
  expectValues(evaluateText("lathe.softmax %0 {axis = 1 : i64} : "
                            "(tensor<2x3xf32>) -> tensor<2x3xf32>",
                            {matrix()}),
               {0.118499652, 0.0058997497, 0.875600576, 0.268938124,
                0.731049657, 1.22097745e-05});
  expectValues(evaluateText("lathe.softmax %0 {axis = 0 : i64, log} : "
                            "(tensor<2x3xf32>) -> tensor<2x3xf32>",
                            {matrix()}),
               {-3.04858732, -7.00091171, -0.000123389225, -0.0485873409,
                -0.000911412586, -9.00012302});
}

TEST(ReductionTest, LayerNormWithScaleAndBias) {
  expectValues(
      evaluateText("lathe.layer_norm %0 scale %1 bias %2 {axis = 1 : i64, "
                   "epsilon = 1.0e-2 : f64} : (tensor<2x3xf32>, tensor<3xf32>, "
                   "tensor<3xf32>) -> tensor<2x3xf32>",
                   {matrix(), f32({3}, {1, 2, 0.5}), f32({3}, {0, 1, -1})}),
      {0.162029639, -1.59247446, -0.432896256, 0.603918076, 2.61044836,
       -1.70457113});
}

TEST(ReductionTest, RmsNormKeepsTheMean) {
  expectValues(
      evaluateText("lathe.layer_norm %0 scale %1 {axis = 1 : i64, epsilon = "
                   "1.0e-2 : f64, rms} : (tensor<2x3xf32>, tensor<3xf32>) -> "
                   "tensor<2x3xf32>",
                   {matrix(), f32({3}, {1, 2, 0.5})}),
      {0.462414871, -1.84965948, 0.693622306, 0.789388272, 1.97347068,
       -0.592041204});
}

/// Reduces two groups of four numbers, which lie apart.
static HostTensor reduce(std::string kind) {
  return evaluateText("lathe.reduce " + kind +
                          " %0 {axes = array<i64: 0, 2>} : "
                          "(tensor<2x2x2xi32>) -> tensor<2xi32>",
                      {tensor<int32_t>({2, 2, 2}, {1, 2, 3, 4, -5, 6, 7, -9})});
}

TEST(ReductionTest, ReduceKinds) {
  expectValues(reduce("sum"), {4, 5});
  expectValues(reduce("mean"), {1, 1});
  expectValues(reduce("prod"), {-60, -756});
  expectValues(reduce("max"), {6, 7});
  expectValues(reduce("min"), {-5, -9});
}

TEST(ReductionTest, MaximumOfNothingIsTheLowestNumber) {
  expectValues(evaluateText("lathe.reduce max %0 {axes = array<i64: 0>} : "
                            "(tensor<0x1xi8>) -> tensor<1xi8>",
                            {tensor<int8_t>({0, 1}, {})}),
               {-128});
}

TEST(ReductionTest, SumKeepsWhatFloatWouldLose) {
  std::vector<float> x(1 << 16, 0.1f); // the float next to 0.1, 1.5e-9 above it
  expectValues(evaluateText("lathe.reduce sum %0 {axes = array<i64: 0>, "
                            "keep_dims} : (tensor<65536xf32>) -> tensor<1xf32>",
                            {f32({65536}, x)}),
               {6553.6001}, 1e-7);
}

TEST(ReductionTest, TiesGoToTheFirstOrLast) {
  HostTensor x = f32({2, 3}, {1, 5, 5, -1, -1, 0});
  expectValues(evaluateText("lathe.arg_reduce max %0 {axis = 1 : i64} : "
                            "(tensor<2x3xf32>) -> tensor<2xi64>",
                            {x}),
               {1, 2});
  expectValues(evaluateText("lathe.arg_reduce max %0 {axis = 1 : i64, "
                            "select_last} : (tensor<2x3xf32>) -> tensor<2xi64>",
                            {x}),
               {2, 2});
  expectValues(evaluateText("lathe.arg_reduce min %0 {axis = 1 : i64, "
                            "keep_dims} : (tensor<2x3xf32>) -> "
                            "tensor<2x1xi64>",
                            {x}),
               {0, 0});
}
