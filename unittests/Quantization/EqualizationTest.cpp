//===- EqualizationTest.cpp - Channels of like magnitude ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/Equalization.h"
#include "TestModel.h"

#include "lathe/Quantization/ObservedModel.h"
#include "lathe/Quantization/QuantizeGraph.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace lathe;

namespace {

/// Two products with ACTIVATION in between; the channels of the first are 1/64,
/// 1 and 4 times its input, the second reads all of them.
constexpr llvm::StringLiteral products = R"(
  func.func @products(%x: tensor<4x3xf32> {lathe.name = "x"} loc("x"))
      -> (tensor<4x2xf32> {lathe.name = "y"}) {
    %w0 = lathe.constant dense<[[0.015625, 0.0, 0.0], [0.0, 1.0, 0.0],
                                [0.0, 0.0, 4.0]]> : tensor<3x3xf32>
    %b0 = lathe.constant dense<[0.0, 0.25, 0.0]> : tensor<3xf32>
    %w1 = lathe.constant dense<[[1.0, 2.0], [3.0, -1.0], [1.0, 1.0]]>
        : tensor<3x2xf32>
    %0 = lathe.matmul %x, %w0, %b0
        : (tensor<4x3xf32>, tensor<3x3xf32>, tensor<3xf32>) -> tensor<4x3xf32>
        loc("First_0")
    %1 = ACTIVATION : (tensor<4x3xf32>) -> tensor<4x3xf32> loc("Between_1")
    %2 = lathe.matmul %1, %w1
        : (tensor<4x3xf32>, tensor<3x2xf32>) -> tensor<4x2xf32> loc("Second_2")
    return %2 : tensor<4x2xf32>
  })";

std::string getProducts(llvm::StringRef activation) {
  auto [before, after] = products.split("ACTIVATION");
  return (before + activation + after).str();
}

class EqualizationTest : public testing::Test {
protected:
  /// Runs `model` on all samples, "Between_1" and the result being observed.
  void observe(TestModel &model) {
    mlir::Value values[] = {model.getValue("Between_1"),
                            model.getValue("Second_2")};
    auto observed = ObservedModel::create(model.get(), values, /*threads=*/1);
    ASSERT_TRUE(bool(observed)) << llvm::toString(observed.takeError());
    statistics = TensorStatistics(3);
    outputs.clear();
    for (const HostTensor &x : samples.tensors) {
      NamedTensors inputs;
      inputs.set("x", x);
      llvm::Error error = (*observed)->run(inputs);
      ASSERT_FALSE(bool(error)) << llvm::toString(std::move(error));
      llvm::SmallVector<HostTensor> tensors = (*observed)->getTensors();
      EXPECT_FALSE(bool(statistics.add(tensors[0].data<float>())));
      for (float y : tensors[1].data<float>())
        outputs.push_back(y);
    }
  }

  int64_t equalize(TestModel &model) {
    mlir::Value between = model.getValue("Between_1");
    return equalizeChannels(model.get(), QuantizedStorage::int8(),
                            [&](mlir::Value value) {
                              return value == between ? &statistics : nullptr;
                            });
  }

  double getMagnitude(int64_t channel) const {
    const ChannelSums &sums = statistics.getChannelSums();
    return std::max(-sums.min[channel], sums.max[channel]);
  }

  /// Of the ranges of two channels.
  static double getRatio(const TensorStatistics &of) {
    const ChannelSums &sums = of.getChannelSums();
    double first = sums.max[0] - sums.min[0];
    double second = sums.max[1] - sums.min[1];
    return std::max(first, second) / std::min(first, second);
  }

  void expectSameOutputs(llvm::ArrayRef<float> before, double tolerance) {
    ASSERT_EQ(before.size(), outputs.size());
    for (size_t i = 0; i < before.size(); ++i)
      EXPECT_NEAR(before[i], outputs[i], tolerance);
  }

  TensorSamples samples = makeSamples(16, {4, 3});
  TensorStatistics statistics{3};
  std::vector<float> outputs;
};

TEST_F(EqualizationTest, ChannelsComeCloserAndTheModelComputesTheSame) {
  TestModel model(getProducts("lathe.relu %0"));
  observe(model);
  std::vector<float> before = outputs;
  double ratio = getMagnitude(2) / getMagnitude(0);
  EXPECT_EQ(equalize(model), 1);
  observe(model);
  expectSameOutputs(before, 1e-5);
  EXPECT_LT(getMagnitude(2) / getMagnitude(0), ratio / 4);
}

TEST_F(EqualizationTest, ALimitStaysAndCutsNothingOffThatItDidNot) {
  // The third channel gets there, and so keeps its factor.
  TestModel model(getProducts("lathe.clamp %0 {min = 0.0 : f64, max = 3.0 : "
                              "f64}"));
  observe(model);
  std::vector<float> before = outputs;
  EXPECT_EQ(getMagnitude(2), 3);
  double second = getMagnitude(1);
  EXPECT_EQ(equalize(model), 1);
  observe(model);
  expectSameOutputs(before, 1e-5);
  EXPECT_EQ(getMagnitude(2), 3);
  EXPECT_GT(getMagnitude(1), second);
  EXPECT_LT(getMagnitude(1), 3);
}

TEST_F(EqualizationTest, WhatDoesNotCommuteWithFactorsIsLeftAlone) {
  TestModel model(getProducts("lathe.tanh %0"));
  observe(model);
  std::string before = model.print();
  EXPECT_EQ(equalize(model), 0);
  EXPECT_EQ(model.print(), before);
}

