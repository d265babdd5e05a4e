//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Whole models: where transposes lie, names, kernels, and determinism.
//
//===----------------------------------------------------------------------===//

#include "ExportedModel.h"
#include "gtest/gtest.h"

using namespace lathe;
using namespace lathe::testing;

/// A 3x3 convolution that keeps the shape.
static std::string conv(std::string result, std::string input,
                        std::string location) {
  return result + " = lathe.conv " + input +
         ", %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads "
         "= array<i64: 1, 1, 1, 1>} : (tensor<1x5x6x2xf32>, "
         "tensor<3x3x2x2xf32>) -> tensor<1x5x6x2xf32> loc(\"" +
         location + "\")\n";
}

static const char *const weights =
    "%w = lathe.constant dense<[[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, "
    "8.0]], [[0.5, 0.5], [0.5, 0.5]]], [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], "
    "[7.0, 8.0]], [[0.5, 0.5], [0.5, 0.5]]], [[[1.0, 2.0], [3.0, 4.0]], [[5.0, "
    "6.0], [7.0, 8.0]], [[0.5, 0.5], [0.5, 0.5]]]]> : tensor<3x3x2x2xf32> "
    "loc(\"weights\")\n";

static std::string model(std::string body) {
  return "func.func @model(%x: tensor<1x5x6x2xf32> {lathe.name = \"in\"}) -> "
         "(tensor<1x5x6x2xf32> {lathe.name = \"out\"}) {\n" +
         std::string(weights) + body + "return %r : tensor<1x5x6x2xf32>\n}";
}

TEST(LayoutTest, ChainTransposesAtTheEdgesOnly) {
  ExportedModel exported(model(
      conv("%0", "%x", "conv1") +
      "%1 = lathe.relu %0 : (tensor<1x5x6x2xf32>) -> tensor<1x5x6x2xf32>\n" +
      conv("%2", "%1", "conv2") +
      "%r = lathe.add %2, %x : (tensor<1x5x6x2xf32>, tensor<1x5x6x2xf32>) -> "
      "tensor<1x5x6x2xf32>\n"));
  EXPECT_EQ(exported.getOperators(), "Transpose Conv Relu Conv Add Transpose");
  exported.expectSameResults();
}

TEST(LayoutTest, TransposesOfTheImporterCancel) {
  ExportedModel exported(
      "func.func @f(%x: tensor<1x2x5x6xf32>) -> tensor<1x2x3x3xf32> {\n"
      "%0 = lathe.transpose %x {permutation = array<i64: 0, 2, 3, 1>} : "
      "(tensor<1x2x5x6xf32>) -> tensor<1x5x6x2xf32>\n"
      "%1 = lathe.max_pool %0 {kernel = array<i64: 2, 2>, strides = array<i64: "
      "2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 1, 0>} : "
      "(tensor<1x5x6x2xf32>) -> tensor<1x3x3x2xf32>\n"
      "%2 = lathe.transpose %1 {permutation = array<i64: 0, 3, 1, 2>} : "
      "(tensor<1x3x3x2xf32>) -> tensor<1x2x3x3xf32>\n"
      "return %2 : tensor<1x2x3x3xf32>\n}");
  EXPECT_EQ(exported.getOperators(), "MaxPool");
  exported.expectSameResults();
}

