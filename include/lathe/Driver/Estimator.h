//===- Estimator.h - What a model costs on a microcontroller ----*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DRIVER_ESTIMATOR_H
#define LATHE_DRIVER_ESTIMATOR_H

#include "lathe/Cost/Instructions.h"
#include "lathe/Driver/Compiler.h"
#include "lathe/Driver/KernelProfile.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

#include <optional>
#include <string>
#include <vector>

namespace lathe {

/// What executing something is estimated to take. Seconds need a target's
/// clock, joules its power as well.
struct CostEstimate {
  double instructions = 0;
  double cycles = 0;
  std::optional<double> seconds;
  /// P * t: boards draw the same power for all networks, within 3 %
  /// (MLPerf Tiny v1.1 and v1.3).
  std::optional<double> joules;
};

/// One call of a kernel.
struct KernelEstimate {
  KernelDescription kernel;
  InstructionCounts counts;
  CostEstimate cost;
  /// Whether the data decide how much it does.
  bool dependsOnData = false;
};

/// What a model needs of a target.
struct ModelEstimate {
  /// What the code was optimized for.
  Objective objective = Objective::Balanced;
  Footprint footprint;
  /// In the order they run.
  std::vector<KernelEstimate> kernels;
  /// None for a target without a table of costs.
  std::optional<CostEstimate> cost;
};

/// Compiles the model of `module`, at the graph level, for `target`, whose
/// backend is C, down to loops, and counts. The module stays at that level.
/// Fails as runPasses does.
llvm::Expected<ModelEstimate> estimateModel(mlir::ModuleOp module,
                                            const TargetDescription &target,
                                            const CodeOptions &code);

/// How what is needed of a kind of memory compares with what a target has.
struct MemoryFit {
  int64_t needed = 0;
  int64_t available = 0;
  bool fits() const { return needed <= available; }
};

/// Whether `needed` bytes fit the memories of `target` of a kind: RAM must be
/// in one piece, flash is one. None for a target without memories.
std::optional<MemoryFit> getFit(const TargetDescription &target,
                                MemoryKind kind, int64_t needed);

} // namespace lathe

#endif // LATHE_DRIVER_ESTIMATOR_H
