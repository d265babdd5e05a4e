//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Orders the nodes of a graph such that the most bytes that are ever live at
// one step are as few as possible. Reordering a network this way was proposed
// by Liberis and Lane, "Neural networks on microcontrollers: saving memory at
// inference via operator reordering" (2019), and by Ahn et al., "Ordering
// Chaos: Memory-Aware Scheduling of Irregularly Wired Neural Networks for Edge
// Devices" (MLSys 2020).
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_MEMORY_SCHEDULER_H
#define LATHE_MEMORY_SCHEDULER_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <optional>

namespace lathe {

/// A value between nodes. Without a producing node it is an input of the graph
/// and live from the start. It dies after its last consumer. Without one it
/// dies where it is produced, or is live throughout if it is an input of the
/// graph.
struct ScheduleBuffer {
  /// In bytes. Zero for what lies outside of the arena; an empty buffer is also
  /// how to state that one node must precede another.
  uint64_t size = 0;
  /// An output of the graph: live to the end.
  bool isOutput = false;
};

struct ScheduleNode {
  /// Indices of buffers. A buffer has at most one producer.
  llvm::SmallVector<unsigned, 4> inputs;
  llvm::SmallVector<unsigned, 2> outputs;
  /// In bytes: live at this node only.
  uint64_t scratch = 0;
  /// The input that the first output may be written over where this node is the
  /// input's last consumer: the two then take the bytes of the larger one.
  std::optional<unsigned> inPlaceInput;
};

/// Nodes in an order that respects their edges (the original order).
struct ScheduleGraph {
  llvm::SmallVector<ScheduleBuffer> buffers;
  llvm::SmallVector<ScheduleNode> nodes;
};

struct ScheduleOptions {
  /// How many sets of executed nodes the exact search may visit in one piece of
  /// the graph before it gives way to the beam. Counted rather than timed, so
  /// that the schedule is the same on any machine.
  unsigned maxStates = 50'000;
  /// How many partial orders of one length the heuristic keeps.
  unsigned beamWidth = 64;
};

struct Schedule {
  /// Indices of nodes, in the order of execution.
  llvm::SmallVector<unsigned> order;
  /// In bytes: the most that is live at one node of `order`, or on entry.
  uint64_t peak = 0;
  /// The same for the original order; `peak` never exceeds it.
  uint64_t originalPeak = 0;
  /// Whether no order has a lower peak.
  bool optimal = false;
};

/// The first and last step at which a buffer is live, as positions in the
/// order.
struct LiveRange {
  unsigned first = 0;
  unsigned last = 0;
};

/// Finds an order of low peak. Pieces between nodes that every order has to
/// pass are solved on their own: exactly by a search over the sets of executed
/// nodes, or where these are too many by a beam search. Nodes move only where
/// that lowers the peak of the whole graph below what the rest of it needs
/// anyway. Takes O(n^2) time for n nodes plus, for each piece with more than
/// one order, up to `maxStates` times the size of the piece. Deterministic.
///
/// Fails if the graph is malformed (see verifyScheduleGraph).
llvm::Expected<Schedule> scheduleNodes(const ScheduleGraph &graph,
                                       const ScheduleOptions &options = {});

/// Fails if an index is out of range, a buffer has two producers or is consumed
/// before it is produced, an in-place input is no input of its node or the node
/// has no output, or the sizes overflow.
llvm::Error verifyScheduleGraph(const ScheduleGraph &graph);

/// Fails if `order` is no permutation of the nodes or runs one before a
/// producer of its inputs.
llvm::Error verifyOrder(const ScheduleGraph &graph,
                        llvm::ArrayRef<unsigned> order);

/// When each buffer is live under the valid `order`. Inputs start at step 0 and
/// outputs end at the last step.
llvm::SmallVector<LiveRange> computeLiveRanges(const ScheduleGraph &graph,
                                               llvm::ArrayRef<unsigned> order);

/// The peak of the valid `order` in bytes.
uint64_t computePeak(const ScheduleGraph &graph,
                     llvm::ArrayRef<unsigned> order);

} // namespace lathe

#endif // LATHE_MEMORY_SCHEDULER_H
