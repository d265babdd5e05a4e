//===- NativeModule.h - A model as LLVM IR ----------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TARGET_LLVM_NATIVEMODULE_H
#define LATHE_TARGET_LLVM_NATIVEMODULE_H

#include "lathe/Conversion/LoopsToLLVM/WeightsBlob.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <string>
#include <vector>

namespace llvm {
class TargetMachine;
}

namespace lathe {

struct TargetSpec;

/// The code of a model as LLVM IR, and its weights beside it.
struct NativeModule {
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::Module> code;
  WeightsBlob weights;
  std::string name;                 ///< the model's
  std::vector<std::string> entries; ///< C functions that it offers
  bool usesOpenMP = false;          ///< needs libgomp or libomp
};

struct NativeOptions {
  int64_t maxThreads = 1; ///< most threads a parallel loop may use
  bool fpContract = true; ///< a multiplication and an addition may be fused
  /// What a model in this process calls behind each kernel, with its number
  /// (see TimedKernels.h); null: nothing.
  void (*kernelDone)(int64_t) = nullptr;
};

/// Lowers `module` from the loop level to the LLVM dialect, in place, and
/// translates that to LLVM IR for `spec`, not yet optimized. The module's
/// weights are `weights`, as another version of the model has them, and behind
/// them what they lack. Diagnostics tell more than the error.
llvm::Expected<NativeModule> lowerToNative(mlir::ModuleOp module,
                                           const TargetSpec &spec,
                                           llvm::TargetMachine &machine,
                                           const NativeOptions &options = {},
                                           WeightsBlob weights = {});

/// Translates a module of the LLVM dialect, as
/// `lathe-loops-to-llvm-pipeline` leaves it, to LLVM IR.
llvm::Expected<NativeModule> translateToNative(mlir::ModuleOp module,
                                               WeightsBlob weights,
                                               const TargetSpec &spec,
                                               llvm::TargetMachine &machine);

/// Runs LLVM's -O3 pipeline.
void optimize(llvm::Module &code, llvm::TargetMachine &machine);

/// Moves arguments of functions that are the same constant in all calls into
/// the functions.
void propagateConstants(llvm::Module &code, llvm::TargetMachine &machine);

} // namespace lathe

#endif // LATHE_TARGET_LLVM_NATIVEMODULE_H
