//===- PlaceStates.cpp - Let states be computed where they are kept -------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelGraph.h"

#include "lathe/Dialect/Lathe/Transforms/Passes.h"
#include "lathe/Dialect/Lathe/Transforms/States.h"
#include "lathe/Dialect/Lathe/Transforms/Storage.h"

namespace lathe {
#define GEN_PASS_DEF_PLACESTATES
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

namespace {

struct PlaceStates : lathe::impl::PlaceStatesBase<PlaceStates> {
  using PlaceStatesBase::PlaceStatesBase;

  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    func::FuncOp func = getOperation();
    if (failed(checkAttributes(func)))
      return signalPassFailure();
    SmallVector<State> states = getStates(func);
    if (states.empty())
      return;
    FailureOr<KernelGraph> graph = KernelGraph::build(func, ioInArena);
    if (failed(graph))
      return signalPassFailure();
    Operation *terminator = func.getBody().front().getTerminator();
    SmallVector<OpOperand *> toCopy;
    for (State state : states) {
      OpOperand &next = terminator->getOpOperand(state.result);
      if (canReplace(*graph, func.getArgument(state.argument), next.get()))
        ++numInPlace;
      else
        toCopy.push_back(&next);
    }
    for (OpOperand *next : toCopy)
      copyAtEnd(*next);
    numCopies += toCopy.size();
  }

private:
  /// Whether every state has its counterpart.
  static LogicalResult checkAttributes(func::FuncOp func) {
    SmallVector<State> states = getStates(func);
    for (unsigned i = 0; i < func.getNumArguments(); ++i)
      if (isStateArgument(func, i) &&
          llvm::none_of(states, [&](State s) { return s.argument == i; }))
        return func.emitError("argument ")
               << i
               << " has `lathe.state` without a result of that name, of its "
               << "type, that names it";
    for (unsigned i = 0; i < func.getNumResults(); ++i)
      if (isStateResult(func, i) &&
          llvm::none_of(states, [&](State s) { return s.result == i; }))
        return func.emitError("result ")
               << i
               << " has `lathe.state` without an argument of that name, of "
               << "its type, that names it";
    return success();
  }

  /// The last kernel that reads memory of `root`, by number.
  static std::optional<unsigned> findLastReader(const KernelGraph &graph,
                                                Value root) {
    std::optional<unsigned> last;
    for (auto [step, op] : llvm::enumerate(graph.getKernels()))
      for (Value input : KernelOp(op).getInputs())
        if (FailureOr<Storage> storage = getStorage(input);
            succeeded(storage) && storage->root == root)
          last = step;
    return last;
  }

  /// Whether `next` may be computed in the memory of `current`.
  static bool canReplace(const KernelGraph &graph, Value current, Value next) {
    std::optional<unsigned> lastRead = findLastReader(graph, current);
    if (!lastRead)
      return true;
    unsigned firstWrite = graph.getRoots().lookup(next).first;
    if (firstWrite == *lastRead)
      return graph.getOverwritableRoot(firstWrite) == current;
    return firstWrite > *lastRead;
  }

  /// Makes the result `next` of the function the copy of what it was.
  static void copyAtEnd(OpOperand &next) {
    OpBuilder builder(next.getOwner());
    Value value = next.get();
    auto type = cast<RankedTensorType>(value.getType());
    auto kernel =
        KernelOp::create(builder, value.getLoc(), TypeRange(type), value,
                         builder.getStringAttr("copy"), StrategyAttr(),
                         builder.getI64IntegerAttr(0), DenseI64ArrayAttr(),
                         ArrayAttr(), IntegerAttr());
    next.set(kernel.getResult(0));
    builder.createBlock(&kernel.getBody(), {}, type, value.getLoc());
    Value copy = CopyOp::create(builder, value.getLoc(),
                                kernel.getBody().getArgument(0));
    YieldOp::create(builder, value.getLoc(), copy);
  }
};

} // namespace
