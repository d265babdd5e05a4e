//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The computation of one element by each elementwise op, in arith and math.
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lathe;

namespace {

/// Builds scalar code of one type: constants of it and the float, signed and
/// unsigned forms of what arith separates.
class Scalar {
public:
  Scalar(OpBuilder &builder, Location loc, Value like, Type tensorElement)
      : builder(builder), loc(loc), type(like.getType()),
        isFloat(isa<FloatType>(getElementTypeOrSelf(type))),
        isUnsigned(tensorElement.isUnsignedInteger() ||
                   tensorElement.isInteger(1)) {}

  Value constant(double value) {
    Type element = getElementTypeOrSelf(type);
    TypedAttr attr;
    if (auto floatType = dyn_cast<FloatType>(element))
      attr = builder.getFloatAttr(floatType, value);
    else
      attr = builder.getIntegerAttr(element, clampToInteger(value));
    if (auto shaped = dyn_cast<ShapedType>(type))
      attr = DenseElementsAttr::get(shaped, attr);
    return arith::ConstantOp::create(builder, loc, attr);
  }

  template <typename FloatOp, typename SignedOp, typename UnsignedOp = SignedOp>
  Value binary(Value a, Value b) {
    if (isFloat)
      return FloatOp::create(builder, loc, a, b);
    if (isUnsigned)
      return UnsignedOp::create(builder, loc, a, b);
    return SignedOp::create(builder, loc, a, b);
  }
  Value add(Value a, Value b) {
    return binary<arith::AddFOp, arith::AddIOp>(a, b);
  }
  Value sub(Value a, Value b) {
    return binary<arith::SubFOp, arith::SubIOp>(a, b);
  }
  Value mul(Value a, Value b) {
    return binary<arith::MulFOp, arith::MulIOp>(a, b);
  }
  Value div(Value a, Value b) {
    return binary<arith::DivFOp, arith::DivSIOp, arith::DivUIOp>(a, b);
  }

  Value compare(arith::CmpFPredicate f, arith::CmpIPredicate s,
                arith::CmpIPredicate u, Value a, Value b) {
    if (isFloat)
      return arith::CmpFOp::create(builder, loc, f, a, b);
    return arith::CmpIOp::create(builder, loc, isUnsigned ? u : s, a, b);
  }
  Value less(Value a, Value b) {
    return compare(arith::CmpFPredicate::OLT, arith::CmpIPredicate::slt,
                   arith::CmpIPredicate::ult, a, b);
  }
  Value select(Value condition, Value a, Value b) {
    return arith::SelectOp::create(builder, loc, condition, a, b);
  }
  Value exp(Value x) { return math::ExpOp::create(builder, loc, x); }

  /// Raises `x` to at least `low`, or lowers it to at most `high`. One compare
  /// and select, which x86 has as one instruction; NaN stays NaN.
  Value atLeast(Value x, Value low) { return select(less(x, low), low, x); }
  Value atMost(Value x, Value high) { return select(less(high, x), high, x); }

  /// Whether there are numbers below zero.
  bool isSigned() const { return isFloat || !isUnsigned; }
  bool isInteger() const { return !isFloat; }

private:
  /// The value of `type` nearest to `value`, as the bits of an int64_t.
  int64_t clampToInteger(double value) {
    unsigned width = getElementTypeOrSelf(type).getIntOrFloatBitWidth();
    if (isUnsigned) {
      double high = std::ldexp(1.0, width);
      if (value >= high)
        return static_cast<int64_t>(llvm::maxUIntN(width));
      return value <= 0 ? 0
                        : static_cast<int64_t>(static_cast<uint64_t>(value));
    }
    double high = std::ldexp(1.0, width - 1);
    if (value >= high)
      return llvm::maxIntN(width);
    return value <= -high ? llvm::minIntN(width) : static_cast<int64_t>(value);
  }

  OpBuilder &builder;
  Location loc;
  Type type;
  bool isFloat;
  bool isUnsigned;
};

Scalar scalarOf(OpBuilder &builder, Location loc, ValueRange scalars,
                Operation *op, unsigned operand = 0) {
  return Scalar(builder, loc, scalars[operand],
                lathe::impl::elementTypeOf(op->getOperand(operand)));
}

} // namespace

//===----------------------------------------------------------------------===//
// One operand
//===----------------------------------------------------------------------===//

