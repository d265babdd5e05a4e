//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Ops between reals, quantized numbers and integers: types and verifiers.
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Dialect/Lathe/IR/LatheDotOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lathe;

//===----------------------------------------------------------------------===//
// Conversions
//===----------------------------------------------------------------------===//

/// Gives the result the operand's shape and elements of type `to`.
template <typename Op>
static LogicalResult inferConverted(typename Op::Adaptor adaptor,
                                    SmallVectorImpl<Type> &types) {
  auto input = cast<RankedTensorType>(adaptor.getInput().getType());
  types.push_back(RankedTensorType::get(input.getShape(), adaptor.getTo()));
  return success();
}

LogicalResult QuantizeOp::inferReturnTypes(MLIRContext *,
                                           std::optional<Location>,
                                           Adaptor adaptor,
                                           SmallVectorImpl<Type> &types) {
  return inferConverted<QuantizeOp>(adaptor, types);
}
LogicalResult DequantizeOp::inferReturnTypes(MLIRContext *,
                                             std::optional<Location>,
                                             Adaptor adaptor,
                                             SmallVectorImpl<Type> &types) {
  return inferConverted<DequantizeOp>(adaptor, types);
}
LogicalResult StorageCastOp::inferReturnTypes(MLIRContext *,
                                              std::optional<Location>,
                                              Adaptor adaptor,
                                              SmallVectorImpl<Type> &types) {
  return inferConverted<StorageCastOp>(adaptor, types);
}

/// Checks that `quantized` has a form that the dialect knows and fits `tensor`.
static LogicalResult verifyQuantized(Operation *op, Type quantized,
                                     RankedTensorType tensor) {
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(quantized)) {
    int64_t axis = perAxis.getQuantizedDimension();
    int64_t count = static_cast<int64_t>(perAxis.getScales().size());
    if (axis >= tensor.getRank() || tensor.getDimSize(axis) != count)
      return op->emitOpError("has ")
             << count << " scales along dimension " << axis << " of " << tensor;
  } else if (!isa<quant::UniformQuantizedType>(quantized)) {
    return op->emitOpError("needs one scale, or one for each index of a "
                           "dimension, but got ")
           << quantized;
  }
  return success();
}

LogicalResult QuantizeOp::verify() {
  auto to = dyn_cast<quant::QuantizedType>(getTo());
  if (!to || to.getExpressedType() != lathe::impl::elementTypeOf(getInput()))
    return emitOpError("'to' must be a quantized type that stands for the "
                       "operand's elements");
  return verifyQuantized(*this, to, getType());
}

LogicalResult DequantizeOp::verify() {
  auto from =
      cast<quant::QuantizedType>(lathe::impl::elementTypeOf(getInput()));
  if (from.getExpressedType() != getTo())
    return emitOpError("'to' must be what the operand stands for, ")
           << from.getExpressedType();
  return verifyQuantized(*this, from, getType());
}

Type lathe::getStorageType(quant::QuantizedType type) {
  return IntegerType::get(type.getContext(), type.getStorageTypeIntegralWidth(),
                          type.isSigned() ? IntegerType::Signless
                                          : IntegerType::Unsigned);
}

LogicalResult StorageCastOp::verify() {
  Type from = lathe::impl::elementTypeOf(getInput()), to = getTo();
  auto quantized = dyn_cast<quant::QuantizedType>(from);
  Type stored = quantized ? to : from;
  if (!quantized)
    quantized = dyn_cast<quant::QuantizedType>(to);
  if (!quantized || getStorageType(quantized) != stored)
    return emitOpError("needs a quantized type and its storage type");
  return verifyQuantized(*this, quantized, getType());
}

OpFoldResult StorageCastOp::fold(FoldAdaptor) {
  if (auto inner = getInput().getDefiningOp<StorageCastOp>())
    if (inner.getInput().getType() == getType())
      return inner.getInput();
  return {};
}

Type lathe::impl::permuteQuantization(Type element,
                                      ArrayRef<int64_t> permutation) {
  auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(element);
  if (!perAxis)
    return element;
  auto found = llvm::find(permutation, perAxis.getQuantizedDimension());
  return quant::UniformQuantizedPerAxisType::get(
      perAxis.getFlags(), perAxis.getStorageType(), perAxis.getExpressedType(),
      perAxis.getScales(), perAxis.getZeroPoints(),
      static_cast<int32_t>(found - permutation.begin()),
      perAxis.getStorageTypeMin(), perAxis.getStorageTypeMax());
}

Value QuantizeOp::buildPermuted(OpBuilder &builder, ValueRange operands,
                                ArrayRef<int64_t> permutation) {
  return QuantizeOp::create(
      builder, getLoc(), operands[0],
      lathe::impl::permuteQuantization(getTo(), permutation));
}

