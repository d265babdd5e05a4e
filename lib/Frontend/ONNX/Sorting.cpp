//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sorting in loops, and TopK.
//
//===----------------------------------------------------------------------===//

#include "Sorting.h"

#include "Converters.h"
#include "OperatorRegistry.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

Scalar frontend::isSmaller(Scalar a, Scalar b) {
  return a.isFloat() ? (a == a) & !(a >= b) : a < b;
}

Scalar frontend::isLarger(Scalar a, Scalar b) { return isSmaller(b, a); }

//===----------------------------------------------------------------------===//
// Merge sort
//===----------------------------------------------------------------------===//

Scratch frontend::getSortScratch(NodeContext &node, int64_t count) {
  return {{2, count}, node.getBuilder().getI32Type()};
}

namespace {
/// Two neighbouring sorted runs, [begin, middle) and [middle, end), in row
/// `from` of the scratch.
struct Runs {
  Scalar from, begin, middle, end;
};
} // namespace

/// Merges two runs into the same places of the scratch's other row.
static void merge(LoopBuilder &loops, Memory scratch, const Runs &runs,
                  Before before) {
  Scalar to = loops.getIndex(1) - runs.from;
  Scalar last = loops.getIndex(scratch.getExtent(1) - 1);
  // A run that is used up is read all the same, but not past the memory.
  auto read = [&](Scalar place) {
    return loops.toIndex(scratch.load({runs.from, loops.min(place, last)}));
  };
  Scalar heads[] = {runs.begin, runs.middle};
  loops.fold(runs.begin, runs.end, heads,
             [&](Scalar place, ArrayRef<Scalar> next) -> LoopBuilder::Scalars {
               Scalar left = next[0], right = next[1];
               Scalar a = read(left), b = read(right);
               Scalar takesLeft =
                   (left < runs.middle) & ((right >= runs.end) | !before(b, a));
               scratch.store({to, place}, loops.select(takesLeft, a, b));
               return {loops.select(takesLeft, left + 1, left),
                       loops.select(takesLeft, right, right + 1)};
             });
}

void frontend::fillNumbers(LoopBuilder &loops, Memory scratch, int64_t count) {
  loops.forEach(count,
                [&](Scalar i) { scratch.store({loops.getIndex(0), i}, i); });
}

/// A merge sort from the bottom up: each pass merges pairs of runs of one
/// width from one row of the scratch into the other.
Scalar frontend::sortNumbers(LoopBuilder &loops, Memory scratch, Scalar count,
                             Before before) {
  return loops
      .repeatWhile(
          {loops.getIndex(1), loops.getIndex(0)},
          [&](ArrayRef<Scalar> state) { return state[0] < count; },
          [&](ArrayRef<Scalar> state) -> LoopBuilder::Scalars {
            Scalar width = state[0], row = state[1], pair = width * 2;
            Scalar pairs = (count + pair - 1) / pair;
            loops.forEach(loops.getIndex(0), pairs, [&](Scalar i) {
              Scalar begin = i * pair;
              merge(loops, scratch,
                    {row, begin, loops.min(begin + width, count),
                     loops.min(begin + pair, count)},
                    before);
            });
            return {pair, loops.getIndex(1) - row};
          })
      .back();
}

//===----------------------------------------------------------------------===//
// TopK
//===----------------------------------------------------------------------===//

namespace {
/// The memory and parameters of a TopK.
struct TopK {
  LoopBuilder &loops;
  int64_t axis, count;
  bool largest;

  Memory from() const { return loops.getInput(0); }
  Memory values() const { return loops.getOutput(0); }
  Memory indices() const { return loops.getOutput(1); }
  Scalar isBetter(Scalar a, Scalar b) const {
    return largest ? isLarger(a, b) : isSmaller(a, b);
  }
};
/// The indices of an element from its place in a row.
using Row = function_ref<SmallVector<Scalar>(Scalar)>;
} // namespace

