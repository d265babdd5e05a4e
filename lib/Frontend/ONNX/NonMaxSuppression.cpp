//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// NonMaxSuppression: the best of boxes that overlap.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "OperatorRegistry.h"
#include "Sorting.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

namespace {

/// A box by the least and the greatest of its coordinates.
struct Box {
  Scalar left, right, top, bottom;

  Scalar getArea() const { return (right - left) * (bottom - top); }
};

/// Selects boxes class by class, the best first, without those that overlap
/// one that is selected already.
class Suppression {
public:
  Suppression(LoopBuilder &loops, bool isCentered)
      : loops(loops), isCentered(isCentered), boxes(loops.getInput(0)),
        scores(loops.getInput(1)), selected(loops.getOutput(0)),
        order(loops.getScratch(0)) {}

  /// `most` is how many boxes a class has at most, `overlap` how much two may
  /// overlap; `leastScore` is null where any score will do.
  void build(Scalar most, Scalar overlap, Scalar leastScore);

private:
  /// A class of an image, and what its selection needs.
  struct Class {
    Scalar image, number, most, overlap, leastScore;
  };
  Scalar selectBoxes(const Class &of, Scalar firstRow);
  Scalar sortCandidates(const Class &of, Scalar &count);
  Scalar isSuppressed(const Class &of, Scalar box, Scalar firstRow, Scalar row);
  Box loadBox(Scalar image, Scalar box);
  Scalar overlaps(const Box &a, const Box &b, Scalar limit);
  Scalar column(int64_t index) { return loops.getIndex(index); }

  LoopBuilder &loops;
  bool isCentered;
  Memory boxes, scores, selected, order;
};

} // namespace

Box Suppression::loadBox(Scalar image, Scalar box) {
  auto at = [&](int64_t i) { return boxes.load({image, box, column(i)}); };
  auto span = [&](Scalar a, Scalar b) -> std::pair<Scalar, Scalar> {
    if (!isCentered)
      return {loops.min(a, b), loops.max(a, b)};
    Scalar half = b * 0.5;
    return {a - half, a + half};
  };
  // Centre and size, or else any two opposite corners, y first.
  auto [left, right] = isCentered ? span(at(0), at(2)) : span(at(1), at(3));
  auto [top, bottom] = isCentered ? span(at(1), at(3)) : span(at(0), at(2));
  return {left, right, top, bottom};
}

/// Whether the intersection of two boxes is more than `limit` of their union.
Scalar Suppression::overlaps(const Box &a, const Box &b, Scalar limit) {
  Scalar width = loops.min(a.right, b.right) - loops.max(a.left, b.left);
  Scalar height = loops.min(a.bottom, b.bottom) - loops.max(a.top, b.top);
  Scalar zero = loops.getLike(width, 0);
  Scalar common = width * height;
  Scalar all = a.getArea() + b.getArea() - common;
  return (width > zero) & (height > zero) & (a.getArea() > zero) &
         (b.getArea() > zero) & (common / all > limit);
}

Scalar Suppression::isSuppressed(const Class &of, Scalar box, Scalar firstRow,
                                 Scalar row) {
  Box candidate = loadBox(of.image, box);
  return loops
      .repeatWhile(
          {firstRow, loops.getBool(false)},
          [&](ArrayRef<Scalar> state) { return (state[0] < row) & !state[1]; },
          [&](ArrayRef<Scalar> state) -> LoopBuilder::Scalars {
            Scalar other = loops.toIndex(selected.load({state[0], column(2)}));
            return {state[0] + 1,
                    overlaps(candidate, loadBox(of.image, other), of.overlap)};
          })
      .back();
}

/// Sorts the boxes that score high enough, and sets their number. Returns the
/// row of the scratch that they are in.
Scalar Suppression::sortCandidates(const Class &of, Scalar &count) {
  auto scoreOf = [&](Scalar box) {
    return scores.load({of.image, of.number, box});
  };
  count = loops.fold(
      column(0), loops.getIndex(scores.getExtent(2)), column(0),
      [&](Scalar box, Scalar count) {
        Scalar score = scoreOf(box);
        Scalar isCandidate =
            of.leastScore.getValue() ? score > of.leastScore : score == score;
        loops.when(isCandidate, [&] { order.store({column(0), count}, box); });
        return loops.select(isCandidate, count + 1, count);
      });
  return sortNumbers(loops, order, count, [&](Scalar a, Scalar b) {
    return isLarger(scoreOf(a), scoreOf(b));
  });
}

