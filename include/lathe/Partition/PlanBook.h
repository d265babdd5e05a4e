//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The best placements for whatever bandwidth there is and whichever devices are
// there, so that a switch between them is a look-up. The latency of a placement
// is linear in what all bandwidths are divided by, so the least latency is the
// lower envelope of lines; its corners are found by solving where the lines of
// two known placements meet, until nothing is below (Eisner and Severance,
// "Mathematical techniques for efficient record segmentation in large shared
// databases", Journal of the ACM 23(4), 1976, section 3).
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PARTITION_PLANBOOK_H
#define LATHE_PARTITION_PLANBOOK_H

#include "lathe/Partition/ConstrainedSolver.h"

namespace lathe::partition {

/// A placement and its latency: `fixed` and, at the bandwidths of the problem,
/// `sending` seconds; with bandwidths times f it is fixed + sending / f.
struct BookPlan {
  Placement placement;
  double fixed = 0, sending = 0;

  double getLatency(double factor) const { return fixed + sending / factor; }
};

/// The plan that is best for bandwidths between two factors.
struct BookRegion {
  double from = 0, to = 0;
  unsigned plan = 0;
};

/// What to do while the devices `live` are there. No regions if no placement
/// is possible without the others.
struct BookPage {
  llvm::SmallVector<unsigned> live;
  std::vector<BookRegion> regions;
};

struct PlanBook {
  std::vector<BookPlan> plans;
  /// All devices first.
  std::vector<BookPage> pages;
  /// Whether each plan was proved to be best where it was looked for.
  bool isExact = true;
};

struct BookOptions {
  /// Of all bandwidths of the problem, above 0.
  double minFactor = 0.01, maxFactor = 100;
  /// Devices that are always there.
  llvm::SmallVector<unsigned> needed;
  SolverOptions solver;
};

/// The book of least latencies within `limits` of memory and noise; limits of
/// energy and latency would depend on the bandwidth. Up to six devices it has a
/// page for each set of those that are not needed, beyond that for each one
/// that is gone. Deterministic. Fails as solve() does, or if the factors are
/// not in order or a limit is one of those.
llvm::Expected<PlanBook> computeBook(const PlacementProblem &problem,
                                     const PlacementLimits &limits,
                                     const BookOptions &options = {});

} // namespace lathe::partition

#endif // LATHE_PARTITION_PLANBOOK_H
