//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinearLimit.h"
#include "ParallelBound.h"
#include "ParallelSearch.h"

#include <cmath>

using namespace lathe::partition;
using llvm::Expected;

/// A placement of little latency within the limits. It need not be the best;
/// without limits one answer of the oracle will do.
static Expected<SolverResult> findStart(const PlacementProblem &problem,
                                        const PlacementLimits &limits,
                                        const OracleOptions &options) {
  Expected<PlacementOracle> oracle = PlacementOracle::create(problem);
  if (!oracle)
    return oracle.takeError();
  bool hasLimits =
      !makeLinearLimits(problem, limits).empty() || std::isfinite(limits.noise);
  SolverOptions search;
  search.oracle = options;
  search.targetGap = hasLimits ? 0.01 : 1;
  return solve(*oracle, MetricWeights::ofLatency(), limits, search);
}

Expected<ParallelResult> lathe::partition::solveParallel(
    const PlacementProblem &problem, ParallelObjective objective,
    const PlacementLimits &limits, const ParallelOptions &options) {
  Expected<SolverResult> start = findStart(problem, limits, options.oracle);
  if (!start)
    return start.takeError();
  ParallelResult result;
  result.oracleCalls = start->oracleCalls;
  if (!start->found) {
    result.lowerBound = std::isinf(start->lowerBound) ? start->lowerBound : 0;
    return result;
  }
  ParallelBound bound(problem, objective, limits, options.oracle,
                      start->placement);
  ParallelSearch search(problem, objective, limits, options);
  search.propose(std::move(start->placement));
  for (unsigned call = 0; call < options.maxOracleCalls; ++call) {
    if (search.getValue() - bound.get() <=
        options.targetGap * search.getValue())
      break;
    Placement placement = bound.play();
    search.addTarget(placement);
    search.propose(std::move(placement));
    ++result.oracleCalls;
  }
  search.improve(bound.get());
  result.found = true;
  result.placement = search.getBest();
  result.value = search.getValue();
  result.lowerBound = std::min(bound.get(), result.value);
  result.trials = search.getNumTrials();
  return result;
}
