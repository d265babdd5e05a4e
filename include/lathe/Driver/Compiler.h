//===- Compiler.h - From a model to files -----------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DRIVER_COMPILER_H
#define LATHE_DRIVER_COMPILER_H

#include "lathe/Dialect/Lathe/Transforms/RemovedChannels.h"
#include "lathe/Driver/Pipelines.h"
#include "lathe/Target/Common/ModelInterface.h"
#include "lathe/Target/Description/TargetDescription.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"
#include <optional>

namespace lathe {

/// What code for microcontrollers is to have little of.
enum class Objective {
  /// Instructions.
  Speed,
  /// RAM, as far as it costs few instructions.
  Balanced,
  /// RAM.
  RAM,
  /// Code, and RAM as Balanced.
  Flash,
};

/// What a user may choose about the code beyond its target.
struct CodeOptions {
  /// The most threads that it may use; a target that takes C has only one.
  unsigned threads = 1;
  /// Whether convolutions may be computed by Winograd's algorithm, which is
  /// faster and rounds differently.
  bool winograd = true;
  /// Whether code for other shapes or processors is to find the same packed
  /// weights.
  bool sharesWeights = false;
  /// Where inputs and outputs lie.
  IOMode io = IOMode::Arguments;
  /// What C is optimized for; balanced, if nothing says otherwise.
  std::optional<Objective> objective;
  /// A file of register tiles for vector code, which tuneModel measured; none
  /// if empty.
  std::string tiles;
};

/// The options of the lowering pipelines for `target`.
void setLoweringOptions(LoweringOptions &options,
                        const TargetDescription &target,
                        const CodeOptions &code);

/// Runs the graph pipeline on a module as it was imported. Like the functions
/// below, it fails as runPasses does.
llvm::Error simplifyGraph(mlir::ModuleOp module);

/// Computes what is quantized in the simplified graph of `module` in plain
/// integers, stored as the model stores them: what the reference evaluator
/// runs.
llvm::Error settleIntegers(mlir::ModuleOp module);

/// Runs the kernel pipeline on a module whose graph is simplified.
llvm::Error planKernels(mlir::ModuleOp module, const LoweringOptions &options);

/// Runs the graph and the kernel pipeline on a module at the graph level.
llvm::Error lowerToKernels(mlir::ModuleOp module,
                           const TargetDescription &target,
                           const CodeOptions &code);

/// Runs the loop pipeline on a module at the kernel level.
llvm::Error lowerToLoops(mlir::ModuleOp module);

/// The flag of lathe-opt that takes a module from the graph level to the loop
/// level as lowerToKernels and lowerToLoops do.
std::string getLoweringFlag(const TargetDescription &target,
                            const CodeOptions &code);

/// What a model needs of a machine's memory, in bytes.
struct Footprint {
  int64_t arena = 0;
  /// The most bytes live at one step of the order that was chosen.
  int64_t arenaLowerBound = 0;
  int64_t inputs = 0, outputs = 0;
  /// Kept in the arena from call to call, and part of its size.
  int64_t states = 0;
  int64_t weights = 0;
  /// Channels that are in none of these, because nothing needs them.
  RemovedChannels removed;
  /// With IOMode::Arena the arena's bytes hold the inputs and outputs.
  IOMode io = IOMode::Arguments;

  /// Arena with scratch, inputs and outputs; the stack is not in it.
  int64_t getRam() const {
    return io == IOMode::Arena ? arena : arena + inputs + outputs;
  }
};

/// Reads the footprint off a model at the kernel level.
Footprint getFootprint(mlir::func::FuncOp model);

/// Prints where every result of a kernel lies and for how long.
void printMemoryPlan(mlir::func::FuncOp model, llvm::raw_ostream &os);

/// Limits in bytes; none where not given.
struct MemoryLimits {
  std::optional<uint64_t> ram, flash;
};

/// What C for `target` is to be optimized for, of `module` at the graph level:
/// what `code` says or else RAM, if that of the target or of `limits` is too
/// little for it when it is balanced, or Flash, if weights leave little of that
/// for code.
llvm::Expected<Objective> chooseObjective(mlir::ModuleOp module,
                                          const TargetDescription &target,
                                          const CodeOptions &code,
                                          const MemoryLimits &limits);

/// Fails, with an error that gives both figures and what would help, if `model`
/// does not fit the target's memories or `limits`, which come before them.
mlir::LogicalResult checkFit(mlir::func::FuncOp model,
                             const TargetDescription &target,
                             const MemoryLimits &limits);

} // namespace lathe

#endif // LATHE_DRIVER_COMPILER_H