Value AbsOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  Type element = lathe::impl::elementTypeOf(getInput());
  if (isa<FloatType>(element))
    return math::AbsFOp::create(b, loc, x[0]);
  return element.isUnsignedInteger()
             ? x[0]
             : Value(math::AbsIOp::create(b, loc, x[0]));
}

Value NegOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  if (isa<FloatType>(lathe::impl::elementTypeOf(getInput())))
    return arith::NegFOp::create(b, loc, x[0]);
  Scalar s = scalarOf(b, loc, x, *this);
  return s.sub(s.constant(0), x[0]);
}

Value SignOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  Scalar s = scalarOf(b, loc, x, *this);
  Value zero = s.constant(0);
  // NaN compares false with everything and falls through.
  Value negative = s.select(s.less(x[0], zero), s.constant(-1), x[0]);
  return s.select(s.less(zero, x[0]), s.constant(1), negative);
}

Value ReciprocalOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  Scalar s = scalarOf(b, loc, x, *this);
  return s.div(s.constant(1), x[0]);
}

Value SigmoidOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  // exp overflows to infinity for very negative x, and 1 / inf is the limit 0.
  Scalar s = scalarOf(b, loc, x, *this);
  Value one = s.constant(1);
  Value negated = arith::NegFOp::create(b, loc, x[0]);
  return s.div(one, s.add(one, s.exp(negated)));
}

Value SoftplusOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  // max(x, 0) + log1p(exp(-|x|)) neither overflows nor cancels.
  Scalar s = scalarOf(b, loc, x, *this);
  Value magnitude = math::AbsFOp::create(b, loc, x[0]);
  Value decay = s.exp(arith::NegFOp::create(b, loc, magnitude));
  Value rest = math::Log1pOp::create(b, loc, decay);
  return s.add(s.atLeast(x[0], s.constant(0)), rest);
}

Value ReluOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  Scalar s = scalarOf(b, loc, x, *this);
  return s.atLeast(x[0], s.constant(0));
}

Value NotOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  Type type = x[0].getType();
  TypedAttr ones = b.getIntegerAttr(getElementTypeOrSelf(type), -1);
  if (auto shaped = dyn_cast<ShapedType>(type))
    ones = DenseElementsAttr::get(shaped, ones);
  Value mask = arith::ConstantOp::create(b, loc, ones);
  return arith::XOrIOp::create(b, loc, x[0], mask);
}

Value IsNanOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO, x[0], x[0]);
}

Value IsInfOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  Scalar s = scalarOf(b, loc, x, *this);
  double infinity = std::numeric_limits<double>::infinity();
  auto equals = [&](double value) -> Value {
    return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, x[0],
                                 s.constant(value));
  };
  if (getPositive() && getNegative())
    return arith::OrIOp::create(b, loc, equals(infinity), equals(-infinity));
  if (getPositive() || getNegative())
    return equals(getPositive() ? infinity : -infinity);
  // Neither is asked for: no number is both below and above itself.
  return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::ONE, x[0], x[0]);
}

Value LeakyReluOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  Scalar s = scalarOf(b, loc, x, *this);
  Value scaled = s.mul(s.constant(getAlpha().convertToDouble()), x[0]);
  return s.select(s.less(x[0], s.constant(0)), scaled, x[0]);
}

Value EluOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  Scalar s = scalarOf(b, loc, x, *this);
  Value below = math::ExpM1Op::create(b, loc, x[0]);
  Value scaled = s.mul(s.constant(getAlpha().convertToDouble()), below);
  return s.select(s.less(x[0], s.constant(0)), scaled, x[0]);
}

Value HardSigmoidOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  Scalar s = scalarOf(b, loc, x, *this);
  Value line = s.add(s.mul(s.constant(getAlpha().convertToDouble()), x[0]),
                     s.constant(getBeta().convertToDouble()));
  return s.atMost(s.atLeast(line, s.constant(0)), s.constant(1));
}

