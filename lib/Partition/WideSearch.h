//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A placement graph that is too wide to be eliminated as it is.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_PARTITION_WIDESEARCH_H
#define LATHE_LIB_PARTITION_WIDESEARCH_H

#include "DualBound.h"
#include "EliminationModel.h"

namespace lathe::partition {

/// Whether each variable has one of `labels`.
bool hasLabelForAll(const PlacementGraph &graph, const llvm::BitVector &labels);

/// Changes one label at a time while that makes the sum less; returns it.
double improveLabelling(const PlacementGraph &graph, const CostTables &costs,
                        const llvm::BitVector &allowed,
                        std::vector<unsigned> &labels);

/// Calls `function` with labellings to start from: for each device that the
/// model's inputs are on, and each other device, all on either of them and the
/// best of those that use both.
void forEachPairCut(const PlacementGraph &graph, const CostTables &costs,
                    const llvm::BitVector &allowed,
                    llvm::function_ref<void(std::vector<unsigned>)> function);

/// Sweeps of the dual bound drop the labels that cannot be in a labelling
/// better than the best known one; when few enough are left, elimination ends
/// it. The elimination of those labels alone whose bounds are lowest gives good
/// labellings before that. If labels stay, one node's are tried one by one.
class WideSearch {
public:
  WideSearch(const PlacementGraph &graph, const CostTables &costs,
             const llvm::BitVector &allowed, const OracleOptions &options);

  void run();

  llvm::ArrayRef<unsigned> getLabels() const { return best; }
  double getSum() const { return bestSum; }
  double getLowerBound() const { return std::min(lowerBound, bestSum); }
  const OracleStatistics &getStatistics() const { return statistics; }

private:
  void propose(std::vector<unsigned> labels, const llvm::BitVector &allowed);
  double getTolerance() const;
  bool isClosed(double bound) const {
    return bound >= bestSum - getTolerance();
  }
  void dropLabels(llvm::BitVector &active);
  bool eliminate(const llvm::BitVector &active, double maxCells);
  void eliminateBelow(const llvm::BitVector &active, double bound);
  double explore(llvm::BitVector active, double bound);
  double branch(const llvm::BitVector &active, double bound);
  std::optional<double> tighten(llvm::BitVector &active, double &bound);

  const PlacementGraph &graph;
  const CostTables &costs;
  const llvm::BitVector &allowed;
  const OracleOptions &options;
  DualBound dual;
  std::vector<unsigned> best;
  double bestSum;
  double lowerBound;
  OracleStatistics statistics;
};

} // namespace lathe::partition

#endif // LATHE_LIB_PARTITION_WIDESEARCH_H
