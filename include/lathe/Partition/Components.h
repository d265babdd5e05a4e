//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The parts of a placement that run as one: nodes of one device between which
// no tensor leaves it. What runs as one waits for all of its inputs.
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

/// The same cut further, so that no node waits for a tensor that it does not
/// need, and no tensor for a node that it does not come from: of one device and
/// level, nodes are together that wait for the same tensors from other devices
/// and that the same tensors for other devices come from. Where a tensor leads
/// from one part to another, the first waits for no more than the second and
/// leads to no less, so they are acyclic, too. By level, device, and how much
/// they wait for; the order is one of sources before consumers.
std::vector<Component> splitComponents(const PlacementProblem &problem,
                                       llvm::ArrayRef<unsigned> options);

/// As few components as a run with devices side by side has use for: those of
/// computeComponents() if their makespan is at most that of splitComponents()
/// and `tolerance` parts more; else of the latter, those that are next to one
/// another in the simulated run are joined where it stays within that. Fails as
/// evaluate() does.
llvm::Expected<std::vector<Component>>
chooseComponents(const PlacementProblem &problem, const Placement &placement,
                 double tolerance);

} // namespace lathe::partition

#endif // LATHE_PARTITION_COMPONENTS_H
