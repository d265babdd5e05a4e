//===- TimedKernels.h - Kernels whose time is measured -------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CONVERSION_LOOPSTOLLVM_TIMEDKERNELS_H
#define LATHE_CONVERSION_LOOPSTOLLVM_TIMEDKERNELS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace lathe {

/// `void lathe_kernel_done(int64_t number)`, which `lathe-time-kernels` lets a
/// model call.
inline constexpr llvm::StringLiteral kernelDoneName = "lathe_kernel_done";

/// The calls of a module at the loop level that `lathe-time-kernels` numbers,
/// in that order, before it has run.
llvm::SmallVector<mlir::func::CallOp> getTimedCalls(mlir::ModuleOp module);

} // namespace lathe

#endif // LATHE_CONVERSION_LOOPSTOLLVM_TIMEDKERNELS_H
