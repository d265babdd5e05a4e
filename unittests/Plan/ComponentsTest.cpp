//===- ComponentsTest.cpp - Models cut into models ------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Plan/Components.h"
#include "lathe/Driver/Loader.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace lathe;

namespace {

/// Two products in a row beside one of their own, and a sum of both with a
/// ReLU: the second product, the third one and the sum.
constexpr llvm::StringLiteral branches = R"(
func.func @m(%x: tensor<1x4xf32> {lathe.name = "x"}) -> (tensor<1x4xf32> {lathe.name = "y"}) {
  %w = lathe.constant dense<1.0> : tensor<4x4xf32>
  %0 = lathe.matmul %x, %w : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
  %1 = lathe.relu %0 : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %2 = lathe.matmul %1, %w : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
  %3 = lathe.matmul %1, %w : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
  %4 = lathe.add %2, %3 : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  %5 = lathe.relu %4 : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %5 : tensor<1x4xf32>
}
)";

/// A quantized tensor that two units read.
constexpr llvm::StringLiteral quantized = R"(
!q = !quant.uniform<i8:f32, 0.5>
func.func @m(%x: tensor<1x4xf32> {lathe.name = "x"}) -> (tensor<1x4xf32> {lathe.name = "y"}, tensor<1x4xf32> {lathe.name = "z"}) {
  %w = lathe.constant dense<1.0> : tensor<4x4xf32>
  %0 = lathe.matmul %x, %w : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
  %1 = lathe.quantize %0 {to = !q} : (tensor<1x4xf32>) -> tensor<1x4x!q>
  %2 = lathe.dequantize %1 {to = f32} : (tensor<1x4x!q>) -> tensor<1x4xf32>
  %3 = lathe.matmul %2, %w : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
  %4 = lathe.matmul %2, %w : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
  return %3, %4 : tensor<1x4xf32>, tensor<1x4xf32>
}
)";

bool isExact(unsigned, unsigned) { return false; }

class ComponentsTest : public ::testing::Test {
protected:
  ComponentsTest() {
    DialectRegistry registry;
    registerLatheDialects(registry);
    context.appendDialectRegistry(registry);
  }

  void parse(llvm::StringRef text) {
    module = parseSourceString<ModuleOp>(text, &context);
    ASSERT_TRUE(module);
    auto found = ModelUnits::get(lookupModel(*module));
    ASSERT_TRUE(static_cast<bool>(found));
    units = std::move(*found);
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  ModelUnits units;
};

TEST_F(ComponentsTest, UnitsAreWhatBecomesKernels) {
  parse(branches);
  ASSERT_EQ(units.units.size(), 3u);
  EXPECT_EQ(units.units[0].ops.size(), 2u); // with its ReLU
  EXPECT_EQ(units.units[0].macs, 16);
  EXPECT_EQ(units.units[0].weightBytes, 64);
  // Of two products that are added, one has the sum.
  EXPECT_EQ(units.units[1].ops.size() + units.units[2].ops.size(), 4u);
  ASSERT_EQ(units.tensors.size(), 4u);
  EXPECT_EQ(units.tensors[0].name, "x");
  EXPECT_EQ(units.tensors[1].consumers, (std::vector<unsigned>{1, 2}));
  EXPECT_EQ(units.tensors[3].name, "y");
  EXPECT_EQ(units.tensors[3].outputs, (std::vector<unsigned>{0}));
}

TEST_F(ComponentsTest, QuantizedTensorsCrossAsIntegers) {
  parse(quantized);
  ASSERT_EQ(units.units.size(), 3u);
  ASSERT_EQ(units.tensors.size(), 4u);
  EXPECT_EQ(units.tensors[1].bytes, 4);
  std::vector<Component> components(3);
  for (unsigned i = 0; i < 3; ++i)
    components[i].units = {i};
  addTensors(units, components, isExact);
  for (const Component &component : components) {
    OwningOpRef<ModuleOp> part =
        extractComponent(lookupModel(*module), units, component, "part");
    EXPECT_TRUE(succeeded(verify(*part)));
  }
  OwningOpRef<ModuleOp> part =
      extractComponent(lookupModel(*module), units, components[1], "part");
  func::FuncOp function = lookupModel(*part);
  EXPECT_TRUE(cast<RankedTensorType>(function.getArgumentTypes()[0])
                  .getElementType()
                  .isSignlessInteger(8));
  EXPECT_TRUE(function.getArgAttr(0, "lathe.type"));
}

TEST_F(ComponentsTest, TensorsCrossBetweenComponents) {
  parse(branches);
  std::vector<Component> components(2);
  components[0].units = {0, 2};
  components[1].units = {1};
  addTensors(units, components, isExact);
  // The sum is in one of the two.
  using Tensors = std::vector<PassedTensor>;
  bool isSumFirst = units.tensors[3].source != 1u;
  EXPECT_EQ(components[0].inputs,
            isSumFirst ? (Tensors{{0}, {2}}) : (Tensors{{0}}));
  EXPECT_EQ(components[0].outputs,
            isSumFirst ? (Tensors{{1}, {3}}) : (Tensors{{1}, {2}}));
  EXPECT_EQ(components[1].outputs.size(), 1u);
  // What only units inside read is no output.
  std::vector<Component> whole(1);
  whole[0].units = {0, 1, 2};
  addTensors(units, whole, isExact);
  EXPECT_EQ(whole[0].inputs, (Tensors{{0}}));
  EXPECT_EQ(whole[0].outputs, (Tensors{{3}}));
}

TEST_F(ComponentsTest, HalvesAreForOtherDevices) {
  parse(branches);
  // Two readers of the first product, one of them on its device.
  std::vector<Component> components(3);
  for (unsigned i = 0; i < 3; ++i)
    components[i].units = {i};
  components[1].device = 1;
  addTensors(units, components, [](unsigned tensor, unsigned device) {
    return tensor == 1 && device == 1;
  });
  using Tensors = std::vector<PassedTensor>;
  EXPECT_EQ(components[0].outputs, (Tensors{{1, false}, {1, true}}));
  EXPECT_EQ(components[1].inputs.front(), (PassedTensor{1, true}));
  EXPECT_EQ(components[2].inputs.front(), (PassedTensor{1, false}));
  OwningOpRef<ModuleOp> part =
      extractComponent(lookupModel(*module), units, components[1], "part");
  EXPECT_TRUE(succeeded(verify(*part)));
  EXPECT_TRUE(cast<RankedTensorType>(lookupModel(*part).getArgumentTypes()[0])
                  .getElementType()
                  .isF16());
}

} // namespace
