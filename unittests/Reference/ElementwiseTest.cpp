//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Golden values are NumPy's and Python's math module's, computed in double.
//
//===----------------------------------------------------------------------===//

#include "EvaluateText.h"

using namespace lathe;
using namespace lathe::testing;

static const float nan32 = std::numeric_limits<float>::quiet_NaN();
static const float inf32 = std::numeric_limits<float>::infinity();

/// Evaluates `op` with `attributes` on five f32.
static HostTensor unary(std::string op, std::vector<float> x,
                        std::string attributes = "") {
  return evaluateText(op + " %0 " + attributes +
                          " : (tensor<5xf32>) -> tensor<5xf32>",
                      {f32({5}, x)});
}

TEST(ElementwiseTest, FunctionsAgreeWithNumPy) {
  std::vector<float> x = {-2.5, -0.5, 0, 0.75, 3};
  expectValues(unary("lathe.gelu", x),
               {-0.0155241633, -0.154268769, 0, 0.580029486, 2.99595031});
  expectValues(unary("lathe.gelu", x, "{tanh_approximation}"),
               {-0.0150842682, -0.154285992, 0, 0.579960552, 2.99636261});
  expectValues(
      unary("lathe.softplus", x),
      {0.0788897343, 0.474076984, 0.693147181, 1.13687101, 3.04858735});
  expectValues(unary("lathe.sigmoid", x),
               {0.07585818, 0.377540669, 0.5, 0.679178699, 0.952574127});
  expectValues(unary("lathe.elu", x, "{alpha = 1.5 : f64}"),
               {-1.3768725, -0.59020401, 0, 0.75, 3});
  expectValues(
      unary("lathe.hard_sigmoid", x, "{alpha = 0.2 : f64, beta = 0.4 : f64}"),
      {0, 0.3, 0.4, 0.55, 1});
  expectValues(unary("lathe.leaky_relu", x, "{alpha = 0.1 : f64}"),
               {-0.25, -0.05, 0, 0.75, 3});
  expectValues(unary("lathe.round", x), {-2, 0, 0, 1, 3});
  expectValues(unary("lathe.erf", x),
               {-0.999593048, -0.520499878, 0, 0.711155634, 0.99997791});
  expectValues(unary("lathe.asinh", x),
               {-1.64723115, -0.481211825, 0, 0.693147181, 1.81844646});
  expectValues(unary("lathe.tanh", x),
               {-0.986614298, -0.462117157, 0, 0.635148952, 0.995054754});
  expectValues(unary("lathe.tan", x),
               {0.747022297, -0.54630249, 0, 0.93159646, -0.142546543});
  expectValues(unary("lathe.cosh", x),
               {6.13228948, 1.12762597, 1, 1.29468328, 10.067662});
  expectValues(unary("lathe.sign", x), {-1, -1, 0, 1, 1});
}

TEST(ElementwiseTest, NanAndInfinityPass) {
  std::vector<float> x = {nan32, inf32, -inf32, -1, 1};
  expectValues(unary("lathe.relu", x), {nan32, inf32, 0, 0, 1});
  expectValues(unary("lathe.clamp", x, "{min = -2.0 : f64, max = 0.5 : f64}"),
               {nan32, 0.5, -2, -1, 0.5});
  expectValues(unary("lathe.sigmoid", x),
               {nan32, 1, 0, 0.268941421, 0.731058579});
  expectValues(unary("lathe.softplus", x),
               {nan32, inf32, 0, 0.313261688, 1.31326169});
  expectValues(evaluateText("lathe.is_inf %0 {positive = false} : "
                            "(tensor<5xf32>) -> tensor<5xi1>",
                            {f32({5}, x)}),
               {0, 0, 1, 0, 0});
  expectValues(evaluateText("lathe.is_nan %0 : (tensor<5xf32>) -> tensor<5xi1>",
                            {f32({5}, x)}),
               {1, 0, 0, 0, 0});
  expectValues(evaluateText("lathe.max %0, %1 : (tensor<5xf32>, tensor<f32>) "
                            "-> tensor<5xf32>",
                            {f32({5}, x), f32({}, {0})}),
               {nan32, inf32, 0, 0, 1});
  expectValues(evaluateText("lathe.compare ne %0, %1 : (tensor<5xf32>, "
                            "tensor<5xf32>) -> tensor<5xi1>",
                            {f32({5}, x), f32({5}, x)}),
               {1, 0, 0, 0, 0});
}

