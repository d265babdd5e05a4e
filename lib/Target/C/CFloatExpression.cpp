//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Prints floating point arithmetic and calls of <math.h>.
//
//===----------------------------------------------------------------------===//

#include "CExpression.h"
#include "CRange.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace lathe {

static bool isHalf(Type type) { return type.isF16() || type.isBF16(); }

static std::string getSuffix(CType type) {
  return type.width == 32 ? "f32" : "f64";
}

CExpr CExpressionPrinter::printFloatBinary(Operation *op, StringRef symbol,
                                           Precedence precedence) {
  return CExpr::binary(print(op->getOperand(0)), symbol,
                       print(op->getOperand(1)), precedence,
                       typeOf(op->getResult(0)));
}

CExpr CExpressionPrinter::printFloatCompare(arith::CmpFOp op) {
  CExpr lhs = print(op.getLhs()), rhs = print(op.getRhs());
  CType type = CType::getBool();
  auto relation = [&](StringRef symbol) {
    bool isEquality = symbol == "==" || symbol == "!=";
    return CExpr::binary(
        lhs, symbol, rhs,
        isEquality ? Precedence::Equality : Precedence::Relational, type);
  };
  auto negated = [&](StringRef symbol) {
    return CExpr::unary("!", relation(symbol), type);
  };
  auto either = [&](const CExpr &a, StringRef symbol, const CExpr &b) {
    return CExpr::binary(
        a, symbol, b,
        symbol == "||" ? Precedence::LogicalOr : Precedence::LogicalAnd, type);
  };
  auto isNaN = [&](const CExpr &x) {
    return CExpr::binary(x, "!=", x, Precedence::Equality, type);
  };
  auto isNumber = [&](const CExpr &x) {
    return CExpr::binary(x, "==", x, Precedence::Equality, type);
  };
  // C's <, <=, >, >= and == are false on a NaN (ordered), != is true.
  switch (op.getPredicate()) {
  case arith::CmpFPredicate::OEQ:
    return relation("==");
  case arith::CmpFPredicate::OGT:
    return relation(">");
  case arith::CmpFPredicate::OGE:
    return relation(">=");
  case arith::CmpFPredicate::OLT:
    return relation("<");
  case arith::CmpFPredicate::OLE:
    return relation("<=");
  case arith::CmpFPredicate::UNE:
    return relation("!=");
  case arith::CmpFPredicate::UGT:
    return negated("<=");
  case arith::CmpFPredicate::UGE:
    return negated("<");
  case arith::CmpFPredicate::ULT:
    return negated(">=");
  case arith::CmpFPredicate::ULE:
    return negated(">");
  case arith::CmpFPredicate::ONE:
    return either(relation("<"), "||", relation(">"));
  case arith::CmpFPredicate::UEQ:
    return CExpr::unary("!", either(relation("<"), "||", relation(">")), type);
  case arith::CmpFPredicate::UNO:
    return op.getLhs() == op.getRhs() ? isNaN(lhs)
                                      : either(isNaN(lhs), "||", isNaN(rhs));
  case arith::CmpFPredicate::ORD:
    return op.getLhs() == op.getRhs()
               ? isNumber(lhs)
               : either(isNumber(lhs), "&&", isNumber(rhs));
  case arith::CmpFPredicate::AlwaysFalse:
    return {"0", Precedence::Primary, type, true};
  case arith::CmpFPredicate::AlwaysTrue:
    return {"1", Precedence::Primary, type, true};
  }
  llvm_unreachable("unknown predicate");
}

CExpr CExpressionPrinter::printExtF(arith::ExtFOp op) {
  CExpr value = print(op.getIn());
  Type from = op.getIn().getType();
  if (isHalf(from))
    value = callHelper(from.isF16() ? "f16_to_f32" : "bf16_to_f32", {value},
                       CType::getFloat(32));
  return CExpr::cast(value, typeOf(op));
}

/// The float or double `value` rounded to f16 or bf16, once.
CExpr CExpressionPrinter::roundToHalf(CExpr value, unsigned width, Type to,
                                      CType type) {
  if (width == 64) {
    function.file.needsMath = true; // the helper calls fabs
    value = callHelper("f64_to_f32_odd", {value}, CType::getFloat(32));
  }
  return callHelper(to.isF16() ? "f32_to_f16" : "f32_to_bf16", {value}, type);
}

