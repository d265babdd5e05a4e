//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Executes loops over memory as they are written.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_REFERENCE_LOOPINTERPRETER_H
#define LATHE_LIB_REFERENCE_LOOPINTERPRETER_H

#include "lathe/Support/HostTensor.h"

#include "mlir/IR/Operation.h"

namespace lathe::reference {

/// A scalar: an integer, sign-extended from its width (i1 is 0 or 1), or a
/// float, rounded to its type.
union Scalar {
  int64_t integer;
  double real;
};

/// Walks over the ops of `scf`, `arith`, `math` and `memref` in a block.
class LoopInterpreter {
public:
  /// Lets `tensor`, which must outlive the interpreter, be what is in `memory`.
  void bind(mlir::Value memory, HostTensor &tensor) {
    memories[memory] = &tensor;
  }

  /// Executes the ops of `block`, and returns the operands of its terminator,
  /// if it has one. Emits an error at an op that it does not know, or that
  /// reads or writes beyond the bounds of its memory.
  mlir::FailureOr<llvm::SmallVector<Scalar>> run(mlir::Block &block);

private:
  llvm::LogicalResult execute(mlir::Operation *op);
  llvm::LogicalResult executeFor(mlir::Operation *op);
  llvm::LogicalResult executeIf(mlir::Operation *op);
  llvm::LogicalResult executeWhile(mlir::Operation *op);
  mlir::FailureOr<int64_t> locate(mlir::Operation *op, mlir::Value memory,
                                  mlir::ValueRange indices);
  llvm::SmallVector<Scalar> get(mlir::ValueRange values) const;
  void set(mlir::ValueRange values, llvm::ArrayRef<Scalar> scalars);

  llvm::DenseMap<mlir::Value, HostTensor *> memories;
  llvm::DenseMap<mlir::Value, Scalar> scalars;
};

/// The result of an op of `arith` or `math` on scalars; none for an op that is
/// not known. Division by zero gives 0.
std::optional<Scalar> computeScalar(mlir::Operation *op,
                                    llvm::ArrayRef<Scalar> operands);

} // namespace lathe::reference

#endif // LATHE_LIB_REFERENCE_LOOPINTERPRETER_H
