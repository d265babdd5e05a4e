//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The best placement under limits. Multipliers on the limits make the problem
// one for the oracle; the best multipliers give a lower bound (Geoffrion,
// "Lagrangean relaxation for integer programming", Math. Programming Study 2,
// 1974) and are found by cutting planes (Kelley, "The cutting-plane
// method for solving convex programs", SIAM J. 8, 1960). What is left between
// the bound and the best placement is closed by branching on options, on
// precisions and on codecs.
//
// Products in the noise are bounded from below by linear functions that are
// exact where the search needs it (McCormick, "Computability of global
// solutions to factorable nonconvex programs", Math. Programming 10, 1976), so
// precisions are chosen apart from devices and every node may be quantizable.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PARTITION_CONSTRAINEDSOLVER_H
#define LATHE_PARTITION_CONSTRAINEDSOLVER_H

#include "lathe/Partition/PlacementOracle.h"
#include <limits>

namespace lathe::partition {

/// Upper limits, each at least 0; infinite ones and empty lists limit nothing.
struct PlacementLimits {
  static constexpr double unlimited = std::numeric_limits<double>::infinity();

  double latency = unlimited;       ///< s
  double totalEnergy = unlimited;   ///< J, of all devices together
  llvm::SmallVector<double> energy; ///< J, of each device
  llvm::SmallVector<double> memory; ///< bytes, of each device
  double noise = unlimited;         ///< with NoiseTerms
};

struct SolverOptions {
  OracleOptions oracle;
  /// The search stops when the gap is no more than this part of the objective.
  double targetGap = 0;
  /// Or after this many calls of the oracle.
  unsigned maxOracleCalls = 2000;
};

struct SolverResult {
  /// Whether a placement within the limits was found.
  bool found = false;
  Placement placement;
  PlacementMetrics metrics;
  double objective = 0;
  /// No placement within the limits has less. Infinite if it is proved that
  /// there is none.
  double lowerBound = 0;
  /// Proved, to 1e-9 of the objective.
  bool optimal = false;
  unsigned oracleCalls = 0;
  unsigned searchNodes = 0;

  /// In parts of the objective; 0 if optimal, infinite if nothing was found.
  double getGap() const;
};

/// Makes the weighted sum least within the limits. A limit is kept if it is
/// exceeded by no more than 1e-9 of it. Deterministic. Fails if a limit is
/// negative or not a number, or a list of limits does not fit the devices.
llvm::Expected<SolverResult> solve(PlacementOracle &oracle,
                                   const MetricWeights &objective,
                                   const PlacementLimits &limits,
                                   const SolverOptions &options = {});

/// Whether `metrics` are within `limits`, with the solver's tolerance.
bool isWithin(const PlacementMetrics &metrics, const PlacementLimits &limits);

/// Says for limits that no placement keeps which of them are at fault: for each
/// limit that would have to be raised if all others stay, the least that it
/// would have to be, as in "limit on noise 0.1: at least 0.25 is needed". Where
/// no single limit's raise is enough, it says so, and what each limit needs
/// when it stands alone. Fails as solve() does.
llvm::Expected<std::string>
explainInfeasibility(PlacementOracle &oracle, const PlacementLimits &limits,
                     const SolverOptions &options = {});

} // namespace lathe::partition

#endif // LATHE_PARTITION_CONSTRAINEDSOLVER_H
