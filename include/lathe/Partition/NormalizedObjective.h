//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Latency and energy in one number: each from 0, the least it can be, to 1,
// what it is where the other one is least.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PARTITION_NORMALIZEDOBJECTIVE_H
#define LATHE_PARTITION_NORMALIZEDOBJECTIVE_H

#include "lathe/Partition/ConstrainedSolver.h"

namespace lathe::partition {

/// The extremes within the limits. Energy is that of all devices together.
struct ObjectiveExtremes {
  double minLatency = 0; ///< s
  double maxLatency = 0; ///< the least at the least energy
  double minEnergy = 0;  ///< J
  double maxEnergy = 0;  ///< the least at the least latency
};

/// None if nothing is within the limits. Fails as solve() does.
llvm::Expected<std::optional<ObjectiveExtremes>>
computeExtremes(PlacementOracle &oracle, const PlacementLimits &limits,
                const SolverOptions &options = {});

/// A combination of metrics of which `offset` has to be taken to have
/// latencyWeight * (T - T_min) / (T_max - T_min) + energyWeight *
/// (E - E_min) / (E_max - E_min). Where one has one value at both ends (to
/// 1e-9), some placement is best in both: parts of that value count instead of
/// parts of the range.
struct NormalizedObjective {
  MetricWeights weights;
  double offset = 0;
};
NormalizedObjective normalize(const PlacementProblem &problem,
                              const ObjectiveExtremes &extremes,
                              double latencyWeight, double energyWeight);

} // namespace lathe::partition

#endif // LATHE_PARTITION_NORMALIZEDOBJECTIVE_H
