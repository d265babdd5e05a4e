//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NarrowTypes.h"

#include "LoopBuilder.h"

#include "lathe/Support/HostTensorAttr.h"
#include "lathe/Support/OnnxTensor.h"
#include "llvm/ADT/APFloat.h"

#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;
using llvm::APFloat;

NarrowCast NarrowCast::get(NodeContext &node) {
  NarrowCast how;
  how.saturates = node.getBool("saturate", true);
  how.rounding = node.getChoice<Rounding>("round_mode", "up",
                                          {{"up", Rounding::Up},
                                           {"down", Rounding::Down},
                                           {"nearest", Rounding::Nearest}});
  return how;
}

//===----------------------------------------------------------------------===//
// Floats
//===----------------------------------------------------------------------===//

namespace {

/// Computes one element in the type of the input, float or double, from its
/// value and its bits.
class FloatNarrower {
public:
  FloatNarrower(LoopBuilder &loops, FloatType type,
                const llvm::fltSemantics &format, NarrowCast how)
      : loops(loops), type(type), format(format), how(how),
        bitType(loops.getBuilder().getIntegerType(type.getWidth())) {}

  Scalar narrow(Scalar value, Scalar bits);

private:
  Scalar roundToPower(Scalar value, Scalar magnitude);
  Scalar roundToGrid(Scalar magnitude);
  Scalar limit(Scalar rounded);

  /// The bits of a power of two.
  Scalar getPowerBits(int exponent) {
    return getBits(APFloat(std::ldexp(1.0, exponent)));
  }
  Scalar getBits(APFloat value) {
    bool isInexact;
    value.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                  &isInexact);
    return loops.getInteger(bitType, value.bitcastToAPInt().getSExtValue());
  }
  Scalar getFloat(double value) { return loops.getConstant(type, value); }

  LoopBuilder &loops;
  FloatType type;
  const llvm::fltSemantics &format;
  NarrowCast how;
  IntegerType bitType;
};

} // namespace

/// `magnitude` rounded to the nearest value of the format, halves to even, as
/// if its exponents had no upper end.
Scalar FloatNarrower::roundToGrid(Scalar magnitude) {
  int digits = static_cast<int>(APFloat::semanticsPrecision(format));
  int wideDigits = static_cast<int>(type.getFPMantissaWidth());
  // The spacing of the values is that of the value's power of two, but below
  // the least normal one it does not shrink. Above the largest it need not
  // grow, and must not overflow.
  Scalar exponents = getBits(APFloat::getInf(type.getFloatSemantics()));
  Scalar power =
      loops.clamp(magnitude & exponents,
                  getPowerBits(APFloat::semanticsMinExponent(format)),
                  getPowerBits(APFloat::semanticsMaxExponent(format) + 1));
  // Next to a number 2^(wideDigits - digits) times as large, the sum is rounded
  // to that spacing.
  Scalar shift = getPowerBits(wideDigits - digits) - getPowerBits(0);
  Scalar large = loops.reinterpret(power + shift, type);
  return (loops.reinterpret(magnitude, type) + large) - large;
}

/// What is beyond the largest value becomes that, or what the format has for
/// it.
Scalar FloatNarrower::limit(Scalar rounded) {
  Scalar most = getFloat(APFloat::getLargest(format).convertToDouble());
  double beyond = APFloat::semanticsHasInf(format)
                      ? std::numeric_limits<double>::infinity()
                      : std::numeric_limits<double>::quiet_NaN();
  bool saturates = how.saturates || !APFloat::semanticsHasNaN(format);
  return loops.select(rounded > most, saturates ? most : getFloat(beyond),
                      rounded);
}

