//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// C expressions as text with the precedence and type that tell where they
// need parentheses or a cast.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_TARGET_C_CEXPR_H
#define LATHE_LIB_TARGET_C_CEXPR_H

#include "mlir/IR/Types.h"
#include <optional>
#include <string>

namespace lathe {

/// The type of a C expression, as far as conversions depend on it.
struct CType {
  enum class Kind { Signed, Unsigned, Float };

  Kind kind = Kind::Signed;
  /// Bits. `int` counts as 32: Lathe's C assumes an int of at least 32 bits.
  unsigned width = 32;
  /// i1: a value of C type int that is 0 or 1.
  bool isBool = false;

  /// The type of a local variable for a value of `type`: signless integers are
  /// signed, f16 and bf16 the uint16_t of their bits, index has `indexWidth`
  /// bits. Nothing if C has no such type.
  static std::optional<CType> get(mlir::Type type, unsigned indexWidth);
  static CType getSigned(unsigned width) { return {Kind::Signed, width}; }
  static CType getUnsigned(unsigned width) { return {Kind::Unsigned, width}; }
  static CType getBool() { return {Kind::Signed, 32, true}; }
  static CType getFloat(unsigned width) { return {Kind::Float, width}; }

  bool isInteger() const { return kind != Kind::Float; }
  bool operator==(const CType &other) const {
    return kind == other.kind && width == other.width;
  }
  bool operator!=(const CType &other) const { return !(*this == other); }

  /// The type after C's integer promotions: narrow integers become int.
  CType promoted() const;

  /// How C spells it: `int32_t`, `float`, `int` …
  std::string str() const;
};

/// Binding strength of C's operators, strongest first.
enum class Precedence {
  Primary,
  Unary,
  Multiplicative,
  Additive,
  Shift,
  Relational,
  Equality,
  BitAnd,
  BitXor,
  BitOr,
  LogicalAnd,
  LogicalOr,
  Conditional
};

/// The text of a side-effect free C expression.
struct CExpr {
  std::string text;
  Precedence precedence = Precedence::Primary;
  CType type;
  /// A constant: it converts to any type that holds its value without a cast.
  bool isLiteral = false;

  /// The text, in parentheses if it binds weaker than `limit`.
  std::string in(Precedence limit) const;

  static CExpr variable(std::string name, CType type) {
    return {std::move(name), Precedence::Primary, type};
  }
  static CExpr call(llvm::StringRef function,
                    std::initializer_list<CExpr> arguments, CType type);
  /// `lhs op rhs` with parentheses where C or compilers' warnings want them.
  static CExpr binary(const CExpr &lhs, llvm::StringRef op, const CExpr &rhs,
                      Precedence precedence, CType type);
  static CExpr unary(llvm::StringRef op, const CExpr &operand, CType type);
  /// `(type)operand`, or just the operand if that changes nothing.
  static CExpr cast(const CExpr &operand, CType type);
};

} // namespace lathe

#endif // LATHE_LIB_TARGET_C_CEXPR_H
