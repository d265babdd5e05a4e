//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Decides which values become part of the expression that uses them and which
// become variables.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_TARGET_C_CINLINING_H
#define LATHE_LIB_TARGET_C_CINLINING_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

namespace lathe {

/// The ops of a function that are printed inside the expression of their only
/// use. Constants always are; a load only if nothing between it and the
/// statement that it ends up in may write to memory.
class InlinePlan {
public:
  explicit InlinePlan(mlir::func::FuncOp function);

  bool isInlined(mlir::Operation *op) const { return inlined.contains(op); }
  bool isInlined(mlir::Value value) const {
    mlir::Operation *op = value.getDefiningOp();
    return op && isInlined(op);
  }

private:
  void visit(mlir::Block &block);
  bool canInline(mlir::Operation *op);
  bool writesBetween(mlir::Operation *first, mlir::Operation *last);
  bool mayWrite(mlir::Operation *op);
  mlir::Operation *getStatement(mlir::Operation *op) const;

  llvm::DenseSet<mlir::Operation *> inlined;
  /// The statement that an inlined op is part of.
  llvm::DenseMap<mlir::Operation *, mlir::Operation *> statements;
  /// How many ops a statement has taken in.
  llvm::DenseMap<mlir::Operation *, unsigned> sizes;
  llvm::DenseMap<mlir::Operation *, bool> writes;
};

/// True if `value` lives in a variable that the printed C assigns to more than
/// once: a loop's accumulator or the result of a loop or a conditional.
bool isMutableVariable(mlir::Value value);

/// True if `op`, whose operand or yield `use` reads the mutable `value`, may
/// take over its variable: nothing that may run once `op` has begun reads
/// `value`, except inside `op` if `mayReadInside`.
bool canTakeOver(mlir::Value value, mlir::Operation *op, bool mayReadInside);

} // namespace lathe

#endif // LATHE_LIB_TARGET_C_CINLINING_H
