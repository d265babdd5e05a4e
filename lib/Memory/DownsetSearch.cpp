//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The exact search visits downsets by ascending peak of the best way to reach
// them, as Dijkstra's algorithm does with the maximum in place of the sum. Ahn
// et al. (MLSys 2020) run dynamic programming over the same states.
//
//===----------------------------------------------------------------------===//

#include "DownsetSearch.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include <queue>

using namespace lathe;
using llvm::SmallVector;

namespace {

struct State {
  /// Relative to the beginning of the piece.
  llvm::BitVector done;
  unsigned numDone = 0;
  uint64_t live = 0;
  /// The least peak of the ways found here, or the floor if that is larger.
  uint64_t peak = 0;
  /// The state before this one and the nodes that led from there to here.
  unsigned parent = 0;
  SmallVector<unsigned, 2> moves;
};

/// The states found so far, linked by how each was reached.
class StateSpace {
public:
  StateSpace(const ScheduleModel &model, const SchedulePiece &piece,
             uint64_t floor);

  size_t size() const { return states.size(); }
  const State &operator[](unsigned index) const { return states[index]; }
  bool isComplete(unsigned index) const {
    return states[index].numDone == piece.end - piece.begin;
  }

  /// The states one node further. Leaves out those whose peak reaches that of
  /// the original order.
  SmallVector<State> expand(unsigned index) const;
  /// Runs what can be run at no cost.
  void runFreeNodes(State &state) const;
  /// Adds `state` if it is a better way to its set than those known, and
  /// returns its index.
  std::optional<unsigned> insert(State state);
  /// Whether a better way to the same set was found after this one.
  bool isStale(unsigned index) const;
  PieceOrder getOrder(unsigned index) const;

private:
  bool isReady(const State &state, unsigned node) const;
  StepBytes evaluate(const State &state, unsigned node) const;
  void run(State &state, unsigned node, StepBytes bytes) const;
  bool runFreeNode(State &state) const;

  const ScheduleModel &model;
  const SchedulePiece &piece;
  SmallVector<State, 0> states;
  /// The best state of each set.
  llvm::DenseMap<llvm::BitVector, unsigned> bestOfSet;
};

} // namespace

StateSpace::StateSpace(const ScheduleModel &model, const SchedulePiece &piece,
                       uint64_t floor)
    : model(model), piece(piece) {
  State start;
  start.done.resize(piece.end - piece.begin);
  start.live = piece.live;
  start.peak = floor;
  insert(std::move(start));
}

bool StateSpace::isReady(const State &state, unsigned node) const {
  return !state.done[node - piece.begin] &&
         llvm::all_of(model.getPredecessors(node), [&](unsigned predecessor) {
           return predecessor < piece.begin ||
                  state.done[predecessor - piece.begin];
         });
}

StepBytes StateSpace::evaluate(const State &state, unsigned node) const {
  return model.evaluate(node, state.live, [&](unsigned other) {
    return other < piece.begin ||
           (other < piece.end && state.done[other - piece.begin]);
  });
}

void StateSpace::run(State &state, unsigned node, StepBytes bytes) const {
  state.done.set(node - piece.begin);
  ++state.numDone;
  state.live = bytes.after;
  state.peak = std::max(state.peak, bytes.during);
  state.moves.push_back(node);
}

SmallVector<State> StateSpace::expand(unsigned index) const {
  SmallVector<State> successors;
  for (unsigned node : llvm::seq(piece.begin, piece.end)) {
    if (!isReady(states[index], node))
      continue;
    StepBytes bytes = evaluate(states[index], node);
    if (bytes.during >= piece.peak)
      continue;
    State next = states[index];
    next.parent = index;
    next.moves.clear();
    run(next, node, bytes);
    successors.push_back(std::move(next));
  }
  return successors;
}

/// A node that neither raises the peak nor leaves more bytes live than before
/// can run at once: it would free no less later on, so that moving it to the
/// front of any order makes no step of that order worse.
bool StateSpace::runFreeNode(State &state) const {
  for (unsigned node : llvm::seq(piece.begin, piece.end)) {
    if (!isReady(state, node))
      continue;
    StepBytes bytes = evaluate(state, node);
    if (bytes.during > state.peak || bytes.after > state.live)
      continue;
    run(state, node, bytes);
    return true;
  }
  return false;
}

void StateSpace::runFreeNodes(State &state) const {
  while (runFreeNode(state)) {
  }
}

std::optional<unsigned> StateSpace::insert(State state) {
  auto [it, isNew] = bestOfSet.try_emplace(state.done, states.size());
  if (!isNew) {
    if (states[it->second].peak <= state.peak)
      return std::nullopt;
    it->second = states.size();
  }
  states.push_back(std::move(state));
  return states.size() - 1;
}

bool StateSpace::isStale(unsigned index) const {
  return bestOfSet.lookup(states[index].done) != index;
}

PieceOrder StateSpace::getOrder(unsigned index) const {
  PieceOrder result;
  result.peak = states[index].peak;
  for (unsigned at = index; at != 0; at = states[at].parent)
    llvm::append_range(result.order, llvm::reverse(states[at].moves));
  std::reverse(result.order.begin(), result.order.end());
  return result;
}

SearchStatus lathe::searchExactly(const ScheduleModel &model,
                                  const SchedulePiece &piece, uint64_t floor,
                                  unsigned maxStates, PieceOrder &result) {
  StateSpace space(model, piece, floor);
  // The lowest peak first, then the furthest, then the closest to the original
  // order.
  auto isWorse = [&](unsigned a, unsigned b) {
    return std::tuple(space[a].peak, space[b].numDone, a) >
           std::tuple(space[b].peak, space[a].numDone, b);
  };
  std::priority_queue<unsigned, std::vector<unsigned>, decltype(isWorse)> queue(
      isWorse);
  queue.push(0);
  while (!queue.empty()) {
    unsigned index = queue.top();
    queue.pop();
    if (space.isComplete(index)) {
      result = space.getOrder(index);
      return SearchStatus::Found;
    }
    if (space.isStale(index))
      continue;
    for (State &next : space.expand(index)) {
      space.runFreeNodes(next);
      if (std::optional<unsigned> added = space.insert(std::move(next)))
        queue.push(*added);
    }
    if (space.size() > maxStates)
      return SearchStatus::GaveUp;
  }
  return SearchStatus::Impossible;
}

std::optional<PieceOrder> lathe::searchBeam(const ScheduleModel &model,
                                            const SchedulePiece &piece,
                                            uint64_t floor, unsigned width) {
  StateSpace space(model, piece, floor);
  SmallVector<unsigned> beam = {0};
  while (!beam.empty() && !space.isComplete(beam.front())) {
    SmallVector<unsigned> successors;
    for (unsigned index : beam)
      for (State &next : space.expand(index))
        if (std::optional<unsigned> added = space.insert(std::move(next)))
          successors.push_back(*added);
    llvm::erase_if(successors,
                   [&](unsigned index) { return space.isStale(index); });
    llvm::sort(successors, [&](unsigned a, unsigned b) {
      return std::tuple(space[a].peak, space[a].live, a) <
             std::tuple(space[b].peak, space[b].live, b);
    });
    if (successors.size() > width)
      successors.truncate(width);
    beam = std::move(successors);
  }
  if (beam.empty())
    return std::nullopt;
  return space.getOrder(beam.front());
}
