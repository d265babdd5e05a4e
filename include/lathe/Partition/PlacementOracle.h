//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Minimises a weighted sum of the metrics of a placement: the one question that
// every solver here asks, many times over with different weights. The sum is a
// discrete graphical model with one cost for each node and one for each tensor
// over {source} and consumers; codecs are chosen within a tensor's cost.
//
// Narrow models are solved by bucket elimination (Dechter, "Bucket elimination:
// a unifying framework for reasoning", Artificial Intelligence 113, 1999,
// elim-mpe) in min-fill order; wide ones by a dual bound (Kolmogorov, "A new
// look at reweighted message passing", PAMI 37, 2015, SRMP), fixing by
// reduced cost, elimination of what remains, and branch and bound.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PARTITION_PLACEMENTORACLE_H
#define LATHE_PARTITION_PLACEMENTORACLE_H

#include "lathe/Partition/Placement.h"
#include "llvm/ADT/BitVector.h"
#include <memory>

namespace lathe::partition {

struct PlacementGraph;

/// A combination of metrics. All finite and at least 0, but for `quantized`.
/// Empty lists are zeros.
struct MetricWeights {
  double latency = 0;               ///< for each second
  llvm::SmallVector<double> energy; ///< for each J of each device
  llvm::SmallVector<double> memory; ///< for each byte of each device
  double noise = 0;                 ///< of options and codecs, not NoiseTerms
  double noiseTerms = 0;            ///< of NoiseTerms
  std::vector<double> quantized;    ///< for each node in int8, of any sign
  /// For each second in which a device computes, encodes or decodes.
  llvm::SmallVector<double> deviceLoad;
  /// For each second in which a device's uplink sends; round trips do not
  /// count.
  llvm::SmallVector<double> uplinkLoad;

  static MetricWeights ofLatency();
  /// The energy of all devices together.
  static MetricWeights ofEnergy(const PlacementProblem &problem);
};

/// More weights of times, which no metric has: how much of the time of single
/// nodes and tensors counts. For lower bounds of makespans.
struct PathWeights {
  std::vector<double> nodeTime;   ///< for each second of each node
  std::vector<double> tensorTime; ///< for each second of a crossing
  /// Whether MetricWeights count for each tensor's crossings.
  std::vector<bool> isMetric;
};

/// What placements the oracle may look at.
struct PlacementDomain {
  /// One bit for each option, the nodes' one after another; see
  /// PlacementOracle::getFirstOption(). Nothing is feasible if a node has none.
  llvm::BitVector options;
  /// Codecs that must not be used for a tensor and destination. The others of a
  /// crossing remain.
  llvm::SmallVector<Crossing, 0> excludedCrossings;
};

struct OracleOptions {
  /// A model is narrow if the tables of its elimination have at most this many
  /// cells, of 8 bytes each.
  uint64_t maxCells = 50'000'000;
  /// A model with more cells than this is first made smaller by the dual bound
  /// even if it is narrow, unless it is a forest.
  uint64_t directCells = 3'000'000;
  /// Limits of a wide model, in steps so that the answer is the same on any
  /// machine: sweeps of the dual bound in a node of the search, and nodes.
  unsigned maxSweeps = 300;
  unsigned maxSearchNodes = 200;
};

/// How an answer was found.
struct OracleStatistics {
  /// Variables in the largest table of the elimination, less one; 0 if there
  /// was none.
  unsigned treewidth = 0;
  double eliminationCells = 0;
  unsigned sweeps = 0;
  unsigned searchNodes = 0;
};

struct OracleResult {
  /// Whether there is a placement at all that the links allow.
  bool feasible = false;
  Placement placement;
  double objective = 0; ///< of `placement`
  /// No placement has less. Equals the objective if `optimal`.
  double lowerBound = 0;
  /// Proved, to 1e-9 of the objective.
  bool optimal = false;
  OracleStatistics statistics;

  /// In parts of the objective; 0 if optimal.
  double getGap() const;
};

class PlacementOracle {
public:
  /// Verifies `problem`, which has to outlive the oracle, and flattens it. The
  /// figures of links, options and tensors may change between calls, within
  /// what verify() allows; all else has to stay.
  static llvm::Expected<PlacementOracle>
  create(const PlacementProblem &problem);
  PlacementOracle(PlacementOracle &&other);
  ~PlacementOracle();

  const PlacementProblem &getProblem() const;
  const PlacementGraph &getGraph() const;

  /// The place of a node's first option in a domain.
  unsigned getFirstOption(unsigned node) const;
  /// All that pins allow.
  PlacementDomain getWholeDomain() const;

  /// Whether the model with all products of the noise is narrow enough for
  /// MetricWeights::noiseTerms to be part of what is proved. If not, answers
  /// with such a weight are bounded from below without the positive products.
  bool hasNarrowNoise(const OracleOptions &options = {});

  /// Finds a placement of least weighted sum. The order of elimination is
  /// computed once and serves all weights. Deterministic.
  OracleResult minimize(const MetricWeights &weights,
                        const OracleOptions &options = {});
  /// The same within `domain`.
  OracleResult minimize(const MetricWeights &weights,
                        const PlacementDomain &domain,
                        const OracleOptions &options = {});
  /// The same for a sum to which `paths` is added. All lists of `paths` are
  /// whole.
  OracleResult minimize(const MetricWeights &weights, const PathWeights &paths,
                        const OracleOptions &options = {});

private:
  OracleResult minimize(const MetricWeights &weights, const PathWeights *paths,
                        const PlacementDomain &domain,
                        const OracleOptions &options);
  OracleResult minimizeBelow(const MetricWeights &weights,
                             const PathWeights *paths,
                             const PlacementDomain &domain,
                             const OracleOptions &options);

  struct Implementation;
  explicit PlacementOracle(std::unique_ptr<Implementation> implementation);

  std::unique_ptr<Implementation> implementation;
};

/// Adds `factor` times `added`.
void addWeights(MetricWeights &weights, const MetricWeights &added,
                double factor);

/// The weighted sum of `metrics`, which are those of `placement`, which is
/// looked at for MetricWeights::quantized alone.
double computeWeightedSum(const PlacementProblem &problem,
                          const Placement &placement,
                          const PlacementMetrics &metrics,
                          const MetricWeights &weights);

/// The weighted sum that the oracle minimises, from the metrics of `placement`
/// by definition. Fails as evaluate() does.
llvm::Expected<double> computeWeightedSum(const PlacementProblem &problem,
                                          const Placement &placement,
                                          const MetricWeights &weights);

} // namespace lathe::partition

#endif // LATHE_PARTITION_PLACEMENTORACLE_H
