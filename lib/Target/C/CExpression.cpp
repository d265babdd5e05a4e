//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Prints values as C expressions: variables, constants, conversions and the
// ops of no particular type.
//
//===----------------------------------------------------------------------===//

#include "CExpression.h"
#include "CTemplate.h"
#include "lathe/Target/Common/CLiterals.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace lathe {

CType CFunction::getType(Value value) {
  std::optional<CType> type = CType::get(value.getType(), file.indexWidth);
  if (!type && !file.failed) {
    file.failed = true;
    emitError(value.getLoc(), "C has no type for ") << value.getType();
  }
  return type.value_or(CType());
}

void CFunction::reportUnsupported(Operation *op, const Twine &reason) {
  if (file.failed)
    return;
  file.failed = true;
  op->emitOpError("cannot be printed as C: ") << reason;
}

CExpr CExpressionPrinter::unsupported(Operation *op, const Twine &reason) {
  function.reportUnsupported(op, reason);
  return {};
}

CExpr CExpressionPrinter::callHelper(const std::string &name,
                                     std::initializer_list<CExpr> arguments,
                                     CType type) {
  return CExpr::call(function.file.helpers.use(name), arguments, type);
}

CExpr CExpressionPrinter::print(Value value) {
  if (function.plan.isInlined(value))
    return printOp(value.getDefiningOp());
  return CExpr::variable(function.variables.lookup(value), typeOf(value));
}

void CExpressionPrinter::collectReads(Value value, StringSet<> &names) {
  if (!function.plan.isInlined(value)) {
    names.insert(function.variables.lookup(value));
    return;
  }
  for (Value operand : value.getDefiningOp()->getOperands()) {
    if (auto it = function.buffers.find(operand); it != function.buffers.end())
      for (auto [term, factor] : it->second.offset.terms)
        collectReads(term, names);
    else
      collectReads(operand, names);
  }
}

CExpr CExpressionPrinter::convert(const CExpr &expression, CType type) {
  CType from = expression.type;
  bool isWidening =
      from.isInteger() && type.isInteger() && from.width < type.width &&
      (from.kind == CType::Kind::Unsigned || type.kind == CType::Kind::Signed);
  bool isSafeLiteral =
      expression.isLiteral && (type.kind != CType::Kind::Unsigned ||
                               expression.precedence == Precedence::Primary);
  if (!isWidening && !isSafeLiteral)
    return CExpr::cast(expression, type);
  CExpr result = expression;
  // A parameter in its place would need a cast.
  if (!isWidening && type != expression.type)
    result.text = unmarkNumbers(result.text);
  return result;
}

CExpr CExpressionPrinter::printAs(Value value, CType type) {
  CExpr expression = print(value);
  if (type.kind == CType::Kind::Unsigned && typeOf(value).isInteger() &&
      !typeOf(value).isBool)
    expression = printUnsigned(value);
  return convert(expression, type);
}

CExpr CExpressionPrinter::printWide(Value value, unsigned width) {
  CExpr expression = print(value);
  if (!expression.isLiteral && expression.type.promoted().width < width)
    return CExpr::cast(expression, CType::getSigned(width));
  return expression;
}

CExpr CExpressionPrinter::printConstant(Attribute attribute) {
  if (auto number = dyn_cast<FloatAttr>(attribute)) {
    APFloat value = number.getValue();
    Type type = number.getType();
    if (type.isF16() || type.isBF16())
      return {"0x" + llvm::utohexstr(value.bitcastToAPInt().getZExtValue(),
                                     /*LowerCase=*/true, /*Width=*/4),
              Precedence::Primary, CType::getUnsigned(16), true};
    if (!value.isFinite())
      function.file.needsMath = true;
    std::string text = type.isF32() ? formatCFloat(value.convertToFloat())
                                    : formatCFloat(value.convertToDouble());
    bool isUnary = text.front() == '-' || text.front() == '(';
    return {text, isUnary ? Precedence::Unary : Precedence::Primary,
            CType::getFloat(type.getIntOrFloatBitWidth()), true};
  }
  auto number = cast<IntegerAttr>(attribute);
  int64_t value = number.getType().isInteger(1)
                      ? number.getValue().getZExtValue()
                      : number.getValue().getSExtValue();
  bool isSize = number.getType().isIndex() && value >= 0;
  return {isSize ? markNumber(value) : formatCInteger(value),
          value < 0 ? Precedence::Unary : Precedence::Primary,
          CType::getSigned(llvm::isInt<32>(value) ? 32 : 64), true};
}

CExpr CExpressionPrinter::printSelect(arith::SelectOp op) {
  CExpr condition = print(op.getCondition());
  CExpr ifTrue = print(op.getTrueValue());
  CExpr ifFalse = print(op.getFalseValue());
  // C converts both arms to a common type; narrow ones become int.
  CType type = ifTrue.type;
  if (ifTrue.isLiteral)
    type = ifFalse.type;
  else if (!ifFalse.isLiteral && ifFalse.type != type)
    type = CType::getSigned(
        std::max(ifTrue.type.promoted().width, ifFalse.type.promoted().width));
  if (ifTrue.isLiteral && ifFalse.isLiteral)
    type = typeOf(op.getResult());
  Precedence limit = Precedence::LogicalOr;
  return {condition.in(limit) + " ? " + ifTrue.in(limit) + " : " +
              ifFalse.in(limit),
          Precedence::Conditional, type};
}

CExpr CExpressionPrinter::printOp(Operation *op) {
  Type type = op->getResult(0).getType();
  if (!CType::get(type, function.file.indexWidth))
    return unsupported(op, "C has no type for its result");
  return TypeSwitch<Operation *, CExpr>(op)
      .Case<arith::ConstantOp>(
          [&](auto constant) { return printConstant(constant.getValue()); })
      .Case<memref::LoadOp>([&](memref::LoadOp load) {
        CExpr element = printElement(load.getMemRef(), load.getIndices());
        return isa<IntegerType>(type) && !type.isInteger(1)
                   ? CExpr::cast(element, typeOf(load))
                   : element;
      })
      .Case<arith::SelectOp>([&](auto select) { return printSelect(select); })
      .Default([&](Operation *) {
        Type operand = op->getOperand(0).getType();
        bool isFloat = isa<FloatType>(type) || isa<FloatType>(operand);
        return isFloat ? printFloat(op) : printInteger(op);
      });
}

} // namespace lathe
