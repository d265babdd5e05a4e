//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A placement is made by taking the buffers in some order and putting each
// where it is not in the way of those before it. Which order is good depends on
// the network; Pisarchyk and Lee, "Efficient Memory Management for Deep Neural
// Net Inference" (2020), compare orders by size and by breadth, and the planner
// of TensorFlow Lite for Microcontrollers goes by size. All of them are tried
// here, since they are cheap, and the best order is improved by moving the
// buffers that decide the size of the arena, as in the hill climbing planner of
// TVM's unified static memory planner.
//
//===----------------------------------------------------------------------===//

#include "ArenaProblem.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include <random>

using namespace lathe;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace {

/// Places buffers one after the other. The rank of a buffer is its position in
/// that order; it has to avoid those of lower rank. Fixed buffers precede all.
class OrderedPlacer {
public:
  explicit OrderedPlacer(const ArenaProblem &problem)
      : problem(problem), rank(problem.getBuffers().size(), -1),
        placement(problem.createPlacement()) {}

  /// Places the movable buffers in `order`, a permutation of them, and keeps
  /// what is already known of the first `numUnchanged` of them.
  const ArenaPlacement &place(ArrayRef<unsigned> order, ArenaFit fit,
                              size_t numUnchanged = 0) {
    setRanks(order);
    for (unsigned buffer : order.drop_front(numUnchanged)) {
      auto isPlaced = [&](unsigned other) {
        return rank[other] < rank[buffer];
      };
      placement.offsets[buffer] =
          problem.findOffset(buffer, placement.offsets, isPlaced, fit);
    }
    problem.updateSize(placement);
    return placement;
  }

  /// Goes back to a placement made earlier in `order`.
  void restore(ArrayRef<unsigned> order, const ArenaPlacement &earlier) {
    setRanks(order);
    placement = earlier;
  }

  int getRank(unsigned buffer) const { return rank[buffer]; }

private:
  void setRanks(ArrayRef<unsigned> order) {
    for (auto [position, buffer] : llvm::enumerate(order))
      rank[buffer] = static_cast<int>(position);
  }

  const ArenaProblem &problem;
  SmallVector<int> rank;
  ArenaPlacement placement;
};

} // namespace

//===----------------------------------------------------------------------===//
// Greedy orders
//===----------------------------------------------------------------------===//

static uint64_t getLifetime(const ArenaBuffer &buffer) {
  return uint64_t(buffer.lastStep) - buffer.firstStep + 1;
}

/// For each buffer the most bytes live at one of its steps.
static SmallVector<uint64_t> computeHeat(const ArenaProblem &problem) {
  ArrayRef<ArenaBuffer> buffers = problem.getBuffers();
  SmallVector<uint64_t> heat(buffers.size(), 0);
  for (const ArenaStep &step : problem.getSteps()) {
    uint64_t bytes = 0;
    for (unsigned index : step.live)
      bytes += buffers[index].size;
    for (unsigned index : step.live)
      heat[index] = std::max(heat[index], bytes);
  }
  return heat;
}

/// The movable buffers by descending keys, and by index where these are equal.
template <typename KeyFn>
static SmallVector<unsigned> orderBy(const ArenaProblem &problem, KeyFn key) {
  SmallVector<unsigned> order(problem.getMovable());
  llvm::sort(order, [&](unsigned a, unsigned b) {
    return std::pair(key(b), a) < std::pair(key(a), b);
  });
  return order;
}

static SmallVector<SmallVector<unsigned>>
createGreedyOrders(const ArenaProblem &problem) {
  ArrayRef<ArenaBuffer> buffers = problem.getBuffers();
  SmallVector<uint64_t> heat = computeHeat(problem);
  auto size = [&](unsigned i) { return buffers[i].size; };
  auto lifetime = [&](unsigned i) { return getLifetime(buffers[i]); };
  auto birth = [&](unsigned i) { return ~uint64_t(buffers[i].firstStep); };
  auto death = [&](unsigned i) { return uint64_t(buffers[i].lastStep); };
  auto area = [&](unsigned i) { return double(size(i)) * double(lifetime(i)); };

  return {
      orderBy(problem,
              [&](unsigned i) { return std::tuple(size(i), lifetime(i)); }),
      orderBy(problem,
              [&](unsigned i) { return std::tuple(heat[i], size(i)); }),
      orderBy(problem,
              [&](unsigned i) { return std::tuple(heat[i], lifetime(i)); }),
      orderBy(problem, [&](unsigned i) { return area(i); }),
      orderBy(problem,
              [&](unsigned i) { return std::tuple(lifetime(i), size(i)); }),
      orderBy(problem,
              [&](unsigned i) { return std::tuple(birth(i), size(i)); }),
      orderBy(problem,
              [&](unsigned i) { return std::tuple(death(i), size(i)); }),
  };
}