TEST(LayoutTest, AxesFollowTheLayout) {
  ExportedModel exported(model(
      conv("%0", "%x", "conv") +
      "%1 = lathe.concat %0, %0 {axis = 3 : i64} : (tensor<1x5x6x2xf32>, "
      "tensor<1x5x6x2xf32>) -> tensor<1x5x6x4xf32>\n"
      "%2 = lathe.slice %1 {offsets = array<i64: 0, 1, 0, 1>, sizes = "
      "array<i64: 1, 4, 6, 2>, steps = array<i64: 1, 1, 1, 1>} : "
      "(tensor<1x5x6x4xf32>) -> tensor<1x4x6x2xf32>\n"
      "%3 = lathe.pad %2 {low = array<i64: 0, 1, 0, 0>, high = array<i64: 0, "
      "0, 0, 0>} : (tensor<1x4x6x2xf32>) -> tensor<1x5x6x2xf32>\n"
      "%4 = lathe.softmax %3 {axis = 3 : i64} : (tensor<1x5x6x2xf32>) -> "
      "tensor<1x5x6x2xf32>\n"
      "%5 = lathe.reduce sum %4 {axes = array<i64: 2>} : "
      "(tensor<1x5x6x2xf32>) -> tensor<1x5x2xf32>\n"
      "%6 = lathe.tile %5 {repeats = array<i64: 1, 1, 3>} : "
      "(tensor<1x5x2xf32>) -> tensor<1x5x6xf32>\n"
      "%7 = lathe.reshape %6 {shape = array<i64: 1, 5, 6, 1>} : "
      "(tensor<1x5x6xf32>) -> tensor<1x5x6x1xf32>\n"
      "%r = lathe.broadcast %7 {shape = array<i64: 1, 5, 6, 2>} : "
      "(tensor<1x5x6x1xf32>) -> tensor<1x5x6x2xf32>\n"));
  EXPECT_EQ(exported.getOperators(),
            "Transpose Conv Concat Slice Pad Softmax ReduceSum Tile Transpose "
            "Reshape Expand");
  exported.expectSameResults();
}

TEST(LayoutTest, VectorBroadcastsAlongChannels) {
  ExportedModel exported(model(
      "%c = lathe.constant dense<[2.0, 3.0]> : tensor<2xf32> loc(\"scale\")\n"
      "%row = lathe.reduce mean %x {axes = array<i64: 0, 1, 2>} : "
      "(tensor<1x5x6x2xf32>) -> tensor<2xf32>\n" +
      conv("%0", "%x", "conv") +
      "%1 = lathe.mul %0, %c : (tensor<1x5x6x2xf32>, tensor<2xf32>) -> "
      "tensor<1x5x6x2xf32>\n"
      "%r = lathe.add %1, %row : (tensor<1x5x6x2xf32>, tensor<2xf32>) -> "
      "tensor<1x5x6x2xf32>\n"));
  EXPECT_EQ(exported.getOperators(),
            "ReduceMean Transpose Conv Mul Reshape Reshape Add Transpose");
  EXPECT_EQ(exported.getInitializer("scale").getShape(),
            llvm::ArrayRef<int64_t>({1, 2, 1, 1}));
  exported.expectSameResults();
}

TEST(LayoutTest, PooledVectorNeedsNoTranspose) {
  ExportedModel exported(
      "func.func @f(%x: tensor<1x2x5x6xf32>) -> tensor<1x2xf32> {\n"
      "%0 = lathe.transpose %x {permutation = array<i64: 0, 2, 3, 1>} : "
      "(tensor<1x2x5x6xf32>) -> tensor<1x5x6x2xf32>\n"
      "%1 = lathe.reduce mean %0 {axes = array<i64: 1, 2>, keep_dims} : "
      "(tensor<1x5x6x2xf32>) -> tensor<1x1x1x2xf32>\n"
      "%2 = lathe.reshape %1 {shape = array<i64: 1, 2>} : "
      "(tensor<1x1x1x2xf32>) -> tensor<1x2xf32>\n"
      "return %2 : tensor<1x2xf32>\n}");
  EXPECT_EQ(exported.getOperators(), "ReduceMean Reshape");
  exported.expectSameResults();
}

TEST(ModelTest, WeightsAreInitializersInTheOrderOfONNX) {
  ExportedModel exported(model(conv("%r", "%x", "conv")));
  HostTensor weight = exported.getInitializer("weights");
  EXPECT_EQ(weight.getShape(), llvm::ArrayRef<int64_t>({2, 2, 3, 3}));
  // [output 1, input 0, row 0, column 1] of the values above.
  EXPECT_EQ(weight.getDouble(2 * 9 + 1), 6);
}

