//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the scheduling searches share.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_MEMORY_SCHEDULEMODEL_H
#define LATHE_LIB_MEMORY_SCHEDULEMODEL_H

#include "lathe/Memory/Scheduler.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace lathe {

/// What is live while a node runs and once it has run, in bytes.
struct StepBytes {
  uint64_t during = 0;
  uint64_t after = 0;
};

/// A well-formed graph with the edges in both directions.
class ScheduleModel {
public:
  explicit ScheduleModel(const ScheduleGraph &graph);

  unsigned getNumNodes() const { return predecessors.size(); }
  llvm::ArrayRef<unsigned> getPredecessors(unsigned node) const {
    return predecessors[node];
  }
  /// What is live before the first node.
  uint64_t getEntryBytes() const { return entryBytes; }

  /// The bytes at `node` when it runs with `live` bytes after the nodes that
  /// `isDone` accepts. What is live depends only on which nodes have run, not
  /// on their order.
  StepBytes evaluate(unsigned node, uint64_t live,
                     llvm::function_ref<bool(unsigned)> isDone) const;

  /// The bytes that `node` needs in any order: for what it reads and writes.
  uint64_t computeOwnBytes(unsigned node) const;

private:
  const ScheduleGraph &graph;
  /// Without repetitions, in ascending order.
  llvm::SmallVector<llvm::SmallVector<unsigned, 2>> consumers;
  llvm::SmallVector<llvm::SmallVector<unsigned, 4>> inputs;
  llvm::SmallVector<llvm::SmallVector<unsigned, 4>> predecessors;
  uint64_t entryBytes = 0;
};

} // namespace lathe

#endif // LATHE_LIB_MEMORY_SCHEDULEMODEL_H
