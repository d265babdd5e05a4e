//===- Pipeline.cpp - The passes from loops to the LLVM dialect -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Conversion/LoopsToLLVM/Passes.h"

#include "mlir/Conversion/AffineToStandard/AffineToStandard.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace lathe;

void lathe::buildLoopsToLLVMPipeline(OpPassManager &pm,
                                     const LoopsToLLVMPipelineOptions &options,
                                     WeightsBlob *weights) {
  pm.addPass(weights ? createExternalizeWeights(*weights)
                     : createExternalizeWeights());
  if (options.timeKernels)
    pm.addPass(createTimeKernels());
  pm.addPass(createOutlineParallel({options.maxThreads}));
  pm.addPass(createCheckEntry());
  pm.addPass(createLowerVectors());
  pm.addPass(createExpandMath({options.fpContract}));
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(createLoopsToLLVM({options.dots, options.bytePermutes}));
}

void lathe::registerLoopsToLLVMPipelines() {
  PassPipelineRegistration<LoopsToLLVMPipelineOptions>(
      "lathe-loops-to-llvm-pipeline",
      "Take a module from the loop level to the LLVM dialect",
      [](OpPassManager &pm, const LoopsToLLVMPipelineOptions &options) {
        buildLoopsToLLVMPipeline(pm, options);
      });
}
