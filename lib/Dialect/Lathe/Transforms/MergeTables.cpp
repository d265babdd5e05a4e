//===- MergeTables.cpp - Functions of functions as one table --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Dialect/Lathe/IR/TableLookup.h"
#include "lathe/Dialect/Lathe/Transforms/Passes.h"

namespace lathe {
#define GEN_PASS_DEF_MERGETABLES
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

namespace {

struct MergeTables : lathe::impl::MergeTablesBase<MergeTables> {
  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    // In their order, so that a third table meets the two before it as one.
    for (auto lookup :
         llvm::make_early_inc_range(getOperation().getOps<GatherOp>()))
      if (isTableLookup(lookup))
        mergeInto(lookup);
  }

private:
  void mergeInto(GatherOp lookup);
};

} // namespace

/// The only operand of `op` that is not a constant of one element, if `op`
/// computes integers element by element and nothing else reads its result.
static OpOperand *getOnlyVariable(Operation *op) {
  if (!isa<ElementwiseOpInterface>(op) || !op->hasOneUse() ||
      !isa<IntegerType>(lathe::impl::elementTypeOf(op->getResult(0))))
    return nullptr;
  OpOperand *variable = nullptr;
  for (OpOperand &operand : op->getOpOperands()) {
    auto type = dyn_cast<RankedTensorType>(operand.get().getType());
    if (type && type.getNumElements() == 1 &&
        isConstantExpression(operand.get()))
      continue;
    bool isAlone = !variable && type && isa<IntegerType>(type.getElementType());
    if (!isAlone)
      return nullptr;
    variable = &operand;
  }
  return variable;
}

/// `table` as the ops of `steps`, the last one first, change it.
static Value applyToTable(OpBuilder &builder, ArrayRef<OpOperand *> steps,
                          Value table) {
  for (OpOperand *step : llvm::reverse(steps)) {
    Operation *op = step->getOwner();
    SmallVector<Value> operands(op->getOperands());
    operands[step->getOperandNumber()] = table;
    table = lathe::impl::cloneOnChannels(op, builder, operands);
  }
  return table;
}

/// Looks up what `lookup` gives at once, if its indices come from another
/// table.
void MergeTables::mergeInto(GatherOp lookup) {
  SmallVector<OpOperand *> steps;
  Operation *producer = lookup.getIndices().getDefiningOp();
  while (producer && !isTableLookup(producer)) {
    OpOperand *variable = getOnlyVariable(producer);
    if (!variable)
      return;
    steps.push_back(variable);
    producer = variable->get().getDefiningOp();
  }
  auto first = dyn_cast_or_null<GatherOp>(producer);
  if (!first || !first->hasOneUse() ||
      !isa<IntegerType>(lathe::impl::elementTypeOf(first.getResult())))
    return;
  OpBuilder builder(lookup);
  Value indices = applyToTable(builder, steps, first.getInput());
  auto table = GatherOp::create(builder, lookup.getLoc(), lookup.getInput(),
                                indices, /*axis=*/0);
  auto merged = GatherOp::create(builder, lookup.getLoc(), table,
                                 first.getIndices(), /*axis=*/0);
  merged->setDiscardableAttrs(first->getDiscardableAttrDictionary());
  lookup.replaceAllUsesWith(merged.getResult());
  lookup.erase();
  ++numMerged;
}
