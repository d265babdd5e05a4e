//===- Loader.h - Models from files -----------------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DRIVER_LOADER_H
#define LATHE_DRIVER_LOADER_H

#include "lathe/Frontend/ONNX/ImportOptions.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace lathe {

/// Registers every dialect that a module of Lathe's may hold, at any level, and
/// the models of their interfaces.
void registerLatheDialects(mlir::DialectRegistry &registry);

/// Reads a model: ONNX in any of its forms, or MLIR (`.mlir`, `.mlirbc`) at any
/// level. Null after an error was emitted.
mlir::OwningOpRef<mlir::ModuleOp> loadModel(llvm::StringRef path,
                                            const ImportOptions &options,
                                            mlir::MLIRContext *context);

/// The model's function of a module at the graph or kernel level: the only one
/// with a body that is not private. Null after an error was emitted.
mlir::func::FuncOp lookupModel(mlir::ModuleOp module);

/// The same for a module that may hold the models of several shape bindings.
/// Empty after an error was emitted.
llvm::SmallVector<mlir::func::FuncOp> lookupModels(mlir::ModuleOp module);

} // namespace lathe

#endif // LATHE_DRIVER_LOADER_H