/// Puts `value`, the element `i` of the row, among the best that are in the
/// results so far. Those behind it move back by one; the last falls out.
static void insert(const TopK &top, Row at, Scalar i, Scalar value) {
  LoopBuilder &loops = top.loops;
  Scalar count = loops.getIndex(top.count);
  auto before = [&](Scalar place) {
    return loops.max(place - 1, loops.getIndex(0));
  };
  Scalar place = loops
                     .repeatWhile(
                         {loops.min(i, count)},
                         [&](ArrayRef<Scalar> place) {
                           Scalar other =
                               top.values().load(at(before(place[0])));
                           return (place[0] > 0) & top.isBetter(value, other);
                         },
                         [&](ArrayRef<Scalar> place) -> LoopBuilder::Scalars {
                           loops.when(place[0] < count, [&] {
                             SmallVector<Scalar> to = at(place[0]);
                             SmallVector<Scalar> from = at(before(place[0]));
                             top.values().store(to, top.values().load(from));
                             top.indices().store(to, top.indices().load(from));
                           });
                           return {place[0] - 1};
                         })
                     .front();
  loops.when(place < count, [&] {
    top.values().store(at(place), value);
    top.indices().store(at(place), i);
  });
}

/// Sorts all indices of the row and takes the first.
static void sortRow(const TopK &top, Row at) {
  LoopBuilder &loops = top.loops;
  Memory scratch = loops.getScratch(0);
  int64_t extent = top.from().getExtent(top.axis);
  fillNumbers(loops, scratch, extent);
  Scalar row = sortNumbers(
      loops, scratch, loops.getIndex(extent), [&](Scalar a, Scalar b) {
        return top.isBetter(top.from().load(at(a)), top.from().load(at(b)));
      });
  loops.forEach(top.count, [&](Scalar place) {
    Scalar index = loops.toIndex(scratch.load({row, place}));
    top.values().store(at(place), top.from().load(at(index)));
    top.indices().store(at(place), index);
  });
}

static LogicalResult topK(NodeContext &node, int64_t count) {
  Value input = node.getInput(0);
  int64_t axis = node.normalizeAxis(node.getInt("axis", -1), getRank(input));
  bool largest = true;
  if (node.getOpset() >= 11) {
    largest = node.getBool("largest", true);
    // Sorted results are right for those who do not ask for them too.
    node.getBool("sorted", true);
  }
  if (node.hasFailed())
    return failure();
  SmallVector<int64_t> shape(getShape(input));
  int64_t extent = shape[axis];
  if (count < 0 || count > extent)
    return node.error("it selects " + Twine(count) + " of " + Twine(extent) +
                      " elements");
  shape[axis] = count;
  Type i64 = node.getBuilder().getI64Type();
  // Insertion takes count * extent steps at worst, but few where most elements
  // are not among the best.
  constexpr int64_t mostInserted = 64;
  bool sorts = std::min(count, extent) > mostInserted;
  SmallVector<Scratch> scratch;
  if (sorts)
    scratch.push_back(getSortScratch(node, extent));
  LoopBuilder loops(node, "TopK", {input},
                    {RankedTensorType::get(shape, getElement(input)),
                     RankedTensorType::get(shape, i64)},
                    scratch);
  TopK top{loops, axis, count, largest};
  loops.forRows(shape, axis, [&](Row at) {
    if (sorts)
      return sortRow(top, at);
    if (count > 0)
      loops.forEach(extent, [&](Scalar i) {
        insert(top, at, i, top.from().load(at(i)));
      });
  });
  return node.setResults(loops.finish());
}

/// Before version 10, the number was an attribute.
static LogicalResult convertTopKOfAttribute(NodeContext &node) {
  if (!node.hasAttribute("k"))
    return node.error("attribute 'k' is missing");
  return topK(node, node.getInt("k", 0));
}

static LogicalResult convertTopK(NodeContext &node) {
  auto count = node.getIntegers(1, "number of elements");
  if (!count)
    return failure();
  if (count->size() != 1)
    return node.error("the number of elements (input 1) must be one number");
  return topK(node, count->front());
}

void lathe::frontend::addSorting(OperatorRegistry &registry) {
  registry.add("TopK", {1, 9}, 1, convertTopKOfAttribute);
  registry.add("TopK", {10}, 2, convertTopK).needs("k");
}
