//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What ops compute when their operands and results are quantized. The forms are
// external models of two interfaces (see `registerIntegerForms`), so that the
// dialect does not depend on them.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_INTEGERFORMS_INTEGERFORMS_H
#define LATHE_DIALECT_LATHE_INTEGERFORMS_INTEGERFORMS_H

#include "lathe/Dialect/Lathe/IR/LatheInterfaces.h"
#include "lathe/Support/TensorQuantization.h"

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/OpDefinition.h"
#include <optional>
#include <string>

namespace lathe {

/// An operand of an op that is to compute in integers.
struct QuantizedOperand {
  /// The operand as the op has it.
  mlir::Value real;
  /// The integers that it stands for; null where it is not quantized.
  mlir::Value stored;
  /// Their meaning.
  mlir::quant::QuantizedType type;

  /// The one scale and zero point of all elements, if that is so.
  std::optional<TensorQuantization> getUniform() const;
};

/// A quantized result: one scale and zero point, and what fused limits leave of
/// the storage type's range.
struct QuantizedResult {
  mlir::quant::UniformQuantizedType type;
  int64_t low, high;

  /// One that has the whole range of `type`.
  static QuantizedResult get(mlir::quant::UniformQuantizedType type);

  /// The same with real numbers limited to `bounds` before they are quantized.
  QuantizedResult limitedTo(RealInterval bounds) const;

  double getScale() const { return type.getScale(); }
  int64_t getZeroPoint() const { return type.getZeroPoint(); }
};

/// The integers of `result` for those of `operand`, which has one scale: the
/// same real numbers, rounded and limited. Null if the operand has several.
mlir::Value buildRescaled(mlir::OpBuilder &builder, mlir::Location loc,
                          const QuantizedOperand &operand,
                          const QuantizedResult &result);

/// The integers of `result` for a function of each element of `operand`, which
/// has one scale: a table of 256 entries for 8 bits, for 16 the ends of 512
/// lines. Null, with a reason, for other operands, and if lines are so far from
/// the function that 8 bits would be better.
mlir::Value buildTable(mlir::OpBuilder &builder, mlir::Location loc,
                       const QuantizedOperand &operand,
                       const QuantizedResult &result,
                       llvm::function_ref<double(double)> function,
                       std::string &reason);

/// `factors`, one or one for each index of the last dimension, as a constant of
/// f32 that broadcasts to what they multiply.
mlir::Value buildFactors(mlir::OpBuilder &builder, mlir::Location loc,
                         llvm::ArrayRef<double> factors);

/// Whether `op`, which may be null, moves or selects elements, leaves them as
/// they are, and can do so with integers.
bool movesElements(mlir::Operation *op);

/// Attaches the integer forms to the dialect's ops when it is loaded.
void registerIntegerForms(mlir::DialectRegistry &registry);

} // namespace lathe

#include "lathe/Dialect/Lathe/IntegerForms/IntegerFormOpInterfaces.h.inc"

#endif // LATHE_DIALECT_LATHE_INTEGERFORMS_INTEGERFORMS_H
