//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What happens when a placement runs: an event simulation in which devices work
// side by side.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PARTITION_SIMULATOR_H
#define LATHE_PARTITION_SIMULATOR_H

#include "lathe/Partition/Placement.h"

namespace lathe::partition {

enum class TaskKind : uint8_t { Compute, Encode, Send, Decode };

/// What occupied a device (or for Send its uplink) from `start` to `end` (s).
struct SimulatedTask {
  TaskKind kind = TaskKind::Compute;
  unsigned request = 0;
  unsigned index = 0; ///< the node, or the crossing's place in the placement
  unsigned device = 0;
  double start = 0;
  double end = 0;
};

struct SimulationOptions {
  /// Requests that are all there at the start and are worked on in a pipeline.
  unsigned numRequests = 1;
};

struct SimulationResult {
  /// In s, for each request: when its last node is done and all outputs are
  /// where they are wanted.
  std::vector<double> finishTimes;
  std::vector<SimulatedTask> tasks; ///< by start

  double getMakespan() const { return finishTimes.front(); }
  /// Requests per second, from the first that is finished to the last; of one
  /// request, by its makespan.
  double getThroughput() const;
};

/// A device does one thing at a time (a node, an encoding, a decoding), and so
/// does its uplink; a round trip delays a tensor and occupies nothing. Whoever
/// is free takes, of what is ready, the earliest request's task with the
/// longest way to its end (list scheduling: Graham, "Bounds on multiprocessing
/// timing anomalies", SIAM J. Appl. Math. 17, 1969). Fails as evaluate() does,
/// or if there are no requests.
llvm::Expected<SimulationResult>
simulate(const PlacementProblem &problem, const Placement &placement,
         const SimulationOptions &options = {});

} // namespace lathe::partition

#endif // LATHE_PARTITION_SIMULATOR_H
