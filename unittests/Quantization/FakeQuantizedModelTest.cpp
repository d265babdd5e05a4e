//===- FakeQuantizedModelTest.cpp - Quantization in float -----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/FakeQuantizedModel.h"
#include "TestModel.h"
#include "lathe/Quantization/QuantizeGraph.h"
#include "lathe/Reference/Evaluator.h"
#include "gtest/gtest.h"
#include <random>

using namespace lathe;

namespace {

/// y = relu(2 x) * x
constexpr llvm::StringLiteral chain = R"(
  func.func @chain(%x: tensor<4x9xf32> {lathe.name = "x"} loc("x"))
      -> (tensor<4x9xf32> {lathe.name = "y"}) {
    %0 = lathe.add %x, %x : (tensor<4x9xf32>, tensor<4x9xf32>)
        -> tensor<4x9xf32> loc("Add_0")
    %1 = lathe.relu %0 : (tensor<4x9xf32>) -> tensor<4x9xf32> loc("Relu_1")
    %2 = lathe.mul %1, %x : (tensor<4x9xf32>, tensor<4x9xf32>)
        -> tensor<4x9xf32> loc("Mul_2")
    return %2 : tensor<4x9xf32>
  })";

/// Numbers from -4 on and below 4 with all bits of the mantissa in use.
HostTensor makeInput() {
  std::mt19937 random(7);
  HostTensor tensor(ElementKind::F32, {4, 9});
  for (float &element : tensor.mutableData<float>())
    element = static_cast<float>(random() % (1 << 24)) / (1 << 21) - 4;
  return tensor;
}

class FakeQuantizedModelTest : public testing::Test {
protected:
  /// The argument, and the results of two ops.
  static llvm::SmallVector<mlir::Value> getValues(TestModel &model) {
    return {model.get().getArgument(0), model.getValue("Add_0"),
            model.getValue("Mul_2")};
  }

  /// What the reference evaluator makes of lathe.quantize and lathe.dequantize
  /// at the values that have parameters.
  std::vector<float>
  evaluateQuantized(llvm::ArrayRef<std::optional<QuantizationParameters>> all) {
    TestModel quantized(chain);
    ActivationParameters parameters;
    for (auto [value, chosen] : llvm::zip_equal(getValues(quantized), all))
      if (chosen)
        parameters[value] = *chosen;
    quantizeActivations(parameters);
    auto results = evaluate(quantized.get(), {input});
    if (results)
      return results->front().data<float>();
    ADD_FAILURE() << llvm::toString(results.takeError());
    return {};
  }

  std::vector<float> run(FakeQuantizedModel &fake) {
    NamedTensors inputs;
    inputs.set("x", input);
    if (llvm::Error error = fake.run(inputs)) {
      ADD_FAILURE() << llvm::toString(std::move(error));
      return {};
    }
    return fake.getOutputs().find("y")->data<float>();
  }

  TestModel model{chain};
  HostTensor input = makeInput();
};

TEST_F(FakeQuantizedModelTest, ValuesAreRoundedAsQuantizationDoes) {
  std::string before = model.print();
  auto fake = FakeQuantizedModel::create(model.get(), getValues(model), 1);
  ASSERT_TRUE(bool(fake)) << llvm::toString(fake.takeError());
  EXPECT_EQ(model.print(), before);

  // 8 bits with a zero point; 4 bits; 16 bits. Each cuts off some values.
  const std::optional<QuantizationParameters>
      bytes = getParameters({-2.3, 3.1}, QuantizedStorage::int8()),
      nibbles = getParameters({-5, 5}, {-8, 7, true}),
      words = getParameters({-9, 9}, QuantizedStorage::int16());
  const std::vector<std::optional<QuantizationParameters>> settings[] = {
      {std::nullopt, std::nullopt, std::nullopt},
      {bytes, std::nullopt, std::nullopt},
      {std::nullopt, nibbles, std::nullopt},
      {std::nullopt, std::nullopt, words},
      {nibbles, bytes, words},
      {std::nullopt, std::nullopt, std::nullopt}};
  for (const auto &setting : settings) {
    for (auto [i, parameters] : llvm::enumerate(setting))
      (*fake)->set(i, parameters);
    EXPECT_EQ(run(**fake), evaluateQuantized(setting));
  }
}

/// y = x W
constexpr llvm::StringLiteral product = R"(
  func.func @product(%x: tensor<1x2xf32> {lathe.name = "x"} loc("x"))
      -> (tensor<1x2xf32> {lathe.name = "y"}) {
    %w = lathe.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
    %0 = lathe.matmul %x, %w : (tensor<1x2xf32>, tensor<2x2xf32>)
        -> tensor<1x2xf32> loc("MatMul_0")
    return %0 : tensor<1x2xf32>
  })";

TEST_F(FakeQuantizedModelTest, WeightsAreThoseThatWereChosen) {
  TestModel layer(product);
  auto op = mlir::cast<WeightedOpInterface>(
      layer.getValue("MatMul_0").getDefiningOp());
  WeightAlternatives weights{op,
                             {HostTensor::get<float>({2, 2}, {1, 0, 0, 1}),
                              HostTensor::get<float>({2, 2}, {5, 5, 5, 5})}};
  auto fake = FakeQuantizedModel::create(layer.get(), {}, 1, weights);
  ASSERT_TRUE(bool(fake)) << llvm::toString(fake.takeError());
  input = HostTensor::get<float>({1, 2}, {1, 10});
  EXPECT_EQ(run(**fake), (std::vector<float>{31, 42}));
  (*fake)->setWeights(0, 0);
  EXPECT_EQ(run(**fake), (std::vector<float>{1, 10}));
  (*fake)->setWeights(0, 1);
  EXPECT_EQ(run(**fake), (std::vector<float>{55, 55}));
  (*fake)->setWeights(0, std::nullopt);
  EXPECT_EQ(run(**fake), (std::vector<float>{31, 42}));
}

TEST_F(FakeQuantizedModelTest, InputMayHaveTheNameOfTheParameters) {
  model.get().setArgAttr(0, "lathe.name",
                         mlir::StringAttr::get(model.get().getContext(),
                                               "quantization parameters"));
  auto fake = FakeQuantizedModel::create(model.get(), getValues(model), 1);
  ASSERT_TRUE(bool(fake)) << llvm::toString(fake.takeError());
  NamedTensors inputs;
  inputs.set("quantization parameters", input);
  llvm::Error error = (*fake)->run(inputs);
  EXPECT_FALSE(error) << llvm::toString(std::move(error));
}

} // namespace
