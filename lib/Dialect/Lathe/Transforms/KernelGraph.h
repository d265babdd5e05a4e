//===- KernelGraph.h - Kernels and the buffers between them -----*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_DIALECT_LATHE_TRANSFORMS_KERNELGRAPH_H
#define LATHE_LIB_DIALECT_LATHE_TRANSFORMS_KERNELGRAPH_H

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Memory/Scheduler.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"

namespace lathe {

/// A root of storage in the arena and the steps at which it is needed. Inputs
/// of the function are needed from step 0, its outputs up to the step after the
/// last kernel; a state is both.
struct RootBuffer {
  int64_t bytes;
  unsigned first, last;
};

/// The kernels of a function in their order, and the memory between them.
class KernelGraph {
public:
  /// Takes the inputs and outputs of `func` for roots in the arena if
  /// `ioInArena`, and its states always. Fails, with a diagnostic, if a value
  /// has no storage.
  static mlir::FailureOr<KernelGraph> build(mlir::func::FuncOp func,
                                            bool ioInArena);

  mlir::func::FuncOp getFunction() const { return func; }
  llvm::ArrayRef<KernelOp> getKernels() const { return kernels; }

  /// The storage roots that lie in the arena, with their lifetimes.
  const llvm::MapVector<mlir::Value, RootBuffer> &getRoots() const {
    return roots;
  }

  /// The root that input number `input` of kernel number `step` is all of, if
  /// it and the kernel's result lie in the arena and no other input shares it.
  /// Null if there is none.
  mlir::Value getWholeRoot(unsigned step, unsigned input) const;

  /// The root that kernel number `step` reads in the order in which it writes
  /// its result, all of it, so that it may write the one over the other if
  /// nothing else reads the root from then on. Null if there is none.
  mlir::Value getOverwritableRoot(unsigned step) const;

  /// The same, if indeed nothing reads the root later.
  mlir::Value getInPlaceRoot(unsigned step) const;

  /// The graph as the scheduler takes it; nodes are the kernels.
  ScheduleGraph getScheduleGraph() const;

private:
  KernelGraph(mlir::func::FuncOp func, bool ioInArena)
      : func(func), ioInArena(ioInArena) {}

  bool isInArena(mlir::Value root) const;
  bool isNextState(mlir::Value root) const;
  /// Notes that the root of `value` is needed at `step`.
  llvm::LogicalResult touch(mlir::Value value, unsigned step);

  mlir::func::FuncOp func;
  bool ioInArena;
  /// The arguments that lie in the arena.
  llvm::SmallVector<mlir::Value> inputs;
  llvm::SmallVector<KernelOp> kernels;
  llvm::MapVector<mlir::Value, RootBuffer> roots;
};

/// By how many bytes the result of `kernel` is ever ahead of what is still
/// needed of its input number `input`, if one op alone reads that and all
/// others compute each element of the result from the same one of that op's.
std::optional<int64_t> getWriteLead(KernelOp kernel, unsigned input);

} // namespace lathe

#endif // LATHE_LIB_DIALECT_LATHE_TRANSFORMS_KERNELGRAPH_H
