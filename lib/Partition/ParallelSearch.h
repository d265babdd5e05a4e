//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Local search for placements of little makespan or period within limits.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_PARTITION_PARALLELSEARCH_H
#define LATHE_LIB_PARTITION_PARALLELSEARCH_H

#include "PlacementGraph.h"
#include "lathe/Partition/ParallelSolver.h"
#include <set>

namespace lathe::partition {

class ParallelSearch {
public:
  /// `problem`, which has been verified, and the others outlive the search.
  ParallelSearch(const PlacementProblem &problem, ParallelObjective objective,
                 const PlacementLimits &limits, const ParallelOptions &options);

  /// Keeps `placement` as a start of improve() if it is within the limits and
  /// one of the best so far.
  void propose(Placement placement);
  /// Keeps the options of `placement`, which may exceed limits, as what
  /// improve() may take parts of.
  void addTarget(const Placement &placement);
  /// Changes the best placements while that helps. Nothing is found below
  /// `lowerBound` (s).
  void improve(double lowerBound);

  const Placement &getBest() const { return starts.front().placement; }
  /// Infinite if there is none.
  double getValue() const {
    return starts.empty() ? PlacementLimits::unlimited : starts.front().value;
  }
  unsigned getNumTrials() const { return numTrials; }

private:
  using Options = std::vector<unsigned>;

  struct Found {
    Placement placement;
    double value;
  };

  double measure(const Placement &placement, double below) const;
  void keep(Found found);
  bool isOver() const;
  bool accept(Placement placement);
  void descendCoarsely();
  void descend();
  Placement complete(const Options &nodeOptions,
                     const MetricWeights &weights) const;
  bool proposeOptions(const Options &nodeOptions);
  Options makeTarget(llvm::ArrayRef<unsigned> nodes, unsigned device) const;
  bool takeParts(llvm::ArrayRef<unsigned> lengths);
  bool takePart(llvm::ArrayRef<unsigned> nodes, const Options &target);
  bool changeNodes();
  bool changeCodecs();

  const PlacementProblem &problem;
  ParallelObjective objective;
  const PlacementLimits &limits;
  const ParallelOptions &options;
  PlacementGraph graph;
  std::vector<unsigned> order; ///< of nodes
  std::vector<Options> targets;
  /// By which codecs are chosen: the fastest, and those that take the least of
  /// what is limited.
  std::vector<MetricWeights> codecWeights;
  std::vector<Found> starts; ///< by value, which differs
  Found current;             ///< what is being changed
  /// Values of all that came to be the current one by a change, and whether
  /// that is so for the second time.
  std::set<double> passed;
  bool isKnown = false;
  double lowerBound = 0;
  unsigned numTrials = 0;
  unsigned lastTrial = 0; ///< for the current placement
};

} // namespace lathe::partition

#endif // LATHE_LIB_PARTITION_PARALLELSEARCH_H
