//===- GramMatrixTest.cpp - How the inputs of a layer go together ---------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The sum of the squares of a layer's output must be w^T H w for the weights w
// of each output channel, whatever the layer's shape is.
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/GramMatrix.h"
#include "TestModel.h"
#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Quantization/ObservedModel.h"
#include "lathe/Support/HostTensorAttr.h"
#include "gtest/gtest.h"

using namespace lathe;

namespace {

/// Weights as text: multiples of 1/8, none like its neighbours.
std::string makeWeights(int64_t count) {
  std::string text = "[";
  for (int64_t i = 0; i < count; ++i)
    text += (i ? ", " : "") + std::to_string((i * 37 % 29 - 14) / 8.0);
  return text + "]";
}

struct Layer {
  const char *name;
  std::vector<int64_t> data;
  /// Their number, and the constant's type.
  int64_t numWeights;
  const char *weights;
  /// With %x and %w.
  const char *op;
};

/// A model of one layer, "layer".
std::string spellOut(const Layer &layer) {
  std::string type = "tensor<";
  for (int64_t extent : layer.data)
    type += std::to_string(extent) + "x";
  type += "f32>";
  std::string op = layer.op;
  std::string result = op.substr(op.rfind("tensor<"));
  return "func.func @f(%x: " + type + " {lathe.name = \"x\"}) -> (" + result +
         " {lathe.name = \"y\"}) {\n  %v = lathe.constant dense<" +
         makeWeights(layer.numWeights) + "> : tensor<" +
         std::to_string(layer.numWeights) +
         "xf32>\n  %w = lathe.reshape %v {shape = array<i64: " +
         llvm::StringRef(layer.weights).str() + ">} : (tensor<" +
         std::to_string(layer.numWeights) + "xf32>) -> tensor<" +
         [&] {
           std::string shape = layer.weights;
           for (size_t comma; (comma = shape.find(", ")) != std::string::npos;)
             shape.replace(comma, 2, "x");
           return shape;
         }() +
         "xf32>\n  %y = " + op + " loc(\"layer\")\n  return %y : " + result +
         "\n}";
}

const Layer layers[] = {
    {"pointwise",
     {1, 5, 4, 3},
     6,
     "1, 1, 3, 2",
     "lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, "
     "1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x5x4x3xf32>, "
     "tensor<1x1x3x2xf32>) -> tensor<1x5x4x2xf32>"},
    {"window",
     {2, 9, 8, 3},
     54,
     "3, 3, 3, 2",
     "lathe.conv %x, %w {strides = array<i64: 2, 1>, dilations = array<i64: 1, "
     "2>, pads = array<i64: 1, 2, 0, 1>} : (tensor<2x9x8x3xf32>, "
     "tensor<3x3x3x2xf32>) -> tensor<2x4x7x2xf32>"},
    {"depthwise",
     {1, 6, 6, 4},
     36,
     "3, 3, 1, 4",
     "lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, "
     "1>, pads = array<i64: 1, 1, 1, 1>, group = 4 : i64} : "
     "(tensor<1x6x6x4xf32>, tensor<3x3x1x4xf32>) -> tensor<1x6x6x4xf32>"},
    {"groups",
     {1, 7, 4},
     36,
     "3, 2, 6",
     "lathe.conv %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, "
     "pads = array<i64: 1, 1>, group = 2 : i64} : (tensor<1x7x4xf32>, "
     "tensor<3x2x6xf32>) -> tensor<1x7x6xf32>"},
    {"matmul",
     {2, 3, 5},
     20,
     "5, 4",
     "lathe.matmul %x, %w : (tensor<2x3x5xf32>, tensor<5x4xf32>) -> "
     "tensor<2x3x4xf32>"}};

class GramMatrixTest : public testing::TestWithParam<Layer> {};

TEST_P(GramMatrixTest, SquaresOfTheOutputFollowFromIt) {
  TestModel model(spellOut(GetParam()));
  ASSERT_TRUE(model.get());
  TensorSamples samples = makeSamples(5, GetParam().data);
  mlir::Value y = model.getValue("layer");
  auto layer = mlir::cast<WeightedOpInterface>(y.getDefiningOp());

  auto observed = ObservedModel::create(model.get(), {y, layer.getWeights()},
                                        /*threads=*/1);
  ASSERT_TRUE(bool(observed)) << llvm::toString(observed.takeError());
  int64_t numChannels =
      mlir::cast<mlir::RankedTensorType>(y.getType()).getShape().back();
  std::vector<double> squares(numChannels);
  HostTensor weights;
  for (const HostTensor &x : samples.tensors) {
    NamedTensors inputs;
    inputs.set("x", x);
    ASSERT_FALSE(bool((*observed)->run(inputs)));
    llvm::SmallVector<HostTensor> tensors = (*observed)->getTensors();
    for (int64_t i = 0; i < tensors[0].getNumElements(); ++i)
      squares[i % numChannels] +=
          tensors[0].getDouble(i) * tensors[0].getDouble(i);
    weights = tensors[1];
  }

  CalibrationOptions options;
  options.leastSamples = 5;
  bool called = false;
  llvm::Error error = collectGramMatrices(
      model.get(), {y.getDefiningOp()}, samples, options,
      /*mostPatches=*/1 << 20, [&](size_t index, const GramMatrix &gram) {
        called = true;
        EXPECT_EQ(index, 0u);
        EXPECT_EQ(gram.numPatches * numChannels,
                  5 * mlir::cast<mlir::RankedTensorType>(y.getType())
                          .getNumElements());
        EXPECT_EQ(gram.size * numChannels, weights.getNumElements());
        for (int64_t c = 0; c < numChannels; ++c) {
          int64_t group = c * gram.numGroups / numChannels;
          double sum = 0;
          for (int64_t i = 0; i < gram.size; ++i)
            for (int64_t j = 0; j < gram.size; ++j)
              sum += weights.getDouble(i * numChannels + c) *
                     gram.at(group, i, j) *
                     weights.getDouble(j * numChannels + c);
          EXPECT_NEAR(sum / squares[c], 1, 1e-5);
        }
        return llvm::Error::success();
      });
  ASSERT_FALSE(bool(error)) << llvm::toString(std::move(error));
  EXPECT_TRUE(called);
}

INSTANTIATE_TEST_SUITE_P(Layers, GramMatrixTest, testing::ValuesIn(layers),
                         [](const auto &info) { return info.param.name; });

TEST(GramComputerTest, TwoTensorsGiveTheirProduct) {
  TestModel model(spellOut(layers[4]));
  std::optional<Patches> patches =
      Patches::get(model.getValue("layer").getDefiningOp());
  ASSERT_TRUE(patches);
  TensorSamples tensors = makeSamples(2, {2, 3, 5});
  GramMatrix gram(1, 5);
  GramComputer computer(/*threads=*/1, /*mostPatches=*/4);
  ASSERT_FALSE(bool(
      computer.add(*patches, tensors.tensors[0], tensors.tensors[1], gram)));
  EXPECT_EQ(gram.numPatches, 4);
  // Rows 0, 1, 3 and 4 of six.
  for (int64_t i = 0; i < 5; ++i)
    for (int64_t j = 0; j < 5; ++j) {
      double sum = 0;
      for (int64_t row : {0, 1, 3, 4})
        sum += tensors.tensors[0].getDouble(row * 5 + i) *
               tensors.tensors[1].getDouble(row * 5 + j);
      EXPECT_NEAR(gram.at(0, i, j), sum, 1e-6);
    }
}

TEST(GramMatrixPassesTest, PassesDoNotMatter) {
  TestModel model(R"(
    func.func @f(%x: tensor<4x2xf32> {lathe.name = "x"})
        -> (tensor<4x2xf32> {lathe.name = "y"}) {
      %w = lathe.constant dense<[[1.0, 2.0], [3.0, 5.0]]> : tensor<2x2xf32>
      %0 = lathe.matmul %x, %w : (tensor<4x2xf32>, tensor<2x2xf32>)
          -> tensor<4x2xf32> loc("first")
      %1 = lathe.matmul %x, %w : (tensor<4x2xf32>, tensor<2x2xf32>)
          -> tensor<4x2xf32> loc("second")
      %2 = lathe.matmul %0, %w : (tensor<4x2xf32>, tensor<2x2xf32>)
          -> tensor<4x2xf32> loc("third")
      %3 = lathe.add %1, %2 : (tensor<4x2xf32>, tensor<4x2xf32>)
          -> tensor<4x2xf32>
      return %3 : tensor<4x2xf32>
    })");
  llvm::SmallVector<mlir::Operation *> layers;
  for (llvm::StringRef node : {"first", "second", "third"})
    layers.push_back(model.getValue(node).getDefiningOp());
  TensorSamples samples = makeSamples(16, {4, 2});
  std::vector<std::vector<double>> atOnce, oneByOne;
  CalibrationOptions options;
  for (auto *matrices : {&atOnce, &oneByOne}) {
    llvm::Error error =
        collectGramMatrices(model.get(), layers, samples, options, 100,
                            [&](size_t index, const GramMatrix &gram) {
                              EXPECT_EQ(index, matrices->size());
                              EXPECT_EQ(gram.numPatches, 64);
                              matrices->push_back(gram.values);
                              return llvm::Error::success();
                            });
    ASSERT_FALSE(bool(error)) << llvm::toString(std::move(error));
    options.bytesPerPass = 1;
  }
  EXPECT_EQ(atOnce, oneByOne);
  EXPECT_EQ(atOnce[0], atOnce[1]);
  EXPECT_NE(atOnce[0], atOnce[2]);
}

TEST(GramComputerTest, OpsWithoutPatchesAreRefused) {
  TestModel model(R"(
    func.func @f(%x: tensor<2x2xf32> {lathe.name = "x"})
        -> (tensor<2x2xf32> {lathe.name = "y"}) {
      %y = lathe.relu %x : (tensor<2x2xf32>) -> tensor<2x2xf32> loc("Relu_0")
      return %y : tensor<2x2xf32>
    })");
  mlir::Operation *op = model.getValue("Relu_0").getDefiningOp();
  EXPECT_FALSE(Patches::get(op));
  TensorSamples samples = makeSamples(16, {2, 2});
  llvm::Error error = collectGramMatrices(
      model.get(), {op}, samples, {}, 1,
      [](size_t, const GramMatrix &) { return llvm::Error::success(); });
  EXPECT_EQ(llvm::toString(std::move(error)),
            "node 'Relu_0' is neither a convolution nor a product with one "
            "matrix");
}

} // namespace
