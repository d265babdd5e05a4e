//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Below which makespan or period no placement within limits can be. A game:
// one side mixes paths, loads and limits, the other one placements.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_PARTITION_PARALLELBOUND_H
#define LATHE_LIB_PARTITION_PARALLELBOUND_H

#include "LinearLimit.h"
#include "PlacementGraph.h"
#include "lathe/Partition/ParallelSolver.h"

namespace lathe::partition {

class ParallelBound {
public:
  /// `start` is the first placement that is played; `problem`, which has been
  /// verified, and `limits` outlive the bound.
  ParallelBound(const PlacementProblem &problem, ParallelObjective objective,
                const PlacementLimits &limits, const OracleOptions &options,
                const Placement &start);

  /// One call of the oracle. Returns the placement that is best against the
  /// mixture so far, which may exceed limits.
  Placement play();

  /// The best bound so far (s).
  double get() const { return lowerBound; }

private:
  /// A step of a path: from a tensor's source, or from the start, to a
  /// consumer, or to a device where the tensor is wanted.
  struct Step {
    unsigned tensor;
    std::optional<unsigned> consumer;
    unsigned device = 0; ///< if there is no consumer
  };

  /// Averages of what placements take, in seconds, and by how much they exceed
  /// limits, in the limits' scales; or a mixture of these, in parts of 1.
  struct Loads {
    std::vector<double> nodes;
    std::vector<double> steps;
    llvm::SmallVector<double> devices;
    llvm::SmallVector<double> uplinks;
    llvm::SmallVector<double> limits;

    void mix(const Loads &other, double share);
  };

  static std::vector<Step> listSteps(const PlacementProblem &problem);
  static PlacementProblem splitTensors(const PlacementProblem &problem,
                                       llvm::ArrayRef<Step> steps);
  void addLimits(const PlacementLimits &limits, const Placement &start);
  Loads makeLoads() const;
  double getMultiplier(unsigned limit) const;
  MetricWeights getWeights() const;
  PathWeights getPaths() const;
  Placement chooseCodecs(const std::vector<unsigned> &nodeOptions) const;
  double measureStep(const Step &step, const Placement &placement) const;
  Loads measure(const Placement &placement) const;
  void raise(double oracleBound);
  Loads answer() const;
  double findLongestPath(Loads &path) const;

  const PlacementProblem &problem;
  ParallelObjective objective;
  const OracleOptions &options;
  PlacementGraph graph;
  std::vector<unsigned> order;                           ///< of nodes
  std::vector<Step> steps;                               ///< none for a period
  std::vector<llvm::SmallVector<unsigned, 4>> stepsInto; ///< of nodes
  /// The problem with a tensor more for each step, so that each consumer's
  /// waiting can count by itself.
  PlacementProblem split;
  PlacementOracle oracle; ///< of `split`
  std::vector<LinearLimit> linearLimits;
  Loads average, mixture;
  unsigned numCalls = 0;
  double lowerBound = 0;
};

} // namespace lathe::partition

#endif // LATHE_LIB_PARTITION_PARALLELBOUND_H
