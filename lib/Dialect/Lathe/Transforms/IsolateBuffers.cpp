//===- IsolateBuffers.cpp - One place in memory for every value -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/LatheMemoryOps.h"
#include "lathe/Dialect/Lathe/Transforms/Passes.h"
#include "lathe/Dialect/Lathe/Transforms/Storage.h"

namespace lathe {
#define GEN_PASS_DEF_ISOLATEBUFFERS
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

namespace {

struct IsolateBuffers : lathe::impl::IsolateBuffersBase<IsolateBuffers> {
  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    Block &block = getOperation().getBody().front();
    for (Operation &op : llvm::make_early_inc_range(block)) {
      if (isa<AssembleOpInterface>(op) || op.hasTrait<OpTrait::IsTerminator>())
        for (OpOperand &operand : op.getOpOperands())
          if (!isComputedFor(operand))
            copyOperand(operand);
      if (isa<ViewOpInterface>(op) && !needsCode(&op) &&
          failed(getStorage(op.getResult(0))))
        copyOperand(op.getOpOperand(0));
      if (auto memoryOp = dyn_cast<MemoryOpInterface>(op);
          memoryOp && memoryOp.needsDenseMemory())
        makeDense(op);
      if (auto scratchOp = dyn_cast<ScratchOpInterface>(op);
          scratchOp && scratchOp.readsDenseMemory())
        makeOperandsDense(op);
    }
  }

  static bool isDense(Value value) {
    FailureOr<Storage> storage = getStorage(value);
    auto type = cast<RankedTensorType>(value.getType());
    return succeeded(storage) && storage->view.isContiguous(type.getShape());
  }

  void makeOperandsDense(Operation &op) {
    for (OpOperand &operand : op.getOpOperands())
      if (!isDense(operand.get()))
        copyOperand(operand);
  }

  /// Gives what `op` reads and writes dense memory.
  void makeDense(Operation &op) {
    makeOperandsDense(op);
    for (OpResult result : op.getResults()) {
      if (isDense(result))
        continue;
      OpBuilder builder(op.getContext());
      builder.setInsertionPointAfter(&op);
      auto copy = CopyOp::create(builder, result.getLoc(), result);
      result.replaceAllUsesExcept(copy, copy);
      ++numCopies;
    }
  }

  /// Whether the value can be computed right where `use` needs it: some op of
  /// the function makes it, and no other use claims it.
  static bool isComputedFor(OpOperand &use) {
    Value value = use.get();
    while (true) {
      if (getHostingUse(value) != &use && value == use.get())
        return false;
      Operation *op = value.getDefiningOp();
      if (!op || op->hasTrait<OpTrait::ConstantLike>())
        return false;
      if (needsCode(op) || isa<AssembleOpInterface>(op))
        return true;
      // A view: its source must lead here, and nowhere else.
      Value source = op->getOperand(0);
      OpOperand *hosting = getHostingUse(source);
      if (!hosting || hosting->getOwner() != op)
        return false;
      value = source;
    }
  }

  void copyOperand(OpOperand &operand) {
    OpBuilder builder(operand.getOwner());
    operand.set(CopyOp::create(builder, operand.get().getLoc(), operand.get()));
    ++numCopies;
  }
};

} // namespace
