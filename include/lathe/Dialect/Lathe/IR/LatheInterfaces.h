//===- LatheInterfaces.h - What passes may ask of an op ---------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_LATHEINTERFACES_H
#define LATHE_DIALECT_LATHE_IR_LATHEINTERFACES_H

#include "lathe/Dialect/Lathe/IR/ChannelRanges.h"
#include "lathe/Support/RealInterval.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"

namespace lathe {

/// How an op behaves when its tensors become integers.
enum class QuantizationKind {
  /// Stays in float; its inputs are dequantized.
  Float,
  /// Multiplies data by weights into an int32 accumulator, then requantizes.
  Weighted,
  /// Moves or selects elements: the result has its operand's parameters.
  SameParameters,
  /// Combines quantized operands of different parameters and requantizes.
  Rescaled,
  /// A function of one element: a table of 256 entries at int8.
  Table,
};

/// A loop of a kernel's root.
struct LoopDim {
  llvm::StringRef name;
  int64_t extent;
  bool isReduction;
};

/// Where the elements of a tensor lie in memory: element (i, j, …) at
/// offset + i * strides[0] + j * strides[1] + …, counted in elements.
struct StridedView {
  llvm::SmallVector<int64_t> strides;
  int64_t offset = 0;

  /// The dense row-major layout of `shape`.
  static StridedView contiguous(llvm::ArrayRef<int64_t> shape);

  /// True when this is the dense row-major layout of `shape`; strides of
  /// dimensions of extent one do not matter. The offset may be any.
  bool isContiguous(llvm::ArrayRef<int64_t> shape) const;
};

} // namespace lathe

#include "lathe/Dialect/Lathe/IR/LatheInterfaces.h.inc"

#endif // LATHE_DIALECT_LATHE_IR_LATHEINTERFACES_H