Value DequantizeOp::buildPermuted(OpBuilder &builder, ValueRange operands,
                                  ArrayRef<int64_t>) {
  return DequantizeOp::create(builder, getLoc(), operands[0], getTo());
}

Value StorageCastOp::buildPermuted(OpBuilder &builder, ValueRange operands,
                                   ArrayRef<int64_t> permutation) {
  return StorageCastOp::create(
      builder, getLoc(), operands[0],
      lathe::impl::permuteQuantization(getTo(), permutation));
}

//===----------------------------------------------------------------------===//
// Requantization
//===----------------------------------------------------------------------===//

LogicalResult RequantizeOp::verify() {
  auto to = dyn_cast<IntegerType>(getTo());
  if (!to || to.getWidth() > 32 || to.getWidth() < 8)
    return emitOpError("'to' must be an integer type of 8 to 32 bits");
  if (getShift() < 1 || getShift() > 62)
    return emitOpError("'shift' is ") << getShift() << ", but must be 1 to 62";
  int64_t low = to.isUnsigned() ? 0 : llvm::minIntN(to.getWidth());
  int64_t high = to.isUnsigned()
                     ? static_cast<int64_t>(llvm::maxUIntN(to.getWidth()))
                     : llvm::maxIntN(to.getWidth());
  if (getLow() < low || getHigh() > high || getLow() > getHigh())
    return emitOpError("'low' and 'high', ")
           << getLow() << " and " << getHigh() << ", must be in order and in "
           << "the range of " << to;
  if (getZeroPoint() < low || getZeroPoint() > high)
    return emitOpError("'zero_point' is ")
           << getZeroPoint() << ", which is not in the range of " << to;
  return success();
}

/// The result of `op` where all of it fits 32 bits.
static Value buildNarrowRequantize(RequantizeOp op, OpBuilder &b, Location loc,
                                   Value x, Value multiplier) {
  int64_t shift = op->getAttrOfType<IntegerAttr>(narrowAttrName).getInt();
  int64_t one = int64_t(1) << shift;
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(value));
  };
  if (int64_t more = shift - static_cast<int64_t>(op.getShift()))
    x = arith::ShLIOp::create(b, loc, x, constant(more));
  Value result = RescaleOp::create(b, loc, x, multiplier, shift,
                                   one / 2 + op.getZeroPoint() * one);
  result = arith::MaxSIOp::create(b, loc, result, constant(op.getLow()));
  result = arith::MinSIOp::create(b, loc, result, constant(op.getHigh()));
  unsigned width = op.getTo().getIntOrFloatBitWidth();
  if (width == 32)
    return result;
  return arith::TruncIOp::create(b, loc, b.getIntegerType(width), result);
}

Value RequantizeOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  if ((*this)->hasAttr(narrowAttrName) && x[0].getType().isInteger(32))
    return buildNarrowRequantize(*this, b, loc, x[0], x[1]);
  auto typed = [&](Type element) -> Type {
    auto shaped = dyn_cast<ShapedType>(x[0].getType());
    return shaped ? Type(shaped.clone(element)) : element;
  };
  Type wide = typed(b.getI64Type());
  auto constant = [&](int64_t value) -> Value {
    TypedAttr attr = b.getI64IntegerAttr(value);
    if (auto shaped = dyn_cast<ShapedType>(wide))
      attr = DenseElementsAttr::get(shaped, attr);
    return arith::ConstantOp::create(b, loc, wide, attr);
  };
  auto extended = [&](Value value) -> Value {
    if (getElementTypeOrSelf(value.getType()).isInteger(64))
      return value;
    return arith::ExtSIOp::create(b, loc, wide, value);
  };
  Value product = arith::MulIOp::create(b, loc, extended(x[0]), extended(x[1]));
  Value half = constant(int64_t(1) << (getShift() - 1));
  Value steps = arith::ShRSIOp::create(
      b, loc, arith::AddIOp::create(b, loc, product, half),
      constant(getShift()));
  // Limited before the zero point is added, which then cannot overflow.
  Value limited = arith::MaxSIOp::create(b, loc, steps,
                                         constant(getLow() - getZeroPoint()));
  limited = arith::MinSIOp::create(b, loc, limited,
                                   constant(getHigh() - getZeroPoint()));
  Value result = limited;
  if (getZeroPoint() != 0)
    result = arith::AddIOp::create(b, loc, limited, constant(getZeroPoint()));
  unsigned width = getTo().getIntOrFloatBitWidth();
  return arith::TruncIOp::create(b, loc, typed(b.getIntegerType(width)),
                                 result);
}
