//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The best placement by looking at all of them, for tests.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PARTITION_BRUTEFORCE_H
#define LATHE_PARTITION_BRUTEFORCE_H

#include "lathe/Partition/Placement.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace lathe::partition {

/// What is to be made least; infinite for placements that are not wanted.
using PlacementObjective =
    llvm::function_ref<double(const Placement &, const PlacementMetrics &)>;

struct BruteForceResult {
  Placement placement;
  double objective = 0; ///< infinite if no placement is wanted
};

/// Goes through the options of all nodes and the codecs of all crossings. Takes
/// time exponential in the nodes; fails if `problem` is malformed or has more
/// than `maxPlacements` choices of options.
llvm::Expected<BruteForceResult>
minimizeByBruteForce(const PlacementProblem &problem,
                     PlacementObjective objective,
                     uint64_t maxPlacements = 10'000'000);

} // namespace lathe::partition

#endif // LATHE_PARTITION_BRUTEFORCE_H
