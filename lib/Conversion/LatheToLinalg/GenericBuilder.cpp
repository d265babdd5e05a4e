//===- GenericBuilder.cpp - Helpers that build linalg ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GenericBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StructuredOpsUtils.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::detail;

//===----------------------------------------------------------------------===//
// Scalars
//===----------------------------------------------------------------------===//

bool lathe::detail::isUnsigned(Type element) {
  return element.isUnsignedInteger() || element.isInteger(1);
}

RankedTensorType lathe::detail::tensorTypeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

Type lathe::detail::sumTypeOf(Type element) {
  if (element.getIntOrFloatBitWidth() >= 32)
    return element;
  if (isa<FloatType>(element))
    return Float32Type::get(element.getContext());
  return IntegerType::get(element.getContext(), 32);
}

Value lathe::detail::convertScalar(ImplicitLocOpBuilder &b, Value value,
                                   Type to, bool isUnsigned) {
  Type from = value.getType();
  if (from == to)
    return value;
  bool widens = from.getIntOrFloatBitWidth() < to.getIntOrFloatBitWidth();
  if (isa<FloatType>(from))
    return widens ? Value(arith::ExtFOp::create(b, to, value))
                  : Value(arith::TruncFOp::create(b, to, value));
  if (!widens)
    return arith::TruncIOp::create(b, to, value);
  return isUnsigned ? Value(arith::ExtUIOp::create(b, to, value))
                    : Value(arith::ExtSIOp::create(b, to, value));
}

Value lathe::detail::constantOf(ImplicitLocOpBuilder &b, Type type,
                                double value) {
  TypedAttr attr;
  if (isa<FloatType>(type))
    attr = b.getFloatAttr(type, value);
  else
    attr = b.getIntegerAttr(type, static_cast<int64_t>(value));
  return arith::ConstantOp::create(b, attr);
}

Value lathe::detail::indexConstant(ImplicitLocOpBuilder &b, int64_t value) {
  return arith::ConstantIndexOp::create(b, value);
}

Value lathe::detail::clampIndex(ImplicitLocOpBuilder &b, Value index,
                                int64_t low, int64_t high, int64_t extent) {
  if (low < 0)
    index = arith::MaxSIOp::create(b, index, indexConstant(b, 0));
  if (high >= extent)
    index = arith::MinSIOp::create(b, index, indexConstant(b, extent - 1));
  return index;
}

//===----------------------------------------------------------------------===//
// Generics
//===----------------------------------------------------------------------===//

linalg::GenericOp lathe::detail::buildGeneric(ImplicitLocOpBuilder &b,
                                              ArrayRef<GenericInput> inputs,
                                              ValueRange outputs,
                                              AffineMap outputMap,
                                              ElementsBuilder body) {
  SmallVector<Value> tensors;
  SmallVector<AffineMap> maps;
  for (const GenericInput &input : inputs) {
    tensors.push_back(input.tensor);
    maps.push_back(input.map);
  }
  maps.append(outputs.size(), outputMap);
  SmallVector<utils::IteratorType> iterators;
  for (unsigned dim = 0; dim < outputMap.getNumDims(); ++dim)
    iterators.push_back(outputMap.isFunctionOfDim(dim)
                            ? utils::IteratorType::parallel
                            : utils::IteratorType::reduction);
  auto buildBody = [&](OpBuilder &nested, Location loc, ValueRange elements) {
    ImplicitLocOpBuilder inner(loc, nested);
    linalg::YieldOp::create(inner, body(inner, elements));
  };
  return linalg::GenericOp::create(b, TypeRange(outputs), tensors, outputs,
                                   maps, iterators, buildBody);
}

Value lathe::detail::buildTensor(ImplicitLocOpBuilder &b,
                                 ArrayRef<int64_t> shape, Type element,
                                 ArrayRef<GenericInput> inputs,
                                 ElementBuilder body) {
  Value empty = tensor::EmptyOp::create(b, shape, element);
  AffineMap identity = b.getMultiDimIdentityMap(shape.size());
  auto buildBody = [&](ImplicitLocOpBuilder &inner, ValueRange elements) {
    return SmallVector<Value>{body(inner, elements)};
  };
  return buildGeneric(b, inputs, empty, identity, buildBody).getResult(0);
}

Value lathe::detail::buildFilled(ImplicitLocOpBuilder &b,
                                 ArrayRef<int64_t> shape, TypedAttr value) {
  Value scalar = arith::ConstantOp::create(b, value);
  Value empty = tensor::EmptyOp::create(b, shape, value.getType());
  return linalg::FillOp::create(b, scalar, empty).getResult(0);
}

AffineMap lathe::detail::leadingDims(MLIRContext *context, unsigned numDims,
                                     unsigned count) {
  SmallVector<AffineExpr> exprs;
  for (unsigned dim = 0; dim < count; ++dim)
    exprs.push_back(getAffineDimExpr(dim, context));
  return AffineMap::get(numDims, 0, exprs, context);
}