TEST_F(EqualizationTest, NormalizationsScaleChannels) {
  // With a scale and a bias of its own, and without, for which it gets a scale.
  for (llvm::StringRef norm :
       {"lathe.layer_norm %0 {axis = 1 : i64, epsilon = 1.0e-5 : f64}",
        "lathe.layer_norm %0 scale %b1 bias %b0 {axis = 1 : i64, epsilon = "
        "1.0e-5 : f64}"}) {
    std::string text = getProducts(norm);
    bool hasScale = norm.contains("scale");
    if (hasScale) {
      // Of the same magnitudes as without.
      size_t place = text.find("%w1 =");
      text.insert(place, "%b1 = lathe.constant dense<1.0> : tensor<3xf32>\n");
      size_t types =
          text.find("(tensor<4x3xf32>) -> tensor<4x3xf32> loc(\"Between");
      text.replace(types, 17,
                   "(tensor<4x3xf32>, tensor<3xf32>, tensor<3xf32>)");
    }
    TestModel model(text);
    observe(model);
    std::vector<float> before = outputs;
    double ratio = getMagnitude(2) / getMagnitude(1);
    EXPECT_EQ(equalize(model), 1);
    observe(model);
    expectSameOutputs(before, 1e-5);
    EXPECT_NE(getMagnitude(2) / getMagnitude(1), ratio);
  }
}

TEST_F(EqualizationTest, OutputsKeepTheirChannels) {
  TestModel model(getProducts("lathe.relu %0"));
  observe(model);
  mlir::Value result = model.getValue("Second_2");
  TensorStatistics ofResult(2);
  EXPECT_FALSE(bool(ofResult.add({1, 100})));
  EXPECT_EQ(equalizeChannels(model.get(), QuantizedStorage::int8(),
                             [&](mlir::Value value) {
                               return value == result ? &ofResult : nullptr;
                             }),
            0);
}

/// A sum around a depthwise convolution, whose operands and result have factors
/// of their own kind.
TEST_F(EqualizationTest, SumsShareFactorsAndDepthwiseLayersHaveTwo) {
  TestModel model(R"(
    func.func @block(%x: tensor<1x3x4x2xf32> {lathe.name = "x"} loc("x"))
        -> (tensor<1x3x4x1xf32> {lathe.name = "y"}) {
      %w0 = lathe.constant dense<[[[[0.125, 0.5], [0.0625, 2.0]]]]>
          : tensor<1x1x2x2xf32>
      %w1 = lathe.constant dense<[[[[1.0, 8.0]]]]> : tensor<1x1x1x2xf32>
      %w2 = lathe.constant dense<[[[[1.0], [0.5]]]]> : tensor<1x1x2x1xf32>
      %0 = lathe.conv %x, %w0 {strides = array<i64: 1, 1>,
          dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
          group = 1 : i64} : (tensor<1x3x4x2xf32>, tensor<1x1x2x2xf32>)
          -> tensor<1x3x4x2xf32> loc("First_0")
      %1 = lathe.conv %0, %w1 {strides = array<i64: 1, 1>,
          dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
          group = 2 : i64} : (tensor<1x3x4x2xf32>, tensor<1x1x1x2xf32>)
          -> tensor<1x3x4x2xf32> loc("Depthwise_1")
      %2 = lathe.add %0, %1 : (tensor<1x3x4x2xf32>, tensor<1x3x4x2xf32>)
          -> tensor<1x3x4x2xf32> loc("Between_1")
      %3 = lathe.conv %2, %w2 {strides = array<i64: 1, 1>,
          dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
          group = 1 : i64} : (tensor<1x3x4x2xf32>, tensor<1x1x2x1xf32>)
          -> tensor<1x3x4x1xf32> loc("Second_2")
      return %3 : tensor<1x3x4x1xf32>
    })");
  samples = makeSamples(16, {1, 3, 4, 2});
  mlir::Value values[] = {
      model.getValue("First_0"), model.getValue("Depthwise_1"),
      model.getValue("Between_1"), model.getValue("Second_2")};
  std::vector<TensorStatistics> all(3, TensorStatistics(2));
  auto run = [&] {
    auto observed = ObservedModel::create(model.get(), values, /*threads=*/1);
    EXPECT_TRUE(bool(observed));
    outputs.clear();
    for (const HostTensor &x : samples.tensors) {
      NamedTensors inputs;
      inputs.set("x", x);
      EXPECT_FALSE(bool((*observed)->run(inputs)));
      llvm::SmallVector<HostTensor> tensors = (*observed)->getTensors();
      for (auto [tensor, known] : llvm::zip(tensors, all))
        EXPECT_FALSE(bool(known.add(tensor.data<float>())));
      for (float y : tensors[3].data<float>())
        outputs.push_back(y);
    }
  };
  run();
  std::vector<float> before = outputs;
  EXPECT_EQ(equalizeChannels(model.get(), QuantizedStorage::int8(),
                             [&](mlir::Value value) {
                               auto *found = llvm::find(values, value);
                               auto place = found - std::begin(values);
                               return place < 3 ? &all[place] : nullptr;
                             }),
            1);
  double ratio = getRatio(all[2]);
  all.assign(3, TensorStatistics(2));
  run();
  expectSameOutputs(before, 1e-4);
  EXPECT_LT(getRatio(all[2]), ratio);
}

} // namespace
