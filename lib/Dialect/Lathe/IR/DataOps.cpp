//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Constants and data movement: types, verifiers, views and permutation.
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Dialect/Lathe/IR/TableLookup.h"

#include "mlir/Dialect/Traits.h"

using namespace mlir;
using namespace lathe;

static int64_t elementsOf(ArrayRef<int64_t> shape) {
  return ShapedType::getNumElements(shape);
}

/// `values[permutation[i]]` at position i.
static SmallVector<int64_t> permuted(ArrayRef<int64_t> values,
                                     ArrayRef<int64_t> permutation) {
  SmallVector<int64_t> result;
  for (int64_t dim : permutation)
    result.push_back(values[dim]);
  return result;
}

static LogicalResult checkCount(Operation *op, StringRef name, size_t count,
                                int64_t rank) {
  if (static_cast<int64_t>(count) == rank)
    return success();
  return op->emitOpError("'") << name << "' has " << count
                              << " entries for an input of rank " << rank;
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

//===----------------------------------------------------------------------===//
// ReshapeOp
//===----------------------------------------------------------------------===//

LogicalResult ReshapeOp::inferReturnTypes(MLIRContext *,
                                          std::optional<Location>,
                                          Adaptor adaptor,
                                          SmallVectorImpl<Type> &types) {
  auto input = cast<RankedTensorType>(adaptor.getInput().getType());
  types.push_back(input.clone(adaptor.getShape()));
  return success();
}

LogicalResult ReshapeOp::verify() {
  if (llvm::any_of(getShape(), [](int64_t extent) { return extent < 0; }))
    return emitOpError("shape must not be negative");
  if (elementsOf(getShape()) == getInput().getType().getNumElements())
    return success();
  return emitOpError("cannot give ")
         << getInput().getType().getNumElements() << " elements the shape ["
         << getShape() << "]";
}

OpFoldResult ReshapeOp::fold(FoldAdaptor adaptor) {
  if (getInput().getType() == getType())
    return getInput();
  if (auto dense = dyn_cast_if_present<DenseElementsAttr>(adaptor.getInput()))
    return dense.reshape(getType());
  return {};
}

/// Reading a contiguous tensor in another shape is a view; so is adding or
/// dropping dimensions of extent one of a strided one.
FailureOr<StridedView> ReshapeOp::getResultView(const StridedView &source) {
  ArrayRef<int64_t> from = getInput().getType().getShape();
  ArrayRef<int64_t> to = getType().getShape();
  if (source.isContiguous(from)) {
    StridedView view = StridedView::contiguous(to);
    view.offset = source.offset;
    return view;
  }
  StridedView view;
  view.offset = source.offset;
  size_t dim = 0;
  for (int64_t extent : to) {
    if (extent == 1) {
      view.strides.push_back(1);
      continue;
    }
    while (dim < from.size() && from[dim] == 1)
      ++dim;
    if (dim == from.size() || from[dim] != extent)
      return failure();
    view.strides.push_back(source.strides[dim++]);
  }
  return view;
}

//===----------------------------------------------------------------------===//
// TransposeOp
//===----------------------------------------------------------------------===//

LogicalResult TransposeOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location> loc,
                                            Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  auto input = cast<RankedTensorType>(adaptor.getInput().getType());
  ArrayRef<int64_t> permutation = adaptor.getPermutation();
  auto dims = llvm::to_vector(permutation);
  llvm::sort(dims);
  if (!llvm::equal(dims, llvm::seq<int64_t>(0, input.getRank())))
    return emitOptionalError(loc, "[", permutation,
                             "] is not a permutation of ", input.getRank(),
                             " dimensions");
  types.push_back(RankedTensorType::get(
      permuted(input.getShape(), permutation),
      lathe::impl::permuteQuantization(input.getElementType(), permutation)));
  return success();
}

LogicalResult TransposeOp::verify() { return success(); }

OpFoldResult TransposeOp::fold(FoldAdaptor adaptor) {
  if (llvm::equal(getPermutation(),
                  llvm::seq<int64_t>(0, getInput().getType().getRank())))
    return getInput();
  if (auto splat = dyn_cast_if_present<SplatElementsAttr>(adaptor.getInput()))
    return splat.resizeSplat(getType());
  return {};
}

FailureOr<StridedView> TransposeOp::getResultView(const StridedView &source) {
  return StridedView{permuted(source.strides, getPermutation()), source.offset};
}

