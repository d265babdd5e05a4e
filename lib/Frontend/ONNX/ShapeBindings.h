//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One model for several sets of shapes.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_SHAPEBINDINGS_H
#define LATHE_LIB_FRONTEND_ONNX_SHAPEBINDINGS_H

#include "Model.h"
#include "lathe/Frontend/ONNX/ImportOptions.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace lathe::frontend {

/// Imports `model` once for each of `options.shapeBindings`, of which there is
/// at least one, into one module. Null after an error has been emitted.
mlir::OwningOpRef<mlir::ModuleOp>
importShapeBindings(const std::shared_ptr<Model> &model,
                    const ImportOptions &options, mlir::MLIRContext *context);

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_SHAPEBINDINGS_H
