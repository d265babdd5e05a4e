//===- PlanMemory.cpp - Place intermediates and scratch in one arena ------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelGraph.h"

#include "lathe/Dialect/Lathe/Transforms/Passes.h"
#include "lathe/Dialect/Lathe/Transforms/States.h"
#include "lathe/Dialect/Lathe/Transforms/Storage.h"
#include "lathe/Memory/ArenaPlanner.h"

#include "llvm/Support/MathExtras.h"

namespace lathe {
#define GEN_PASS_DEF_PLANMEMORY
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

namespace {

struct PlanMemory : lathe::impl::PlanMemoryBase<PlanMemory> {
  using PlanMemoryBase::PlanMemoryBase;

  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    func::FuncOp func = getOperation();
    if (alignment <= 0 || !llvm::isPowerOf2_64(alignment)) {
      func.emitError("the alignment must be a power of two, not ") << alignment;
      return signalPassFailure();
    }
    FailureOr<KernelGraph> graph = KernelGraph::build(func, ioInArena);
    if (failed(graph))
      return signalPassFailure();
    SmallVector<ArenaBuffer> buffers = collectBuffers(*graph);
    if (fixesIO())
      fixVisible(buffers);
    llvm::Expected<ArenaPlan> plan =
        planArena(buffers, collectFronts(*graph, buffers));
    if (!plan) {
      func.emitError() << llvm::toString(plan.takeError());
      return signalPassFailure();
    }
    annotate(*graph, *plan);
  }

private:
  /// The states by what a call leaves in them, each with what it finds there.
  llvm::DenseMap<Value, Value> findStates() {
    func::FuncOp func = getOperation();
    Operation *terminator = func.getBody().front().getTerminator();
    llvm::DenseMap<Value, Value> states;
    for (State state : getStates(func))
      states[terminator->getOperand(state.result)] =
          func.getArgument(state.argument);
    return states;
  }

  bool fixesIO() { return fixIO && !getOperation().isPrivate(); }

  bool isResult(Value root) {
    Operation *terminator = getOperation().getBody().front().getTerminator();
    return llvm::is_contained(terminator->getOperands(), root);
  }

  /// Places the arguments and results at the start.
  void fixVisible(MutableArrayRef<ArenaBuffer> buffers) {
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
    func::FuncOp func = getOperation();
    llvm::for_each(func.getArguments(), fix);
    llvm::for_each(func.getBody().front().getTerminator()->getOperands(), fix);
  }

  /// One buffer for each set of roots that share their bytes, then one for each
  /// kernel's scratch.
  SmallVector<ArenaBuffer> collectBuffers(const KernelGraph &graph) {
    SmallVector<ArenaBuffer> buffers;
    bufferOf.clear();
    scratchOf.clear();
    llvm::DenseMap<Value, Value> states = findStates();
    for (auto &[root, lifetime] : graph.getRoots()) {
      ArenaBuffer buffer;
      buffer.size = lifetime.bytes;
      buffer.alignment = alignment;
      buffer.firstStep = lifetime.first;
      buffer.lastStep = lifetime.last;
      Value over = states.lookup(root);
      // What shares the bytes of another buffer lies where that one does.
      bool isFixed = fixesIO() && isResult(root);
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
    return buffers;
  }

  /// The results that may be written over what their kernels have read.
  SmallVector<FrontOverlap> collectFronts(const KernelGraph &graph,
                                          ArrayRef<ArenaBuffer> buffers) {
    SmallVector<FrontOverlap> fronts;
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
    return fronts;
  }

  void annotate(const KernelGraph &graph, const ArenaPlan &plan) {
    func::FuncOp func = getOperation();
    OpBuilder builder(func);
    for (KernelOp kernel : graph.getKernels()) {
      SmallVector<Attribute> placements;
      for (Value result : kernel.getOutputs())
        placements.push_back(placementOf(result, plan));
      kernel.setPlacementsAttr(builder.getArrayAttr(placements));
      if (kernel.getScratch() != 0)
        kernel.setScratchOffset(plan.offsets[scratchOf[kernel]]);
    }
    // Arenas of whole alignment units, so that one may follow another.
    func->setAttr("lathe.arena_size", builder.getI64IntegerAttr(
                                          llvm::alignTo(plan.size, alignment)));
    func->setAttr("lathe.arena_lower_bound",
                  builder.getI64IntegerAttr(plan.lowerBound));
    func->setAttr("lathe.arena_align", builder.getI64IntegerAttr(alignment));
    func->removeAttr("lathe.io");
    if (ioInArena)
      func->setAttr("lathe.io", builder.getStringAttr("arena"));
    annotateIO(plan);
  }

  /// Notes where inputs, outputs and states lie that are in the arena.
  void annotateIO(const ArenaPlan &plan) {
    func::FuncOp func = getOperation();
    OpBuilder builder(func);
    auto offsetOf = [&](Value value) -> Attribute {
      auto buffer = bufferOf.find(value);
      return buffer == bufferOf.end()
                 ? Attribute()
                 : builder.getI64IntegerAttr(plan.offsets[buffer->second]);
    };
    for (BlockArgument argument : func.getArguments())
      if (Attribute offset = offsetOf(argument))
        func.setArgAttr(argument.getArgNumber(), "lathe.offset", offset);
    Operation *terminator = func.getBody().front().getTerminator();
    for (OpOperand &result : terminator->getOpOperands())
      if (Attribute offset = offsetOf(result.get()))
        func.setResultAttr(result.getOperandNumber(), "lathe.offset", offset);
  }

  PlacementAttr placementOf(Value result, const ArenaPlan &plan) {
    Storage storage = *getStorage(result);
    auto type = cast<RankedTensorType>(result.getType());
    int64_t elementBytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
    int64_t offset = storage.view.offset * elementBytes;
    auto space = MemorySpace::Arena;
    int64_t index = 0;
    if (bufferOf.contains(storage.root)) {
      offset += plan.offsets[bufferOf[storage.root]];
    } else {
      space = MemorySpace::Output;
      for (OpOperand &use : storage.root.getUses())
        if (use.getOwner()->hasTrait<OpTrait::IsTerminator>())
          index = use.getOperandNumber();
    }
    return PlacementAttr::get(&getContext(), space, index, offset,
                              storage.view.strides);
  }

  llvm::DenseMap<Value, unsigned> bufferOf;
  llvm::DenseMap<Operation *, unsigned> scratchOf;
};

} // namespace
