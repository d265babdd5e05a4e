//===- Bodies.h - Functions that ops run ------------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_TRANSFORMS_BODIES_H
#define LATHE_DIALECT_LATHE_TRANSFORMS_BODIES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace lathe {

/// The functions of `module` that have a body, those that ops run before the
/// functions that hold these ops; otherwise in their order in the module.
/// Fails, with a diagnostic, if a function runs itself.
llvm::FailureOr<llvm::SmallVector<mlir::func::FuncOp>>
getBodiesFirst(mlir::ModuleOp module);

} // namespace lathe

#endif // LATHE_DIALECT_LATHE_TRANSFORMS_BODIES_H
