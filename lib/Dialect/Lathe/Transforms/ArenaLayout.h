//===- ArenaLayout.h - The buffers of a function's arena --------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_DIALECT_LATHE_TRANSFORMS_ARENALAYOUT_H
#define LATHE_LIB_DIALECT_LATHE_TRANSFORMS_ARENALAYOUT_H

#include "KernelGraph.h"

#include "lathe/Memory/ArenaPlanner.h"

namespace lathe {

/// What lies in the arena of a function, as the planner takes it.
class ArenaLayout {
public:
  /// Buffers are aligned to `alignment` bytes. With `fixIO` the arguments and
  /// results that are in the arena lie at its start, whatever the kernels.
  /// `graph` must outlive the layout.
  ArenaLayout(const KernelGraph &graph, int64_t alignment, bool fixIO);

  /// Finds a place for each buffer, or fails with a message.
  llvm::Expected<ArenaPlan> plan() const { return planArena(buffers, fronts); }

  /// The number of the buffer that holds `root`, if one does.
  std::optional<unsigned> getBuffer(mlir::Value root) const {
    auto found = bufferOf.find(root);
    return found == bufferOf.end() ? std::nullopt
                                   : std::optional(found->second);
  }
  /// The number of the buffer that is the scratch of `kernel`, which needs
  /// some.
  unsigned getScratch(KernelOp kernel) const {
    return scratchOf.lookup(kernel);
  }

private:
  void collectBuffers();
  void collectFronts();
  void fixVisible();

  const KernelGraph &graph;
  int64_t alignment;
  bool fixIO;
  llvm::SmallVector<ArenaBuffer> buffers;
  llvm::SmallVector<FrontOverlap> fronts;
  llvm::DenseMap<mlir::Value, unsigned> bufferOf;
  llvm::DenseMap<mlir::Operation *, unsigned> scratchOf;
};

} // namespace lathe

#endif // LATHE_LIB_DIALECT_LATHE_TRANSFORMS_ARENALAYOUT_H
