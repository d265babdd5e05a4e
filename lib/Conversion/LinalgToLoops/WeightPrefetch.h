//===- WeightPrefetch.h - Fetch weights before their turn -------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_CONVERSION_LINALGTOLOOPS_WEIGHTPREFETCH_H
#define LATHE_LIB_CONVERSION_LINALGTOLOOPS_WEIGHTPREFETCH_H

#include "IndexSpace.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace lathe {

/// The memory that each element of `tensor` is one element of, or is computed
/// from, in whatever order; null if there is none.
mlir::Value findMemory(mlir::Value tensor);

/// Builds a prefetch of the line that element `number` of `memref` lies in,
/// counted from its first; it may lie beyond the memory's end. `locality` is 3
/// for the first-level cache and 2 for the second.
void buildPrefetch(mlir::OpBuilder &builder, const IndexSpace &space,
                   mlir::Location loc, mlir::Value memref,
                   mlir::AffineExpr number, unsigned locality);

/// Weights that lathe-pack-weights packed.
struct PackedWeights {
  mlir::Value memref; ///< [groups, panels, ..., panelWidth]
  int64_t panelWidth;
};

/// The weights, the second input of `root`, if they are packed in one group.
std::optional<PackedWeights> findPackedWeights(mlir::linalg::GenericOp root);

/// Weights that a kernel reads panel by panel, from one end of the memory to
/// the other. A panel is read once for each of the `passes` over it. The first
/// pass would wait for the memory, and the others would leave it idle, so each
/// step of a pass fetches its share of the next panel into the second-level
/// cache.
class WeightPrefetch {
public:
  /// None of a panel's `elements` is fetched for a single pass, which the
  /// processor foresees, nor for so many that waiting once does not count.
  WeightPrefetch(mlir::Value memref, int64_t elements, int64_t passes,
                 int64_t steps);

  /// Builds a prefetch in `step` of `pass` over the panel that begins at
  /// `panel`, all of them counted in elements or from 0. There may be no next
  /// panel: what lies behind is fetched then, which does no harm.
  void emit(mlir::OpBuilder &builder, const IndexSpace &space,
            mlir::Location loc, mlir::AffineExpr panel, mlir::AffineExpr pass,
            mlir::AffineExpr step) const;

private:
  mlir::Value memref;
  int64_t elements, passes, steps;
};

} // namespace lathe

#endif // LATHE_LIB_CONVERSION_LINALGTOLOOPS_WEIGHTPREFETCH_H
