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

#include "lathe/Partition/Components.h"

namespace lathe::partition {

enum class TaskKind : uint8_t { Compute, Encode, Send, Decode };

/// What occupied a device (or for Send its uplink) from `start` to `end` (s).
struct SimulatedTask {
  TaskKind kind = TaskKind::Compute;
  unsigned request = 0;
  /// The node (or the component, if there are some), or the crossing's place in
  /// the placement.
  unsigned index = 0;
  unsigned device = 0;
  double start = 0;
  double end = 0;
};

struct SimulationOptions {
  /// At least 1; they are worked on in a pipeline.
  unsigned numRequests = 1;
  /// In s, at least 0: how long after the one before it a request arrives. All
  /// are there at the start if it is 0.
  double interval = 0;
  /// What devices run without interruption, as computeComponents() or
  /// chooseComponents() gives it for the placement: a component starts when all
  /// of its inputs are there, and its outputs are there when it ends. Each node
  /// by itself if there are none.
  llvm::ArrayRef<Component> components = {};
};

struct SimulationResult {
  /// In s, for each request: from its arrival until its last task is done and
  /// all outputs are where they are wanted.
  std::vector<double> latencies;
  /// In s from the start, for each request: when it is done.
  std::vector<double> finishTimes;
  /// In s: how long each device and each uplink is at work.
  std::vector<double> deviceTime, uplinkTime;
  std::vector<SimulatedTask> tasks; ///< by start

  /// In s: of the first request.
  double getMakespan() const { return latencies.front(); }
  /// In s: when all requests are done.
  double getEnd() const;
  /// Requests per second, from the first that is finished to the last; of one
  /// request, by its makespan.
  double getThroughput() const;
};

/// A device does one thing at a time (a node or component, an encoding, a
/// decoding), and so does its uplink; a round trip delays a tensor and occupies
/// nothing.
/// Whoever is free takes, of what is ready, the earliest request's task with
/// the longest way to its end (list scheduling: Graham, "Bounds on
/// multiprocessing timing anomalies", SIAM J. Appl. Math. 17, 1969). Fails as
/// evaluate() does, if there are no requests, or if the interval is negative or
/// not finite.
llvm::Expected<SimulationResult>
simulate(const PlacementProblem &problem, const Placement &placement,
         const SimulationOptions &options = {});

} // namespace lathe::partition

#endif // LATHE_PARTITION_SIMULATOR_H
