//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Exports IR given as text, for the tests of the exporter.
//
//===----------------------------------------------------------------------===//

#include "ExportedModel.h"

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Frontend/ONNX/Import.h"
#include "lathe/Reference/EvaluableOpInterface.h"
#include "lathe/Reference/Evaluator.h"
#include "lathe/Support/HostTensorAttr.h"
#include "lathe/Support/OnnxTensor.h"
#include "lathe/Target/ONNX/Export.h"

#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace lathe;
using namespace lathe::testing;

static mlir::DialectRegistry getRegistry() {
  mlir::DialectRegistry registry;
  registry.insert<LatheDialect, mlir::func::FuncDialect>();
  registerReferenceModels(registry);
  return registry;
}

ExportedModel::ExportedModel(llvm::StringRef text) : context(getRegistry()) {
  context.loadAllAvailableDialects();
  module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  if (!module) {
    ADD_FAILURE() << "not valid IR:\n" << text.str();
    return;
  }
  auto exported = exportONNX(*module);
  if (mlir::failed(exported) || !model.ParseFromString(*exported)) {
    ADD_FAILURE() << "cannot be exported:\n" << text.str();
    return;
  }
  bytes = *exported;
}

ExportedModel::~ExportedModel() = default;

std::string ExportedModel::getOperators() const {
  std::string types;
  for (const onnx::NodeProto &node : getGraph().node())
    types += (types.empty() ? "" : " ") + node.op_type();
  return types;
}

HostTensor ExportedModel::getInitializer(llvm::StringRef name) const {
  for (const onnx::TensorProto &initializer : getGraph().initializer())
    if (initializer.name() == name)
      return llvm::cantFail(toHostTensor(initializer));
  ADD_FAILURE() << "no initializer " << name.str();
  return HostTensor();
}

/// Numbers from -1 to 1 in steps of 1/64, or from -8 to 8 (0 to 16, without
/// sign) for integers, made by a linear congruential generator (Knuth's MMIX).
static HostTensor makeInput(mlir::RankedTensorType type, uint64_t seed) {
  ElementKind kind = *getElementKind(type.getElementType());
  HostTensor tensor(kind, type.getShape());
  for (int64_t i = 0; i < tensor.getNumElements(); ++i) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    auto random = static_cast<int64_t>(seed >> 40);
    if (isFloat(kind))
      tensor.setDouble(i, static_cast<double>(random % 129 - 64) / 64);
    else if (kind == ElementKind::Bool)
      tensor.setInt(i, random % 2);
    else
      tensor.setInt(i, random % 17 - (isUnsignedInteger(kind) ? 0 : 8));
  }
  return tensor;
}

static double getTolerance(ElementKind kind) {
  switch (kind) {
  case ElementKind::BF16:
    return 1e-2;
  case ElementKind::F16:
    return 2e-3;
  case ElementKind::F32:
    return 1e-6;
  case ElementKind::F64:
    return 1e-12;
  default:
    return 0;
  }
}

static void expectEqual(const HostTensor &actual, const HostTensor &expected) {
  ASSERT_EQ(actual.getKind(), expected.getKind());
  ASSERT_EQ(actual.getShape(), expected.getShape());
  double tolerance = getTolerance(expected.getKind());
  for (int64_t i = 0; i < expected.getNumElements(); ++i) {
    double value = actual.getDouble(i), golden = expected.getDouble(i);
    if (std::isnan(golden))
      EXPECT_TRUE(std::isnan(value)) << "element " << i << " is " << value;
    else if (std::isinf(golden))
      EXPECT_EQ(value, golden) << "element " << i;
    else
      EXPECT_NEAR(value, golden, tolerance * std::fmax(1, std::fabs(golden)))
          << "element " << i;
  }
}

void ExportedModel::expectSameResults() {
  if (bytes.empty())
    return;
  auto imported = importONNX(llvm::MemoryBufferRef(bytes, "exported"),
                             ImportOptions(), &context);
  ASSERT_TRUE(imported);
  auto function = *module->getOps<mlir::func::FuncOp>().begin();
  std::vector<HostTensor> inputs;
  for (mlir::Type type : function.getArgumentTypes())
    inputs.push_back(makeInput(llvm::cast<mlir::RankedTensorType>(type),
                               /*seed=*/inputs.size() + 1));
  auto expected = evaluate(function, inputs);
  ASSERT_TRUE(static_cast<bool>(expected))
      << llvm::toString(expected.takeError());
  auto actual =
      evaluate(*imported->getOps<mlir::func::FuncOp>().begin(), inputs);
  ASSERT_TRUE(static_cast<bool>(actual)) << llvm::toString(actual.takeError());
  ASSERT_EQ(actual->size(), expected->size());
  for (size_t i = 0; i < expected->size(); ++i)
    expectEqual((*actual)[i], (*expected)[i]);
}