AffineMap lathe::detail::broadcastMap(MLIRContext *context,
                                      ArrayRef<int64_t> from,
                                      ArrayRef<int64_t> to, unsigned numDims) {
  size_t added = to.size() - from.size();
  SmallVector<AffineExpr> exprs;
  for (auto [dim, extent] : llvm::enumerate(from))
    exprs.push_back(extent == to[dim + added]
                        ? getAffineDimExpr(dim + added, context)
                        : getAffineConstantExpr(0, context));
  return AffineMap::get(numDims, 0, exprs, context);
}

Value lathe::detail::buildBroadcast(ImplicitLocOpBuilder &b, Value input,
                                    ArrayRef<int64_t> shape, Type element,
                                    bool isUnsigned) {
  AffineMap map = broadcastMap(b.getContext(), tensorTypeOf(input).getShape(),
                               shape, shape.size());
  return buildTensor(b, shape, element, GenericInput{input, map},
                     [&](ImplicitLocOpBuilder &b, ValueRange x) {
                       return convertScalar(b, x[0], element, isUnsigned);
                     });
}

Value lathe::detail::convertElements(ImplicitLocOpBuilder &b, Value input,
                                     Type element) {
  RankedTensorType type = tensorTypeOf(input);
  if (type.getElementType() == element)
    return input;
  return buildBroadcast(b, input, type.getShape(), element, false);
}

Value lathe::detail::buildWindow(ImplicitLocOpBuilder &b,
                                 ArrayRef<int64_t> extents, Type element) {
  return tensor::EmptyOp::create(b, extents, element);
}

void lathe::detail::markRoot(LoopNestOpInterface root,
                             linalg::GenericOp generic) {
  SmallVector<StringRef> names;
  for (const LoopDim &loop : root.getLoops())
    names.push_back(loop.name);
  generic->setAttr("lathe.loops",
                   Builder(root.getContext()).getStrArrayAttr(names));
}

//===----------------------------------------------------------------------===//
// Padding and shape
//===----------------------------------------------------------------------===//

Value lathe::detail::buildPad(ImplicitLocOpBuilder &b, Value input,
                              ArrayRef<int64_t> low, ArrayRef<int64_t> high,
                              Value value, bool neutral) {
  auto isZero = [](int64_t amount) { return amount == 0; };
  if (llvm::all_of(low, isZero) && llvm::all_of(high, isZero))
    return input;
  RankedTensorType type = tensorTypeOf(input);
  SmallVector<int64_t> shape;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    shape.push_back(type.getDimSize(dim) + low[dim] + high[dim]);
  auto pad = tensor::PadOp::create(
      b, type.clone(shape), input, getAsIndexOpFoldResult(b.getContext(), low),
      getAsIndexOpFoldResult(b.getContext(), high), value);
  if (neutral)
    pad->setAttr("lathe.neutral", b.getUnitAttr());
  return pad;
}

Value lathe::detail::padSpatial(ImplicitLocOpBuilder &b, Value input,
                                ArrayRef<int64_t> pads, TypedAttr neutral) {
  if (llvm::all_of(pads, [](int64_t amount) { return amount == 0; }))
    return input;
  size_t spatialRank = pads.size() / 2;
  SmallVector<int64_t> low = {0}, high = {0};
  llvm::append_range(low, pads.take_front(spatialRank));
  llvm::append_range(high, pads.drop_front(spatialRank));
  low.resize(tensorTypeOf(input).getRank(), 0);
  high.resize(low.size(), 0);
  Value border = arith::ConstantOp::create(b, neutral);
  return buildPad(b, input, low, high, border, /*neutral=*/true);
}

Value lathe::detail::splitDim(ImplicitLocOpBuilder &b, Value input, int64_t dim,
                              int64_t outer) {
  SmallVector<int64_t> shape(tensorTypeOf(input).getShape());
  shape[dim] /= outer;
  shape.insert(shape.begin() + dim, outer);
  return buildReshape(b, input, shape);
}

/// The finest shape that both `from` and `to` are splits of: dimensions are
/// joined until their products agree. One dimension where extents are zero.
static SmallVector<int64_t> commonShape(ArrayRef<int64_t> from,
                                        ArrayRef<int64_t> to) {
  SmallVector<int64_t> common;
  size_t i = 0, j = 0;
  while (i < from.size() && j < to.size()) {
    int64_t left = from[i++], right = to[j++];
    while (left != right) {
      if (left < right && i < from.size())
        left *= from[i++];
      else if (left > right && j < to.size())
        right *= to[j++];
      else
        return {ShapedType::getNumElements(from)};
    }
    common.push_back(left);
  }
  return common;
}

