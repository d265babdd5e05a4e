//===- Loader.cpp - Models from files -------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/Loader.h"

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Frontend/ONNX/Import.h"
#include "lathe/Reference/EvaluableOpInterface.h"
#include "lathe/Target/Common/ModelInterface.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Parser/Parser.h"

using namespace mlir;
using namespace lathe;

void lathe::registerLatheDialects(DialectRegistry &registry) {
  registry.insert<LatheDialect, bufferization::BufferizationDialect,
                  linalg::LinalgDialect, tensor::TensorDialect,
                  vector::VectorDialect>();
  registerLoopLevelDialects(registry);
  registerReferenceModels(registry);
}

OwningOpRef<ModuleOp> lathe::loadModel(StringRef path,
                                       const ImportOptions &options,
                                       MLIRContext *context) {
  if (path.ends_with(".mlir") || path.ends_with(".mlirbc"))
    return parseSourceFile<ModuleOp>(path, context);
  return importONNXFile(path, options, context);
}

func::FuncOp lathe::lookupModel(ModuleOp module) {
  func::FuncOp model;
  for (auto func : module.getOps<func::FuncOp>()) {
    if (func.isExternal() || func.isPrivate())
      continue;
    if (model) {
      module.emitError("holds several functions; a model is one");
      return {};
    }
    model = func;
  }
  if (!model)
    module.emitError("holds no function; a model is one");
  return model;
}
