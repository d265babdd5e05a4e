//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Any placement can be pressed down until every buffer lies on the bottom, on a
// fixed buffer or on a buffer it conflicts with. A pressed placement is
// described by the order of its buffers by offset: each one is at the lowest
// free offset above all conflicting ones that precede it. So it is enough to
// search such orders, and in them only those in which the offsets do not
// decrease. (Front overlaps do not change this: an output that reaches into an
// input starts at or below it.)
//
//===----------------------------------------------------------------------===//

#include "ArenaProblem.h"

#include "llvm/ADT/STLExtras.h"
#include <limits>

using namespace lathe;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace {

class ExactSearch {
public:
  ExactSearch(const ArenaProblem &problem, uint64_t effort,
              ArenaPlacement &best)
      : problem(problem), effort(effort), best(best),
        current(problem.createPlacement()),
        isPlaced(problem.getBuffers().size(), true),
        floors(problem.getBuffers().size(), 0),
        lowest(problem.getBuffers().size(), 0) {
    for (unsigned buffer : problem.getMovable())
      isPlaced[buffer] = false;
    fixedSize = current.size;
    costOfNode = problem.getBuffers().size() + 1;
    for (const ArenaStep &step : problem.getSteps())
      costOfNode += step.live.size();
  }

  /// Returns whether the search came to its end.
  bool run() {
    search(/*previous=*/std::nullopt, fixedSize, problem.getMovable().size());
    return effort >= costOfNode;
  }

private:
  void search(std::optional<unsigned> previous, int64_t size,
              size_t numRemaining);
  void place(unsigned buffer, int64_t size, size_t numRemaining);
  SmallVector<unsigned> collectCandidates(std::optional<unsigned> previous);
  int64_t computeBound(int64_t size, int64_t bottom) const;
  int64_t findLowest(unsigned buffer) const;
  bool areInConflict(unsigned a, unsigned b) const;

  const ArenaProblem &problem;
  /// What is left of it. The search has failed once this is less than the cost
  /// of a node.
  uint64_t effort;
  uint64_t costOfNode;
  int64_t fixedSize;
  ArenaPlacement &best;
  ArenaPlacement current;
  SmallVector<bool> isPlaced;
  /// For each buffer not yet placed: the end of what lies below it (bytes).
  SmallVector<int64_t> floors;
  /// The lowest offset on top of that, which may be higher (bytes).
  SmallVector<int64_t> lowest;
};

} // namespace

bool ExactSearch::areInConflict(unsigned a, unsigned b) const {
  return llvm::any_of(problem.getConflicts(a),
                      [b](const ArenaConflict &c) { return c.other == b; });
}

int64_t ExactSearch::findLowest(unsigned buffer) const {
  ArrayRef<ArenaBuffer> buffers = problem.getBuffers();
  auto isFixed = [&](unsigned other) {
    return buffers[other].fixedOffset.has_value();
  };
  return problem.findOffset(buffer, current.offsets, isFixed, ArenaFit::Lowest,
                            floors[buffer]);
}

/// What is not yet placed and live at one step comes on top of the lowest of
/// it.
int64_t ExactSearch::computeBound(int64_t size, int64_t bottom) const {
  int64_t bound = size;
  auto isRemaining = [&](unsigned buffer) { return !isPlaced[buffer]; };
  for (const ArenaStep &step : problem.getSteps()) {
    int64_t extent = problem.computeExtent(step, isRemaining);
    if (extent == 0)
      continue;
    int64_t start = std::numeric_limits<int64_t>::max();
    for (unsigned buffer : step.live)
      if (isRemaining(buffer))
        start = std::min(start, std::max(lowest[buffer], bottom));
    bound = std::max(bound, start + extent);
  }
  return bound;
}

/// The buffers that may come next, the lowest first and of these the largest.
SmallVector<unsigned>
ExactSearch::collectCandidates(std::optional<unsigned> previous) {
  SmallVector<unsigned> candidates;
  for (unsigned buffer : problem.getMovable()) {
    if (isPlaced[buffer])
      continue;
    if (previous) {
      int64_t bottom = current.offsets[*previous];
      if (lowest[buffer] < bottom)
        continue;
      // Of two independent neighbours at one offset, either order is the same.
      if (lowest[buffer] == bottom && buffer < *previous &&
          !areInConflict(buffer, *previous))
        continue;
    }
    candidates.push_back(buffer);
  }
  llvm::sort(candidates, [&](unsigned a, unsigned b) {
    return std::tuple(lowest[a], -problem.getEnd(a, 0), a) <
           std::tuple(lowest[b], -problem.getEnd(b, 0), b);
  });
  return candidates;
}

void ExactSearch::search(std::optional<unsigned> previous, int64_t size,
                         size_t numRemaining) {
  if (numRemaining == 0) {
    // The bounds only let through what is smaller than the best.
    best = current;
    best.size = size;
    return;
  }
  if (effort < costOfNode)
    return;
  effort -= costOfNode;

  for (unsigned buffer : problem.getMovable())
    if (!isPlaced[buffer])
      lowest[buffer] = findLowest(buffer);
  int64_t bottom = previous ? current.offsets[*previous] : 0;
  if (computeBound(size, bottom) >= best.size)
    return;

  SmallVector<std::pair<unsigned, int64_t>> candidates;
  for (unsigned buffer : collectCandidates(previous))
    candidates.emplace_back(buffer, lowest[buffer]);
  for (auto [buffer, offset] : candidates) {
    if (best.size == problem.getLowerBound() || effort < costOfNode)
      return;
    current.offsets[buffer] = offset;
    place(buffer, size, numRemaining);
  }
}

/// Searches with `buffer` on its offset and takes it away again.
void ExactSearch::place(unsigned buffer, int64_t size, size_t numRemaining) {
  int64_t offset = current.offsets[buffer];
  int64_t newSize = std::max(size, problem.getEnd(buffer, offset));
  if (newSize >= best.size)
    return;
  SmallVector<int64_t> savedFloors(floors);
  isPlaced[buffer] = true;
  for (const ArenaConflict &above : problem.getConflicts(buffer)) {
    // Seen from `buffer`, the other one being above is `buffer` being below it.
    int64_t end = offset + above.below;
    floors[above.other] = std::max(floors[above.other], end);
  }
  search(buffer, newSize, numRemaining - 1);
  isPlaced[buffer] = false;
  floors = std::move(savedFloors);
}

bool lathe::placeExactly(const ArenaProblem &problem, uint64_t effort,
                         ArenaPlacement &best) {
  return ExactSearch(problem, effort, best).run();
}
