//===- Pipelines.cpp - Sequences of passes with a name --------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/Transforms/Pipelines.h"
#include "lathe/Dialect/Lathe/Transforms/Passes.h"

#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void lathe::buildGraphPipeline(OpPassManager &manager) {
  OpPassManager &function = manager.nest<func::FuncOp>();
  // Composite ops are recognized as exporters write them, before their
  // constants are folded into neighbours.
  function.addPass(createCanonicalizerPass());
  function.addPass(createCSEPass());
  function.addPass(createSimplifyGraph());
  // Pads, scales and what they fold into are neighbours once no transpose is
  // between them.
  function.addPass(createPropagateLayout());
  function.addPass(createCanonicalizerPass());
  function.addPass(createFoldPads());
  function.addPass(createFoldScales());
  // Limits meet where what was between them is folded.
  function.addPass(createSimplifyGraph());
  function.addPass(createCanonicalizerPass());
  function.addPass(createCSEPass());
}

void lathe::registerLathePipelines() {
  PassPipelineRegistration<>(
      "lathe-graph-pipeline",
      "Simplify the graph of an imported model for every target",
      buildGraphPipeline);
}