Value GeluOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  Scalar s = scalarOf(b, loc, x, *this);
  Value inner;
  if (getTanhApproximation()) {
    Value cube = s.mul(s.mul(x[0], x[0]), x[0]);
    Value sum = s.add(x[0], s.mul(s.constant(0.044715), cube));
    // sqrt(2 / pi)
    inner = math::TanhOp::create(b, loc,
                                 s.mul(s.constant(0.7978845608028654), sum));
  } else {
    // 1 / sqrt(2)
    inner = math::ErfOp::create(b, loc,
                                s.mul(s.constant(0.7071067811865476), x[0]));
  }
  return s.mul(s.mul(s.constant(0.5), x[0]), s.add(s.constant(1), inner));
}

Value ClampOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  Scalar s = scalarOf(b, loc, x, *this);
  Value result = x[0];
  if (!getMin().isInfinity())
    result = s.atLeast(result, s.constant(getMin().convertToDouble()));
  if (!getMax().isInfinity())
    result = s.atMost(result, s.constant(getMax().convertToDouble()));
  return result;
}

/// Float to integer with saturation; NaN gives zero.
static Value buildSaturatingCast(OpBuilder &b, Location loc, Value x, Type to,
                                 bool isUnsigned) {
  auto floatType = cast<FloatType>(getElementTypeOrSelf(x.getType()));
  unsigned width = getElementTypeOrSelf(to).getIntOrFloatBitWidth();
  Scalar from(b, loc, x, floatType);
  double low = isUnsigned ? 0.0 : -std::ldexp(1.0, width - 1);
  double high = std::ldexp(1.0, isUnsigned ? width : width - 1);
  // The conversion itself is only defined inside the range, so what lies
  // outside goes through as zero and is replaced afterwards.
  Value below = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLT, x,
                                      from.constant(low));
  Value above = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGE, x,
                                      from.constant(high));
  Value nan = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO, x, x);
  Value outside = arith::OrIOp::create(
      b, loc, arith::OrIOp::create(b, loc, below, above), nan);
  Value safe = from.select(outside, from.constant(0), x);
  Value inside = isUnsigned ? Value(arith::FPToUIOp::create(b, loc, to, safe))
                            : Value(arith::FPToSIOp::create(b, loc, to, safe));
  Type element = getElementTypeOrSelf(to);
  Type sign =
      isUnsigned
          ? Type(IntegerType::get(b.getContext(), width, IntegerType::Unsigned))
          : element;
  Scalar result(b, loc, inside, sign);
  Value lowest = result.constant(low), highest = result.constant(high);
  return result.select(below, lowest, result.select(above, highest, inside));
}

static bool isHalf(Type element) { return element.isF16() || element.isBF16(); }

/// A float as one of another type.
static Value buildFloatCast(OpBuilder &b, Location loc, Value x, Type to) {
  Type from = getElementTypeOrSelf(x.getType());
  auto shapedLikeInput = [&](Type element) -> Type {
    auto shaped = dyn_cast<ShapedType>(x.getType());
    return shaped ? Type(shaped.clone(element)) : element;
  };
  unsigned fromWidth = from.getIntOrFloatBitWidth();
  unsigned toWidth = to.getIntOrFloatBitWidth();
  if (from == to)
    return x;
  if (fromWidth < toWidth)
    return arith::ExtFOp::create(b, loc, shapedLikeInput(to), x);
  // f16 and bf16 convert into each other by way of f32.
  if (fromWidth == toWidth)
    x = arith::ExtFOp::create(b, loc, shapedLikeInput(b.getF32Type()), x);
  return arith::TruncFOp::create(b, loc, shapedLikeInput(to), x);
}

Value CastOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  Type from = lathe::impl::elementTypeOf(getInput()), to = getTo();
  if (isa<FloatType>(from) && isa<FloatType>(to))
    return buildFloatCast(b, loc, x[0], to);
  // Floats of 16 bits do not hold the bounds of integers.
  Value input = x[0];
  if (isHalf(from)) {
    from = b.getF32Type();
    input = buildFloatCast(b, loc, input, from);
  }
  Type target = to;
  if (auto integer = dyn_cast<IntegerType>(to))
    target = IntegerType::get(b.getContext(), integer.getWidth());
  if (auto shaped = dyn_cast<ShapedType>(input.getType()))
    target = shaped.clone(target);
  bool fromUnsigned = from.isUnsignedInteger() || from.isInteger(1);
  Scalar s(b, loc, input, from);
  if (to.isInteger(1)) {
    if (isa<FloatType>(from)) // NaN is not zero
      return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNE, input,
                                   s.constant(0));
    return from.isInteger(1)
               ? input
               : Value(arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne,
                                             input, s.constant(0)));
  }
  if (isa<FloatType>(from))
    return buildSaturatingCast(b, loc, input, target, to.isUnsignedInteger());
  if (isa<FloatType>(to))
    return fromUnsigned ? Value(arith::UIToFPOp::create(b, loc, target, input))
                        : Value(arith::SIToFPOp::create(b, loc, target, input));
  unsigned fromWidth = from.getIntOrFloatBitWidth();
  unsigned toWidth = to.getIntOrFloatBitWidth();
  if (fromWidth == toWidth)
    return input;
  if (fromWidth > toWidth)
    return arith::TruncIOp::create(b, loc, target, input);
  return fromUnsigned ? Value(arith::ExtUIOp::create(b, loc, target, input))
                      : Value(arith::ExtSIOp::create(b, loc, target, input));
}

