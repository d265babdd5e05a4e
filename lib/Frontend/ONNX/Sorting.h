//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sorting in loops.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_SORTING_H
#define LATHE_LIB_FRONTEND_ONNX_SORTING_H

#include "LoopBuilder.h"

namespace lathe::frontend {

/// Whether one item comes before another.
using Before = llvm::function_ref<Scalar(Scalar, Scalar)>;

/// The scratch that `sortNumbers` needs for at most `count` numbers.
Scratch getSortScratch(NodeContext &node, int64_t count);

/// Writes the numbers from 0 to `count` to row 0 of `scratch`.
void fillNumbers(LoopBuilder &loops, Memory scratch, int64_t count);

/// Sorts the first `count` numbers in row 0 of `scratch` so that none comes
/// before its predecessor; equal ones keep their order. The numbers that
/// `before` gets are indices. Returns the row that holds the result.
Scalar sortNumbers(LoopBuilder &loops, Memory scratch, Scalar count,
                   Before before);

/// Whether `a` is smaller, or larger, than `b`. NaN is larger than any number
/// and equal to itself, so that all floats are in an order.
Scalar isSmaller(Scalar a, Scalar b);
Scalar isLarger(Scalar a, Scalar b);

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_SORTING_H
