//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The parts of a placement that run as one: nodes of one device between which
// no tensor leaves it.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PARTITION_COMPONENTS_H
#define LATHE_PARTITION_COMPONENTS_H

#include "lathe/Partition/Placement.h"

namespace lathe::partition {

struct Component {
  unsigned device = 0;
  /// How often a tensor has crossed on the longest way to it.
  unsigned level = 0;
  std::vector<unsigned> nodes;              ///< sources before consumers
  llvm::SmallVector<unsigned> predecessors; ///< components, ascending
};

/// The components by level, then by device; they are acyclic, as a component
/// depends on those of lower levels and no others. level(node) is the largest
/// over its inputs of the source's level, plus one if that is on another
/// device; a component is all nodes of one device and level. An input of the
/// model that crosses counts as from level 0 of its device. Takes linear time.
/// `problem` has been verified, and `options` has one option for each node.
std::vector<Component> computeComponents(const PlacementProblem &problem,
                                         llvm::ArrayRef<unsigned> options);

} // namespace lathe::partition

#endif // LATHE_PARTITION_COMPONENTS_H
