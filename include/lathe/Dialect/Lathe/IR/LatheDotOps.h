//===- LatheDotOps.h - Sums of products of small integers -------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Apart from the other ops, since few passes need to know them.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_LATHEDOTOPS_H
#define LATHE_DIALECT_LATHE_IR_LATHEDOTOPS_H

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"

#include "mlir/IR/BuiltinTypes.h"

namespace lathe {

/// On a `lathe.requantize`: what it computes before it limits it, zero point
/// included, fits 32 bits. The value is the shift to compute with, its own or
/// 32, for which the multipliers have room. The result is the same without.
inline constexpr llvm::StringLiteral narrowAttrName = "lathe.narrow";

} // namespace lathe

#define GET_OP_CLASSES
#include "lathe/Dialect/Lathe/IR/LatheDotOps.h.inc"

#endif // LATHE_DIALECT_LATHE_IR_LATHEDOTOPS_H