TEST(ElementwiseTest, ClampWithCrossedLimitsGivesMax) {
  expectValues(unary("lathe.clamp", {-9, 0, 1, 2, 9},
                     "{min = 2.0 : f64, max = 1.0 : f64}"),
               {1, 1, 1, 1, 1});
}

TEST(ElementwiseTest, ClampLimitsBeyondTheTypeDoNotWrap) {
  expectValues(evaluateText("lathe.clamp %0 {min = -300.0 : f64, max = 300.0 : "
                            "f64} : (tensor<2xi8>) -> tensor<2xi8>",
                            {tensor<int8_t>({2}, {-128, 127})}),
               {-128, 127});
}

/// Evaluates a binary `op` on two tensors of five elements of MLIR type `type`.
template <typename T>
static HostTensor binary(std::string op, std::string type, std::vector<T> a,
                         std::vector<T> b, std::string attributes = "") {
  std::string t = "tensor<5x" + type + ">";
  return evaluateText(op + " %0, %1 " + attributes + " : (" + t + ", " + t +
                          ") -> " + t,
                      {tensor<T>({5}, a), tensor<T>({5}, b)});
}

TEST(ElementwiseTest, ModHasTheSignItSays) {
  std::vector<int8_t> a = {7, -7, 7, -7, 0}, b = {3, 3, -3, -3, 5};
  expectValues(binary("lathe.mod", "i8", a, b), {1, 2, -2, -1, 0});
  expectValues(binary("lathe.mod", "i8", a, b, "{truncated}"),
               {1, -1, 1, -1, 0});
  std::vector<float> c = {7.5, -7.5, 7.5, -7.5, 0}, d = {2, 2, -2, -2, 1};
  expectValues(binary("lathe.mod", "f32", c, d), {1.5, 0.5, -0.5, -1.5, 0});
  expectValues(binary("lathe.mod", "f32", c, d, "{truncated}"),
               {1.5, -1.5, 1.5, -1.5, 0});
}