//===----------------------------------------------------------------------===//
// Two or three operands
//===----------------------------------------------------------------------===//

Value AddOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  return scalarOf(b, loc, x, *this).add(x[0], x[1]);
}
Value SubOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  return scalarOf(b, loc, x, *this).sub(x[0], x[1]);
}
Value MulOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  return scalarOf(b, loc, x, *this).mul(x[0], x[1]);
}

namespace {
/// Divisors of integers that have no quotient, or none that fits, are replaced
/// by 1: processors trap on them, and C leaves them undefined.
struct SafeDivisor {
  SafeDivisor(OpBuilder &b, Location loc, Value divisor, Scalar &s) {
    auto isEqual = [&](double value) -> Value {
      return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, divisor,
                                   s.constant(value));
    };
    isZero = isEqual(0);
    Value unsafe = isZero;
    if (s.isSigned()) {
      isMinusOne = isEqual(-1);
      unsafe = arith::OrIOp::create(b, loc, isZero, isMinusOne);
    }
    value = s.select(unsafe, s.constant(1), divisor);
  }

  Value value, isZero;
  Value isMinusOne; // null for unsigned ones
};
} // namespace

/// As AArch64 divides: by zero gives zero, and the smallest number by -1
/// itself.
Value DivOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  Scalar s = scalarOf(b, loc, x, *this);
  if (!s.isInteger())
    return s.div(x[0], x[1]);
  SafeDivisor divisor(b, loc, x[1], s);
  Value zero = s.constant(0);
  Value quotient = s.div(x[0], divisor.value);
  if (divisor.isMinusOne)
    quotient = s.select(divisor.isMinusOne, s.sub(zero, x[0]), quotient);
  return s.select(divisor.isZero, zero, quotient);
}
Value ModOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  Scalar s = scalarOf(b, loc, x, *this);
  // The remainder of a replaced divisor is 0.
  Value divisor = s.isInteger() ? SafeDivisor(b, loc, x[1], s).value : x[1];
  Value rest =
      s.binary<arith::RemFOp, arith::RemSIOp, arith::RemUIOp>(x[0], divisor);
  Type element = lathe::impl::elementTypeOf(getLhs());
  if (getTruncated() || element.isUnsignedInteger())
    return rest;
  // The remainder has the dividend's sign; move it to the divisor's.
  Value zero = s.constant(0);
  Value nonzero = s.compare(arith::CmpFPredicate::UNE, arith::CmpIPredicate::ne,
                            arith::CmpIPredicate::ne, rest, zero);
  Value signsDiffer =
      arith::XOrIOp::create(b, loc, s.less(rest, zero), s.less(x[1], zero));
  Value adjust = arith::AndIOp::create(b, loc, nonzero, signsDiffer);
  return s.select(adjust, s.add(rest, x[1]), rest);
}

