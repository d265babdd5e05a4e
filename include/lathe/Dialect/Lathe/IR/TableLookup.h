//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `lathe.gather` as a function of one element: functions of quantized tensors.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_TABLELOOKUP_H
#define LATHE_DIALECT_LATHE_IR_TABLELOOKUP_H

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"

namespace lathe {

/// On a `lathe.gather`: each index is one of an element, not below 0. The
/// result is the same without, but code then makes sure.
inline constexpr llvm::StringLiteral inBoundsAttrName = "lathe.in_bounds";

/// Whether `op` computes each element of its result from the index at the same
/// place and a constant table of one dimension.
bool isTableLookup(mlir::Operation *op);

} // namespace lathe

#endif // LATHE_DIALECT_LATHE_IR_TABLELOOKUP_H
