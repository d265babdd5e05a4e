//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Elementwise ops: broadcasting, permutation, folding and verification.
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"

#include "mlir/Dialect/Traits.h"

using namespace mlir;
using namespace lathe;

LogicalResult lathe::impl::inferBroadcast(std::optional<Location> loc,
                                          ValueRange operands, Type element,
                                          SmallVectorImpl<Type> &types) {
  SmallVector<int64_t> shape;
  for (Value operand : operands) {
    ArrayRef<int64_t> next =
        cast<RankedTensorType>(operand.getType()).getShape();
    SmallVector<int64_t> broadcast;
    if (!OpTrait::util::getBroadcastedShape(shape, next, broadcast))
      return emitOptionalError(loc, "operands of shapes [", shape, "] and [",
                               next, "] do not broadcast");
    shape = std::move(broadcast);
  }
  types.push_back(RankedTensorType::get(shape, element));
  return success();
}

SmallVector<unsigned> lathe::impl::nonScalarOperands(Operation *op) {
  SmallVector<unsigned> operands;
  for (OpOperand &operand : op->getOpOperands())
    if (cast<RankedTensorType>(operand.get().getType()).getNumElements() != 1)
      operands.push_back(operand.getOperandNumber());
  return operands;
}

Value lathe::impl::rebuildElementwise(Operation *op, OpBuilder &builder,
                                      ValueRange operands,
                                      ArrayRef<int64_t> permutation) {
  auto oldType = cast<RankedTensorType>(op->getResult(0).getType());
  SmallVector<int64_t> shape;
  for (int64_t dim : permutation)
    shape.push_back(oldType.getDimSize(dim));
  OperationState state(op->getLoc(), op->getName(), operands,
                       oldType.clone(shape), op->getAttrs());
  return builder.create(state)->getResult(0);
}

LogicalResult SelectOp::verify() {
  if (lathe::impl::elementTypeOf(getOnTrue()) !=
      lathe::impl::elementTypeOf(getOnFalse()))
    return emitOpError("both choices need the same element type");
  return success();
}

OpFoldResult CastOp::fold(FoldAdaptor) {
  return getInput().getType() == getType() ? getInput() : OpFoldResult();
}

OpFoldResult ClampOp::fold(FoldAdaptor) {
  bool limits = !getMin().isInfinity() || !getMax().isInfinity();
  return limits ? OpFoldResult() : getInput();
}
