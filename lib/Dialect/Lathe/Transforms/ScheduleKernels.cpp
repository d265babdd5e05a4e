//===- ScheduleKernels.cpp - Order kernels for the least peak -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelGraph.h"

#include "lathe/Dialect/Lathe/Transforms/Passes.h"

namespace lathe {
#define GEN_PASS_DEF_SCHEDULEKERNELS
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

namespace {

struct ScheduleKernels : lathe::impl::ScheduleKernelsBase<ScheduleKernels> {
  using ScheduleKernelsBase::ScheduleKernelsBase;

  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    FailureOr<KernelGraph> graph =
        KernelGraph::build(getOperation(), ioInArena);
    if (failed(graph))
      return signalPassFailure();
    llvm::Expected<Schedule> schedule =
        scheduleNodes(graph->getScheduleGraph());
    if (!schedule) {
      getOperation().emitError() << llvm::toString(schedule.takeError());
      return signalPassFailure();
    }
    // Everything that is no kernel follows what it needs, so moving the kernels
    // to the end in order and sorting the rest in between restores dominance.
    Block &block = getOperation().getBody().front();
    for (unsigned step : schedule->order)
      graph->getKernels()[step]->moveBefore(block.getTerminator());
    sinkFreeOps(block);
  }

  /// Moves views, concatenations and constants to just before their first user.
  static void sinkFreeOps(Block &block) {
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
      if (isa<KernelOp>(op) || op.hasTrait<OpTrait::IsTerminator>())
        continue;
      Operation *first = nullptr;
      for (Operation *user : op.getUsers())
        if (!first || user->isBeforeInBlock(first))
          first = user;
      if (first)
        op.moveBefore(first);
    }
  }
};

} // namespace
