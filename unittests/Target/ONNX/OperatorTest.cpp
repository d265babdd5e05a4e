//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every op, exported, imported again, and evaluated.
//
//===----------------------------------------------------------------------===//

#include "ExportedModel.h"
#include "gtest/gtest.h"

using namespace lathe::testing;

namespace {

/// An op on arguments %0, %1 …, as in "lathe.relu %0 : (tensor<3xf32>) ->
/// tensor<3xf32>".
using OpText = std::string;

class OperatorTest : public ::testing::TestWithParam<OpText> {};

/// A function of the one op.
std::string getFunction(llvm::StringRef op) {
  auto [operandTypes, resultType] = op.rsplit(" : ").second.rsplit(" -> ");
  llvm::SmallVector<llvm::StringRef> types;
  operandTypes.drop_front().drop_back().split(types, ", ");
  std::string text = "func.func @f(";
  for (size_t i = 0; i < types.size(); ++i)
    text += (i ? ", %arg" : "%arg") + std::to_string(i) + ": " + types[i].str();
  text += ") -> " + resultType.str() + " {\n  %r = ";
  for (char c : op)
    text += c == '%' ? std::string("%arg") : std::string(1, c);
  return text + "\n  return %r : " + resultType.str() + "\n}";
}

TEST_P(OperatorTest, MeansTheSameAsTheOp) {
  SCOPED_TRACE(GetParam());
  ExportedModel(getFunction(GetParam())).expectSameResults();
}

std::string unary(std::string op, std::string element) {
  std::string type = "tensor<2x33x" + element + ">";
  return op + " : (" + type + ") -> " + type;
}

std::string binary(std::string op, std::string element,
                   std::string result = "") {
  std::string shape = "tensor<2x33x";
  return op + " : (" + shape + element + ">, tensor<33x" + element + ">) -> " +
         shape + (result.empty() ? element : result) + ">";
}

/// Replaces `T` in each of `ops` by each of `elements`.
std::vector<OpText> forEach(std::vector<std::string> elements,
                            std::vector<OpText> ops) {
  std::vector<OpText> all;
  for (const OpText &op : ops)
    for (const std::string &element : elements) {
      OpText text = op;
      for (size_t at; (at = text.find("xT>")) != std::string::npos;)
        text.replace(at + 1, 1, element);
      all.push_back(text);
    }
  return all;
}

std::vector<OpText> getUnary() {
  std::vector<OpText> ops;
  for (std::string name :
       {"exp",  "log",   "sqrt",    "floor",      "ceil", "round",   "sin",
        "cos",  "tan",   "asin",    "acos",       "atan", "sinh",    "cosh",
        "tanh", "asinh", "acosh",   "atanh",      "erf",  "abs",     "neg",
        "sign", "relu",  "sigmoid", "reciprocal", "gelu", "softplus"})
    ops.push_back(unary("lathe." + name + " %0", "f32"));
  for (std::string name : {"sin", "sqrt", "gelu", "elu", "softplus"}) {
    std::string alpha = name == "elu" ? " {alpha = 1.5 : f64}" : "";
    for (std::string element : {"bf16", "f16", "f64"})
      ops.push_back(unary("lathe." + name + " %0" + alpha, element));
  }
  for (std::string element : {"i8", "ui8", "i64"})
    for (std::string name : {"abs", "neg", "sign", "relu", "not"})
      ops.push_back(unary("lathe." + name + " %0", element));
  ops.push_back(unary("lathe.not %0", "i1"));
  ops.push_back(unary("lathe.gelu %0 {tanh_approximation}", "f32"));
  ops.push_back(unary("lathe.leaky_relu %0 {alpha = 0.125 : f64}", "f32"));
  ops.push_back(unary("lathe.elu %0 {alpha = 1.5 : f64}", "f32"));
  ops.push_back(unary(
      "lathe.hard_sigmoid %0 {alpha = 2.0 : f64, beta = 0.5 : f64}", "f32"));
  ops.push_back(
      unary("lathe.clamp %0 {min = -0.25 : f64, max = 0.5 : f64}", "f32"));
  ops.push_back(
      unary("lathe.clamp %0 {min = 0.0 : f64, max = 0x7FF0000000000000 : f64}",
            "f32"));
  ops.push_back(
      unary("lathe.clamp %0 {min = -300.0 : f64, max = 2.0 : f64}", "i8"));
  ops.push_back("lathe.is_nan %0 : (tensor<4xf16>) -> tensor<4xi1>");
  ops.push_back("lathe.is_inf %0 {positive = false} : (tensor<4xf16>) -> "
                "tensor<4xi1>");
  ops.push_back("lathe.cast %0 {to = i8} : (tensor<9xf32>) -> tensor<9xi8>");
  ops.push_back("lathe.cast %0 {to = i1} : (tensor<9xi32>) -> tensor<9xi1>");
  ops.push_back("lathe.cast %0 {to = bf16} : (tensor<9xi1>) -> tensor<9xbf16>");
  return ops;
}
INSTANTIATE_TEST_SUITE_P(Unary, OperatorTest, ::testing::ValuesIn(getUnary()));

std::vector<OpText> getBinary() {
  std::vector<OpText> ops;
  for (std::string name : {"add", "sub", "mul", "div", "mod", "min", "max"})
    for (std::string element : {"f32", "bf16", "i32", "ui8"})
      ops.push_back(binary("lathe." + name + " %0, %1", element));
  for (std::string element : {"f32", "f64", "i32"})
    ops.push_back(binary("lathe.mod %0, %1 {truncated}", element));
  ops.push_back(binary("lathe.pow %0, %1", "f32"));
  for (std::string name : {"and", "or", "xor"})
    for (std::string element : {"i1", "ui8", "i32"})
      ops.push_back(binary("lathe." + name + " %0, %1", element));
  for (std::string name : {"shift_left", "shift_right"})
    for (std::string element : {"ui8", "ui32"})
      ops.push_back(binary("lathe." + name + " %0, %1", element));
  for (std::string predicate : {"eq", "ne", "lt", "le", "gt", "ge"})
    for (std::string element : {"f32", "i1", "i64"})
      ops.push_back(
          binary("lathe.compare " + predicate + " %0, %1", element, "i1"));
  ops.push_back("lathe.select %0, %1, %2 : (tensor<3x1xi1>, tensor<1x4xf32>, "
                "tensor<f32>) -> tensor<3x4xf32>");
  return ops;
}
INSTANTIATE_TEST_SUITE_P(Binary, OperatorTest,
                         ::testing::ValuesIn(getBinary()));

INSTANTIATE_TEST_SUITE_P(
    DataMovement, OperatorTest,
    ::testing::ValuesIn(forEach(
        {"f32", "i1"},
        {"lathe.reshape %0 {shape = array<i64: 3, 4>} : (tensor<2x6xT>) -> "
         "tensor<3x4xT>",
         "lathe.transpose %0 {permutation = array<i64: 2, 0, 1>} : "
         "(tensor<2x3x4xT>) -> tensor<4x2x3xT>",
         "lathe.slice %0 {offsets = array<i64: 1, 5>, sizes = array<i64: 2, "
         "3>, steps = array<i64: 1, -2>} : (tensor<3x6xT>) -> tensor<2x3xT>",
         "lathe.slice %0 {offsets = array<i64: 0, 2>, sizes = array<i64: 3, "
         "3>, steps = array<i64: 1, -1>} : (tensor<3x3xT>) -> tensor<3x3xT>",
         "lathe.slice %0 {offsets = array<i64: 0>, sizes = array<i64: 3>, "
         "steps = array<i64: 1>} : (tensor<3xT>) -> tensor<3xT>",
         "lathe.broadcast %0 {shape = array<i64: 2, 3, 4>} : (tensor<3x1xT>) "
         "-> tensor<2x3x4xT>",
         "lathe.concat %0, %1 {axis = 1 : i64} : (tensor<2x1xT>, "
         "tensor<2x2xT>) -> tensor<2x3xT>",
         "lathe.pad %0 {low = array<i64: 1, 0>, high = array<i64: 0, 2>} : "
         "(tensor<2x3xT>) -> tensor<3x5xT>",
         "lathe.pad %0, %1 {low = array<i64: 1, 0>, high = array<i64: 0, 2>} : "
         "(tensor<2x3xT>, tensor<1xT>) -> tensor<3x5xT>",
         "lathe.pad %0 {low = array<i64: 1, 0>, high = array<i64: 0, 2>, mode "
         "= #lathe<pad_mode edge>} : (tensor<2x3xT>) -> tensor<3x5xT>",
         "lathe.pad %0 {low = array<i64: 1, 0>, high = array<i64: 0, 2>, mode "
         "= #lathe<pad_mode reflect>} : (tensor<2x3xT>) -> tensor<3x5xT>",
         "lathe.pad %0 {low = array<i64: 1, 0>, high = array<i64: 0, 2>, mode "
         "= #lathe<pad_mode wrap>} : (tensor<2x3xT>) -> tensor<3x5xT>",
         "lathe.tile %0 {repeats = array<i64: 2, 3>} : (tensor<1x2xT>) -> "
         "tensor<2x6xT>",
         "lathe.copy %0 : (tensor<3xT>) -> tensor<3xT>"})));

INSTANTIATE_TEST_SUITE_P(
    Gather, OperatorTest,
    ::testing::Values(
        "lathe.gather %0, %1 {axis = 1 : i64} : (tensor<2x9x3xf32>, "
        "tensor<2x2xi64>) -> tensor<2x2x2x3xf32>",
        "lathe.gather %0, %1 {axis = 0 : i64} : (tensor<9xi8>, tensor<i32>) -> "
        "tensor<i8>"));

INSTANTIATE_TEST_SUITE_P(
    Reductions, OperatorTest,
    ::testing::ValuesIn(forEach(
        {"f32", "f64", "bf16"},
        {"lathe.reduce sum %0 {axes = array<i64: 0, 2>} : (tensor<2x3x4xT>) -> "
         "tensor<3xT>",
         "lathe.reduce mean %0 {axes = array<i64: 1>, keep_dims} : "
         "(tensor<2x3x4xT>) -> tensor<2x1x4xT>",
         "lathe.reduce prod %0 {axes = array<i64: 2>} : (tensor<2x3x4xT>) -> "
         "tensor<2x3xT>",
         "lathe.reduce max %0 {axes = array<i64: 0>} : (tensor<2x3x4xT>) -> "
         "tensor<3x4xT>",
         "lathe.reduce min %0 {axes = array<i64>} : (tensor<2x3x4xT>) -> "
         "tensor<2x3x4xT>",
         "lathe.arg_reduce max %0 {axis = 1 : i64} : (tensor<2x9xT>) -> "
         "tensor<2xi64>",
         "lathe.arg_reduce min %0 {axis = 0 : i64, keep_dims, select_last} : "
         "(tensor<9x8xT>) -> tensor<1x8xi64>",
         "lathe.softmax %0 {axis = 1 : i64} : (tensor<2x5x3xT>) -> "
         "tensor<2x5x3xT>",
         "lathe.softmax %0 {axis = 2 : i64, log} : (tensor<2x5x3xT>) -> "
         "tensor<2x5x3xT>",
         "lathe.layer_norm %0 {axis = 1 : i64, epsilon = 1.0e-3 : f64} : "
         "(tensor<2x5x3xT>) -> tensor<2x5x3xT>",
         "lathe.layer_norm %0 scale %1 bias %2 {axis = 2 : i64, epsilon = "
         "1.0e-3 : f64} : (tensor<2x5x3xT>, tensor<3xT>, tensor<3xT>) -> "
         "tensor<2x5x3xT>",
         "lathe.layer_norm %0 scale %1 {axis = 1 : i64, epsilon = 1.0e-3 : "
         "f64, rms} : (tensor<2x9xT>, tensor<9xT>) -> tensor<2x9xT>"})));

INSTANTIATE_TEST_SUITE_P(
    Convolutions, OperatorTest,
    ::testing::ValuesIn(forEach(
        {"f32", "f16", "bf16"},
        {"lathe.conv %0, %1, %2 {strides = array<i64: 2, 1>, dilations = "
         "array<i64: 1, 2>, pads = array<i64: 1, 0, 0, 2>, group = 2 : i64} : "
         "(tensor<2x7x8x4xT>, tensor<3x2x2x6xT>, tensor<6xT>) -> "
         "tensor<2x3x8x6xT>",
         "lathe.conv %0, %1 {strides = array<i64: 1>, dilations = array<i64: "
         "1>, pads = array<i64: 0, 0>} : (tensor<1x5x2xT>, tensor<3x2x3xT>) -> "
         "tensor<1x3x3xT>",
         "lathe.conv_transpose %0, %1, %2 {strides = array<i64: 2, 3>, "
         "dilations = array<i64: 1, 2>, pads = array<i64: 1, 0, 0, 1>, "
         "output_padding = array<i64: 1, 2>, group = 2 : i64} : "
         "(tensor<1x3x2x4xT>, tensor<3x2x4x3xT>, tensor<6xT>) -> "
         "tensor<1x7x7x6xT>",
         "lathe.matmul %0, %1 : (tensor<2x3xT>, tensor<3x4xT>) -> "
         "tensor<2x4xT>",
         "lathe.matmul %0, %1, %2 : (tensor<2x3xT>, tensor<3x4xT>, "
         "tensor<4xT>) -> tensor<2x4xT>",
         "lathe.matmul %0, %1, %2 : (tensor<5x2x3xT>, tensor<3x4xT>, "
         "tensor<4xT>) -> tensor<5x2x4xT>"})));

INSTANTIATE_TEST_SUITE_P(
    IntegerProducts, OperatorTest,
    ::testing::Values(
        "lathe.matmul %0, %1 : (tensor<2x3xi16>, tensor<3x4xi16>) -> "
        "tensor<2x4xi64>",
        "lathe.matmul %0, %1, %2 : (tensor<2x3xi64>, tensor<3x4xi64>, "
        "tensor<4xi64>) -> tensor<2x4xi64>"));

INSTANTIATE_TEST_SUITE_P(
    Pools, OperatorTest,
    ::testing::ValuesIn(forEach(
        {"f32", "bf16"},
        {"lathe.max_pool %0 {kernel = array<i64: 3, 2>, strides = array<i64: "
         "2, 1>, dilations = array<i64: 1, 2>, pads = array<i64: 1, 0, 1, 1>} "
         ": (tensor<1x7x8x3xT>) -> tensor<1x4x7x3xT>",
         "lathe.avg_pool %0 {kernel = array<i64: 3, 2>, strides = array<i64: "
         "2, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 0, 1, 1>} "
         ": (tensor<1x7x8x3xT>) -> tensor<1x4x8x3xT>",
         "lathe.avg_pool %0 {kernel = array<i64: 3>, strides = array<i64: 2>, "
         "dilations = array<i64: 2>, pads = array<i64: 2, 1>, "
         "count_include_pad} : (tensor<1x9x3xT>) -> tensor<1x4x3xT>",
         // The windows of ceil_mode: one element of the padding does not count.
         "lathe.avg_pool %0 {kernel = array<i64: 3, 3>, strides = array<i64: "
         "2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 2, 1>, "
         "counted_pads = array<i64: 1, 1, 1, 1>, count_include_pad} : "
         "(tensor<1x6x7x3xT>) -> tensor<1x4x4x3xT>"})));

std::vector<OpText> getResizes() {
  std::vector<OpText> ops;
  for (std::string coordinates :
       {"half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"})
    for (std::string mode : {"nearest", "linear", "cubic"})
      for (std::string rounding : {"round_prefer_floor", "ceil"})
        ops.push_back(
            "lathe.resize %0 {sizes = array<i64: 1, 7, 3, 2>, scales = "
            "array<f64: 1.0, 1.75, 0.75, 1.0>, mode = #lathe<resize_mode " +
            mode + ">, coordinates = #lathe<coordinate_mode " + coordinates +
            ">, rounding = #lathe<rounding_mode " + rounding +
            ">} : (tensor<1x4x4x2xf32>) -> tensor<1x7x3x2xf32>");
  // Scales that the sizes do not give, and the other way round.
  for (std::string scale : {"1.5", "1.4"})
    ops.push_back("lathe.resize %0 {sizes = array<i64: 7>, scales = array<f64: "
                  "" +
                  scale +
                  ">, mode = #lathe<resize_mode linear>, "
                  "coordinates = #lathe<coordinate_mode asymmetric>, rounding "
                  "= #lathe<rounding_mode floor>} : (tensor<5xf32>) -> "
                  "tensor<7xf32>");
  return ops;
}
INSTANTIATE_TEST_SUITE_P(Resizes, OperatorTest,
                         ::testing::ValuesIn(getResizes()));

} // namespace
