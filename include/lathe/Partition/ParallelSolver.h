//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Placements for devices that work side by side. The makespan of any placement
// is at least each path's length and each device's and uplink's load, so it is
// at least any mixture of these; the least of a mixture over all placements is
// one call of the oracle. Better mixtures come by fictitious play (Robinson,
// "An iterative method of solving a game", Annals of Mathematics 54, 1951):
// each side in turn answers the average of what the other has played. Limits
// are part of the mixture, as multipliers (Geoffrion, "Lagrangean relaxation
// for integer programming", Math. Programming Study 2, 1974).
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PARTITION_PARALLELSOLVER_H
#define LATHE_PARTITION_PARALLELSOLVER_H

#include "lathe/Partition/ConstrainedSolver.h"

namespace lathe::partition {

enum class ParallelObjective : uint8_t {
  Makespan, ///< of one request, by simulate()
  Period    ///< the largest load of a device or uplink: 1 / throughput at best
};

struct ParallelOptions {
  OracleOptions oracle;
  unsigned maxOracleCalls = 200;
  /// Of the local search: simulations (or sums of loads).
  unsigned maxTrials = 10000;
  /// The search stops at this gap, in parts of the value.
  double targetGap = 1e-6;
};

struct ParallelResult {
  /// Whether a placement within the limits was found.
  bool found = false;
  Placement placement;
  double value = 0; ///< s
  /// No placement within the limits has less (s). Infinite if it is proved that
  /// there is none.
  double lowerBound = 0;
  unsigned oracleCalls = 0;
  unsigned trials = 0;

  double getGap() const { return value > 0 ? 1 - lowerBound / value : 0; }
};

/// Looks for a placement of least makespan or period within the limits, with
/// the tolerance of isWithin(). Deterministic. Fails as solve() does.
llvm::Expected<ParallelResult>
solveParallel(const PlacementProblem &problem, ParallelObjective objective,
              const PlacementLimits &limits = {},
              const ParallelOptions &options = {});

/// The largest load of a device or an uplink (s).
double computePeriod(const PlacementMetrics &metrics);

} // namespace lathe::partition

#endif // LATHE_PARTITION_PARALLELSOLVER_H
