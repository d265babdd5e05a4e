//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What less of one thing costs of another.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PARTITION_FRONTIER_H
#define LATHE_PARTITION_FRONTIER_H

#include "lathe/Partition/ConstrainedSolver.h"

namespace lathe::partition {

/// A placement that is best for its latency.
struct FrontierPoint {
  Placement placement;
  PlacementMetrics metrics;
  double latency = 0; ///< s
  double energy = 0;  ///< J, of all devices together
  /// No placement within the limits and of no more latency takes less (J).
  double energyBound = 0;
};

struct FrontierOptions {
  SolverOptions solver;
  /// At most so many points, at least 2.
  unsigned maxPoints = 20;
};

/// Placements from the least latency to the least energy, ascending by latency:
/// each takes less energy than those before it. By constraints on the latency
/// (Haimes, Lasdon and Wismer, "On a bicriterion formulation of the problems of
/// integrated system identification and system optimization", IEEE SMC 1,
/// 1971), so points that no weights would find are found as well; where more
/// energy lies between two points, another is looked for between them. Empty if
/// nothing is within `limits`. Fails as solve() does.
llvm::Expected<std::vector<FrontierPoint>>
computeFrontier(PlacementOracle &oracle, const PlacementLimits &limits,
                const FrontierOptions &options = {});

} // namespace lathe::partition

#endif // LATHE_PARTITION_FRONTIER_H
