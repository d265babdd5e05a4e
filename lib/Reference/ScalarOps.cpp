//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Arithmetic on scalars, as `arith` and `math` define it.
//
//===----------------------------------------------------------------------===//

#include "LoopInterpreter.h"

#include "lathe/Support/ElementKind.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::reference;

static unsigned widthOf(Type type) {
  return type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
}

/// An integer of `type` from bits of which the upper ones do not count.
static Scalar integerOf(Type type, int64_t bits) {
  Scalar result;
  unsigned width = widthOf(type);
  result.integer = width == 1 ? bits & 1 : llvm::SignExtend64(bits, width);
  return result;
}

/// A float of `type`: `value`, rounded.
static Scalar realOf(Type type, double value) {
  Scalar result;
  if (type.isF32())
    value = static_cast<float>(value);
  else if (type.isF16())
    value = Float16(value);
  else if (type.isBF16())
    value = BFloat16(value);
  result.real = value;
  return result;
}

static uint64_t unsignedOf(Type type, Scalar value) {
  unsigned width = widthOf(type);
  return static_cast<uint64_t>(value.integer) &
         llvm::maskTrailingOnes<uint64_t>(width);
}

static bool compareIntegers(arith::CmpIPredicate predicate, Type type, Scalar a,
                            Scalar b) {
  uint64_t ua = unsignedOf(type, a), ub = unsignedOf(type, b);
  switch (predicate) {
  case arith::CmpIPredicate::eq:
    return ua == ub;
  case arith::CmpIPredicate::ne:
    return ua != ub;
  case arith::CmpIPredicate::slt:
    return a.integer < b.integer;
  case arith::CmpIPredicate::sle:
    return a.integer <= b.integer;
  case arith::CmpIPredicate::sgt:
    return a.integer > b.integer;
  case arith::CmpIPredicate::sge:
    return a.integer >= b.integer;
  case arith::CmpIPredicate::ult:
    return ua < ub;
  case arith::CmpIPredicate::ule:
    return ua <= ub;
  case arith::CmpIPredicate::ugt:
    return ua > ub;
  case arith::CmpIPredicate::uge:
    return ua >= ub;
  }
  llvm_unreachable("every predicate is handled");
}

static bool compareReals(arith::CmpFPredicate predicate, double a, double b) {
  bool unordered = std::isnan(a) || std::isnan(b);
  switch (predicate) {
  case arith::CmpFPredicate::AlwaysFalse:
    return false;
  case arith::CmpFPredicate::OEQ:
    return a == b;
  case arith::CmpFPredicate::OGT:
    return a > b;
  case arith::CmpFPredicate::OGE:
    return a >= b;
  case arith::CmpFPredicate::OLT:
    return a < b;
  case arith::CmpFPredicate::OLE:
    return a <= b;
  case arith::CmpFPredicate::ONE:
    return !unordered && a != b;
  case arith::CmpFPredicate::ORD:
    return !unordered;
  case arith::CmpFPredicate::UEQ:
    return unordered || a == b;
  case arith::CmpFPredicate::UGT:
    return unordered || a > b;
  case arith::CmpFPredicate::UGE:
    return unordered || a >= b;
  case arith::CmpFPredicate::ULT:
    return unordered || a < b;
  case arith::CmpFPredicate::ULE:
    return unordered || a <= b;
  case arith::CmpFPredicate::UNE:
    return a != b;
  case arith::CmpFPredicate::UNO:
    return unordered;
  case arith::CmpFPredicate::AlwaysTrue:
    return true;
  }
  llvm_unreachable("every predicate is handled");
}

/// The value of a constant op.
static std::optional<Scalar> constantOf(Operation *op) {
  Attribute value;
  if (!matchPattern(op, m_Constant(&value)))
    return std::nullopt;
  Scalar result;
  if (auto integer = dyn_cast<IntegerAttr>(value))
    return integerOf(integer.getType(), integer.getValue().getZExtValue());
  auto real = dyn_cast<FloatAttr>(value);
  if (!real)
    return std::nullopt;
  result.real = real.getValueAsDouble();
  return result;
}