SmallVector<unsigned> TransposeOp::getPermutedOperands(ArrayRef<int64_t>) {
  return {}; // Two transposes compose; canonicalization does it.
}

Value TransposeOp::buildPermuted(OpBuilder &, ValueRange, ArrayRef<int64_t>) {
  return {};
}

//===----------------------------------------------------------------------===//
// SliceOp
//===----------------------------------------------------------------------===//

LogicalResult SliceOp::inferReturnTypes(MLIRContext *,
                                        std::optional<Location> loc,
                                        Adaptor adaptor,
                                        SmallVectorImpl<Type> &types) {
  for (auto [dim, size] : llvm::enumerate(adaptor.getSizes()))
    if (size < 0)
      return emitOptionalError(loc, "size of dimension ", dim, " is negative");
  auto input = cast<RankedTensorType>(adaptor.getInput().getType());
  types.push_back(input.clone(adaptor.getSizes()));
  return success();
}

LogicalResult SliceOp::verify() {
  auto input = getInput().getType();
  if (failed(
          checkCount(*this, "offsets", getOffsets().size(), input.getRank())) ||
      failed(checkCount(*this, "sizes", getSizes().size(), input.getRank())) ||
      failed(checkCount(*this, "steps", getSteps().size(), input.getRank())))
    return failure();
  for (int64_t dim = 0; dim < input.getRank(); ++dim) {
    int64_t first = getOffsets()[dim];
    int64_t last = first + (getSizes()[dim] - 1) * getSteps()[dim];
    int64_t extent = input.getDimSize(dim);
    if (getSteps()[dim] == 0)
      return emitOpError("step of dimension ") << dim << " is zero";
    if (getSizes()[dim] > 0 &&
        (first < 0 || last < 0 || first >= extent || last >= extent))
      return emitOpError("reads elements ")
             << first << " to " << last << " of dimension " << dim
             << ", which has " << extent;
  }
  return success();
}

OpFoldResult SliceOp::fold(FoldAdaptor adaptor) {
  bool forward =
      llvm::all_of_zip(getSteps(), getSizes(), [](int64_t step, int64_t size) {
        return step == 1 || size == 1;
      });
  if (forward && getInput().getType() == getType())
    return getInput();
  if (auto splat = dyn_cast_if_present<SplatElementsAttr>(adaptor.getInput()))
    return splat.resizeSplat(getType());
  return {};
}

FailureOr<StridedView> SliceOp::getResultView(const StridedView &source) {
  StridedView view;
  view.offset = source.offset;
  for (auto [dim, stride] : llvm::enumerate(source.strides)) {
    if (getSteps()[dim] < 0 && getSizes()[dim] > 1)
      return failure(); // memref strides count upwards
    view.strides.push_back(stride * std::max<int64_t>(getSteps()[dim], 1));
    view.offset += stride * getOffsets()[dim];
  }
  return view;
}

SmallVector<unsigned> SliceOp::getPermutedOperands(ArrayRef<int64_t>) {
  return {0};
}

Value SliceOp::buildPermuted(OpBuilder &builder, ValueRange operands,
                             ArrayRef<int64_t> permutation) {
  return SliceOp::create(
      builder, getLoc(), operands[0], permuted(getOffsets(), permutation),
      permuted(getSizes(), permutation), permuted(getSteps(), permutation));
}

//===----------------------------------------------------------------------===//
// BroadcastOp
//===----------------------------------------------------------------------===//

LogicalResult BroadcastOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location>,
                                            Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  auto input = cast<RankedTensorType>(adaptor.getInput().getType());
  types.push_back(input.clone(adaptor.getShape()));
  return success();
}

LogicalResult BroadcastOp::verify() {
  SmallVector<int64_t> shape;
  if (OpTrait::util::getBroadcastedShape(getInput().getType().getShape(),
                                         getShape(), shape) &&
      shape == getShape())
    return success();
  return emitOpError("cannot broadcast [")
         << getInput().getType().getShape() << "] to [" << getShape() << "]";
}

OpFoldResult BroadcastOp::fold(FoldAdaptor adaptor) {
  if (getInput().getType() == getType())
    return getInput();
  if (auto splat = dyn_cast_if_present<SplatElementsAttr>(adaptor.getInput()))
    return splat.resizeSplat(getType());
  return {};
}