CExpr CExpressionPrinter::printTruncF(arith::TruncFOp op) {
  Type from = op.getIn().getType(), to = op.getType();
  CExpr value = print(op.getIn());
  if (!isHalf(to))
    return CExpr::cast(value, typeOf(op));
  if (!from.isF32() && !from.isF64())
    return unsupported(op, "only f32 and f64 are rounded to f16 or bf16");
  return roundToHalf(value, from.getIntOrFloatBitWidth(), to, typeOf(op));
}

CExpr CExpressionPrinter::printBitcast(arith::BitcastOp op) {
  Type from = op.getIn().getType();
  CType type = typeOf(op.getResult());
  CExpr value = print(op.getIn());
  if (from.isF32() || from.isF64())
    return callHelper(from.isF32() ? "f32_bits" : "f64_bits", {value}, type);
  if (type.kind == CType::Kind::Float)
    return callHelper(type.width == 32 ? "f32_from_bits" : "f64_from_bits",
                      {value}, type);
  return CExpr::cast(value, type);
}

/// An integer as f16 or bf16. Those that float may not hold go by way of
/// double.
CExpr CExpressionPrinter::printIntegerToHalf(Operation *op) {
  Value operand = op->getOperand(0);
  unsigned width = operand.getType().getIntOrFloatBitWidth() > 16 ? 64 : 32;
  CExpr value = printIntegerToFloat(op, CType::getFloat(width));
  return roundToHalf(value, width, op->getResult(0).getType(),
                     typeOf(op->getResult(0)));
}

CExpr CExpressionPrinter::printIntegerToFloat(Operation *op, CType type) {
  Value operand = op->getOperand(0);
  if (isa<arith::UIToFPOp>(op))
    return CExpr::cast(getRange(operand).isNonNegative()
                           ? print(operand)
                           : printUnsigned(operand),
                       type);
  CExpr value = print(operand);
  if (typeOf(operand).isBool)
    value = CExpr::unary("-", value, CType());
  return CExpr::cast(value, type);
}

CExpr CExpressionPrinter::printFloatCast(Operation *op) {
  Value operand = op->getOperand(0);
  CType type = typeOf(op->getResult(0));
  return TypeSwitch<Operation *, CExpr>(op)
      .Case<arith::SIToFPOp, arith::UIToFPOp>(
          [&](auto) { return printIntegerToFloat(op, type); })
      .Case<arith::FPToSIOp>(
          [&](auto) { return CExpr::cast(print(operand), type); })
      .Default([&](Operation *) { // arith.fptoui
        if (type.isBool)
          return CExpr::cast(print(operand), type);
        CExpr value =
            CExpr::cast(print(operand), CType::getUnsigned(type.width));
        return CExpr::cast(value, type);
      });
}

/// The function of <math.h> that computes `op` on doubles, or nothing.
static StringRef getMathFunction(Operation *op) {
  return StringSwitch<StringRef>(op->getName().getStringRef())
      .Case("arith.remf", "fmod")
      .Case("math.absf", "fabs")
      .Case("math.acos", "acos")
      .Case("math.acosh", "acosh")
      .Case("math.asin", "asin")
      .Case("math.asinh", "asinh")
      .Case("math.atan", "atan")
      .Case("math.atan2", "atan2")
      .Case("math.atanh", "atanh")
      .Case("math.cbrt", "cbrt")
      .Case("math.ceil", "ceil")
      .Case("math.copysign", "copysign")
      .Case("math.cos", "cos")
      .Case("math.cosh", "cosh")
      .Case("math.erf", "erf")
      .Case("math.erfc", "erfc")
      .Case("math.exp", "exp")
      .Case("math.exp2", "exp2")
      .Case("math.expm1", "expm1")
      .Case("math.floor", "floor")
      .Case("math.fma", "fma")
      .Case("math.log", "log")
      .Case("math.log10", "log10")
      .Case("math.log1p", "log1p")
      .Case("math.log2", "log2")
      .Case("math.powf", "pow")
      .Case("math.round", "round")
      // C99 has no roundeven; rint rounds to even in the default mode.
      .Case("math.roundeven", "rint")
      .Case("math.sin", "sin")
      .Case("math.sinh", "sinh")
      .Case("math.sqrt", "sqrt")
      .Case("math.tan", "tan")
      .Case("math.tanh", "tanh")
      .Case("math.trunc", "trunc")
      .Default("");
}

