//===- ChannelRanges.h - What the channels of a tensor hold -----*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_CHANNELRANGES_H
#define LATHE_DIALECT_LATHE_IR_CHANNELRANGES_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>

namespace lathe {

/// Integers from `low` to `high`.
struct IntegerRange {
  int64_t low, high;

  bool isConstant() const { return low == high; }
  bool operator==(const IntegerRange &other) const {
    return low == other.low && high == other.high;
  }
  /// The least range that holds this and `other`.
  IntegerRange hull(IntegerRange other) const {
    return {std::min(low, other.low), std::max(high, other.high)};
  }
};

/// What the elements of each channel of a tensor, its last dimension, lie
/// between for every input of the model. A tensor without dimensions has one.
/// Empty where nothing is known: for other elements than integers.
using ChannelRanges = llvm::SmallVector<IntegerRange, 0>;

/// What the type of a tensor allows.
ChannelRanges getTypeRanges(mlir::Type type);

namespace impl {

/// The ranges of an op that moves or selects elements of its operands, whose
/// channels are those of the result, repeated if it has more.
ChannelRanges getMovedRanges(mlir::Operation *op,
                             llvm::ArrayRef<ChannelRanges> operands);

/// The ranges of an elementwise op, by interval arithmetic on what it computes
/// for one element.
ChannelRanges getElementwiseRanges(mlir::Operation *op,
                                   llvm::ArrayRef<ChannelRanges> operands);

/// Clones `op` onto operands of fewer channels and infers the result's type.
mlir::Value cloneOnChannels(mlir::Operation *op, mlir::OpBuilder &builder,
                            mlir::ValueRange operands);

} // namespace impl
} // namespace lathe

#endif // LATHE_DIALECT_LATHE_IR_CHANNELRANGES_H
