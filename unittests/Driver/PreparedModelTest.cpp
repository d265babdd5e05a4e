//===- PreparedModelTest.cpp - A model to run many times ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/PreparedModel.h"

#include "lathe/Driver/Loader.h"

#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace lathe;

namespace {

/// y = x + x
constexpr llvm::StringLiteral twice = R"(
  func.func @twice(%x: tensor<2xf32> {lathe.name = "x"})
      -> (tensor<2xf32> {lathe.name = "y"}) {
    %y = lathe.add %x, %x : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
    return %y : tensor<2xf32>
  })";

class PreparedModelTest : public testing::TestWithParam<RunBackend> {
protected:
  PreparedModelTest() {
    mlir::DialectRegistry registry;
    registerLatheDialects(registry);
    context.appendDialectRegistry(registry);
  }

  std::unique_ptr<PreparedModel> prepare(llvm::StringRef text) {
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    EXPECT_TRUE(module);
    auto model =
        PreparedModel::create(std::move(module), GetParam(), CodeOptions());
    if (model)
      return std::move(*model);
    ADD_FAILURE() << llvm::toString(model.takeError());
    return nullptr;
  }

  static NamedTensors pair(float a, float b) {
    NamedTensors tensors;
    tensors.set("x", HostTensor::get<float>({2}, {a, b}));
    return tensors;
  }

  mlir::MLIRContext context;
};

TEST_P(PreparedModelTest, EachRunSeesItsOwnInputs) {
  std::unique_ptr<PreparedModel> model = prepare(twice);
  ASSERT_TRUE(model);
  // A copy of the inputs must not cut them off from the compiled model.
  NamedTensors copy = model->getInputs();
  for (float value : {1.0f, -3.0f, 0.25f}) {
    ASSERT_FALSE(bool(model->run(pair(value, 7))));
    const HostTensor *y = model->getOutputs().find("y");
    ASSERT_TRUE(y);
    EXPECT_EQ(y->getDouble(0), 2 * value);
    EXPECT_EQ(y->getDouble(1), 14);
    EXPECT_GT(model->getSeconds(), 0);
  }
}

TEST_P(PreparedModelTest, InputOfAnotherShapeIsRefused) {
  std::unique_ptr<PreparedModel> model = prepare(twice);
  ASSERT_TRUE(model);
  NamedTensors wrong;
  wrong.set("x", HostTensor(ElementKind::F32, {3}));
  EXPECT_NE(llvm::toString(model->run(wrong)), "");
}

INSTANTIATE_TEST_SUITE_P(Backends, PreparedModelTest,
                         testing::Values(RunBackend::Native,
                                         RunBackend::Reference));

} // namespace
