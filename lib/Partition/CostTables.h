//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The costs of a placement graph for one combination of metrics.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_PARTITION_COSTTABLES_H
#define LATHE_LIB_PARTITION_COSTTABLES_H

#include "PlacementGraph.h"
#include "lathe/Partition/PlacementOracle.h"

namespace lathe::partition {

class CostTables {
public:
  CostTables(const PlacementProblem &problem, const PlacementGraph &graph,
             const MetricWeights &weights, const PathWeights *paths = nullptr,
             llvm::ArrayRef<Crossing> excludedCrossings = {});

  /// For each label: the node, and its tensors' crossings to where the model's
  /// outputs are wanted.
  double getUnary(unsigned label) const { return unary[label]; }

  /// For each device: the least that `tensor` costs to get there if its source
  /// has `label`. 0 on the source's own device and on those where it is wanted
  /// (their cost is in the unary one), getForbidden() if it cannot.
  const double *getCrossings(unsigned tensor, unsigned label) const {
    return crossings.data() + firstCrossing[tensor] +
           size_t(label - firstLabelOf[tensor]) * numDevices;
  }

  /// More than any placement costs that the links allow, and not much more, so
  /// that it can be added and subtracted without loss.
  double getForbidden() const { return forbidden; }
  /// Of each unit of the products' noise.
  double getNoiseTermWeight() const { return noiseTermWeight; }

  /// No placement that the links allow has a sum above this.
  double getHighestSum() const { return highestSum; }
  /// Whether `sum` has a forbidden cost in it.
  bool isForbidden(double sum) const { return sum > highestSum; }

  /// The sum for one label for each variable.
  double computeSum(const PlacementGraph &graph,
                    llvm::ArrayRef<unsigned> labels) const;

private:
  unsigned numDevices;
  double forbidden = 0;
  double highestSum = 0;
  double noiseTermWeight;
  std::vector<double> unary;
  std::vector<size_t> firstCrossing;
  std::vector<unsigned> firstLabelOf;
  std::vector<double> crossings;
};

/// What one crossing adds to the weighted sum, by codec; the least of them.
class CrossingWeights {
public:
  /// `weights` are those of a problem without idle power.
  CrossingWeights(const PlacementProblem &problem, const MetricWeights &weights,
                  const PathWeights *paths, llvm::ArrayRef<Crossing> excluded);

  struct Best {
    double cost;
    unsigned codec;
  };
  /// None if no codec carries the tensor there.
  std::optional<Best> findBest(unsigned tensor, Precision precision,
                               unsigned from, unsigned to) const;

private:
  const PlacementProblem &problem;
  const PathWeights *paths;
  llvm::ArrayRef<Crossing> excluded;
  unsigned numDevices;
  std::vector<std::optional<std::pair<double, double>>>
      links; // fixed, per byte
  std::vector<double> encodeWeights;
  std::vector<double> decodeWeights;
  double noiseWeight;
};

/// `labels` as a placement, with the codecs that `weights` make best.
Placement makePlacement(const PlacementProblem &problem,
                        const PlacementGraph &graph,
                        const MetricWeights &weights, const PathWeights *paths,
                        llvm::ArrayRef<Crossing> excludedCrossings,
                        llvm::ArrayRef<unsigned> labels);

} // namespace lathe::partition

#endif // LATHE_LIB_PARTITION_COSTTABLES_H
