//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Precedence, parentheses and casts of C expressions.
//
//===----------------------------------------------------------------------===//

#include "CExpr.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace lathe {

std::optional<CType> CType::get(Type type, unsigned indexWidth) {
  if (type.isF32() || type.isF64())
    return getFloat(type.getIntOrFloatBitWidth());
  if (type.isF16() || type.isBF16())
    return getUnsigned(16);
  if (type.isIndex())
    return getSigned(indexWidth);
  if (type.isInteger(1))
    return getBool();
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer || !llvm::is_contained({8u, 16u, 32u, 64u}, integer.getWidth()))
    return std::nullopt;
  return integer.isUnsigned() ? getUnsigned(integer.getWidth())
                              : getSigned(integer.getWidth());
}

CType CType::promoted() const {
  return isInteger() && width < 32 ? getSigned(32) : *this;
}

std::string CType::str() const {
  if (kind == Kind::Float)
    return width == 32 ? "float" : "double";
  if (isBool)
    return "int";
  return (kind == Kind::Signed ? "int" : "uint") + llvm::utostr(width) + "_t";
}

std::string CExpr::in(Precedence limit) const {
  return precedence > limit ? "(" + text + ")" : text;
}

CExpr CExpr::call(StringRef function, std::initializer_list<CExpr> arguments,
                  CType type) {
  std::string text = function.str() + "(";
  llvm::ListSeparator comma;
  for (const CExpr &argument : arguments)
    text += (StringRef(comma) + argument.text).str();
  return {text + ")", Precedence::Primary, type};
}

/// The weakest operand that `op` takes without parentheses on its left. The
/// right one must bind stronger than the operator itself, too. Beyond what C
/// needs, parentheses keep apart what GCC's and Clang's -Wparentheses want
/// apart: mixed shifts, bit operations and logical operations.
static Precedence getOperandLimit(Precedence op) {
  switch (op) {
  case Precedence::Multiplicative:
  case Precedence::Additive:
    return op;
  case Precedence::Relational:
  case Precedence::Equality:
    return Precedence::Additive;
  case Precedence::LogicalAnd:
  case Precedence::LogicalOr:
    return Precedence::Equality;
  default:
    return Precedence::Unary;
  }
}

CExpr CExpr::binary(const CExpr &lhs, StringRef op, const CExpr &rhs,
                    Precedence precedence, CType type) {
  Precedence limit = getOperandLimit(precedence);
  bool isArithmetic = limit == precedence;
  bool isChain =
      lhs.precedence == precedence && (precedence == Precedence::LogicalAnd ||
                                       precedence == Precedence::LogicalOr);
  Precedence right =
      isArithmetic ? Precedence(static_cast<int>(precedence) - 1) : limit;
  std::string left = isChain ? lhs.text : lhs.in(limit);
  std::string text = left + " " + op.str() + " " + rhs.in(right);
  return {text, precedence, type};
}

CExpr CExpr::unary(StringRef op, const CExpr &operand, CType type) {
  std::string text = operand.in(Precedence::Unary);
  // `- -x` must not become `--x`.
  if (StringRef(text).starts_with(op))
    text = "(" + text + ")";
  return {op.str() + text, Precedence::Unary, type};
}

CExpr CExpr::cast(const CExpr &operand, CType type) {
  if (operand.type == type)
    return operand;
  return {"(" + type.str() + ")" + operand.in(Precedence::Unary),
          Precedence::Unary, type};
}

} // namespace lathe