FailureOr<StridedView> BroadcastOp::getResultView(const StridedView &source) {
  // A stride of zero repeats a dimension.
  ArrayRef<int64_t> from = getInput().getType().getShape();
  size_t added = getShape().size() - from.size();
  StridedView view;
  view.offset = source.offset;
  view.strides.assign(added, 0);
  for (auto [dim, extent] : llvm::enumerate(from))
    view.strides.push_back(
        extent == getShape()[dim + added] ? source.strides[dim] : 0);
  return view;
}

SmallVector<unsigned> BroadcastOp::getPermutedOperands(ArrayRef<int64_t>) {
  return {0};
}

Value BroadcastOp::buildPermuted(OpBuilder &builder, ValueRange operands,
                                 ArrayRef<int64_t> permutation) {
  return BroadcastOp::create(builder, getLoc(), operands[0],
                             permuted(getShape(), permutation));
}

//===----------------------------------------------------------------------===//
// ConcatOp
//===----------------------------------------------------------------------===//

LogicalResult ConcatOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> loc,
                                         Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  if (adaptor.getInputs().empty())
    return emitOptionalError(loc, "needs at least one input");
  auto first = cast<RankedTensorType>(adaptor.getInputs()[0].getType());
  int64_t axis = adaptor.getAxis();
  if (axis < 0 || axis >= first.getRank())
    return emitOptionalError(loc, "axis ", axis, " is not one of the inputs' ",
                             first.getRank(), " dimensions");
  SmallVector<int64_t> shape(first.getShape());
  for (Value input : adaptor.getInputs().drop_front()) {
    auto type = cast<RankedTensorType>(input.getType());
    bool fits = type.getRank() == first.getRank();
    for (int64_t dim = 0; fits && dim < first.getRank(); ++dim)
      fits = dim == axis || type.getDimSize(dim) == first.getDimSize(dim);
    if (!fits)
      return emitOptionalError(loc, "inputs of shapes [", first.getShape(),
                               "] and [", type.getShape(),
                               "] do not join along axis ", axis);
    shape[axis] += type.getDimSize(axis);
  }
  types.push_back(first.clone(shape));
  return success();
}

LogicalResult ConcatOp::verify() {
  return lathe::impl::verifySameElementTypes(*this);
}

OpFoldResult ConcatOp::fold(FoldAdaptor) {
  return getInputs().size() == 1 && getInputs()[0].getType() == getType()
             ? getInputs()[0]
             : OpFoldResult();
}

StridedView ConcatOp::getOperandView(unsigned operand,
                                     const StridedView &result) {
  StridedView view = result;
  for (Value before : getInputs().take_front(operand))
    view.offset +=
        cast<RankedTensorType>(before.getType()).getDimSize(getAxis()) *
        result.strides[getAxis()];
  return view;
}

SmallVector<unsigned> ConcatOp::getPermutedOperands(ArrayRef<int64_t>) {
  return llvm::to_vector(llvm::seq<unsigned>(0, getNumOperands()));
}

Value ConcatOp::buildPermuted(OpBuilder &builder, ValueRange operands,
                              ArrayRef<int64_t> permutation) {
  int64_t axis = llvm::find(permutation, static_cast<int64_t>(getAxis())) -
                 permutation.begin();
  return ConcatOp::create(builder, getLoc(), operands, axis);
}

//===----------------------------------------------------------------------===//
// PadOp
//===----------------------------------------------------------------------===//

LogicalResult PadOp::inferReturnTypes(MLIRContext *,
                                      std::optional<Location> loc,
                                      Adaptor adaptor,
                                      SmallVectorImpl<Type> &types) {
  auto input = cast<RankedTensorType>(adaptor.getInput().getType());
  int64_t rank = input.getRank();
  if (static_cast<int64_t>(adaptor.getLow().size()) != rank ||
      static_cast<int64_t>(adaptor.getHigh().size()) != rank)
    return emitOptionalError(loc, "'low' and 'high' need ", rank, " entries");
  SmallVector<int64_t> shape;
  for (int64_t dim = 0; dim < rank; ++dim)
    shape.push_back(input.getDimSize(dim) + adaptor.getLow()[dim] +
                    adaptor.getHigh()[dim]);
  types.push_back(input.clone(shape));
  return success();
}

