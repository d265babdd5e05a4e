//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Prints integer arithmetic, minding where C leaves undefined what the IR
// defines.
//
//===----------------------------------------------------------------------===//

#include "CExpression.h"
#include "CRange.h"
#include "CTemplate.h"
#include "lathe/Dialect/Lathe/IR/LatheWindowOps.h"
#include "lathe/Target/Common/CLiterals.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace lathe {

static bool isNonNegative(Value value) {
  return getRange(value).isNonNegative();
}

/// The type of C's result for operands of an op on `type`.
static CType getResultType(CType type) { return type.promoted(); }

CExpr CExpressionPrinter::printUnsigned(Value value) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)) &&
      !value.getType().isInteger(1)) {
    CType type = CType::getUnsigned(typeOf(value).width);
    uint64_t bits = value.getType().isIndex()
                        ? constant.zextOrTrunc(type.width).getZExtValue()
                        : constant.getZExtValue();
    // A narrow constant takes part in int arithmetic.
    std::string text = type.width < 32 ? llvm::utostr(bits)
                       : type.width == 32 && value.getType().isIndex()
                           ? markNumber(bits, CNumberUse::UInt32)
                           : formatCUnsigned(bits);
    return {text, Precedence::Primary, type, true};
  }
  auto load = value.getDefiningOp<memref::LoadOp>();
  if (load && function.plan.isInlined(value)) {
    CExpr element = printElement(load.getMemRef(), load.getIndices());
    if (element.type.kind == CType::Kind::Unsigned)
      return element;
  }
  CType type = typeOf(value);
  if (type.isBool)
    return print(value);
  return CExpr::cast(print(value), CType::getUnsigned(type.width));
}

CExpr CExpressionPrinter::printArithmetic(Operation *op, StringRef name,
                                          StringRef symbol,
                                          Precedence precedence) {
  Value lhs = op->getOperand(0), rhs = op->getOperand(1);
  CType type = typeOf(op->getResult(0));
  if (type.isBool)
    return unsupported(op, "arithmetic on i1");
  auto flags = cast<arith::ArithIntegerOverflowFlagsInterface>(op);
  // Index arithmetic computes positions in memory that exists: it does not
  // overflow.
  std::optional<IntRange> exact = getExactRange(op);
  bool fits = op->getResult(0).getType().isIndex() || flags.hasNoSignedWrap() ||
              (exact && exact->fits(type.width));
  if (!fits && type.width >= 32)
    return callHelper("wrap_" + name.str() + "_i" + llvm::utostr(type.width),
                      {print(lhs), print(rhs)}, type);

  CExpr left = printWide(lhs, type.width);
  CExpr right = print(rhs);
  std::string sign = symbol.str();
  // `x + -3` reads better as `x - 3`.
  APInt constant;
  if (symbol == "+" && matchPattern(rhs, m_ConstantInt(&constant)) &&
      constant.isNegative() && !constant.isMinSignedValue()) {
    sign = "-";
    right = {formatCInteger(-constant.getSExtValue()), Precedence::Primary,
             right.type, true};
  }
  CExpr result =
      CExpr::binary(left, sign, right, precedence, getResultType(type));
  return fits ? result : CExpr::cast(result, type);
}

CExpr CExpressionPrinter::printDivision(Operation *op, StringRef symbol,
                                        bool isUnsigned) {
  Value lhs = op->getOperand(0), rhs = op->getOperand(1);
  CType type = typeOf(op->getResult(0));
  if (isUnsigned && !(isNonNegative(lhs) && isNonNegative(rhs))) {
    CExpr result = CExpr::binary(
        printUnsigned(lhs), symbol, printUnsigned(rhs),
        Precedence::Multiplicative,
        type.width < 32 ? CType() : CType::getUnsigned(type.width));
    return CExpr::cast(result, type);
  }
  return CExpr::binary(printWide(lhs, type.width), symbol, print(rhs),
                       Precedence::Multiplicative, getResultType(type));
}

