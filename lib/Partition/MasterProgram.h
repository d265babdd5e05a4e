//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The linear program of the best multipliers for the placements seen so far:
// max over 0 <= multipliers <= M of min over plans of
// objective + multipliers * violations, and its dual, the best mixture of plans
// that keeps the limits on average.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_PARTITION_MASTERPROGRAM_H
#define LATHE_LIB_PARTITION_MASTERPROGRAM_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <vector>

namespace lathe::partition {

struct MasterPlan {
  double objective;
  llvm::SmallVector<double> violations; ///< one for each limit
};

struct MasterSolution {
  double value;
  llvm::SmallVector<double> multipliers; ///< one for each limit
  std::vector<double> shares;            ///< one for each plan, sum 1
  /// How far the mixture exceeds limits, which costs M.
  double excess;
};

/// By the simplex method on a dense tableau: one row for each limit, one column
/// for each plan. `plans` is not empty.
MasterSolution solveMaster(llvm::ArrayRef<MasterPlan> plans, size_t numLimits,
                           double maxMultiplier);

} // namespace lathe::partition

#endif // LATHE_LIB_PARTITION_MASTERPROGRAM_H
