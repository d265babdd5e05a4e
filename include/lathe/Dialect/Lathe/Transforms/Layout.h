//===- Layout.h - Permutations and reshapes of dimensions -------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_TRANSFORMS_LAYOUT_H
#define LATHE_DIALECT_LATHE_TRANSFORMS_LAYOUT_H

#include "mlir/IR/PatternMatch.h"

#include <optional>

namespace lathe {

/// A range of dimensions of one shape that holds the same elements as a range
/// of another: the step of a reshape that cannot be divided further.
struct DimGroup {
  int64_t sourceBegin, sourceEnd;
  int64_t resultBegin, resultEnd;
};

/// Divides the reshape of `source` to `result` into groups; nullopt for shapes
/// without elements. Together the groups cover all dimensions, in order.
std::optional<llvm::SmallVector<DimGroup>>
groupReshape(llvm::ArrayRef<int64_t> source, llvm::ArrayRef<int64_t> result);

/// Whether a transpose of `shape` leaves the elements where they are in memory
/// because it moves dimensions of extent one only.
bool keepsOrder(llvm::ArrayRef<int64_t> shape,
                llvm::ArrayRef<int64_t> permutation);

/// Adds the rewrites of transposes beside reshapes. None of them raises the
/// number of elements that are transposed.
void populateTransposeReshapePatterns(mlir::RewritePatternSet &patterns);

} // namespace lathe

#endif // LATHE_DIALECT_LATHE_TRANSFORMS_LAYOUT_H