CExpr CExpressionPrinter::printRoundedDivision(Operation *op,
                                               StringRef helper) {
  Value lhs = op->getOperand(0), rhs = op->getOperand(1);
  if (helper == "floor_div" && isNonNegative(lhs) && isNonNegative(rhs))
    return printDivision(op, "/", /*isUnsigned=*/false);
  unsigned width = getResultType(typeOf(lhs)).width;
  CType type = CType::getSigned(width);
  if (helper != "ceil_div_unsigned")
    return callHelper(helper.str() + "_i" + llvm::utostr(width),
                      {print(lhs), print(rhs)}, type);
  if (isNonNegative(lhs) && isNonNegative(rhs))
    return callHelper("ceil_div_i" + llvm::utostr(width),
                      {print(lhs), print(rhs)}, type);
  CExpr result = callHelper("ceil_div_u" + llvm::utostr(width),
                            {printUnsigned(lhs), printUnsigned(rhs)},
                            CType::getUnsigned(width));
  return CExpr::cast(result, typeOf(lhs));
}

CExpr CExpressionPrinter::printBitOp(Operation *op, StringRef symbol,
                                     Precedence precedence) {
  Value lhs = op->getOperand(0), rhs = op->getOperand(1);
  CType type = typeOf(op->getResult(0));
  APInt constant;
  bool hasConstant = matchPattern(rhs, m_ConstantInt(&constant));
  if (!type.isBool) {
    if (symbol == "^" && hasConstant && constant.isAllOnes())
      return CExpr::unary("~", printWide(lhs, type.width), getResultType(type));
    return CExpr::binary(printWide(lhs, type.width), symbol, print(rhs),
                         precedence, getResultType(type));
  }
  if (symbol == "&")
    return CExpr::binary(print(lhs), "&&", print(rhs), Precedence::LogicalAnd,
                         type);
  if (symbol == "|")
    return CExpr::binary(print(lhs), "||", print(rhs), Precedence::LogicalOr,
                         type);
  if (hasConstant && constant.isAllOnes())
    return CExpr::unary("!", print(lhs), type);
  return CExpr::binary(print(lhs), "!=", print(rhs), Precedence::Equality,
                       type);
}

CExpr CExpressionPrinter::printShift(Operation *op) {
  Value lhs = op->getOperand(0), rhs = op->getOperand(1);
  CType type = typeOf(op->getResult(0));
  CExpr amount = print(rhs);
  IntRange value = getRange(lhs), shift = getRange(rhs);
  bool isLeft = isa<arith::ShLIOp>(op);
  // Shifting a negative number left, or ones into the sign, is undefined in C.
  bool fits = isLeft && value.isNonNegative() && shift.isNonNegative() &&
              shift.max < 63 &&
              value.max <= (llvm::maxIntN(type.width) >> shift.max);
  bool isSigned =
      isa<arith::ShRSIOp>(op) || (isLeft ? fits : value.isNonNegative());
  StringRef symbol = isLeft ? "<<" : ">>";
  if (isSigned) {
    CExpr left = print(lhs);
    if (left.type.promoted().width < type.width)
      left = CExpr::cast(left, type);
    return CExpr::binary(left, symbol, amount, Precedence::Shift,
                         getResultType(type));
  }
  CType unsignedType =
      type.width < 32 ? CType() : CType::getUnsigned(type.width);
  CExpr result = CExpr::binary(printUnsigned(lhs), symbol, amount,
                               Precedence::Shift, unsignedType);
  return CExpr::cast(result, type);
}

/// `min` and the maximum in it, where both limit to the range of a type.
std::optional<CExpr> CExpressionPrinter::printSaturation(arith::MinSIOp min) {
  auto max = min.getLhs().getDefiningOp<arith::MaxSIOp>();
  APInt low, high;
  if (!max || !min.getType().isInteger(32) ||
      !function.plan.isInlined(min.getLhs()) ||
      !matchPattern(max.getRhs(), m_ConstantInt(&low)) ||
      !matchPattern(min.getRhs(), m_ConstantInt(&high)))
    return std::nullopt;
  int64_t first = low.getSExtValue(), last = high.getSExtValue();
  for (unsigned width : {8, 16}) {
    std::string suffix = llvm::utostr(width);
    if (first == llvm::minIntN(width) && last == llvm::maxIntN(width))
      return callHelper("saturate_i" + suffix, {print(max.getLhs())}, CType());
    if (first == 0 && last == static_cast<int64_t>(llvm::maxUIntN(width)))
      return callHelper("saturate_u" + suffix, {print(max.getLhs())}, CType());
  }
  return std::nullopt;
}

