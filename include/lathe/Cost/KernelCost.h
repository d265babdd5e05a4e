//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What kernels cost on a core: an estimate from their loops.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_COST_KERNELCOST_H
#define LATHE_COST_KERNELCOST_H

#include "lathe/Cost/Instructions.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace lathe {

/// The instructions that a run of a function executes.
struct FunctionCount {
  InstructionCounts instructions;
  /// Whether some of them depend on the data: a branch, which is taken in half
  /// of the cases here, or the end of a loop, of which there is one iteration.
  bool dependsOnData = false;
};

/// Counts what a C compiler makes of `function`, which is at the loop level,
/// for a core with `set`, functions that it calls included. The ops say what
/// they become (CountableOpInterface); loops, branches, pointers and values for
/// which there are no registers are counted from the structure. Extents are
/// static, so each branch and bound is known but for those that depend on data.
FunctionCount countInstructions(mlir::func::FuncOp function,
                                const InstructionSet &set);

} // namespace lathe

#endif // LATHE_COST_KERNELCOST_H
