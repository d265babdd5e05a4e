//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reductions and normalizations.
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"

using namespace mlir;
using namespace lathe;

/// The position of old dimension `dim` after `permutation`.
static int64_t movedDim(ArrayRef<int64_t> permutation, int64_t dim) {
  return llvm::find(permutation, dim) - permutation.begin();
}

static LogicalResult verifyAxis(Operation *op, int64_t axis, Value input) {
  int64_t rank = cast<RankedTensorType>(input.getType()).getRank();
  if (axis >= 0 && axis < rank)
    return success();
  return op->emitOpError("axis ")
         << axis << " is not one of the input's " << rank << " dimensions";
}

/// One loop for each dimension, those in `axes` being reductions; parallel
/// first.
static SmallVector<LoopDim> reductionLoops(RankedTensorType input,
                                           ArrayRef<int64_t> axes) {
  SmallVector<LoopDim> loops;
  for (bool isReduction : {false, true})
    for (int64_t dim = 0; dim < input.getRank(); ++dim)
      if (llvm::is_contained(axes, dim) == isReduction)
        loops.push_back(
            {isReduction ? "r" : "i", input.getDimSize(dim), isReduction});
  return loops;
}

//===----------------------------------------------------------------------===//
// ReduceOp
//===----------------------------------------------------------------------===//

static SmallVector<int64_t>
reducedShape(ArrayRef<int64_t> shape, ArrayRef<int64_t> axes, bool keepDims) {
  SmallVector<int64_t> result;
  for (auto [dim, extent] : llvm::enumerate(shape)) {
    if (!llvm::is_contained(axes, static_cast<int64_t>(dim)))
      result.push_back(extent);
    else if (keepDims)
      result.push_back(1);
  }
  return result;
}

LogicalResult ReduceOp::inferReturnTypes(MLIRContext *, std::optional<Location>,
                                         Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  auto input = cast<RankedTensorType>(adaptor.getInput().getType());
  types.push_back(input.clone(reducedShape(input.getShape(), adaptor.getAxes(),
                                           adaptor.getKeepDims())));
  return success();
}

LogicalResult ReduceOp::verify() {
  int64_t previous = -1;
  for (int64_t axis : getAxes()) {
    if (failed(verifyAxis(*this, axis, getInput())))
      return failure();
    if (axis <= previous)
      return emitOpError("axes must be sorted and different");
    previous = axis;
  }
  return success();
}

OpFoldResult ReduceOp::fold(FoldAdaptor) {
  // Nothing is reduced, or only dimensions of extent one that stay.
  return getInput().getType() == getType() ? getInput() : OpFoldResult();
}

SmallVector<unsigned> ReduceOp::getPermutedOperands(ArrayRef<int64_t>) {
  return getKeepDims() ? SmallVector<unsigned>{0} : SmallVector<unsigned>{};
}

Value ReduceOp::buildPermuted(OpBuilder &builder, ValueRange operands,
                              ArrayRef<int64_t> permutation) {
  SmallVector<int64_t> axes;
  for (int64_t axis : getAxes())
    axes.push_back(movedDim(permutation, axis));
  llvm::sort(axes);
  return ReduceOp::create(builder, getLoc(), operands[0], getKind(), axes,
                          true);
}

bool ReduceOp::readsElementsOnce() { return true; }

SmallVector<LoopDim> ReduceOp::getLoops() {
  return reductionLoops(getInput().getType(), getAxes());
}

//===----------------------------------------------------------------------===//
// ArgReduceOp
//===----------------------------------------------------------------------===//

LogicalResult ArgReduceOp::inferReturnTypes(MLIRContext *context,
                                            std::optional<Location>,
                                            Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  auto input = cast<RankedTensorType>(adaptor.getInput().getType());
  int64_t axis = adaptor.getAxis();
  types.push_back(RankedTensorType::get(
      reducedShape(input.getShape(), axis, adaptor.getKeepDims()),
      IntegerType::get(context, 64)));
  return success();
}

LogicalResult ArgReduceOp::verify() {
  if (getKind() != ReduceKind::Max && getKind() != ReduceKind::Min)
    return emitOpError("kind must be max or min");
  return verifyAxis(*this, getAxis(), getInput());
}

SmallVector<LoopDim> ArgReduceOp::getLoops() {
  int64_t axis = getAxis();
  return reductionLoops(getInput().getType(), axis);
}

//===----------------------------------------------------------------------===//
// SoftmaxOp
//===----------------------------------------------------------------------===//

LogicalResult SoftmaxOp::inferReturnTypes(MLIRContext *,
                                          std::optional<Location>,
                                          Adaptor adaptor,
                                          SmallVectorImpl<Type> &types) {
  types.push_back(adaptor.getInput().getType());
  return success();
}

LogicalResult SoftmaxOp::verify() {
  return verifyAxis(*this, getAxis(), getInput());
}

SmallVector<unsigned> SoftmaxOp::getPermutedOperands(ArrayRef<int64_t>) {
  return {0};
}

Value SoftmaxOp::buildPermuted(OpBuilder &builder, ValueRange operands,
                               ArrayRef<int64_t> permutation) {
  return SoftmaxOp::create(builder, getLoc(), operands[0],
                           movedDim(permutation, getAxis()), getLog());
}

SmallVector<LoopDim> SoftmaxOp::getLoops() {
  int64_t axis = getAxis();
  return reductionLoops(getInput().getType(), axis);
}

bool SoftmaxOp::canWriteOver(unsigned operand) {
  return lathe::impl::hasTypeOfResult(*this, operand);
}

//===----------------------------------------------------------------------===//
// LayerNormOp
//===----------------------------------------------------------------------===//

LogicalResult LayerNormOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location>,
                                            Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  types.push_back(adaptor.getInput().getType());
  return success();
}

LogicalResult LayerNormOp::verify() {
  if (failed(verifyAxis(*this, getAxis(), getInput())))
    return failure();
  ArrayRef<int64_t> normalized =
      getInput().getType().getShape().drop_front(getAxis());
  for (Value parameter : {getScale(), getBias()})
    if (parameter &&
        cast<RankedTensorType>(parameter.getType()).getShape() != normalized)
      return emitOpError("scale and bias need the shape [")
             << normalized << "]";
  return success();
}

SmallVector<LoopDim> LayerNormOp::getLoops() {
  int64_t rank = getInput().getType().getRank();
  auto axes = llvm::to_vector(llvm::seq<int64_t>(getAxis(), rank));
  return reductionLoops(getInput().getType(), axes);
}

bool LayerNormOp::canWriteOver(unsigned operand) { return operand == 0; }
