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
using namespace lathe;

/// Brings the graph into the form that patterns are written for.
static void addCleanup(OpPassManager &manager) {
  OpPassManager &function = manager.nest<func::FuncOp>();
  function.addPass(createCanonicalizerPass());
  function.addPass(createCSEPass());
}

void lathe::buildGraphPipeline(OpPassManager &manager) {
  // Numbers that the model computes show as numbers afterwards.
  manager.addPass(createFoldConstants());
  addCleanup(manager);
  // Composite ops are recognized as exporters write them, before their
  // constants are folded into neighbours.
  manager.addNestedPass<func::FuncOp>(createSimplifyGraph());
  // Pads, scales and what they fold into are neighbours once no transpose is
  // between them.
  manager.addNestedPass<func::FuncOp>(createPropagateLayout());
  addCleanup(manager);
  manager.addNestedPass<func::FuncOp>(createFoldPads());
  manager.addNestedPass<func::FuncOp>(createFoldScales());
  // Limits meet where what was between them is folded.
  manager.addNestedPass<func::FuncOp>(createSimplifyGraph());
  // Whatever happened to a weight is computed once.
  manager.addPass(createFoldConstants());
  addCleanup(manager);
  // Last, so that no constant is folded into its wider form.
  manager.addNestedPass<func::FuncOp>(createWidenFloats());
  // Bodies of ops that were folded away.
  manager.addPass(createSymbolDCEPass());
}

/// Computes what the passes on integers made of weights and biases.
static void addIntegerCleanup(OpPassManager &manager) {
  manager.addPass(createFoldConstants());
  addCleanup(manager);
}

static void addIntegerGraph(OpPassManager &manager) {
  manager.addNestedPass<func::FuncOp>(createPropagateQuantization());
  manager.addNestedPass<func::FuncOp>(createIntegerGraph());
  manager.addNestedPass<func::FuncOp>(createMergeTables());
  // So that no op is left that nothing needs: it would need all its channels.
  addCleanup(manager);
  manager.addNestedPass<func::FuncOp>(createShrinkChannels());
  // What is left of weights and multipliers.
  manager.addPass(createFoldConstants());
  // What is read of weights and biases is still what they are.
  manager.addNestedPass<func::FuncOp>(createNarrowRequantize());
}

void lathe::buildIntegerPipeline(OpPassManager &manager) {
  addIntegerGraph(manager);
  addIntegerCleanup(manager);
}

void lathe::buildVectorIntegerPipeline(OpPassManager &manager, DotKind dots) {
  if (dots != DotKind::None) {
    StoreActivationsOptions options;
    // Where both signs will do, none is better: the zero point of what a ReLU
    // limits is 0 then, so that padding is what it is for floats.
    options.areUnsigned = dots != DotKind::SignedBytes;
    manager.addNestedPass<func::FuncOp>(createStoreActivations(options));
  }
  addIntegerGraph(manager);
  manager.addNestedPass<func::FuncOp>(createPrepareIntegers({dots}));
  addIntegerCleanup(manager);
}

void lathe::registerLathePipelines() {
  PassPipelineRegistration<>("lathe-integer-pipeline",
                             "Compute quantized tensors in plain integers",
                             buildIntegerPipeline);
  PassPipelineRegistration<>(
      "lathe-graph-pipeline",
      "Simplify the graph of an imported model for every target",
      buildGraphPipeline);
}