LogicalResult PadOp::verify() {
  // Wrong counts are reported by inferReturnTypes, which runs later.
  size_t rank = getInput().getType().getRank();
  if (getLow().size() != rank || getHigh().size() != rank)
    return success();
  for (int64_t dim = 0; dim < getInput().getType().getRank(); ++dim) {
    int64_t extent = getInput().getType().getDimSize(dim);
    for (int64_t amount : {getLow()[dim], getHigh()[dim]}) {
      if (amount < 0)
        return emitOpError("amount ")
               << amount << " of dimension " << dim << " is negative";
      if (getMode() == PadMode::Reflect &&
          amount >= std::max<int64_t>(extent, 1))
        return emitOpError("cannot mirror ")
               << amount << " elements of dimension " << dim << ", which has "
               << extent;
    }
  }
  if (Value value = getValue())
    if (cast<RankedTensorType>(value.getType()).getNumElements() != 1)
      return emitOpError("value needs one element");
  return success();
}

OpFoldResult PadOp::fold(FoldAdaptor) {
  return getInput().getType() == getType() ? getInput() : OpFoldResult();
}

SmallVector<unsigned> PadOp::getPermutedOperands(ArrayRef<int64_t>) {
  return {0};
}

Value PadOp::buildPermuted(OpBuilder &builder, ValueRange operands,
                           ArrayRef<int64_t> permutation) {
  return PadOp::create(builder, getLoc(), operands[0],
                       operands.size() > 1 ? operands[1] : Value(),
                       permuted(getLow(), permutation),
                       permuted(getHigh(), permutation), getMode());
}

//===----------------------------------------------------------------------===//
// GatherOp, TileOp, CopyOp
//===----------------------------------------------------------------------===//

bool lathe::isTableLookup(Operation *op) {
  auto gather = dyn_cast<GatherOp>(op);
  return gather && gather.getInput().getType().getRank() == 1 &&
         isConstantExpression(gather.getInput());
}

LogicalResult GatherOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> loc,
                                         Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  auto input = cast<RankedTensorType>(adaptor.getInput().getType());
  auto indices = cast<RankedTensorType>(adaptor.getIndices().getType());
  int64_t axis = adaptor.getAxis();
  if (axis < 0 || axis >= input.getRank())
    return emitOptionalError(loc, "axis ", axis, " is not one of the input's ",
                             input.getRank(), " dimensions");
  SmallVector<int64_t> shape(input.getShape().take_front(axis));
  llvm::append_range(shape, indices.getShape());
  llvm::append_range(shape, input.getShape().drop_front(axis + 1));
  types.push_back(input.clone(shape));
  return success();
}

LogicalResult GatherOp::verify() {
  // A wrong axis is reported by inferReturnTypes, which runs later.
  int64_t axis = getAxis();
  if (axis < 0 || axis >= getInput().getType().getRank())
    return success();
  bool empty = getIndices().getType().getNumElements() == 0;
  if (!empty && getInput().getType().getDimSize(axis) == 0)
    return emitOpError("selects from an empty dimension");
  return success();
}

LogicalResult TileOp::inferReturnTypes(MLIRContext *,
                                       std::optional<Location> loc,
                                       Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  auto input = cast<RankedTensorType>(adaptor.getInput().getType());
  if (static_cast<int64_t>(adaptor.getRepeats().size()) != input.getRank())
    return emitOptionalError(loc, "'repeats' needs ", input.getRank(),
                             " entries");
  SmallVector<int64_t> shape;
  for (auto [extent, times] : llvm::zip(input.getShape(), adaptor.getRepeats()))
    shape.push_back(extent * times);
  types.push_back(input.clone(shape));
  return success();
}

LogicalResult TileOp::verify() {
  if (llvm::any_of(getRepeats(), [](int64_t times) { return times < 0; }))
    return emitOpError("repeats must not be negative");
  return success();
}

OpFoldResult TileOp::fold(FoldAdaptor) {
  return getInput().getType() == getType() ? getInput() : OpFoldResult();
}

SmallVector<unsigned> TileOp::getPermutedOperands(ArrayRef<int64_t>) {
  return {0};
}

Value TileOp::buildPermuted(OpBuilder &builder, ValueRange operands,
                            ArrayRef<int64_t> permutation) {
  return TileOp::create(builder, getLoc(), operands[0],
                        permuted(getRepeats(), permutation));
}

LogicalResult CopyOp::inferReturnTypes(MLIRContext *, std::optional<Location>,
                                       Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  types.push_back(adaptor.getInput().getType());
  return success();
}