ArenaPlacement lathe::placeGreedily(const ArenaProblem &problem) {
  OrderedPlacer placer(problem);
  ArenaPlacement best;
  for (const SmallVector<unsigned> &order : createGreedyOrders(problem)) {
    for (ArenaFit fit : {ArenaFit::Lowest, ArenaFit::Tightest}) {
      const ArenaPlacement &placement = placer.place(order, fit);
      if (best.offsets.empty() || placement.size < best.size)
        best = placement;
      if (best.size == problem.getLowerBound())
        return best;
    }
  }
  return best;
}

//===----------------------------------------------------------------------===//
// Local search
//===----------------------------------------------------------------------===//

namespace {

/// Walks through orders of placement by moving buffers that reach the top of
/// the arena, or something that pushes them there, to earlier places.
class LocalSearch {
public:
  LocalSearch(const ArenaProblem &problem, ArenaPlacement &best)
      : problem(problem), best(best), placer(problem) {}

  void run(uint64_t effort);

private:
  /// Not std::uniform_int_distribution, whose results differ between libraries.
  unsigned getRandom(size_t bound) { return random() % bound; }

  void start();
  unsigned pickTopmost();
  unsigned pickCulprit(unsigned buffer);
  void moveCulprit();
  void perturb();
  void recordBest();

  /// Moves without an improvement after which the walk leaves the place where
  /// it is for one near the best that is known.
  static constexpr unsigned patience = 60;

  const ArenaProblem &problem;
  ArenaPlacement &best;
  SmallVector<unsigned> bestOrder;
  ArenaPlacement current;
  SmallVector<unsigned> order;
  OrderedPlacer placer;
  unsigned numMovesSinceBest = 0;
  /// The same numbers each time, since the same graph must give the same plan.
  std::mt19937 random{1}; // NOLINT(bugprone-random-generator-seed)
};

} // namespace

/// Placing the buffers of a placement by ascending offset puts none of them
/// higher than it was. At one offset, what is written over another buffer comes
/// first: it is the younger one.
void LocalSearch::start() {
  order.assign(problem.getMovable().begin(), problem.getMovable().end());
  auto birth = [&](unsigned i) { return problem.getBuffers()[i].firstStep; };
  llvm::sort(order, [&](unsigned a, unsigned b) {
    return std::tuple(best.offsets[a], birth(b), a) <
           std::tuple(best.offsets[b], birth(a), b);
  });
  current = placer.place(order, ArenaFit::Lowest);
  bestOrder = order;
  recordBest();
}

void LocalSearch::recordBest() {
  if (current.size >= best.size)
    return;
  best = current;
  bestOrder = order;
  numMovesSinceBest = 0;
}

/// A buffer that ends where the arena does.
unsigned LocalSearch::pickTopmost() {
  SmallVector<unsigned> topmost;
  for (unsigned buffer : problem.getMovable())
    if (problem.getEnd(buffer, current.offsets[buffer]) == current.size)
      topmost.push_back(buffer);
  return topmost[getRandom(topmost.size())];
}

/// `buffer`, or one of those below it that it had to avoid.
unsigned LocalSearch::pickCulprit(unsigned buffer) {
  SmallVector<unsigned> culprits = {buffer};
  ArrayRef<int64_t> offsets = current.offsets;
  for (const ArenaConflict &conflict : problem.getConflicts(buffer))
    if (placer.getRank(conflict.other) > 0 &&
        placer.getRank(conflict.other) < placer.getRank(buffer) &&
        offsets[conflict.other] < offsets[buffer])
      culprits.push_back(conflict.other);
  return culprits[getRandom(culprits.size())];
}

/// Moves a buffer to an earlier place in the order if that is no worse.
void LocalSearch::moveCulprit() {
  unsigned buffer = pickCulprit(pickTopmost());
  // Now and then one step further down the pile.
  if (getRandom(3) == 0)
    buffer = pickCulprit(buffer);
  size_t from = placer.getRank(buffer);
  size_t to = getRandom(from + 1);
  SmallVector<unsigned> moved = order;
  std::rotate(moved.begin() + to, moved.begin() + from,
              moved.begin() + from + 1);
  const ArenaPlacement &placement = placer.place(moved, ArenaFit::Lowest, to);
  if (placement.size > current.size) {
    placer.restore(order, current);
    return;
  }
  order = std::move(moved);
  current = placement;
}

void LocalSearch::perturb() {
  order = bestOrder;
  size_t numSwaps = 1 + order.size() / 16;
  for ([[maybe_unused]] size_t i : llvm::seq(numSwaps)) {
    unsigned from = getRandom(order.size());
    std::swap(order[from], order[getRandom(order.size())]);
  }
  current = placer.place(order, ArenaFit::Lowest);
}

void LocalSearch::run(uint64_t effort) {
  start();
  uint64_t costOfMove =
      problem.getNumConflicts() + 4 * problem.getBuffers().size();
  for (uint64_t spent = costOfMove;
       spent <= effort && best.size > problem.getLowerBound();
       spent += costOfMove) {
    if (++numMovesSinceBest % patience == 0)
      perturb();
    else
      moveCulprit();
    recordBest();
  }
}

void lathe::improveLocally(const ArenaProblem &problem, uint64_t effort,
                           ArenaPlacement &best) {
  LocalSearch(problem, best).run(effort);
}
