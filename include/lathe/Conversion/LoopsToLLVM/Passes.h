//===- Passes.h - From the loop level to the LLVM dialect -------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CONVERSION_LOOPSTOLLVM_PASSES_H
#define LATHE_CONVERSION_LOOPSTOLLVM_PASSES_H

#include "lathe/Conversion/LoopsToLLVM/DotMachine.h"
#include "lathe/Conversion/LoopsToLLVM/WeightsBlob.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassOptions.h"

namespace lathe {

/// How a module at the loop level becomes one of the LLVM dialect.
struct LoopsToLLVMPipelineOptions
    : public mlir::PassPipelineOptions<LoopsToLLVMPipelineOptions> {
  Option<int64_t> maxThreads{
      *this, "max-threads",
      llvm::cl::desc("Most threads that a parallel loop may use"),
      llvm::cl::init(1)};
  Option<bool> fpContract{
      *this, "fp-contract",
      llvm::cl::desc("Allow a multiplication and an addition to become one "
                     "fma"),
      llvm::cl::init(true)};
  Option<bool> timeKernels{
      *this, "time-kernels",
      llvm::cl::desc("Report the end of each kernel to lathe_kernel_done"),
      llvm::cl::init(false)};
  Option<DotMachine> dots{
      *this, "dots", llvm::cl::desc("Whose instructions dot products become"),
      llvm::cl::init(DotMachine::X86),
      llvm::cl::values(
          clEnumValN(DotMachine::X86, "x86", "x86-64's"),
          clEnumValN(DotMachine::AArch64, "aarch64", "AArch64's"))};
  Option<bool> bytePermutes{
      *this, "byte-permutes",
      llvm::cl::desc("Whether x86-64's are AVX-512 VBMI, too"),
      llvm::cl::init(false)};
};

/// The pass `lathe-externalize-weights`, which adds the bytes to `weights`.
std::unique_ptr<mlir::Pass> createExternalizeWeights(WeightsBlob &weights);

/// Adds the passes that take a module from the loop level to the LLVM dialect.
/// `weights`, if not null, gets what `lathe-externalize-weights` took out,
/// behind what it has; it must outlive the run of the pass manager.
void buildLoopsToLLVMPipeline(mlir::OpPassManager &pm,
                              const LoopsToLLVMPipelineOptions &options,
                              WeightsBlob *weights = nullptr);

/// Registers `lathe-loops-to-llvm-pipeline`.
void registerLoopsToLLVMPipelines();

#define GEN_PASS_DECL
#include "lathe/Conversion/LoopsToLLVM/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "lathe/Conversion/LoopsToLLVM/Passes.h.inc"

} // namespace lathe

#endif // LATHE_CONVERSION_LOOPSTOLLVM_PASSES_H