CExpr CExpressionPrinter::printMath(Operation *op) {
  CType type = typeOf(op->getOperand(0));
  function.file.needsMath = true;
  std::string name;
  CType result = type;
  if (isa<math::IsNaNOp, math::IsInfOp, math::IsFiniteOp>(op)) {
    name = op->getName().stripDialect().str();
    result = CType::getBool();
    // The macros return any nonzero value; i1 is 0 or 1.
    CExpr test = CExpr::call(name, {print(op->getOperand(0))}, result);
    return CExpr::binary(test, "!=", {"0", Precedence::Primary, CType(), true},
                         Precedence::Equality, result);
  }
  std::string suffix = type.width == 32 ? "f" : "";
  if (isa<math::RsqrtOp>(op)) {
    CExpr one = printConstant(FloatAttr::get(op->getOperand(0).getType(), 1.0));
    CExpr root = CExpr::call("sqrt" + suffix, {print(op->getOperand(0))}, type);
    return CExpr::binary(one, "/", root, Precedence::Multiplicative, type);
  }
  name = getMathFunction(op).str();
  if (name.empty())
    return unsupported(op, "there is no C for this operation");
  std::string text = name + suffix + "(";
  llvm::ListSeparator comma;
  for (Value operand : op->getOperands())
    text += (StringRef(comma) + print(operand).text).str();
  return {text + ")", Precedence::Primary, result};
}

CExpr CExpressionPrinter::printFloat(Operation *op) {
  if (auto extend = dyn_cast<arith::ExtFOp>(op))
    return printExtF(extend);
  if (auto truncate = dyn_cast<arith::TruncFOp>(op))
    return printTruncF(truncate);
  if (auto bitcast = dyn_cast<arith::BitcastOp>(op))
    return printBitcast(bitcast);
  if (isHalf(op->getResult(0).getType()) &&
      isa<arith::SIToFPOp, arith::UIToFPOp>(op))
    return printIntegerToHalf(op);
  if (isHalf(op->getResult(0).getType()) || isHalf(op->getOperand(0).getType()))
    return unsupported(op,
                       "f16 and bf16 must be widened to f32 for arithmetic");

  auto helper = [&](StringRef name) {
    CType type = typeOf(op->getResult(0));
    return callHelper((name + "_" + getSuffix(type)).str(),
                      {print(op->getOperand(0)), print(op->getOperand(1))},
                      type);
  };
  return TypeSwitch<Operation *, CExpr>(op)
      .Case<arith::AddFOp>(
          [&](auto) { return printFloatBinary(op, "+", Precedence::Additive); })
      .Case<arith::SubFOp>(
          [&](auto) { return printFloatBinary(op, "-", Precedence::Additive); })
      .Case<arith::MulFOp>([&](auto) {
        return printFloatBinary(op, "*", Precedence::Multiplicative);
      })
      .Case<arith::DivFOp>([&](auto) {
        return printFloatBinary(op, "/", Precedence::Multiplicative);
      })
      .Case<arith::NegFOp>([&](auto) {
        return CExpr::unary("-", print(op->getOperand(0)),
                            typeOf(op->getResult(0)));
      })
      .Case<arith::MaximumFOp>([&](auto) { return helper("maximum"); })
      .Case<arith::MinimumFOp>([&](auto) { return helper("minimum"); })
      .Case<arith::MaxNumFOp>([&](auto) { return helper("maxnum"); })
      .Case<arith::MinNumFOp>([&](auto) { return helper("minnum"); })
      .Case<arith::CmpFOp>(
          [&](auto compare) { return printFloatCompare(compare); })
      .Case<arith::SIToFPOp, arith::UIToFPOp, arith::FPToSIOp, arith::FPToUIOp>(
          [&](auto) { return printFloatCast(op); })
      .Default([&](Operation *) { return printMath(op); });
}

} // namespace lathe
