//===- RowsInterface.h - Ops that can compute a few rows --------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_ROWSINTERFACE_H
#define LATHE_DIALECT_LATHE_IR_ROWSINTERFACE_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributeInterfaces.h"
#include "mlir/IR/OpDefinition.h"
#include <optional>

namespace lathe {

/// The rows of an operand that row r of a result needs: `rows` from row
/// `stride * r - before` on.
struct RowWindow {
  int64_t rows = 1, stride = 1, before = 0;
  /// What rows outside the operand hold; null if there are none.
  mlir::TypedAttr padding;
  /// About how many instructions it takes to copy an element of the rows, which
  /// is done again in each call that reads them.
  double copyCost = 0;

  bool operator==(const RowWindow &other) const {
    return rows == other.rows && stride == other.stride &&
           before == other.before && padding == other.padding;
  }
};

} // namespace lathe

#include "lathe/Dialect/Lathe/IR/RowsInterface.h.inc"

#endif // LATHE_DIALECT_LATHE_IR_ROWSINTERFACE_H
