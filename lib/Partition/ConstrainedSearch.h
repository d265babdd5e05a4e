//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Branch and bound over the Lagrangian bounds of a problem with limits.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_PARTITION_CONSTRAINEDSEARCH_H
#define LATHE_LIB_PARTITION_CONSTRAINEDSEARCH_H

#include "LinearLimit.h"
#include "MasterProgram.h"
#include "NoiseHull.h"
#include "PlacementGraph.h"

namespace lathe::partition {

class ConstrainedSearch {
public:
  ConstrainedSearch(PlacementOracle &oracle, const MetricWeights &objective,
                    const PlacementLimits &limits,
                    const SolverOptions &options);

  SolverResult run();

private:
  static constexpr double infinity = std::numeric_limits<double>::infinity();
  /// Once something is within the limits, placements are repaired only in one
  /// of so many nodes.
  static constexpr unsigned repairInterval = 8;

  /// A placement that the oracle or the repair came upon.
  struct Plan {
    Placement placement;
    PlacementMetrics metrics;
    double objective;
    bool isWithinLimits;
  };
  struct Node {
    double bound;
    unsigned number;
    PlacementDomain domain;
    llvm::SmallVector<double> multipliers;
  };
  /// Plans, by number, whose shares add up to 1.
  using Mixture = std::vector<std::pair<unsigned, double>>;

  unsigned addPlan(Placement placement);
  void addLimit(LinearLimit limit);
  LinearLimit makeNoiseLimit() const;
  bool isInDomain(const Placement &placement,
                  const PlacementDomain &domain) const;
  double getTolerance() const;
  bool isClosed(double bound) const;
  double askOracle(Node &node, unsigned &plan);
  std::optional<Mixture> tighten(Node &node);
  bool addNoiseCut(const Mixture &mixture);
  std::vector<double> getQuantized(const Mixture &mixture) const;
  MasterPlan makeMasterPlan(unsigned plan) const;

  void repair(const Node &node, const Mixture &mixture);
  void raisePrices(const Node &node);
  void reduceExcess(unsigned start, const MetricWeights &weights);
  void moveTowards(std::vector<unsigned> options,
                   llvm::ArrayRef<unsigned> target,
                   const MetricWeights &weights);
  std::pair<double, double> getMerit(const PlacementMetrics &metrics,
                                     double objective) const;
  Placement makePlan(llvm::ArrayRef<unsigned> nodeOptions,
                     const MetricWeights &weights) const;

  void branch(const Node &node, const Mixture &mixture);
  bool branchOnNodes(const Node &node, const Mixture &mixture);
  bool branchOnCodecs(const Node &node, const Mixture &mixture);
  void push(const Node &parent, PlacementDomain domain);

  PlacementOracle &oracle;
  const PlacementProblem &problem;
  const MetricWeights &objective;
  const PlacementLimits &limits;
  const SolverOptions &options;
  std::vector<LinearLimit> linearLimits;
  /// If the noise depends on few nodes.
  std::optional<NoiseHull> noiseHull;
  /// If the oracle knows the products in the noise.
  bool hasWholeNoise = false;
  /// More than any placement's objective.
  double objectiveLimit = 0;
  std::vector<Plan> plans;
  /// A heap with the least bound on top.
  std::vector<Node> open;
  unsigned numNodes = 0;
  std::optional<unsigned> best;
  double bestObjective = infinity;
  /// Of the nodes that were left though they are not proved to hold nothing
  /// better.
  double lowestLeft = infinity;
  SolverResult result;
};

} // namespace lathe::partition

#endif // LATHE_LIB_PARTITION_CONSTRAINEDSEARCH_H
