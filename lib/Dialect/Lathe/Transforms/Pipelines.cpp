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

void lathe::buildIntegerPipeline(OpPassManager &manager, ActivationSign sign) {
  if (sign != ActivationSign::Keep) {
    StoreActivationsOptions options;
    options.areUnsigned = sign == ActivationSign::Unsigned;
    manager.addNestedPass<func::FuncOp>(createStoreActivations(options));
  }
  manager.addNestedPass<func::FuncOp>(createPropagateQuantization());
  manager.addNestedPass<func::FuncOp>(createIntegerGraph());
  // Weights in the layout of their op, and what became of biases.
  manager.addPass(createFoldConstants());
  addCleanup(manager);
}

namespace {
struct IntegerPipelineOptions : PassPipelineOptions<IntegerPipelineOptions> {
  Option<lathe::ActivationSign> sign{
      *this, "activations",
      llvm::cl::desc("How activations of 8 bits are stored"),
      llvm::cl::init(lathe::ActivationSign::Keep),
      llvm::cl::values(
          clEnumValN(lathe::ActivationSign::Keep, "keep", "as they are"),
          clEnumValN(lathe::ActivationSign::Signed, "signed", "as int8"),
          clEnumValN(lathe::ActivationSign::Unsigned, "unsigned", "as uint8"))};
};
} // namespace

void lathe::registerLathePipelines() {
  PassPipelineRegistration<IntegerPipelineOptions>(
      "lathe-integer-pipeline", "Compute quantized tensors in plain integers",
      [](OpPassManager &manager, const IntegerPipelineOptions &options) {
        buildIntegerPipeline(manager, options.sign);
      });
  PassPipelineRegistration<>(
      "lathe-graph-pipeline",
      "Simplify the graph of an imported model for every target",
      buildGraphPipeline);
}
