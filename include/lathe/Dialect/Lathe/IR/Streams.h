//===- Streams.h - Kernels that run a few rows at a time --------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_STREAMS_H
#define LATHE_DIALECT_LATHE_IR_STREAMS_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/ArrayRef.h"

namespace lathe {

/// The attribute of a kernel in a stream that names its function.
inline constexpr llvm::StringLiteral stageFunctionName = "lathe.function";

/// The rows of an image, the second of four dimensions, and the bytes of each.
int64_t getRows(mlir::Value image);
int64_t getRowBytes(mlir::Value image);

/// Which rows of a tensor of `total` rows are computed or copied in the steps
/// of a stream: `rows` rows from row `first + step * rows` on.
struct Bands {
  int64_t rows = 0, first = 0, total = 0;

  /// The steps from `begin()` to `end()`, which is not one of them: those in
  /// which any row of the band lies in the tensor.
  int64_t begin() const;
  int64_t end() const;
  /// The rows of the first band above the tensor, and of the last one below it.
  int64_t getRowsAbove() const { return -(first + begin() * rows); }
  int64_t getRowsBelow() const { return first + end() * rows - total; }
};

/// A kernel of a stream that reads rows of an input: from row
/// `first + advance * step` on in each step before `end`.
struct RowReader {
  int64_t first, advance, end;
  /// Whether it writes the stream's result.
  bool isLast;
};

/// By how many bytes the result of a stream is ever ahead of what `readers`
/// still need of an input of so many bytes and rows, if each of its `steps`
/// writes `bandBytes`.
int64_t getStreamLead(llvm::ArrayRef<RowReader> readers, int64_t inputBytes,
                      int64_t inputRows, int64_t bandBytes, int64_t steps);

/// The bytes of a stream's memory that a line buffer of `type` takes.
int64_t getLineBufferBytes(mlir::RankedTensorType type);

} // namespace lathe

#endif // LATHE_DIALECT_LATHE_IR_STREAMS_H