TEST(ModelTest, NamesComeFromTheModule) {
  ExportedModel exported(
      model(conv("%0", "%x", "conv") +
            "%r = lathe.relu %0 : (tensor<1x5x6x2xf32>) -> tensor<1x5x6x2xf32> "
            "loc(\"conv\")\n"));
  const onnx::GraphProto &graph = exported.getGraph();
  EXPECT_EQ(graph.name(), "model");
  EXPECT_EQ(graph.input(0).name(), "in");
  EXPECT_EQ(graph.output(0).name(), "out");
  EXPECT_EQ(graph.node(1).name(), "conv");
  EXPECT_EQ(graph.node(1).input(1), "weights");
  EXPECT_EQ(graph.node(2).name(), "conv_1");
  EXPECT_EQ(graph.node(3).output(0), "out");
}

TEST(ModelTest, InputsAndConstantsThatAreReturnedAreCopied) {
  ExportedModel exported(
      "func.func @f(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>, "
      "tensor<2xf32>, tensor<2xf32>) {\n"
      "%c = lathe.constant dense<[2.0, 3.0]> : tensor<2xf32>\n"
      "%0 = lathe.relu %x : (tensor<2xf32>) -> tensor<2xf32>\n"
      "return %x, %c, %0, %0 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, "
      "tensor<2xf32>\n}");
  EXPECT_EQ(exported.getOperators(), "Relu Identity Identity Identity");
  exported.expectSameResults();
}

TEST(ModelTest, KernelsAreInlined) {
  ExportedModel exported(
      "func.func @f(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {\n"
      "%0 = lathe.kernel \"k\"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32> {\n"
      "^bb0(%a: tensor<2x3xf32>):\n"
      "  %1 = lathe.exp %a : (tensor<2x3xf32>) -> tensor<2x3xf32>\n"
      "  %2 = lathe.add %1, %a : (tensor<2x3xf32>, tensor<2x3xf32>) -> "
      "tensor<2x3xf32>\n"
      "  lathe.yield %2 : tensor<2x3xf32>\n"
      "}\n"
      "return %0 : tensor<2x3xf32>\n}");
  EXPECT_EQ(exported.getOperators(), "Exp Add");
  exported.expectSameResults();
}

TEST(ModelTest, ProductsOfBytesHaveOperatorsOfTheirOwn) {
  ExportedModel exported(
      "func.func @f(%x: tensor<2x3xi8>, %w: tensor<3x4xui8>, %b: "
      "tensor<4xi32>) -> tensor<2x4xi32> {\n"
      "%0 = lathe.matmul %x, %w, %b : (tensor<2x3xi8>, tensor<3x4xui8>, "
      "tensor<4xi32>) -> tensor<2x4xi32>\n"
      "return %0 : tensor<2x4xi32>\n}");
  EXPECT_EQ(exported.getOperators(), "MatMulInteger Add");
}

TEST(ModelTest, OpsetIsTheLowestThatServes) {
  EXPECT_EQ(ExportedModel(model(conv("%r", "%x", "conv"))).getOpset(), 18);
  ExportedModel wraps(
      "func.func @f(%x: tensor<2xf32>) -> tensor<3xf32> {\n"
      "%0 = lathe.pad %x {low = array<i64: 1>, high = array<i64: 0>, mode = "
      "#lathe<pad_mode wrap>} : (tensor<2xf32>) -> tensor<3xf32>\n"
      "return %0 : tensor<3xf32>\n}");
  EXPECT_EQ(wraps.getOpset(), 19);
}

TEST(ModelTest, EqualModulesGiveEqualBytes) {
  std::string text = model(conv("%r", "%x", "conv"));
  EXPECT_EQ(ExportedModel(text).getBytes(), ExportedModel(text).getBytes());
}
