//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Ordering the nodes of a graph for least memory.
//
//===----------------------------------------------------------------------===//

#include "lathe/Memory/Scheduler.h"

#include "DownsetSearch.h"
#include "ScheduleModel.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include <limits>

using namespace lathe;
using llvm::ArrayRef;
using llvm::createStringError;
using llvm::Error;
using llvm::SmallVector;

//===----------------------------------------------------------------------===//
// Validation
//===----------------------------------------------------------------------===//

static Error verifySizes(const ScheduleGraph &graph) {
  constexpr uint64_t limit = std::numeric_limits<int64_t>::max();
  uint64_t total = 0;
  auto add = [&](uint64_t bytes) {
    total = bytes > limit - total ? limit : total + bytes;
  };
  for (const ScheduleBuffer &buffer : graph.buffers)
    add(buffer.size);
  for (const ScheduleNode &node : graph.nodes)
    add(node.scratch);
  if (total == limit)
    return createStringError("the sizes of the buffers overflow");
  return Error::success();
}

static Error verifyInPlace(unsigned index, const ScheduleNode &node) {
  if (!node.inPlaceInput)
    return Error::success();
  if (!llvm::is_contained(node.inputs, *node.inPlaceInput))
    return createStringError("node %u: in-place buffer %u is not an input",
                             index, *node.inPlaceInput);
  if (node.outputs.empty())
    return createStringError("node %u: works in place without an output",
                             index);
  return Error::success();
}

Error lathe::verifyScheduleGraph(const ScheduleGraph &graph) {
  SmallVector<bool> isProduced(graph.buffers.size(), false);
  SmallVector<bool> isConsumed(graph.buffers.size(), false);
  for (auto [index, node] : llvm::enumerate(graph.nodes)) {
    for (unsigned buffer :
         llvm::concat<const unsigned>(node.inputs, node.outputs))
      if (buffer >= graph.buffers.size())
        return createStringError("node %zu: there is no buffer %u", index,
                                 buffer);
    for (unsigned buffer : node.inputs)
      isConsumed[buffer] = true;
    for (unsigned buffer : node.outputs) {
      if (isProduced[buffer])
        return createStringError("node %zu: buffer %u has another producer",
                                 index, buffer);
      if (isConsumed[buffer])
        return createStringError(
            "node %zu: buffer %u is consumed before it is produced", index,
            buffer);
      isProduced[buffer] = true;
    }
    if (Error error = verifyInPlace(index, node))
      return error;
  }
  return verifySizes(graph);
}

