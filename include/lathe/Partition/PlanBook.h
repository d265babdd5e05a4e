//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The best placements for whatever bandwidth there is, whichever devices are
// there, whatever a request is worth and however full batteries are, so that a
// switch between them is a look-up. What a placement takes is linear in what
// all bandwidths are divided by, so the least of it is the lower envelope of
// lines, and its corners are exact.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PARTITION_PLANBOOK_H
#define LATHE_PARTITION_PLANBOOK_H

#include "lathe/Partition/ConstrainedSolver.h"

namespace lathe::partition {

/// Requests whose results may have no more noise than this.
struct RequestClass {
  std::string name;
  double noise = PlacementLimits::unlimited; ///< at least 0
};

/// What energy counts while batteries are as they are: not a limit, as what is
/// within a limit would depend on the bandwidth, but a price, which leaves what
/// a placement takes a line.
struct BatteryLevel {
  std::string name;
  /// In s per J of each device, at least 0, or empty: none counts anything.
  llvm::SmallVector<double> prices;
};

/// A placement, its latency and its energy, of each device: a part that is
/// fixed, and one at the bandwidths of the problem, which with bandwidths times
/// f is divided by f.
struct BookPlan {
  Placement placement;
  double fixed = 0, sending = 0;                        ///< s
  llvm::SmallVector<double> fixedEnergy, sendingEnergy; ///< J

  double getLatency(double factor) const { return fixed + sending / factor; }
  double getEnergy(unsigned device, double factor) const {
    return fixedEnergy[device] + sendingEnergy[device] / factor;
  }
  /// The latency and the priced energy (s).
  double getCost(const BatteryLevel &level, double factor) const;
};

/// The plan that is best for bandwidths between two factors.
struct BookRegion {
  double from = 0, to = 0;
  unsigned plan = 0;
};

/// What to do with requests of a class while the devices `live` are there and
/// batteries are at a level. No regions if no placement is possible.
struct BookPage {
  llvm::SmallVector<unsigned> live;
  unsigned requestClass = 0, batteryLevel = 0; ///< of BookOptions
  std::vector<BookRegion> regions;
};

struct PlanBook {
  std::vector<BookPlan> plans;
  /// All devices first; of each set of devices by class, then by level.
  std::vector<BookPage> pages;
  /// Whether each plan was proved to be best where it was looked for.
  bool isExact = true;
};

struct BookOptions {
  /// Of all bandwidths of the problem, above 0.
  double minFactor = 0.01, maxFactor = 100;
  /// Devices that are always there.
  llvm::SmallVector<unsigned> needed;
  /// At least one of each.
  std::vector<RequestClass> classes = {{}};
  std::vector<BatteryLevel> levels = {{}};
  SolverOptions solver;
};

/// The book of least latencies plus priced energies within `limits` of memory
/// and noise; limits of energy and latency would depend on the bandwidth. Up to
/// six devices it has pages for each set of those that are not needed, beyond
/// that for each one that is gone. Deterministic. Fails as solve() does, or if
/// the factors are not in order, a limit is one of those, there is no class or
/// level, or prices are negative or not one for each device.
llvm::Expected<PlanBook> computeBook(const PlacementProblem &problem,
                                     const PlacementLimits &limits,
                                     const BookOptions &options = {});

} // namespace lathe::partition

#endif // LATHE_PARTITION_PLANBOOK_H
