//===- TestModel.cpp - Models and samples of tests ------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestModel.h"

#include "lathe/Dialect/Lathe/Transforms/Locations.h"
#include "lathe/Driver/Loader.h"

#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"
#include <random>

using namespace lathe;

llvm::Expected<Sample> TensorSamples::read(int64_t index) {
  Sample sample;
  sample.name = std::to_string(index);
  sample.inputs.set("x", tensors[index]);
  return sample;
}

TensorSamples lathe::makeSamples(int64_t numSamples,
                                 llvm::ArrayRef<int64_t> shape) {
  std::mt19937 random(1);
  std::vector<HostTensor> tensors;
  for (int64_t i = 0; i < numSamples; ++i) {
    HostTensor &tensor = tensors.emplace_back(ElementKind::F32, shape);
    for (float &element : tensor.mutableData<float>())
      element = static_cast<float>(random() % 128) / 64 - 1;
  }
  return TensorSamples(std::move(tensors));
}

TestModel::TestModel(llvm::StringRef text) {
  mlir::DialectRegistry registry;
  registerLatheDialects(registry);
  context.appendDialectRegistry(registry);
  module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  EXPECT_TRUE(module);
}

mlir::func::FuncOp TestModel::get() {
  return *module->getOps<mlir::func::FuncOp>().begin();
}

mlir::Value TestModel::getValue(llvm::StringRef node) {
  mlir::Value value;
  get().walk([&](mlir::Operation *op) {
    llvm::SmallVector<llvm::StringRef> names = getNodeNames(op->getLoc());
    if (op->getNumResults() == 1 && llvm::is_contained(names, node))
      value = op->getResult(0);
  });
  EXPECT_TRUE(value) << node.str();
  return value;
}

std::string TestModel::print() {
  std::string text;
  llvm::raw_string_ostream os(text);
  module->print(os);
  return text;
}