Error lathe::verifyOrder(const ScheduleGraph &graph, ArrayRef<unsigned> order) {
  if (order.size() != graph.nodes.size())
    return createStringError("%zu steps for %zu nodes", order.size(),
                             graph.nodes.size());
  SmallVector<bool> isAvailable(graph.buffers.size(), true);
  for (const ScheduleNode &node : graph.nodes)
    for (unsigned buffer : node.outputs)
      isAvailable[buffer] = false;
  SmallVector<bool> hasRun(graph.nodes.size(), false);
  for (unsigned index : order) {
    if (index >= graph.nodes.size() || hasRun[index])
      return createStringError("node %u is unknown or runs twice", index);
    hasRun[index] = true;
    for (unsigned buffer : graph.nodes[index].inputs)
      if (!isAvailable[buffer])
        return createStringError("node %u runs before buffer %u is produced",
                                 index, buffer);
    for (unsigned buffer : graph.nodes[index].outputs)
      isAvailable[buffer] = true;
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Lifetimes
//===----------------------------------------------------------------------===//

SmallVector<LiveRange> lathe::computeLiveRanges(const ScheduleGraph &graph,
                                                ArrayRef<unsigned> order) {
  unsigned lastStep = order.empty() ? 0 : order.size() - 1;
  // Of an input of the graph that nothing consumes, all steps.
  SmallVector<LiveRange> ranges(graph.buffers.size(), {0, lastStep});
  for (auto [step, index] : llvm::enumerate(order)) {
    const ScheduleNode &node = graph.nodes[index];
    for (unsigned buffer : node.outputs)
      ranges[buffer] = {unsigned(step), unsigned(step)};
    for (unsigned buffer : node.inputs)
      ranges[buffer].last = step;
  }
  for (auto [range, buffer] : llvm::zip_equal(ranges, graph.buffers))
    if (buffer.isOutput)
      range.last = lastStep;
  return ranges;
}

uint64_t lathe::computePeak(const ScheduleGraph &graph,
                            ArrayRef<unsigned> order) {
  SmallVector<LiveRange> ranges = computeLiveRanges(graph, order);
  SmallVector<bool> isProduced(graph.buffers.size(), false);
  // The changes of the live bytes from step to step.
  SmallVector<int64_t> changes(order.size() + 1, 0);
  for (unsigned index : order)
    for (unsigned buffer : graph.nodes[index].outputs)
      isProduced[buffer] = true;
  uint64_t peak = 0;
  for (auto [index, buffer] : llvm::enumerate(graph.buffers)) {
    if (!isProduced[index])
      peak += buffer.size;
    if (order.empty())
      continue;
    auto size = static_cast<int64_t>(buffer.size);
    changes[ranges[index].first] += size;
    changes[ranges[index].last + 1] -= size;
  }
  int64_t live = 0;
  for (auto [step, index] : llvm::enumerate(order)) {
    const ScheduleNode &node = graph.nodes[index];
    live += changes[step];
    uint64_t bytes = live + node.scratch;
    if (node.inPlaceInput && ranges[*node.inPlaceInput].last == step &&
        !graph.buffers[*node.inPlaceInput].isOutput)
      bytes -= std::min(graph.buffers[*node.inPlaceInput].size,
                        graph.buffers[node.outputs.front()].size);
    peak = std::max(peak, bytes);
  }
  return peak;
}

//===----------------------------------------------------------------------===//
// Scheduling
//===----------------------------------------------------------------------===//

/// The nodes that have the same set of predecessors in every order: each other
/// node either has to run before or has to run after.
static SmallVector<bool> findCuts(const ScheduleModel &model) {
  unsigned numNodes = model.getNumNodes();
  SmallVector<llvm::BitVector, 0> ancestors(numNodes,
                                            llvm::BitVector(numNodes));
  SmallVector<unsigned> numRelatives(numNodes, 0);
  for (unsigned node : llvm::seq(numNodes)) {
    for (unsigned predecessor : model.getPredecessors(node)) {
      ancestors[node] |= ancestors[predecessor];
      ancestors[node].set(predecessor);
    }
    numRelatives[node] += ancestors[node].count();
    for (unsigned ancestor : ancestors[node].set_bits())
      ++numRelatives[ancestor];
  }
  SmallVector<bool> isCut(numNodes);
  for (unsigned node : llvm::seq(numNodes))
    isCut[node] = numRelatives[node] + 1 == numNodes;
  return isCut;
}

/// Cuts the original order before and after each node that all orders have at
/// the same place. The pieces between can be ordered on their own, since what
/// is live between them is given.
static SmallVector<SchedulePiece> splitAtCuts(const ScheduleModel &model) {
  SmallVector<bool> isCut = findCuts(model);
  SmallVector<SchedulePiece> pieces;
  uint64_t live = model.getEntryBytes();
  for (unsigned node : llvm::seq(model.getNumNodes())) {
    if (node == 0 || isCut[node] || isCut[node - 1])
      pieces.push_back({node, node, live, 0});
    SchedulePiece &piece = pieces.back();
    StepBytes bytes = model.evaluate(
        node, live, [node](unsigned other) { return other < node; });
    piece.end = node + 1;
    piece.peak = std::max(piece.peak, bytes.during);
    live = bytes.after;
  }
  return pieces;
}

namespace {

/// Orders one piece after the other.
class PieceScheduler {
public:
  PieceScheduler(const ScheduleModel &model, const ScheduleOptions &options)
      : model(model), options(options) {}

  Schedule run();

private:
  void boundPeak(ArrayRef<SchedulePiece> pieces);
  void improve(const SchedulePiece &piece);

  const ScheduleModel &model;
  const ScheduleOptions &options;
  SmallVector<unsigned> order;
  /// What all orders need (bytes).
  uint64_t bound = 0;
  /// What `order` needs in the pieces that are done (bytes). It pays nothing to
  /// have less in others.
  uint64_t reached = 0;
};

} // namespace

/// What is known without a search.
void PieceScheduler::boundPeak(ArrayRef<SchedulePiece> pieces) {
  bound = model.getEntryBytes();
  for (unsigned node : llvm::seq(model.getNumNodes()))
    bound = std::max(bound, model.computeOwnBytes(node));
  for (const SchedulePiece &piece : pieces)
    if (piece.end - piece.begin == 1)
      bound = std::max(bound, piece.peak);
  reached = bound;
}

void PieceScheduler::improve(const SchedulePiece &piece) {
  PieceOrder better;
  SearchStatus status =
      searchExactly(model, piece, reached, options.maxStates, better);
  if (status == SearchStatus::GaveUp) {
    for (unsigned width : {1u, options.beamWidth}) {
      std::optional<PieceOrder> found =
          searchBeam(model, piece, reached, width);
      if (found && (better.order.empty() || found->peak < better.peak))
        better = std::move(*found);
    }
  }
  uint64_t peak = better.order.empty() ? piece.peak : better.peak;
  llvm::copy(better.order, order.begin() + piece.begin);
  // With no order below `reached` the search has shown the least peak.
  if (status != SearchStatus::GaveUp && peak > reached)
    bound = peak;
  reached = std::max(reached, peak);
}

Schedule PieceScheduler::run() {
  order = llvm::to_vector(llvm::seq(model.getNumNodes()));
  SmallVector<SchedulePiece> pieces = splitAtCuts(model);
  boundPeak(pieces);
  // The worst first: the others then often need no change.
  llvm::sort(pieces, [](const SchedulePiece &a, const SchedulePiece &b) {
    return std::pair(b.peak, a.begin) < std::pair(a.peak, b.begin);
  });
  uint64_t originalPeak = model.getEntryBytes();
  for (const SchedulePiece &piece : pieces) {
    originalPeak = std::max(originalPeak, piece.peak);
    if (piece.peak > reached)
      improve(piece);
  }
  Schedule schedule;
  schedule.order = std::move(order);
  schedule.peak = reached;
  schedule.originalPeak = originalPeak;
  schedule.optimal = reached == bound;
  return schedule;
}

llvm::Expected<Schedule> lathe::scheduleNodes(const ScheduleGraph &graph,
                                              const ScheduleOptions &options) {
  if (Error error = verifyScheduleGraph(graph))
    return std::move(error);
  return PieceScheduler(ScheduleModel(graph), options).run();
}
