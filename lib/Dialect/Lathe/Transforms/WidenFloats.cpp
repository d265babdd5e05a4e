//===- WidenFloats.cpp - Compute f16 and bf16 models in f32 ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/Transforms/Passes.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/TypeUtilities.h"

namespace lathe {
#define GEN_PASS_DEF_WIDENFLOATS
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

static bool isHalf(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor &&
         (tensor.getElementType().isF16() || tensor.getElementType().isBF16());
}

namespace {

struct WidenFloats : lathe::impl::WidenFloatsBase<WidenFloats> {
  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    Block &block = getOperation().getBody().front();
    OpBuilder builder(&getContext());
    widened.clear();
    for (Operation &op : llvm::make_early_inc_range(block)) {
      builder.setInsertionPoint(&op);
      // An op whose types do not follow from each other computes on what is
      // stored, and widens elements itself.
      if (op.getNumOperands() != 0 && !isa<InferTypeOpInterface>(op))
        narrowOperands(builder, op);
      else if (isWidening(&op))
        dropWidening(op);
      else if (op.getNumOperands() != 0 &&
               llvm::any_of(op.getOperandTypes(), isHalf))
        rebuild(builder, op);
    }
    for (Operation *old : llvm::reverse(replaced))
      old->erase();
    replaced.clear();
  }

private:
  /// A cast to f32 says what this pass would say.
  static bool isWidening(Operation *op) {
    auto cast = dyn_cast<CastOp>(op);
    return cast && cast.getTo().isF32();
  }

  /// Replaces a cast to f32 of what is computed in f32 anyway.
  void dropWidening(Operation &op) {
    Value wide = widened.lookup(op.getOperand(0));
    if (!wide)
      return;
    op.getResult(0).replaceAllUsesWith(wide);
    replaced.push_back(&op);
  }

  Value widen(OpBuilder &builder, Value value) {
    if (!isHalf(value.getType()))
      return value;
    Value &wide = widened[value];
    if (!wide) {
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointAfterValue(value);
      wide =
          CastOp::create(builder, value.getLoc(), value, builder.getF32Type());
    }
    return wide;
  }

  /// Replaces `op` by itself on f32 operands.
  void rebuild(OpBuilder &builder, Operation &op) {
    IRMapping mapping;
    for (Value operand : op.getOperands())
      if (Value wide = widen(builder, operand); wide != operand)
        mapping.map(operand, wide);
    Operation *clone = builder.clone(op, mapping);
    SmallVector<Type> types;
    auto infer = cast<InferTypeOpInterface>(clone);
    if (failed(infer.inferReturnTypes(
            &getContext(), op.getLoc(), clone->getOperands(),
            clone->getAttrDictionary(), clone->getPropertiesStorage(),
            clone->getRegions(), types)))
      return signalPassFailure();
    for (auto [result, type, old] :
         llvm::zip(clone->getResults(), types, op.getResults())) {
      result.setType(type);
      if (type == old.getType())
        old.replaceAllUsesWith(result); // a type that does not follow operands
      else
        widened[old] = result;
    }
    ++numWidened;
    // Users are rebuilt in turn; the old op dies with the last of them.
    replaced.push_back(&op);
  }

  /// Gives the operands of an op, or a function's results, the types that it
  /// declares.
  void narrowOperands(OpBuilder &builder, Operation &op) {
    for (OpOperand &operand : op.getOpOperands())
      if (Value wide = widened.lookup(operand.get());
          wide && llvm::is_contained(replaced, operand.get().getDefiningOp()))
        operand.set(
            CastOp::create(builder, operand.get().getLoc(), wide,
                           getElementTypeOrSelf(operand.get().getType())));
  }

  llvm::DenseMap<Value, Value> widened;
  SmallVector<Operation *> replaced;
};

} // namespace