/// For each dimension of `coarse` the dimensions of `fine` whose product it is;
/// what is left of `fine` has extent one and belongs to the last.
static SmallVector<ReassociationIndices> groupsOf(ArrayRef<int64_t> fine,
                                                  ArrayRef<int64_t> coarse) {
  SmallVector<ReassociationIndices> groups;
  int64_t next = 0, rank = static_cast<int64_t>(fine.size());
  for (auto [position, extent] : llvm::enumerate(coarse)) {
    ReassociationIndices group = {next};
    int64_t product = fine[next++];
    bool isLast = position + 1 == coarse.size();
    while (next < rank && (product != extent || isLast)) {
      product *= fine[next];
      group.push_back(next++);
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

Value lathe::detail::buildReshape(ImplicitLocOpBuilder &b, Value input,
                                  ArrayRef<int64_t> shape) {
  RankedTensorType from = tensorTypeOf(input);
  RankedTensorType to = from.clone(shape);
  SmallVector<int64_t> common;
  if (from.getRank() > 0 && to.getRank() > 0)
    common = commonShape(from.getShape(), shape);
  RankedTensorType joined = from.clone(common);
  if (joined != from)
    input = tensor::CollapseShapeOp::create(b, joined, input,
                                            groupsOf(from.getShape(), common));
  if (joined != to)
    input =
        tensor::ExpandShapeOp::create(b, to, input, groupsOf(shape, common));
  return input;
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

TypedAttr lathe::detail::neutralElement(ReduceKind kind, Type element,
                                        bool isUnsigned) {
  Builder b(element.getContext());
  bool isExtremum = kind == ReduceKind::Max || kind == ReduceKind::Min;
  bool isMax = kind == ReduceKind::Max;
  if (auto floatType = dyn_cast<FloatType>(element)) {
    if (isExtremum)
      return b.getFloatAttr(
          element, APFloat::getInf(floatType.getFloatSemantics(), isMax));
    return b.getFloatAttr(element, kind == ReduceKind::Prod ? 1 : 0);
  }
  if (!isExtremum)
    return b.getIntegerAttr(element, kind == ReduceKind::Prod ? 1 : 0);
  unsigned width = element.getIntOrFloatBitWidth();
  APInt least =
      isUnsigned ? APInt::getMinValue(width) : APInt::getSignedMinValue(width);
  APInt greatest =
      isUnsigned ? APInt::getMaxValue(width) : APInt::getSignedMaxValue(width);
  return b.getIntegerAttr(element, isMax ? least : greatest);
}

Value lathe::detail::combine(ImplicitLocOpBuilder &b, ReduceKind kind,
                             Value accumulator, Value value, bool isUnsigned) {
  bool isFloat = isa<FloatType>(value.getType());
  switch (kind) {
  case ReduceKind::Sum:
  case ReduceKind::Mean:
    return isFloat ? Value(arith::AddFOp::create(b, accumulator, value))
                   : Value(arith::AddIOp::create(b, accumulator, value));
  case ReduceKind::Prod:
    return isFloat ? Value(arith::MulFOp::create(b, accumulator, value))
                   : Value(arith::MulIOp::create(b, accumulator, value));
  case ReduceKind::Max:
    if (isFloat)
      break;
    return isUnsigned ? Value(arith::MaxUIOp::create(b, accumulator, value))
                      : Value(arith::MaxSIOp::create(b, accumulator, value));
  case ReduceKind::Min:
    if (isFloat)
      break;
    return isUnsigned ? Value(arith::MinUIOp::create(b, accumulator, value))
                      : Value(arith::MinSIOp::create(b, accumulator, value));
  }
  // Compare and select is one instruction on x86; NaN is passed over.
  arith::CmpFPredicate beats = kind == ReduceKind::Max
                                   ? arith::CmpFPredicate::OGT
                                   : arith::CmpFPredicate::OLT;
  Value isBetter = arith::CmpFOp::create(b, beats, value, accumulator);
  return arith::SelectOp::create(b, isBetter, value, accumulator);
}

linalg::GenericOp lathe::detail::buildReduction(ImplicitLocOpBuilder &b,
                                                ReduceKind kind,
                                                ArrayRef<int64_t> shape,
                                                ArrayRef<GenericInput> inputs,
                                                ElementBuilder term) {
  Type element = tensorTypeOf(inputs[0].tensor).getElementType();
  bool keepsType = !isa<FloatType>(element) &&
                   (kind == ReduceKind::Max || kind == ReduceKind::Min);
  Type type = keepsType ? element : sumTypeOf(element);
  bool isUnsigned = inputs[0].isUnsigned;
  Value init = buildFilled(b, shape, neutralElement(kind, type, isUnsigned));
  AffineMap outputMap =
      leadingDims(b.getContext(), inputs[0].map.getNumDims(), shape.size());
  auto body = [&](ImplicitLocOpBuilder &b, ValueRange x) {
    Value value = term ? term(b, x) : convertScalar(b, x[0], type, isUnsigned);
    return SmallVector<Value>{combine(b, kind, x.back(), value, isUnsigned)};
  };
  return buildGeneric(b, inputs, init, outputMap, body);
}
