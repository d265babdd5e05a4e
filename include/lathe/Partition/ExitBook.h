//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The best placements of a model with an early exit, however many requests
// leave by it. A request that leaves needs nothing of what is behind the exit
// (Teerapittayanon, McDanel and Kung, "BranchyNet: fast inference via early
// exiting from deep neural networks", ICPR 2016), so the expected latency of a
// placement is linear in the part of the requests that do, and the least of it
// is a lower envelope of lines.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PARTITION_EXITBOOK_H
#define LATHE_PARTITION_EXITBOOK_H

#include "lathe/Partition/PlanBook.h"

namespace lathe::partition {

/// A placement and its latencies, all in turn: what each request takes, and
/// what one takes besides that does not leave.
struct ExitPlan {
  Placement placement;
  double always = 0, behind = 0; ///< s

  /// Expected, if a request leaves with `probability`.
  double getLatency(double probability) const {
    return always + (1 - probability) * behind;
  }
};

/// What to do while the devices `live` are there. No regions if no placement is
/// possible; those that there are go from one probability to another.
struct ExitPage {
  llvm::SmallVector<unsigned> live;
  std::vector<BookRegion> regions;
};

struct ExitBook {
  std::vector<ExitPlan> plans;
  /// All devices first.
  std::vector<ExitPage> pages;
  /// Whether each plan was proved to be best where it was looked for.
  bool isExact = true;
};

struct ExitOptions {
  /// Of leaving, from 0 on and below 1: if all requests leave, what is behind
  /// the exit may be anywhere.
  double maxProbability = 0.99;
  /// Devices that are always there.
  llvm::SmallVector<unsigned> needed;
  SolverOptions solver;
};

/// The book of least expected latencies within `limits` of memory and noise.
/// The nodes `behind` run for requests that do not leave. A tensor crosses to a
/// device for those alone if its source is behind, or if it is not wanted there
/// and all who read it there are. Pages are for the sets of devices of
/// computeBook(). Deterministic. Fails as solve() does, or if `behind` names a
/// node that does not exist or a node that is not behind reads from one that
/// is, the probability is out of range, or latency or energy is limited.
llvm::Expected<ExitBook> computeExitBook(const PlacementProblem &problem,
                                         llvm::ArrayRef<unsigned> behind,
                                         const PlacementLimits &limits,
                                         const ExitOptions &options = {});

} // namespace lathe::partition

#endif // LATHE_PARTITION_EXITBOOK_H
