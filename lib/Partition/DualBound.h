//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A lower bound on the least sum by block-coordinate ascent on the dual of the
// local relaxation, variable by variable forth and back: sequential reweighted
// message passing (Kolmogorov, "A new look at reweighted message passing", PAMI
// 37, 2015: SRMP).
//
// Its factors are the tensors, each with its source and consumers: a crossing
// costs once for several consumers on one device. The least over all placements
// of the consumers is that of a small facility location problem for each label
// of the source, solved over the ways to divide the consumers into groups that
// share a crossing. A tensor of many consumers is several factors that have
// shares of the cost of each crossing; as long as these add up to no more than
// the cost, the sum is a bound, too (Erlenkotter, "A dual-based procedure for
// uncapacitated facility location", Operations Research 26, 1978). What a
// factor does not need for its own bound it leaves in a pool for the next one.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_PARTITION_DUALBOUND_H
#define LATHE_LIB_PARTITION_DUALBOUND_H

#include "CostTables.h"

namespace lathe::partition {

class DualBound {
public:
  /// `graph` and `costs` have to outlive the bound.
  DualBound(const PlacementGraph &graph, const CostTables &costs,
            const llvm::BitVector &active);

  /// Leaves only `active` labels, at least one for each variable. The bounds of
  /// labels start anew.
  void setActive(const llvm::BitVector &active);

  /// One pass forth, which also makes up a labelling, and one back.
  void sweep();

  /// No labelling has less.
  double getBound() const { return bound; }
  /// For each label: no labelling with it has less.
  llvm::ArrayRef<double> getLabelBounds() const { return labelBounds; }
  /// The labelling of the last sweep.
  llvm::ArrayRef<unsigned> getLabelling() const { return labelling; }

private:
  /// A tensor with all or some of its consumers.
  struct Star {
    unsigned tensor;
    unsigned source;
    llvm::SmallVector<unsigned, 4> consumers;
    /// What a crossing costs, row-major by label of the source and device: its
    /// own share if the tensor has other consumers.
    const double *table;
    double *share = nullptr;
    double *pool = nullptr;
    /// What was moved from here to the source, by label, and to the consumers,
    /// each by device.
    std::vector<double> toSource;
    std::vector<double> toConsumers;
    double least = 0; ///< of what is left here
  };
  /// Where a variable is in a star: its source, or one of the consumers.
  struct End {
    unsigned star;
    std::optional<unsigned> consumer;
  };

  void addStars(unsigned tensor);
  void sortEnds();
  void takePool(const Star &star);
  void returnToPool(const Star &star);
  unsigned sumConsumers(const Star &star, std::optional<unsigned> without);
  void divideConsumers(const Star &star, unsigned row, unsigned numSets);
  double getLeastWith(const Star &star, unsigned row, unsigned device,
                      unsigned firstSet, unsigned numSets) const;
  void pullToConsumer(Star &star, unsigned number);
  void pullToSource(Star &star);
  void push(unsigned variable, llvm::ArrayRef<End> ends, double gamma);
  void updateBounds(unsigned variable, llvm::ArrayRef<End> pulled);
  void visit(unsigned variable, llvm::ArrayRef<End> pulled,
             llvm::ArrayRef<End> pushed);
  double findLeast(unsigned variable) const;
  unsigned chooseLabel(unsigned variable) const;

  const PlacementGraph &graph;
  const CostTables &costs;
  std::vector<Star> stars;
  std::vector<std::vector<double>> shares;
  /// For each variable its ends in stars that have another variable earlier in
  /// the graph's order, and in those that have one later.
  std::vector<llvm::SmallVector<End, 4>> earlier, later;
  std::vector<llvm::SmallVector<unsigned>> activeLabels;
  std::vector<llvm::SmallVector<unsigned>> activeDevices;
  /// All labels on these devices, active or not: what is moved from and to
  /// consumers is moved for a device.
  std::vector<llvm::SmallVector<unsigned>> movedLabels;
  /// Of a star's consumers, by the set of them: what they cost on each device
  /// but for the crossing; with the best one; and divided into such groups.
  std::vector<double> sums, groupCosts, leastCosts;
  std::vector<double> potentials; ///< of labels
  std::vector<double> leasts;     ///< of variables' potentials
  std::vector<double> labelBounds;
  std::vector<unsigned> labelling;
  double bound = 0;
  /// The sum of all leasts at this point of a sweep.
  double total = 0;
  /// Whether `least` of all stars holds; not after labels have come back.
  bool synchronized = true;
};

} // namespace lathe::partition

#endif // LATHE_LIB_PARTITION_DUALBOUND_H