/// Operations on integers whose result has the type of the first operand.
static std::optional<int64_t> computeInteger(Operation *op, Type type,
                                             ArrayRef<Scalar> x) {
  using Result = std::optional<int64_t>;
  if (x.size() != 2)
    return std::nullopt;
  int64_t a = x[0].integer, b = x[1].integer;
  uint64_t ua = unsignedOf(type, x[0]), ub = unsignedOf(type, x[1]);
  // The one quotient that overflows wraps around.
  bool overflows = b == -1;
  return TypeSwitch<Operation *, Result>(op)
      .Case<arith::AddIOp>([&](auto) { return uint64_t(a) + uint64_t(b); })
      .Case<arith::SubIOp>([&](auto) { return uint64_t(a) - uint64_t(b); })
      .Case<arith::MulIOp>([&](auto) { return uint64_t(a) * uint64_t(b); })
      .Case<arith::DivSIOp>([&](auto) -> int64_t {
        return b == 0 ? 0 : overflows ? 0 - uint64_t(a) : a / b;
      })
      .Case<arith::RemSIOp>(
          [&](auto) -> int64_t { return b == 0 || overflows ? 0 : a % b; })
      .Case<arith::DivUIOp>([&](auto) { return ub == 0 ? 0 : ua / ub; })
      .Case<arith::RemUIOp>([&](auto) { return ub == 0 ? 0 : ua % ub; })
      .Case<arith::AndIOp>([&](auto) { return a & b; })
      .Case<arith::OrIOp>([&](auto) { return a | b; })
      .Case<arith::XOrIOp>([&](auto) { return a ^ b; })
      .Case<arith::ShLIOp>([&](auto) { return ub > 63 ? 0 : ua << ub; })
      .Case<arith::ShRUIOp>([&](auto) { return ub > 63 ? 0 : ua >> ub; })
      .Case<arith::ShRSIOp>(
          [&](auto) { return a >> std::min<uint64_t>(ub, 63); })
      .Case<arith::MaxSIOp>([&](auto) { return std::max(a, b); })
      .Case<arith::MinSIOp>([&](auto) { return std::min(a, b); })
      .Case<arith::MaxUIOp>([&](auto) { return std::max(ua, ub); })
      .Case<arith::MinUIOp>([&](auto) { return std::min(ua, ub); })
      .Default([](Operation *) { return std::nullopt; });
}

/// Operations on floats of one type.
static std::optional<double> computeReal(Operation *op, ArrayRef<Scalar> x) {
  using Result = std::optional<double>;
  double a = x.empty() ? 0 : x[0].real, b = x.size() < 2 ? 0 : x[1].real;
  auto preferNumber = [&](double chosen) {
    return std::isnan(a) ? b : std::isnan(b) ? a : chosen;
  };
  auto preferNan = [&](double chosen) {
    return std::isnan(a) ? a : std::isnan(b) ? b : chosen;
  };
  return TypeSwitch<Operation *, Result>(op)
      .Case<arith::AddFOp>([&](auto) { return a + b; })
      .Case<arith::SubFOp>([&](auto) { return a - b; })
      .Case<arith::MulFOp>([&](auto) { return a * b; })
      .Case<arith::DivFOp>([&](auto) { return a / b; })
      .Case<arith::RemFOp>([&](auto) { return std::fmod(a, b); })
      .Case<arith::NegFOp>([&](auto) { return -a; })
      .Case<arith::MaximumFOp>([&](auto) { return preferNan(std::max(a, b)); })
      .Case<arith::MinimumFOp>([&](auto) { return preferNan(std::min(a, b)); })
      .Case<arith::MaxNumFOp>(
          [&](auto) { return preferNumber(std::max(a, b)); })
      .Case<arith::MinNumFOp>(
          [&](auto) { return preferNumber(std::min(a, b)); })
      .Case<math::AbsFOp>([&](auto) { return std::fabs(a); })
      .Case<math::FloorOp>([&](auto) { return std::floor(a); })
      .Case<math::CeilOp>([&](auto) { return std::ceil(a); })
      .Case<math::TruncOp>([&](auto) { return std::trunc(a); })
      .Case<math::RoundEvenOp>([&](auto) { return std::nearbyint(a); })
      .Case<math::SqrtOp>([&](auto) { return std::sqrt(a); })
      .Case<math::ExpOp>([&](auto) { return std::exp(a); })
      .Case<math::LogOp>([&](auto) { return std::log(a); })
      .Case<math::SinOp>([&](auto) { return std::sin(a); })
      .Case<math::CosOp>([&](auto) { return std::cos(a); })
      .Case<math::TanhOp>([&](auto) { return std::tanh(a); })
      .Case<math::ErfOp>([&](auto) { return std::erf(a); })
      .Case<math::PowFOp>([&](auto) { return std::pow(a, b); })
      .Default([](Operation *) { return std::nullopt; });
}