/// FLOAT8E8M0 has powers of two only.
Scalar FloatNarrower::roundToPower(Scalar value, Scalar magnitude) {
  using Rounding = NarrowCast::Rounding;
  double least = APFloat::getSmallest(format).convertToDouble();
  Scalar exponents = getBits(APFloat::getInf(type.getFloatSemantics()));
  Scalar amount = loops.reinterpret(magnitude, type);
  Scalar below = loops.max(loops.reinterpret(magnitude & exponents, type),
                           getFloat(least));
  Scalar power = below;
  if (how.rounding == Rounding::Up)
    power = loops.select(amount > below, below * 2, below);
  if (how.rounding == Rounding::Nearest)
    power = loops.select(amount >= below * 1.5, below * 2, below);
  power = limit(power);
  Scalar none = getFloat(std::numeric_limits<double>::quiet_NaN());
  if (!how.saturates)
    power = loops.select(amount < least, none, power);
  return loops.select(value == value, power, none);
}

Scalar FloatNarrower::narrow(Scalar value, Scalar bits) {
  Scalar magnitude =
      bits & loops.getInteger(bitType, llvm::maxIntN(bitType.getWidth()));
  if (!APFloat::semanticsHasSignedRepr(format))
    return roundToPower(value, magnitude);
  Scalar amount = limit(roundToGrid(magnitude));
  if (!APFloat::semanticsHasNaN(format))
    amount = loops.select(value == value, amount, getFloat(0));
  Scalar isNegative = bits < 0;
  if (!APFloat::getZero(format, /*Negative=*/true).isNegative())
    isNegative = isNegative & (amount != 0);
  return loops.select(isNegative, getFloat(-0.0) - amount, amount);
}

/// `value`, of floats, with elements of `format`, held in type `element`.
static Value narrowFloats(NodeContext &node, Value value,
                          const llvm::fltSemantics &format, Type element,
                          NarrowCast how) {
  OpBuilder &builder = node.getBuilder();
  Type from = getElement(value);
  bool fitsFloat = from.isF32() || from.getIntOrFloatBitWidth() < 32;
  FloatType type = fitsFloat ? builder.getF32Type() : builder.getF64Type();
  value = node.castTo(value, type);
  if (node.hasFailed())
    return {};
  LoopBuilder loops(node, "Cast", {value},
                    RankedTensorType::get(getShape(value), element));
  FloatNarrower narrower(loops, type, format, how);
  loops.forShape(getShape(value), [&](ArrayRef<Scalar> at) {
    Memory from = loops.getInput(0);
    loops.getOutput(0).store(at,
                             narrower.narrow(from.load(at), from.loadBits(at)));
  });
  return loops.finish().front();
}

//===----------------------------------------------------------------------===//
// Integers
//===----------------------------------------------------------------------===//

/// The low `bits` of each element, held in the integer type `element`: what is
/// out of range loses its higher bits.
static Value narrowIntegers(NodeContext &node, Value value, unsigned bits,
                            Type element) {
  Type wide = node.getBuilder().getI32Type();
  int64_t half = int64_t(1) << (bits - 1);
  Value low = node.create<AndOp>(node.castTo(value, wide),
                                 node.createScalar(2 * half - 1, wide));
  if (!element.isUnsignedInteger()) {
    // Flipped and subtracted, the upper bit counts as the sign.
    Value sign = node.createScalar(half, wide);
    low = node.create<SubOp>(node.create<XorOp>(low, sign), sign);
  }
  return node.castTo(low, element);
}

Value lathe::frontend::castToDataType(NodeContext &node, Value value,
                                      int32_t dataType, NarrowCast how) {
  if (node.hasFailed())
    return {};
  std::optional<StoredType> stored = getStoredType(dataType);
  if (!stored)
    return (void)node.error("cannot cast to element type " +
                            getDataTypeName(dataType) +
                            ", which is not supported"),
           Value();
  Type element = getElementType(node.getBuilder().getContext(), stored->kind);
  Value result;
  if (const llvm::fltSemantics *format = getNarrowFloat(dataType))
    result = narrowFloats(node, value, *format, element, how);
  else if (stored->bits < 8)
    result = narrowIntegers(node, value, stored->bits, element);
  else
    return node.castTo(value, element);
  node.setDataType(result, dataType);
  return result;
}