CExpr CExpressionPrinter::printMinMax(Operation *op, StringRef name,
                                      bool isUnsigned) {
  if (auto min = dyn_cast<arith::MinSIOp>(op))
    if (std::optional<CExpr> saturation = printSaturation(min))
      return *saturation;
  Value lhs = op->getOperand(0), rhs = op->getOperand(1);
  CType type = typeOf(op->getResult(0));
  unsigned width = getResultType(type).width;
  std::string suffix = llvm::utostr(width);
  if (!isUnsigned || (isNonNegative(lhs) && isNonNegative(rhs)))
    return callHelper((name + "_i" + suffix).str(), {print(lhs), print(rhs)},
                      CType::getSigned(width));
  CExpr result = callHelper((name + "_u" + suffix).str(),
                            {printUnsigned(lhs), printUnsigned(rhs)},
                            CType::getUnsigned(width));
  return CExpr::cast(result, type);
}

static std::pair<StringRef, Precedence> getOperator(arith::CmpIPredicate p) {
  switch (p) {
  case arith::CmpIPredicate::eq:
    return {"==", Precedence::Equality};
  case arith::CmpIPredicate::ne:
    return {"!=", Precedence::Equality};
  case arith::CmpIPredicate::slt:
  case arith::CmpIPredicate::ult:
    return {"<", Precedence::Relational};
  case arith::CmpIPredicate::sle:
  case arith::CmpIPredicate::ule:
    return {"<=", Precedence::Relational};
  case arith::CmpIPredicate::sgt:
  case arith::CmpIPredicate::ugt:
    return {">", Precedence::Relational};
  case arith::CmpIPredicate::sge:
  case arith::CmpIPredicate::uge:
    return {">=", Precedence::Relational};
  }
  llvm_unreachable("unknown predicate");
}

CExpr CExpressionPrinter::printCompare(arith::CmpIOp op) {
  auto [symbol, precedence] = getOperator(op.getPredicate());
  Value lhs = op.getLhs(), rhs = op.getRhs();
  bool isUnsigned = op.getPredicate() >= arith::CmpIPredicate::ult &&
                    !(isNonNegative(lhs) && isNonNegative(rhs));
  CExpr left = isUnsigned ? printUnsigned(lhs) : print(lhs);
  CExpr right = isUnsigned ? printUnsigned(rhs) : print(rhs);
  return CExpr::binary(left, symbol, right, precedence, CType::getBool());
}

CExpr CExpressionPrinter::printIntegerCast(Operation *op) {
  Value operand = op->getOperand(0);
  CType type = typeOf(op->getResult(0));
  if (isa<arith::ExtUIOp, arith::IndexCastUIOp>(op)) {
    if (isNonNegative(operand) && getRange(operand).fits(type.width))
      return print(operand);
    CExpr result = printUnsigned(operand);
    return result.type.width < 32 ? result : CExpr::cast(result, type);
  }
  CExpr value = print(operand);
  if (typeOf(operand).isBool)
    return isa<arith::ExtSIOp, arith::IndexCastOp>(op)
               ? CExpr::unary("-", value, CType())
               : value;
  if (type.isBool)
    return CExpr::binary(value, "&", {"1", Precedence::Primary, CType(), true},
                         Precedence::BitAnd, type);
  // A value that survives stays in its wider C type.
  if (value.isLiteral || value.type.width <= type.width ||
      (isa<arith::TruncIOp>(op) && getRange(operand).fits(type.width)))
    return value;
  return CExpr::cast(value, type);
}

CExpr CExpressionPrinter::printRescale(RescaleOp op) {
  // The upper half of a product, rounded, and a number added to it.
  constexpr int64_t half = int64_t(1) << 31, one = 2 * half;
  if (op.getShift() == 32 && (op.getOffset() - half) % one == 0)
    return callHelper(
        "rescale",
        {print(op.getX()), print(op.getFactor()),
         printConstant(IntegerAttr::get(IntegerType::get(op.getContext(), 32),
                                        (op.getOffset() - half) / one))},
        CType());
  CType wide = CType::getSigned(64);
  auto literal = [](int64_t value) -> CExpr {
    return {formatCInteger(value),
            value < 0 ? Precedence::Unary : Precedence::Primary,
            CType::getSigned(llvm::isInt<32>(value) ? 32 : 64), true};
  };
  CExpr product =
      CExpr::binary(CExpr::cast(print(op.getX()), wide), "*",
                    print(op.getFactor()), Precedence::Multiplicative, wide);
  CExpr sum = CExpr::binary(product, "+", literal(op.getOffset()),
                            Precedence::Additive, wide);
  CExpr shifted =
      CExpr::binary(sum, ">>", literal(static_cast<int64_t>(op.getShift())),
                    Precedence::Shift, wide);
  return CExpr::cast(shifted, CType());
}

