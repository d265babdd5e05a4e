//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Evaluation of shape arithmetic while a model is imported.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_CONSTANTFOLDING_H
#define LATHE_LIB_FRONTEND_ONNX_CONSTANTFOLDING_H

#include "mlir/IR/Builders.h"

namespace lathe::frontend {

/// The value of the only result of `op`. Where that follows from constants, it
/// is computed and `op` erased: always where the op's folder knows it, and for
/// small results of integers or bools in any case, because shapes computed in
/// the graph must be known to build the ops that use them. A result without
/// elements is a constant whatever it is computed from.
mlir::Value foldOrKeep(mlir::Operation *op, mlir::OpBuilder &builder);

/// The same for an op with any number of results.
llvm::SmallVector<mlir::Value> foldOrKeepAll(mlir::Operation *op,
                                             mlir::OpBuilder &builder);

/// Whether an operand of `op` is a tensor without elements.
bool readsNothing(mlir::Operation *op);

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_CONSTANTFOLDING_H
