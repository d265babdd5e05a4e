//===- States.h - Tensors that a model keeps between calls ------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_TRANSFORMS_STATES_H
#define LATHE_DIALECT_LATHE_TRANSFORMS_STATES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SmallVector.h"

namespace lathe {

/// A tensor kept in the arena from one call of a model to the next: what the
/// call finds in an argument of the function, and what it leaves there, one of
/// its results. The argument's `lathe.state` is the result's `lathe.name`, and
/// the other way round.
struct State {
  unsigned argument, result;
};

/// The states of `model`, in the order of their arguments. Leaves out what has
/// no counterpart of the same type, which `lathe-place-states` refuses.
llvm::SmallVector<State> getStates(mlir::func::FuncOp model);

/// Whether the function keeps its argument or result number `index` in the
/// arena from call to call.
bool isStateArgument(mlir::func::FuncOp model, unsigned index);
bool isStateResult(mlir::func::FuncOp model, unsigned index);

} // namespace lathe

#endif // LATHE_DIALECT_LATHE_TRANSFORMS_STATES_H
