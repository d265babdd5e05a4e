//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The integers behind values that passes find in a quantized graph.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_DIALECT_LATHE_TRANSFORMS_QUANTIZEDVALUES_H
#define LATHE_LIB_DIALECT_LATHE_TRANSFORMS_QUANTIZEDVALUES_H

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Dialect/Lathe/IntegerForms/IntegerForms.h"

namespace lathe {

/// The integers of `quantized`, a tensor of quantized type.
mlir::Value getStoredIntegers(mlir::OpBuilder &builder, mlir::Value quantized);

/// What is known of `real`, an operand: its integers if it is dequantized, also
/// where a transpose lies in between.
QuantizedOperand getQuantizedOperand(mlir::OpBuilder &builder,
                                     mlir::Value real);

} // namespace lathe

#endif // LATHE_LIB_DIALECT_LATHE_TRANSFORMS_QUANTIZEDVALUES_H