/// `base` to the power of an integer: the product of its squares for the bits
/// of the exponent. Negative exponents give the reciprocal, cut off to an
/// integer.
static Value buildIntegerPower(OpBuilder &b, Location loc, Value base,
                               Value exponent, Scalar s) {
  auto equals = [&](Value x, Value y) -> Value {
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, x, y);
  };
  auto isOdd = [&](Value x) {
    return equals(arith::AndIOp::create(b, loc, x, s.constant(1)),
                  s.constant(1));
  };
  // Above the width, only the powers of -1, 0 and 1 do not overflow; they
  // depend on whether the exponent is odd.
  unsigned width = getElementTypeOrSelf(base.getType()).getIntOrFloatBitWidth();
  Value limit = s.constant(width);
  Value odd = arith::AndIOp::create(b, loc, exponent, s.constant(1));
  Value rest = s.select(s.less(exponent, limit), exponent, s.add(limit, odd));
  Value result = s.constant(1), square = base;
  for (unsigned bits = width; bits != 0; bits /= 2) {
    result = s.select(isOdd(rest), s.mul(result, square), result);
    rest = arith::ShRUIOp::create(b, loc, rest, s.constant(1));
    square = s.mul(square, square);
  }
  Value one = s.constant(1), zero = s.constant(0), minusOne = s.constant(-1);
  Value isUnit =
      arith::OrIOp::create(b, loc, equals(base, one), equals(base, minusOne));
  Value sign = s.select(equals(odd, zero), one, base);
  return s.select(s.less(exponent, zero), s.select(isUnit, sign, zero), result);
}

Value PowOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  Type element = lathe::impl::elementTypeOf(getLhs());
  if (isa<FloatType>(element))
    return math::PowFOp::create(b, loc, x[0], x[1]);
  return buildIntegerPower(b, loc, x[0], x[1], scalarOf(b, loc, x, *this));
}
Value MinOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  return scalarOf(b, loc, x, *this)
      .binary<arith::MinimumFOp, arith::MinSIOp, arith::MinUIOp>(x[0], x[1]);
}
Value MaxOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  return scalarOf(b, loc, x, *this)
      .binary<arith::MaximumFOp, arith::MaxSIOp, arith::MaxUIOp>(x[0], x[1]);
}
Value AndOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  return arith::AndIOp::create(b, loc, x[0], x[1]);
}
Value OrOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  return arith::OrIOp::create(b, loc, x[0], x[1]);
}
Value XorOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  return arith::XOrIOp::create(b, loc, x[0], x[1]);
}

/// Shifts by the width or more give zero, as in NumPy.
static Value guardShift(OpBuilder &b, Location loc, Value shifted, Value amount,
                        Scalar s) {
  unsigned width =
      getElementTypeOrSelf(amount.getType()).getIntOrFloatBitWidth();
  Value inRange = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult,
                                        amount, s.constant(width));
  return s.select(inRange, shifted, s.constant(0));
}
Value ShiftLeftOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  Value shifted = arith::ShLIOp::create(b, loc, x[0], x[1]);
  return guardShift(b, loc, shifted, x[1], scalarOf(b, loc, x, *this));
}
Value ShiftRightOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  Scalar s = scalarOf(b, loc, x, *this);
  if (lathe::impl::elementTypeOf(getLhs()).isUnsignedInteger())
    return guardShift(b, loc, arith::ShRUIOp::create(b, loc, x[0], x[1]), x[1],
                      s);
  unsigned width = getElementTypeOrSelf(x[0].getType()).getIntOrFloatBitWidth();
  // By the width or more, which negative amounts are too, the sign is left.
  Value amount = arith::MinUIOp::create(b, loc, x[1], s.constant(width - 1));
  return arith::ShRSIOp::create(b, loc, x[0], amount);
}

Value CompareOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  using F = arith::CmpFPredicate;
  using I = arith::CmpIPredicate;
  Scalar s = scalarOf(b, loc, x, *this);
  switch (getPredicate()) {
  case ComparePredicate::EQ:
    return s.compare(F::OEQ, I::eq, I::eq, x[0], x[1]);
  case ComparePredicate::NE:
    return s.compare(F::UNE, I::ne, I::ne, x[0], x[1]);
  case ComparePredicate::LT:
    return s.compare(F::OLT, I::slt, I::ult, x[0], x[1]);
  case ComparePredicate::LE:
    return s.compare(F::OLE, I::sle, I::ule, x[0], x[1]);
  case ComparePredicate::GT:
    return s.compare(F::OGT, I::sgt, I::ugt, x[0], x[1]);
  case ComparePredicate::GE:
    return s.compare(F::OGE, I::sge, I::uge, x[0], x[1]);
  }
  llvm_unreachable("a predicate is one of the six above");
}

Value SelectOp::buildScalar(OpBuilder &b, Location loc, ValueRange x) {
  return arith::SelectOp::create(b, loc, x[0], x[1], x[2]);
}
