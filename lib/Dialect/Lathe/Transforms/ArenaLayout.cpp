//===- ArenaLayout.cpp - The buffers of a function's arena ----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ArenaLayout.h"

#include "lathe/Dialect/Lathe/Transforms/States.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lathe;

ArenaLayout::ArenaLayout(const KernelGraph &graph, int64_t alignment,
                         bool fixIO)
    : graph(graph), alignment(alignment), fixIO(fixIO) {
  collectBuffers();
  collectFronts();
  if (fixIO)
    fixVisible();
}

static bool isResult(func::FuncOp func, Value root) {
  return llvm::is_contained(
      func.getBody().front().getTerminator()->getOperands(), root);
}

/// The states by what a call leaves in them, each with what it finds there.
static llvm::DenseMap<Value, Value> findStates(func::FuncOp func) {
  Operation *terminator = func.getBody().front().getTerminator();
  llvm::DenseMap<Value, Value> states;
  for (State state : getStates(func))
    states[terminator->getOperand(state.result)] =
        func.getArgument(state.argument);
  return states;
}

/// Places the arguments and results at the start.
void ArenaLayout::fixVisible() {
  func::FuncOp func = graph.getFunction();
  uint64_t end = 0;
  auto fix = [&](Value value) {
    auto found = bufferOf.find(value);
    // A state is an argument and a result.
    if (found == bufferOf.end() || buffers[found->second].fixedOffset)
      return;
    ArenaBuffer &buffer = buffers[found->second];
    buffer.fixedOffset = end;
    end = llvm::alignTo(end + buffer.size, alignment);
  };
  llvm::for_each(func.getArguments(), fix);
  llvm::for_each(func.getBody().front().getTerminator()->getOperands(), fix);
}

/// One buffer for each set of roots that share their bytes, then one for each
/// kernel's scratch.
void ArenaLayout::collectBuffers() {
  llvm::DenseMap<Value, Value> states = findStates(graph.getFunction());
  for (auto &[root, lifetime] : graph.getRoots()) {
    ArenaBuffer buffer;
    buffer.size = lifetime.bytes;
    buffer.alignment = alignment;
    buffer.firstStep = lifetime.first;
    buffer.lastStep = lifetime.last;
    Value over = states.lookup(root);
    // What shares the bytes of another buffer lies where that one does.
    bool isFixed = fixIO && isResult(graph.getFunction(), root);
    if (!over && !isFixed && root.getDefiningOp<KernelOp>())
      over = graph.getInPlaceRoot(lifetime.first);
    if (over) {
      // Roots come in the order of their birth, so `over` has its buffer.
      unsigned shared = bufferOf.lookup(over);
      bufferOf[root] = shared;
      buffers[shared].lastStep =
          std::max(buffers[shared].lastStep, buffer.lastStep);
      continue;
    }
    bufferOf[root] = buffers.size();
    buffers.push_back(buffer);
  }
  for (unsigned step = 0; step < graph.getKernels().size(); ++step) {
    KernelOp kernel = graph.getKernels()[step];
    if (kernel.getScratch() == 0)
      continue;
    scratchOf[kernel] = buffers.size();
    ArenaBuffer scratch;
    scratch.size = kernel.getScratch();
    scratch.alignment = alignment;
    scratch.firstStep = scratch.lastStep = step;
    buffers.push_back(scratch);
  }
}

/// The results that may be written over what their kernels have read.
void ArenaLayout::collectFronts() {
  for (unsigned step = 0; step < graph.getKernels().size(); ++step) {
    KernelOp kernel = graph.getKernels()[step];
    if (kernel.getNumResults() != 1)
      continue;
    for (unsigned i = 0; i < kernel.getInputs().size(); ++i) {
      Value root = graph.getWholeRoot(step, i);
      std::optional<int64_t> lead = getWriteLead(kernel, i);
      if (!root || !lead)
        continue;
      FrontOverlap front{bufferOf.lookup(kernel.getResult(0)),
                         bufferOf.lookup(root), static_cast<uint64_t>(*lead)};
      if (front.out != front.in && buffers[front.out].firstStep == step &&
          buffers[front.in].lastStep == step)
        fronts.push_back(front);
    }
  }
}
