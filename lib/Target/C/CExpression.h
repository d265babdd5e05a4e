//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Prints values as C expressions.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_TARGET_C_CEXPRESSION_H
#define LATHE_LIB_TARGET_C_CEXPRESSION_H

#include "CContext.h"
#include "lathe/Dialect/Lathe/IR/LatheDotOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace lathe {

/// Prints the values of a function as C expressions.
///
/// The value of a printed integer is that of the IR's value read as signed; its
/// C type may be wider, or narrower where C's promotions make up for it, but is
/// never an unsigned type of 32 bits or more.
class CExpressionPrinter {
public:
  explicit CExpressionPrinter(CFunction &function) : function(function) {}

  /// `value` as an expression: a variable, a constant or an inlined op.
  CExpr print(mlir::Value value);
  /// What `op`, the definition of a value, computes.
  CExpr printOp(mlir::Operation *op);
  /// `value` converted to `type`.
  CExpr printAs(mlir::Value value, CType type);
  /// The element of `memref` at `indices`.
  CExpr printElement(mlir::Value memref, mlir::ValueRange indices);
  /// A pointer to element 0 of `memref`.
  CExpr printPointer(mlir::Value memref);
  /// A pointer to the element of `memref`, which is dense, with the number
  /// `index` in the order of memory.
  CExpr printPointer(mlir::Value memref, mlir::Value index);
  CExpr printIndex(const LinearIndex &index);
  /// The constant `attribute`.
  CExpr printConstant(mlir::Attribute attribute);

  /// Adds the names of the variables that `value` as an expression reads.
  void collectReads(mlir::Value value, llvm::StringSet<> &names);

private:
  CExpr printAddress(llvm::StringRef pointer, const LinearIndex &offset);
  /// `value` read as unsigned, in an unsigned type.
  CExpr printUnsigned(mlir::Value value);
  CExpr printUnsigned(mlir::Value value, CExpr printed);
  /// `value` in a type in which arithmetic has at least `width` bits.
  CExpr printWide(mlir::Value value, unsigned width);
  CExpr convert(const CExpr &expression, CType type);

  CExpr printInteger(mlir::Operation *op);
  CExpr printArithmetic(mlir::Operation *op, llvm::StringRef name,
                        llvm::StringRef symbol, Precedence precedence);
  CExpr printDivision(mlir::Operation *op, llvm::StringRef symbol,
                      bool isUnsigned);
  CExpr printRoundedDivision(mlir::Operation *op, llvm::StringRef helper);
  CExpr printBitOp(mlir::Operation *op, llvm::StringRef symbol,
                   Precedence precedence);
  CExpr printShift(mlir::Operation *op);
  CExpr printMinMax(mlir::Operation *op, llvm::StringRef name, bool isUnsigned);
  std::optional<CExpr> printSaturation(mlir::arith::MinSIOp min);
  CExpr printCompare(mlir::arith::CmpIOp op);
  CExpr printIntegerCast(mlir::Operation *op);
  CExpr printRescale(RescaleOp op);

  CExpr printFloat(mlir::Operation *op);
  CExpr printFloatBinary(mlir::Operation *op, llvm::StringRef symbol,
                         Precedence precedence);
  CExpr printFloatCompare(mlir::arith::CmpFOp op);
  CExpr printFloatCast(mlir::Operation *op);
  CExpr printExtF(mlir::arith::ExtFOp op);
  CExpr printTruncF(mlir::arith::TruncFOp op);
  CExpr printIntegerToFloat(mlir::Operation *op, CType type);
  CExpr printIntegerToHalf(mlir::Operation *op);
  CExpr roundToHalf(CExpr value, unsigned width, mlir::Type to, CType type);
  CExpr printBitcast(mlir::arith::BitcastOp op);
  CExpr printSelect(mlir::arith::SelectOp op);
  CExpr printMath(mlir::Operation *op);

  CExpr callHelper(const std::string &name,
                   std::initializer_list<CExpr> arguments, CType type);
  CExpr unsupported(mlir::Operation *op, const llvm::Twine &reason);
  CType typeOf(mlir::Value value) { return function.getType(value); }

  CFunction &function;
};

} // namespace lathe

#endif // LATHE_LIB_TARGET_C_CEXPRESSION_H
