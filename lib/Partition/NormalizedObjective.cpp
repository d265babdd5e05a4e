//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/NormalizedObjective.h"

using namespace lathe::partition;
using llvm::Expected;

Expected<std::optional<ObjectiveExtremes>>
lathe::partition::computeExtremes(PlacementOracle &oracle,
                                  const PlacementLimits &limits,
                                  const SolverOptions &options) {
  MetricWeights latency = MetricWeights::ofLatency();
  MetricWeights energy = MetricWeights::ofEnergy(oracle.getProblem());
  Expected<SolverResult> fastest = solve(oracle, latency, limits, options);
  if (!fastest)
    return fastest.takeError();
  Expected<SolverResult> thriftiest = solve(oracle, energy, limits, options);
  if (!thriftiest)
    return thriftiest.takeError();
  if (!fastest->found || !thriftiest->found)
    return std::nullopt;
  ObjectiveExtremes extremes;
  extremes.minLatency = fastest->objective;
  extremes.minEnergy = thriftiest->objective;
  extremes.maxLatency = thriftiest->metrics.latency;
  extremes.maxEnergy = fastest->metrics.getTotalEnergy();
  // Where several placements are best in one, the best of them in the other.
  PlacementLimits thrifty = limits;
  thrifty.totalEnergy = std::min(limits.totalEnergy, extremes.minEnergy);
  SolverResult both = llvm::cantFail(solve(oracle, latency, thrifty, options));
  if (both.found)
    extremes.maxLatency = std::min(extremes.maxLatency, both.objective);
  PlacementLimits fast = limits;
  fast.latency = std::min(limits.latency, extremes.minLatency);
  both = llvm::cantFail(solve(oracle, energy, fast, options));
  if (both.found)
    extremes.maxEnergy = std::min(extremes.maxEnergy, both.objective);
  return extremes;
}

NormalizedObjective
lathe::partition::normalize(const PlacementProblem &problem,
                            const ObjectiveExtremes &extremes,
                            double latencyWeight, double energyWeight) {
  NormalizedObjective objective;
  auto add = [&](const MetricWeights &metric, double weight, double low,
                 double high) {
    double range = high - low;
    if (range <= 1e-9 * high)
      range = high > 0 ? high : 1;
    addWeights(objective.weights, metric, weight / range);
    objective.offset += weight * low / range;
  };
  add(MetricWeights::ofLatency(), latencyWeight, extremes.minLatency,
      extremes.maxLatency);
  add(MetricWeights::ofEnergy(problem), energyWeight, extremes.minEnergy,
      extremes.maxEnergy);
  return objective;
}