/// The bits of a value as those of another type.
static Scalar reinterpret(Type from, Type to, Scalar value) {
  APInt bits(widthOf(from), unsignedOf(from, value));
  if (auto type = dyn_cast<FloatType>(from)) {
    APFloat real(value.real);
    bool losesInfo;
    real.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                 &losesInfo);
    bits = real.bitcastToAPInt();
  }
  auto type = dyn_cast<FloatType>(to);
  if (!type)
    return integerOf(to, bits.getZExtValue());
  Scalar result;
  result.real = APFloat(type.getFloatSemantics(), bits).convertToDouble();
  return result;
}

/// Conversions, comparisons and choices.
static std::optional<Scalar> convertOrCompare(Operation *op,
                                              ArrayRef<Scalar> x) {
  using Result = std::optional<Scalar>;
  if (x.empty())
    return std::nullopt;
  Type from = op->getOperand(0).getType(), to = op->getResult(0).getType();
  return TypeSwitch<Operation *, Result>(op)
      .Case<arith::CmpIOp>([&](auto compare) {
        return integerOf(
            to, compareIntegers(compare.getPredicate(), from, x[0], x[1]));
      })
      .Case<arith::CmpFOp>([&](auto compare) {
        return integerOf(
            to, compareReals(compare.getPredicate(), x[0].real, x[1].real));
      })
      .Case<arith::SelectOp>(
          [&](auto) { return x[0].integer != 0 ? x[1] : x[2]; })
      .Case<arith::ExtSIOp>([&](auto) {
        // i1 is 0 or 1 here, and -1 when its sign is extended.
        return integerOf(to, widthOf(from) == 1 ? -x[0].integer : x[0].integer);
      })
      .Case<arith::TruncIOp, arith::IndexCastOp>(
          [&](auto) { return integerOf(to, x[0].integer); })
      .Case<arith::ExtUIOp, arith::IndexCastUIOp>(
          [&](auto) { return integerOf(to, unsignedOf(from, x[0])); })
      .Case<arith::ExtFOp, arith::TruncFOp>(
          [&](auto) { return realOf(to, x[0].real); })
      .Case<arith::SIToFPOp>(
          [&](auto) { return realOf(to, static_cast<double>(x[0].integer)); })
      .Case<arith::UIToFPOp>([&](auto) {
        return realOf(to, static_cast<double>(unsignedOf(from, x[0])));
      })
      .Case<arith::BitcastOp>([&](auto) { return reinterpret(from, to, x[0]); })
      .Case<arith::FPToSIOp>([&](auto) {
        return integerOf(to, convertElement<int64_t>(x[0].real));
      })
      .Case<arith::FPToUIOp>([&](auto) {
        return integerOf(to, convertElement<uint64_t>(x[0].real));
      })
      .Default([](Operation *) { return std::nullopt; });
}

std::optional<Scalar> reference::computeScalar(Operation *op,
                                               ArrayRef<Scalar> operands) {
  if (operands.empty())
    return constantOf(op);
  if (std::optional<Scalar> result = convertOrCompare(op, operands))
    return result;
  Type type = op->getOperand(0).getType();
  if (type.isIntOrIndex()) {
    std::optional<int64_t> bits = computeInteger(op, type, operands);
    return bits ? std::optional(integerOf(type, *bits)) : std::nullopt;
  }
  std::optional<double> real = computeReal(op, operands);
  return real ? std::optional(realOf(type, *real)) : std::nullopt;
}
