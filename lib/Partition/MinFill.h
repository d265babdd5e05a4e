//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The order in which variables of a graphical model are eliminated: always one
// whose elimination joins the fewest pairs (min-fill: Kjaerulff, "Triangulation
// of graphs: algorithms giving small total state space", Aalborg R-90-09,
// 1990), among equals the one with the smallest table.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_PARTITION_MINFILL_H
#define LATHE_LIB_PARTITION_MINFILL_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <vector>

namespace lathe::partition {

struct EliminationOrder {
  std::vector<unsigned> variables;
  /// Of all tables together. Above the limit if that was reached, and then the
  /// order is not complete.
  double cells = 0;
  /// Neighbours of a variable when it is eliminated, at most.
  unsigned width = 0;
  bool complete = true;
};

/// Stops when the tables would have more than `maxCells`.
EliminationOrder
computeMinFillOrder(llvm::ArrayRef<unsigned> domainSizes,
                    llvm::ArrayRef<llvm::SmallVector<unsigned, 4>> scopes,
                    double maxCells);

} // namespace lathe::partition

#endif // LATHE_LIB_PARTITION_MINFILL_H