/// Selects boxes of a class into the rows of the result from `firstRow` on.
/// Returns the row behind them.
Scalar Suppression::selectBoxes(const Class &of, Scalar firstRow) {
  Scalar count;
  Scalar side = sortCandidates(of, count);
  return loops
      .repeatWhile(
          {column(0), firstRow},
          [&](ArrayRef<Scalar> state) {
            return (state[0] < count) & (state[1] - firstRow < of.most);
          },
          [&](ArrayRef<Scalar> state) -> LoopBuilder::Scalars {
            Scalar box = loops.toIndex(order.load({side, state[0]}));
            Scalar row = state[1];
            Scalar isOut = isSuppressed(of, box, firstRow, row);
            loops.when(!isOut, [&] {
              selected.store({row, column(0)}, of.image);
              selected.store({row, column(1)}, of.number);
              selected.store({row, column(2)}, box);
            });
            return {state[0] + 1, loops.select(isOut, row, row + 1)};
          })
      .back();
}

void Suppression::build(Scalar most, Scalar overlap, Scalar leastScore) {
  Scalar images = loops.getIndex(scores.getExtent(0));
  Scalar classes = loops.getIndex(scores.getExtent(1));
  Scalar count =
      loops.fold(column(0), images, column(0), [&](Scalar image, Scalar row) {
        return loops.fold(
            column(0), classes, row, [&](Scalar number, Scalar row) {
              return selectBoxes({image, number, most, overlap, leastScore},
                                 row);
            });
      });
  Scalar end = loops.getIndex(selected.getExtent(0));
  loops.forEach(count, end, [&](Scalar row) {
    for (int64_t i : {0, 1, 2})
      selected.store({row, column(i)}, column(0));
  });
  loops.getOutput(1).store(column(0), count);
}

/// An error unless boxes and scores are as they must be.
static LogicalResult checkInputs(NodeContext &node) {
  Value boxes = node.getInput(0), scores = node.getInput(1);
  if (getRank(boxes) != 3 || getRank(scores) != 3 || getShape(boxes)[2] != 4 ||
      getShape(boxes)[0] != getShape(scores)[0] ||
      getShape(boxes)[1] != getShape(scores)[2])
    return node.error("boxes of shape " + formatShape(getShape(boxes)) +
                      " and scores of shape " + formatShape(getShape(scores)) +
                      " are not [images, boxes, 4] and [images, classes, "
                      "boxes]");
  if (!isa<FloatType>(getElement(boxes)) ||
      getElement(boxes) != getElement(scores))
    return node.error("boxes and scores must be floats of one type");
  for (unsigned i : {2, 3, 4})
    if (Value input = node.getInput(i))
      if (getType(input).getNumElements() != 1)
        return node.error("input " + Twine(i) + " must be one number");
  return success();
}

static LogicalResult convertNonMaxSuppression(NodeContext &node) {
  Value boxes = node.getInput(0), scores = node.getInput(1);
  bool isCentered = node.getInt("center_point_box", 0) != 0;
  if (failed(checkInputs(node)))
    return failure();
  ArrayRef<int64_t> shape = getShape(scores);
  // By default nothing is selected.
  int64_t most = node.getInput(2) ? shape[2] : 0;
  if (std::optional<HostTensor> known = getConstant(node.getInput(2)))
    most = std::clamp<int64_t>(known->getInt(0), 0, most);
  if (most == 0)
    return node.setResults(node.createConstant({0, 3}, {}));

  // The scalars behind boxes and scores, and which input of the loops each is.
  SmallVector<Value> inputs = {boxes, scores};
  std::array<int64_t, 3> positions = {-1, -1, -1};
  for (unsigned i = 0; i < 3; ++i)
    if (Value input = node.getInput(2 + i)) {
      positions[i] = inputs.size();
      inputs.push_back(node.createReshape(input, {}));
    }
  if (node.hasFailed())
    return failure();
  Type i64 = node.getBuilder().getI64Type();
  LoopBuilder loops(
      node, "NonMaxSuppression", inputs,
      {RankedTensorType::get({shape[0] * shape[1] * most, 3}, i64),
       RankedTensorType::get(1, i64)},
      getSortScratch(node, shape[2]));
  auto load = [&](unsigned i) {
    return positions[i] < 0 ? Scalar() : loops.getInput(positions[i]).load({});
  };
  // The thresholds are f32, whatever the boxes are.
  Type compute = loops.getInput(0).getComputeType();
  Scalar limit = load(0), overlap = load(1), leastScore = load(2);
  limit = loops.cast(limit, i64);
  limit = loops.toIndex(loops.clamp(limit, loops.getLike(limit, 0),
                                    loops.getLike(limit, double(most))));
  overlap = overlap.getValue() ? loops.cast(overlap, compute)
                               : loops.getConstant(compute, 0);
  if (leastScore.getValue())
    leastScore = loops.cast(leastScore, compute);
  Suppression(loops, isCentered).build(limit, overlap, leastScore);
  SmallVector<Value> results = loops.finish();
  ExtentList extents(node);
  extents.addOpen(results[1], 0);
  extents.add(3);
  return node.setResults(results[0], extents.create());
}

void lathe::frontend::addNonMaxSuppression(OperatorRegistry &registry) {
  registry.add("NonMaxSuppression", {10}, {2, 5}, convertNonMaxSuppression);
}
