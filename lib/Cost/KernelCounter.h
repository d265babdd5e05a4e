//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Counts the instructions of one function in two steps. BlockCosts is what each
// block takes in one execution, after loads and arithmetic have moved out of
// the loops in which they do not change. KernelCounter executes the loops, as
// far as anything depends on their counters.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_COST_KERNELCOUNTER_H
#define LATHE_LIB_COST_KERNELCOUNTER_H

#include "Addresses.h"

#include "lathe/Cost/CountableOpInterface.h"
#include "lathe/Cost/KernelCost.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"

namespace lathe::cost {

/// What the blocks of a function take in one execution, but for ops whose
/// instructions depend on values.
class BlockCosts {
public:
  BlockCosts(mlir::func::FuncOp function, const InstructionSet &set);

  const InstructionCounts &get(mlir::Block *block) const;

private:
  /// The block in which `op` is executed: its own, or one around loops in which
  /// nothing that it takes changes.
  mlir::Block *getHome(mlir::Operation *op);
  mlir::Block *getHome(mlir::Value value);
  bool canLeaveLoops(mlir::Operation *op) const;
  void findWrittenMemory(mlir::func::FuncOp function);
  void addOps(mlir::func::FuncOp function);
  void addPointers();
  void addPointer(const Pointer &pointer, mlir::Block *block);
  void addLoop(mlir::scf::ForOp loop);
  void addSpills(mlir::scf::ForOp loop);

  const InstructionSet &set;
  llvm::DenseMap<mlir::Block *, InstructionCounts> costs;
  llvm::DenseMap<mlir::Operation *, mlir::Block *> homes;
  llvm::DenseSet<mlir::Value> written;
  /// The accesses whose home a block is, in the order of the program.
  llvm::MapVector<mlir::Block *, llvm::SmallVector<Access>> accesses;
  /// The pointers that an iteration of a loop moves, and all that it uses.
  llvm::DenseMap<mlir::Block *, unsigned> movedPointers, usedPointers;
};

/// Counts what a function executes.
class KernelCounter {
public:
  KernelCounter(mlir::func::FuncOp function, const InstructionSet &set)
      : function(function), set(set), blocks(function, set) {}

  /// `arguments` are the values of those that are known.
  FunctionCount count(llvm::ArrayRef<std::optional<int64_t>> arguments);

private:
  InstructionCounts count(mlir::Block &block);
  InstructionCounts countFor(mlir::scf::ForOp loop);
  InstructionCounts countIf(mlir::scf::IfOp branch);
  InstructionCounts countCall(mlir::func::CallOp call);
  InstructionCounts countNested(mlir::Operation *op);

  void findControls();
  std::optional<int64_t> evaluate(mlir::Value value);
  std::optional<int64_t> fold(mlir::Operation *op, unsigned result);

  mlir::func::FuncOp function;
  const InstructionSet &set;
  BlockCosts blocks;
  /// Values on which bounds, branches and counts depend.
  llvm::DenseSet<mlir::Value> controls;
  /// The values of counters, and what was computed of them.
  llvm::DenseMap<mlir::Value, std::optional<int64_t>> values;
  /// Iterations of the loops around that are executed one by one.
  double samplesAround = 1;
  bool dependsOnData = false;
};

} // namespace lathe::cost

#endif // LATHE_LIB_COST_KERNELCOUNTER_H
