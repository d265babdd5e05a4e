//===- Constants.h - Questions about constant tensors -----------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_CONSTANTS_H
#define LATHE_DIALECT_LATHE_IR_CONSTANTS_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

#include <optional>

namespace lathe {

/// The value that all elements of a constant have; nullopt for what is no
/// constant, has different elements, or elements that are no numbers.
std::optional<double> getSplatValue(mlir::Value value);

/// Whether `value` is computed from constants alone, so that
/// `lathe-fold-constants` evaluates it at compile time. Looks at 64 ops at
/// most, which no recipe of a weight needs, so that asking about data is cheap.
bool isConstantExpression(mlir::Value value);

/// A constant of `type` whose elements are all `value`. The element type is a
/// float or a signless, signed or unsigned integer.
mlir::Value createSplat(mlir::OpBuilder &builder, mlir::Location loc,
                        mlir::RankedTensorType type, double value);

/// The name with which the constant `value` is stored; "constant" if it has
/// none.
llvm::StringRef getConstantName(mlir::Value value);

} // namespace lathe

#endif // LATHE_DIALECT_LATHE_IR_CONSTANTS_H
