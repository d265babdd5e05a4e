//===- Pipelines.cpp - Named sequences of passes --------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/Pipelines.h"

#include "lathe/Conversion/LatheToLinalg/Passes.h"
#include "lathe/Conversion/LinalgToLoops/Passes.h"
#include "lathe/Dialect/Lathe/Transforms/Passes.h"
#include "lathe/Dialect/Lathe/Transforms/Pipelines.h"

#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace lathe;

/// The passes that plan the kernels and the memory of one function.
static OpPassManager makeFunctionPipeline(const LoweringOptions &options,
                                          bool ioInArena) {
  OpPassManager func(func::FuncOp::getOperationName());
  func.addPass(createExpandBlocks());
  func.addPass(createIsolateBuffers());
  func.addPass(createFormKernels());
  func.addPass(createCanonicalizerPass());
  SelectStrategyOptions strategy;
  strategy.vectorBits = options.vectorBits;
  strategy.vectorRegisters = options.vectorRegisters;
  strategy.threads = options.threads;
  strategy.tiles = options.tiles;
  strategy.kind = options.dots;
  func.addPass(createSelectStrategy(strategy, options.tileTable));
  ScheduleKernelsOptions schedule;
  schedule.ioInArena = ioInArena;
  func.addPass(createScheduleKernels(schedule));
  if (options.streamOverhead >= 0) {
    StreamRowsOptions rows;
    rows.ioInArena = ioInArena;
    rows.alignment = options.alignment;
    rows.maxOverhead = options.streamOverhead;
    rows.minGain = options.streamGain;
    rows.slack = options.streamSlack;
    rows.macInstructions = options.macInstructions;
    func.addPass(createStreamRows(rows));
  }
  PlaceStatesOptions states;
  states.ioInArena = ioInArena;
  func.addPass(createPlaceStates(states));
  // Again, for the copies of states and the kernels of streams.
  func.addPass(createSelectStrategy(strategy, options.tileTable));
  PlanMemoryOptions plan;
  plan.alignment = options.alignment;
  plan.ioInArena = ioInArena;
  plan.fixIO = options.fixIO;
  func.addPass(createPlanMemory(plan));
  return func;
}

void lathe::buildKernelPipeline(OpPassManager &pm,
                                const LoweringOptions &options) {
  if (options.vectorBits > 0)
    buildVectorIntegerPipeline(pm, options.dots);
  else
    buildIntegerPipeline(pm);
  if (options.windows) {
    WindowProductsOptions windows;
    windows.form = options.windowForm;
    pm.addNestedPass<func::FuncOp>(createWindowProducts(windows));
  }
  if (options.winograd && options.vectorBits > 0) {
    WinogradOptions winograd;
    winograd.vectorBits = options.vectorBits;
    winograd.threads = options.threads;
    winograd.kind = options.dots;
    pm.addPass(createWinograd(winograd));
  }
  pm.addPass(createPrepareBodies());
  BodiesFirstOptions functions;
  // What a body takes and gives belongs to the op that runs it.
  functions.pipelines = {makeFunctionPipeline(options, /*ioInArena=*/false),
                         makeFunctionPipeline(options, options.ioInArena)};
  pm.addPass(createBodiesFirst(functions));
  // Constants take no place in the memory that is planned.
  PackWeightsOptions packing;
  packing.panelWidth = options.panelWidth;
  packing.kind = options.dots;
  pm.addNestedPass<func::FuncOp>(createPackWeights(packing));
  FoldConstantsOptions folding;
  // Whole vectors of few channels, in elements of twice the bytes.
  if (options.dots != DotKind::None)
    folding.maxGrowth = 128;
  pm.addPass(createFoldConstants(folding));
  pm.addPass(createShareConstants());
}

void lathe::buildLoopPipeline(OpPassManager &pm) {
  pm.addPass(createOutlineKernels());
  pm.addPass(createConvertLatheToLinalg());
  OpPassManager &func = pm.nest<func::FuncOp>();
  func.addPass(createConvertLinalgToLoops());
  func.addPass(createCSEPass());
  func.addPass(createCanonicalizerPass());
  func.addPass(createLoopInvariantCodeMotionPass());
}

void lathe::buildLoweringPipeline(OpPassManager &pm,
                                  const LoweringOptions &options) {
  buildGraphPipeline(pm);
  buildKernelPipeline(pm, options);
  buildLoopPipeline(pm);
}

void lathe::registerLoweringPipelines() {
  PassPipelineRegistration<LoweringOptions>(
      "lathe-kernel-pipeline",
      "Form kernels, choose their strategies and plan their memory",
      buildKernelPipeline);
  PassPipelineRegistration<>("lathe-loop-pipeline",
                             "Lower planned kernels to loops",
                             buildLoopPipeline);
  PassPipelineRegistration<LoweringOptions>("lathe-lowering-pipeline",
                                            "Lower a graph to loops",
                                            buildLoweringPipeline);
}
