//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A lower bound on the least sum by block-coordinate ascent on the dual of the
// local relaxation, node by node forth and back: sequential reweighted message
// passing (Kolmogorov, PAMI 37, 2015, SRMP; on pairs it is TRW-S).
//
// A tensor that crosses once for several consumers is split into one cost for
// each pair of source and consumer: shares of the cost of each crossing (source
// label, destination), which may be moved between the consumers as long as they
// add up to no more than the cost. That is the dual of the strong formulation
// of facility location (Erlenkotter, "A dual-based procedure for uncapacitated
// facility location", Operations Research 26, 1978). What a pair
// does not need for its own bound it leaves in a pool for the next one.
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
  struct Edge {
    unsigned tensor;
    unsigned source;
    unsigned consumer;
    /// Row-major by label of the source and device. Its own share if the tensor
    /// has several consumers.
    const double *table;
    double *share = nullptr;
    double *pool = nullptr;
    /// What was moved from here to the source, by label, and to the consumer,
    /// by device.
    std::vector<double> toSource;
    std::vector<double> toConsumer;
    double least = 0; ///< of what is left here
  };

  double getRest(const Edge &edge, unsigned row, unsigned device) const {
    return edge.table[row * graph.numDevices + device] - edge.toSource[row] -
           edge.toConsumer[device];
  }
  void takePool(const Edge &edge);
  void returnToPool(const Edge &edge);
  void pullToConsumer(Edge &edge);
  void pullToSource(Edge &edge);
  struct Gammas {
    double sum;
    double other;
    double main;
  };
  Gammas getGammas(unsigned variable, size_t numEdges) const;
  void findMainEdges();
  void pushToOutputs(unsigned variable);
  void pushToInputs(unsigned variable);
  /// After a variable has pulled from all its edges on one side.
  void updateBounds(unsigned variable, llvm::ArrayRef<unsigned> pulled);
  double findLeast(unsigned variable) const;
  unsigned chooseLabel(unsigned variable) const;
  void sweepForward();
  void sweepBackward();

  const PlacementGraph &graph;
  const CostTables &costs;
  std::vector<Edge> edges;
  std::vector<std::vector<double>> shares;
  std::vector<llvm::SmallVector<unsigned, 4>> inputs;  ///< edges of variables
  std::vector<llvm::SmallVector<unsigned, 2>> outputs; ///< edges of variables
  /// For each variable the edge to its nearest neighbour. Most networks are
  /// nearly chains along these; what is first moved along them gets far in one
  /// sweep.
  std::vector<unsigned> mainInput;
  std::vector<unsigned> mainOutput;
  /// From 1 down to 0 as sweeps go by.
  double mainShare = 1;
  std::vector<llvm::SmallVector<unsigned>> activeLabels;
  std::vector<llvm::SmallVector<unsigned>> activeDevices;
  std::vector<double> potentials; ///< of labels
  std::vector<double> leasts;     ///< of variables' potentials
  std::vector<double> labelBounds;
  std::vector<unsigned> labelling;
  double bound = 0;
  /// The sum of all leasts at this point of a sweep.
  double total = 0;
  /// Whether `least` of all edges holds; not after labels have come back.
  bool synchronized = true;
};

} // namespace lathe::partition

#endif // LATHE_LIB_PARTITION_DUALBOUND_H
