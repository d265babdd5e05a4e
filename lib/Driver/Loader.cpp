//===- Loader.cpp - Models from files -------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/Loader.h"

#include "lathe/Cost/CountableOpInterface.h"
#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Dialect/Lathe/IntegerForms/IntegerForms.h"
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
  registerIntegerForms(registry);
  registerCostModels(registry);
}

OwningOpRef<ModuleOp> lathe::loadModel(StringRef path,
                                       const ImportOptions &options,
                                       MLIRContext *context) {
  bool isIR = path.ends_with(".mlir") || path.ends_with(".mlirbc");
  if (isIR && !options.shapeBindings.empty()) {
    emitError(FileLineColLoc::get(context, path, 0, 0))
        << "the shapes in MLIR are settled; --binding is for ONNX models";
    return nullptr;
  }
  if (isIR)
    return parseSourceFile<ModuleOp>(path, context);
  return importONNXFile(path, options, context);
}

SmallVector<func::FuncOp> lathe::lookupModels(ModuleOp module) {
  SmallVector<func::FuncOp> models;
  for (auto func : module.getOps<func::FuncOp>())
    if (!func.isExternal() && !func.isPrivate())
      models.push_back(func);
  if (models.empty()) {
    module.emitError("holds no function; a model is one");
  } else if (models.size() > 1 && !module->hasAttr(attr::artifact)) {
    module.emitError("holds several functions; a model is one");
    models.clear();
  }
  return models;
}

func::FuncOp lathe::lookupModel(ModuleOp module) {
  SmallVector<func::FuncOp> models = lookupModels(module);
  if (models.size() > 1)
    module.emitError("holds a model for each of several shape bindings, and "
                     "only lathe compile takes more than one");
  return models.size() == 1 ? models.front() : func::FuncOp();
}
