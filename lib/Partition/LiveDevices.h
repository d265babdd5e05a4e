//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A problem while some of its devices are gone.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_PARTITION_LIVEDEVICES_H
#define LATHE_LIB_PARTITION_LIVEDEVICES_H

#include "lathe/Partition/Placement.h"

namespace lathe::partition {

/// The sets of devices that may be there, all of them first. Up to six devices
/// one for each set of those that are not needed, beyond that for each one that
/// is gone.
std::vector<llvm::SmallVector<unsigned>>
listLiveSets(size_t numDevices, llvm::ArrayRef<unsigned> needed);

/// The problem of some devices, and where its options are in the whole one.
struct LiveProblem {
  PlacementProblem problem;
  std::vector<llvm::SmallVector<unsigned>> original;

  /// The placement as one of the whole problem.
  Placement getOriginal(Placement placement) const;
};

/// None if a node, an input or an output needs a device that is gone.
std::optional<LiveProblem> restrictTo(const PlacementProblem &problem,
                                      llvm::ArrayRef<unsigned> live);

} // namespace lathe::partition

#endif // LATHE_LIB_PARTITION_LIVEDEVICES_H
