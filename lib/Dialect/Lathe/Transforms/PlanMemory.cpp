//===- PlanMemory.cpp - Place intermediates and scratch in one arena ------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ArenaLayout.h"

#include "lathe/Dialect/Lathe/Transforms/Passes.h"
#include "lathe/Dialect/Lathe/Transforms/Storage.h"

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
    ArenaLayout layout(*graph, alignment, fixIO && !func.isPrivate());
    llvm::Expected<ArenaPlan> plan = layout.plan();
    if (!plan) {
      func.emitError() << llvm::toString(plan.takeError());
      return signalPassFailure();
    }
    annotate(*graph, layout, *plan);
  }

private:
  void annotate(const KernelGraph &graph, const ArenaLayout &layout,
                const ArenaPlan &plan) {
    func::FuncOp func = getOperation();
    OpBuilder builder(func);
    for (KernelOp kernel : graph.getKernels()) {
      SmallVector<Attribute> placements;
      for (Value result : kernel.getOutputs())
        placements.push_back(placementOf(result, layout, plan));
      kernel.setPlacementsAttr(builder.getArrayAttr(placements));
      if (kernel.getScratch() != 0)
        kernel.setScratchOffset(plan.offsets[layout.getScratch(kernel)]);
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
    annotateIO(layout, plan);
  }

  /// Notes where inputs, outputs and states lie that are in the arena.
  void annotateIO(const ArenaLayout &layout, const ArenaPlan &plan) {
    func::FuncOp func = getOperation();
    OpBuilder builder(func);
    auto offsetOf = [&](Value value) -> Attribute {
      std::optional<unsigned> buffer = layout.getBuffer(value);
      return buffer ? builder.getI64IntegerAttr(plan.offsets[*buffer])
                    : Attribute();
    };
    for (BlockArgument argument : func.getArguments())
      if (Attribute offset = offsetOf(argument))
        func.setArgAttr(argument.getArgNumber(), "lathe.offset", offset);
    Operation *terminator = func.getBody().front().getTerminator();
    for (OpOperand &result : terminator->getOpOperands())
      if (Attribute offset = offsetOf(result.get()))
        func.setResultAttr(result.getOperandNumber(), "lathe.offset", offset);
  }

  PlacementAttr placementOf(Value result, const ArenaLayout &layout,
                            const ArenaPlan &plan) {
    Storage storage = *getStorage(result);
    auto type = cast<RankedTensorType>(result.getType());
    int64_t elementBytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
    int64_t offset = storage.view.offset * elementBytes;
    auto space = MemorySpace::Arena;
    int64_t index = 0;
    if (std::optional<unsigned> buffer = layout.getBuffer(storage.root)) {
      offset += plan.offsets[*buffer];
    } else {
      space = MemorySpace::Output;
      for (OpOperand &use : storage.root.getUses())
        if (use.getOwner()->hasTrait<OpTrait::IsTerminator>())
          index = use.getOperandNumber();
    }
    return PlacementAttr::get(&getContext(), space, index, offset,
                              storage.view.strides);
  }
};

} // namespace
