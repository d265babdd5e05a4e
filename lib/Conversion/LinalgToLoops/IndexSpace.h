//===- IndexSpace.h - Indices as affine expressions -------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_CONVERSION_LINALGTOLOOPS_INDEXSPACE_H
#define LATHE_LIB_CONVERSION_LINALGTOLOOPS_INDEXSPACE_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"

namespace lathe {

/// Values that an index can take: from `low` to `high`, both included.
struct IndexRange {
  int64_t low, high;
};

/// The lanes of a vector. Those beyond the first `used` hold anything: the end
/// of a row that is no multiple of the vector. One lane is a scalar.
struct Lanes {
  Lanes(int64_t width) : width(width), used(width) {}
  Lanes(int64_t width, int64_t used) : width(width), used(used) {}

  int64_t width, used;
};

/// The indices in scope while loops are emitted, as affine expressions over
/// loop variables. Dimension 0 is the lane: the position inside a vector, which
/// runs from 0 to the vector's width and is 0 in scalar code.
class IndexSpace {
public:
  explicit IndexSpace(mlir::MLIRContext *context);

  /// The lane's expression.
  mlir::AffineExpr lane() const;

  /// Adds a loop variable or other index with what is known of its values; they
  /// are `step` apart.
  mlir::AffineExpr add(mlir::Value value, IndexRange range, int64_t step = 1);

  mlir::AffineExpr constant(int64_t value) const;

  /// The values that `expr` can take, lane 0 only.
  IndexRange rangeOf(mlir::AffineExpr expr) const;

  /// Builds the value of `expr` in lane 0.
  mlir::Value materialize(mlir::OpBuilder &builder, mlir::Location loc,
                          mlir::AffineExpr expr) const;

  /// By how much `expr` grows from one lane to the next; none when that is not
  /// the same everywhere.
  std::optional<int64_t> laneStep(mlir::AffineExpr expr) const;

  /// `expr` in lane `number`, as an expression without the lane.
  mlir::AffineExpr atLane(mlir::AffineExpr expr, int64_t number) const;

  /// `expr` as a sum of multiples, where it is linear.
  mlir::AffineExpr flatten(mlir::AffineExpr expr) const;

  /// Simplifies `expr` with what is known of the indices, for the used `lanes`.
  mlir::AffineExpr simplify(mlir::AffineExpr expr, Lanes lanes) const;

private:
  /// What is known of dimension i + 1.
  struct Index {
    mlir::Value value;
    IndexRange range;
    int64_t step;
  };

  /// A sum of multiples of `grain` and the rest.
  struct Split {
    mlir::AffineExpr coarse, fine;
    int64_t grain;
  };

  bool isMultipleOf(mlir::AffineExpr expr, int64_t divisor) const;
  bool isWithin(mlir::AffineExpr expr, int64_t extent, Lanes lanes) const;
  /// Splits the sum of `terms` by the largest divisor of `divisor` that divides
  /// the steps of all indices that are terms.
  Split splitByStep(llvm::ArrayRef<mlir::AffineExpr> terms,
                    int64_t divisor) const;
  std::optional<IndexRange> rangeOf(mlir::AffineExpr expr, Lanes lanes) const;

  mlir::MLIRContext *context;
  llvm::SmallVector<Index> indices;
};

} // namespace lathe

#endif // LATHE_LIB_CONVERSION_LINALGTOLOOPS_INDEXSPACE_H
