//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Two devices: the least weighted sum is a minimum s-t cut, with two auxiliary
// nodes for each tensor (as the hyperedges of Lawler, "Cutsets and partitions
// of hypergraphs", Networks 3, 1973). Shares nothing with the oracle but the
// data, so that the one can test the other.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PARTITION_MINIMUMCUT_H
#define LATHE_PARTITION_MINIMUMCUT_H

#include "lathe/Partition/PlacementOracle.h"

namespace lathe::partition {

struct CutResult {
  /// Infinite if the links allow no placement.
  double objective = 0;
  /// For each node.
  std::vector<unsigned> devices;
};

/// Fails if `problem` is malformed, has not two devices, or has a node with two
/// options on one of them, or if NoiseTerms have a weight.
llvm::Expected<CutResult> minimizeByCut(const PlacementProblem &problem,
                                        const MetricWeights &weights);

} // namespace lathe::partition

#endif // LATHE_PARTITION_MINIMUMCUT_H