TEST(ElementwiseTest, IntegersWrapAround) {
  expectValues(binary<int8_t>("lathe.add", "i8", {127, -128, 100, 0, 1},
                              {1, -1, 100, 0, 1}),
               {-128, 127, -56, 0, 2});
  expectValues(binary<uint8_t>("lathe.mul", "ui8", {200, 16, 255, 1, 0},
                               {2, 16, 255, 1, 3}),
               {144, 0, 1, 1, 0});
  const int64_t lowest = std::numeric_limits<int64_t>::min();
  HostTensor difference = binary<int64_t>(
      "lathe.sub", "i64", {lowest, 0, 0, 0, 5}, {1, lowest, 1, 0, 5});
  EXPECT_EQ(difference.getInt(0), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(difference.getInt(1), lowest);
}

TEST(ElementwiseTest, IntegerDivisionIsDefined) {
  expectValues(
      binary<int8_t>("lathe.div", "i8", {7, -7, 7, -128, 5}, {3, 3, -3, -1, 0}),
      {2, -2, -2, -128, 0});
  expectValues(binary<uint8_t>("lathe.div", "ui8", {255, 250, 7, 1, 0},
                               {2, 250, 3, 2, 1}),
               {127, 1, 2, 0, 0});
}

TEST(ElementwiseTest, ShiftsBeyondTheWidthLeaveNothing) {
  expectValues(binary<int8_t>("lathe.shift_left", "i8", {1, 1, 1, -1, 3},
                              {0, 7, 8, 1, 100}),
               {1, -128, 0, -2, 0});
  expectValues(binary<int8_t>("lathe.shift_right", "i8",
                              {-128, -128, 64, 64, 8}, {7, 100, 8, 6, 3}),
               {-1, -1, 0, 1, 1});
  expectValues(binary<uint8_t>("lathe.shift_right", "ui8",
                               {255, 255, 128, 64, 8}, {7, 8, 100, 6, 3}),
               {1, 0, 0, 1, 1});
}

TEST(ElementwiseTest, PowerOfIntegersIsExact) {
  expectValues(binary<int64_t>("lathe.pow", "i64", {3, -2, 2, -1, 7},
                               {30, 3, -1, -3, 0}),
               {205891132094649, -8, 0, -1, 1}, 0);
}

TEST(ElementwiseTest, CastRoundsTowardsZeroAndSaturates) {
  std::vector<float> x = {-1.9f, 300.f, -300.f, nan32, 127.9f};
  auto cast = [&](std::string to) {
    return evaluateText("lathe.cast %0 {to = " + to +
                            "} : (tensor<5xf32>) -> tensor<5x" + to + ">",
                        {f32({5}, x)});
  };
  expectValues(cast("i8"), {-1, 127, -128, 0, 127});
  expectValues(cast("ui8"), {0, 255, 0, 0, 127});
  expectValues(cast("i1"), {1, 1, 1, 1, 1});
}

TEST(ElementwiseTest, CastBetweenIntegersKeepsTheLowBits) {
  expectValues(evaluateText("lathe.cast %0 {to = i8} : (tensor<2xi32>) -> "
                            "tensor<2xi8>",
                            {tensor<int32_t>({2}, {300, -129})}),
               {44, 127});
}

TEST(ElementwiseTest, NarrowFloatsAreRoundedOnce) {
  // 1 + 2^-11 lies halfway between two f16 and goes to the even one, 1.
  expectValues(
      evaluateText("lathe.add %0, %1 : (tensor<1xf16>, tensor<1xf16>) -> "
                   "tensor<1xf16>",
                   {tensor<Float16>({1}, {Float16(1.0)}),
                    tensor<Float16>({1}, {Float16(std::ldexp(1.0, -11))})}),
      {1}, 0);
  expectValues(evaluateText("lathe.exp %0 : (tensor<1xbf16>) -> tensor<1xbf16>",
                            {tensor<BFloat16>({1}, {BFloat16(1.0)})}),
               {2.71875}, 0);
}

TEST(ElementwiseTest, OperandsBroadcast) {
  expectValues(evaluateText("lathe.sub %0, %1 : (tensor<2x1xf32>, "
                            "tensor<3xf32>) -> tensor<2x3xf32>",
                            {f32({2, 1}, {10, 20}), f32({3}, {1, 2, 3})}),
               {9, 8, 7, 19, 18, 17});
  expectValues(
      evaluateText("lathe.select %0, %1, %2 : (tensor<2x1xi1>, tensor<2xi32>, "
                   "tensor<i32>) -> tensor<2x2xi32>",
                   {tensor<bool>({2, 1}, {true, false}),
                    tensor<int32_t>({2}, {1, 2}), tensor<int32_t>({}, {-5})}),
      {1, 2, -5, -5});
}

TEST(ElementwiseTest, NotKeepsBoolABool) {
  HostTensor result =
      evaluateText("lathe.not %0 : (tensor<2xi1>) -> tensor<2xi1>",
                   {tensor<bool>({2}, {true, false})});
  EXPECT_EQ(result.getBytes()[0], 0);
  EXPECT_EQ(result.getBytes()[1], 1);
}

// Expected numbers: Python's fractions, floor(a * m / 2^shift + 1/2).
TEST(ElementwiseTest, RequantizeRoundsHalvesUpAndLimits) {
  auto sums = tensor<int32_t>({2, 3}, {-1000, 0, 77, 123456, -7, INT32_MAX});
  auto multipliers = tensor<int32_t>({3}, {1 << 30, 1431655765, 3});
  expectValues(
      evaluateText("lathe.requantize %0, %1 {shift = 31 : si64, zero_point = "
                   "-3 : si64, low = -128 : si64, high = 127 : si64, to = i8} "
                   ": (tensor<2x3xi32>, tensor<3xi32>) -> tensor<2x3xi8>",
                   {sums, multipliers}),
      {-128, -3, -3, 127, -8, 0}, 0);
  expectValues(
      evaluateText("lathe.requantize %0, %1 {shift = 12 : si64, zero_point = "
                   "5 : si64, low = 0 : si64, high = 200 : si64, to = ui8} "
                   ": (tensor<2x3xi32>, tensor<3xi32>) -> tensor<2x3xui8>",
                   {sums, multipliers}),
      {0, 5, 5, 200, 0, 200}, 0);
}

// QuantizeLinear of ONNX: 2.25 / 0.5 = 4.5 becomes 4, the even neighbour.
TEST(ElementwiseTest, QuantizeRoundsHalvesToEven) {
  expectValues(
      evaluateText("lathe.quantize %0 {to = !quant.uniform<i8:f32, 0.5:-3>} : "
                   "(tensor<6xf32>) -> "
                   "tensor<6x!quant.uniform<i8:f32, 5.000000e-01:-3>>",
                   {f32({6}, {2.25, 2.75, -1, 1000, -1000, NAN})}),
      {1, 3, -5, 127, -128, -3}, 0);
  expectValues(evaluateText("lathe.dequantize %0 {to = f32} : "
                            "(tensor<2x!quant.uniform<u8:f32,0.25:7>>) -> "
                            "tensor<2xf32>",
                            {tensor<uint8_t>({2}, {0, 255})}),
               {-1.75, 62}, 0);
}