CExpr CExpressionPrinter::printInteger(Operation *op) {
  return TypeSwitch<Operation *, CExpr>(op)
      .Case<arith::AddIOp>([&](auto) {
        return printArithmetic(op, "add", "+", Precedence::Additive);
      })
      .Case<arith::SubIOp>([&](auto) {
        return printArithmetic(op, "sub", "-", Precedence::Additive);
      })
      .Case<arith::MulIOp>([&](auto) {
        return printArithmetic(op, "mul", "*", Precedence::Multiplicative);
      })
      .Case<arith::DivSIOp>([&](auto) { return printDivision(op, "/", false); })
      .Case<arith::DivUIOp>([&](auto) { return printDivision(op, "/", true); })
      .Case<arith::RemSIOp>([&](auto) { return printDivision(op, "%", false); })
      .Case<arith::RemUIOp>([&](auto) { return printDivision(op, "%", true); })
      .Case<arith::FloorDivSIOp>(
          [&](auto) { return printRoundedDivision(op, "floor_div"); })
      .Case<arith::CeilDivSIOp>(
          [&](auto) { return printRoundedDivision(op, "ceil_div"); })
      .Case<arith::CeilDivUIOp>(
          [&](auto) { return printRoundedDivision(op, "ceil_div_unsigned"); })
      .Case<arith::AndIOp>(
          [&](auto) { return printBitOp(op, "&", Precedence::BitAnd); })
      .Case<arith::OrIOp>(
          [&](auto) { return printBitOp(op, "|", Precedence::BitOr); })
      .Case<arith::XOrIOp>(
          [&](auto) { return printBitOp(op, "^", Precedence::BitXor); })
      .Case<arith::ShLIOp, arith::ShRSIOp, arith::ShRUIOp>(
          [&](auto) { return printShift(op); })
      .Case<arith::MinSIOp>([&](auto) { return printMinMax(op, "min", false); })
      .Case<arith::MaxSIOp>([&](auto) { return printMinMax(op, "max", false); })
      .Case<arith::MinUIOp>([&](auto) { return printMinMax(op, "min", true); })
      .Case<arith::MaxUIOp>([&](auto) { return printMinMax(op, "max", true); })
      .Case<arith::CmpIOp>([&](auto compare) { return printCompare(compare); })
      .Case<arith::ExtSIOp, arith::ExtUIOp, arith::TruncIOp, arith::IndexCastOp,
            arith::IndexCastUIOp>([&](auto) { return printIntegerCast(op); })
      .Case<math::AbsIOp>([&](auto) {
        unsigned width = getResultType(typeOf(op->getResult(0))).width;
        return callHelper("abs_i" + llvm::utostr(width),
                          {print(op->getOperand(0))}, CType::getSigned(width));
      })
      .Case<DualMacOp>([&](auto mac) {
        return callHelper(
            "dual_mac",
            {print(mac.getAcc()), print(mac.getA()), print(mac.getB())},
            CType());
      })
      .Case<HalfMacOp>([&](auto mac) {
        std::string name = "half_mac_";
        name += mac.getATop() ? "t" : "b";
        name += mac.getBTop() ? "t" : "b";
        return callHelper(
            name, {print(mac.getAcc()), print(mac.getA()), print(mac.getB())},
            CType());
      })
      .Case<JoinHalvesOp>([&](auto join) {
        return callHelper("join_halves",
                          {print(join.getLow()), print(join.getHigh())},
                          CType());
      })
      .Case<RescaleOp>([&](auto rescale) { return printRescale(rescale); })
      .Default([&](Operation *) {
        return unsupported(op, "there is no C for this operation");
      });
}

} // namespace lathe
