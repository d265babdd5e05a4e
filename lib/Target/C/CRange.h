//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Bounds on the values of integers, to know where C's arithmetic cannot
// overflow.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_TARGET_C_CRANGE_H
#define LATHE_LIB_TARGET_C_CRANGE_H

#include "mlir/IR/Value.h"
#include <cstdint>
#include <optional>

namespace lathe {

/// Inclusive bounds of an integer or index, read as signed.
struct IntRange {
  int64_t min = INT64_MIN;
  int64_t max = INT64_MAX;

  bool isNonNegative() const { return min >= 0; }
  /// True if a signed integer of `width` bits holds every value.
  bool fits(unsigned width) const;
};

/// Bounds of `value`, an integer of at most 64 bits or an index. Looks through
/// a few levels of arithmetic and at constant loop bounds; otherwise returns
/// the bounds of the type.
IntRange getRange(mlir::Value value);

/// Bounds of the exact result of `arith.addi`, `subi` or `muli`, before it
/// wraps around.
std::optional<IntRange> getExactRange(mlir::Operation *op);

} // namespace lathe

#endif // LATHE_LIB_TARGET_C_CRANGE_H
