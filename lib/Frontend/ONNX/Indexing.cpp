//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operators that read or write elements at computed places.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "LoopBuilder.h"
#include "OperatorRegistry.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

/// An error unless input `index` holds integers that indices may be.
static LogicalResult checkIndices(NodeContext &node, unsigned index) {
  Type element = getElement(node.getInput(index));
  if (element.isInteger(32) || element.isInteger(64))
    return success();
  return node.error("the indices (input " + Twine(index) +
                    ") must be int32 or int64");
}

//===----------------------------------------------------------------------===//
// Gather
//===----------------------------------------------------------------------===//

static LogicalResult convertGatherElements(NodeContext &node) {
  Value data = node.getInput(0), indices = node.getInput(1);
  int64_t axis = node.normalizeAxis(node.getInt("axis", 0), getRank(data));
  if (node.hasFailed() || failed(checkIndices(node, 1)))
    return failure();
  if (getRank(indices) != getRank(data))
    return node.error("data and indices differ in rank");
  for (int64_t dim = 0; dim < getRank(data); ++dim)
    if (dim != axis && getShape(indices)[dim] > getShape(data)[dim])
      return node.error("the indices reach beyond the data in dimension " +
                        Twine(dim));
  LoopBuilder loops(node, "GatherElements", {data, indices},
                    RankedTensorType::get(getShape(indices), getElement(data)));
  Memory from = loops.getInput(0), places = loops.getInput(1);
  Memory to = loops.getOutput(0);
  loops.forShape(to.getShape(), [&](ArrayRef<Scalar> position) {
    SmallVector<Scalar> source(position);
    source[axis] =
        loops.toIndexWithin(places.load(position), from.getExtent(axis));
    to.store(position, from.load(source));
  });
  return node.setResults(loops.finish());
}

/// The tuple of indices at `at`, which selects a place in the dimensions of
/// `data` from `firstDim` on.
static SmallVector<Scalar> readTuple(LoopBuilder &loops, Memory tuples,
                                     ArrayRef<Scalar> at, Memory data,
                                     unsigned firstDim) {
  SmallVector<Scalar> place(at);
  place.push_back({});
  SmallVector<Scalar> result;
  for (int64_t i = 0; i < tuples.getShape().back(); ++i) {
    place.back() = loops.getIndex(i);
    result.push_back(
        loops.toIndexWithin(tuples.load(place), data.getExtent(firstDim + i)));
  }
  return result;
}

static LogicalResult convertGatherND(NodeContext &node) {
  Value data = node.getInput(0), indices = node.getInput(1);
  int64_t batch = node.getInt("batch_dims", 0);
  if (node.hasFailed() || failed(checkIndices(node, 1)))
    return failure();
  ArrayRef<int64_t> shape = getShape(data), tuples = getShape(indices);
  int64_t rank = shape.size();
  if (batch < 0 || tuples.empty() ||
      batch >= static_cast<int64_t>(tuples.size()) ||
      batch + tuples.back() > rank ||
      shape.take_front(batch) != tuples.take_front(batch))
    return node.error("the indices select " +
                      (tuples.empty() ? Twine(0) : Twine(tuples.back())) +
                      " dimensions behind " + Twine(batch) +
                      " of the batch, which the data do not have");
  if (node.getExtents(0))
    return node.error("the data (input 0) have an extent that is only known at "
                      "run time; end the model there with --outputs");
  SmallVector<int64_t> result(tuples.drop_back());
  llvm::append_range(result, shape.drop_front(batch + tuples.back()));
  ExtentList extents(node);
  extents.addOf(1, 0, tuples.size() - 1);
  extents.add(shape.drop_front(batch + tuples.back()));
  LoopBuilder loops(node, "GatherND", {data, indices},
                    RankedTensorType::get(result, getElement(data)));
  Memory from = loops.getInput(0), places = loops.getInput(1);
  Memory to = loops.getOutput(0);
  int64_t outer = tuples.size() - 1;
  loops.forShape(tuples.drop_back(), [&](ArrayRef<Scalar> at) {
    SmallVector<Scalar> selected = readTuple(loops, places, at, from, batch);
    loops.forShape(ArrayRef(result).drop_front(outer),
                   [&](ArrayRef<Scalar> inner) {
                     SmallVector<Scalar> source(at.take_front(batch));
                     SmallVector<Scalar> target(at);
                     llvm::append_range(source, selected);
                     llvm::append_range(source, inner);
                     llvm::append_range(target, inner);
                     to.store(target, from.load(source));
                   });
  });
  return node.setResults(loops.finish(), extents.create());
}

//===----------------------------------------------------------------------===//
// Scatter
//===----------------------------------------------------------------------===//

/// How an update changes the element that it meets.
using Combine = Scalar (*)(Scalar old, Scalar update);

static Combine getReduction(NodeContext &node) {
  return node.getChoice<Combine>(
      "reduction", "none",
      {{"none", [](Scalar, Scalar update) { return update; }},
       {"add", [](Scalar old, Scalar update) { return old + update; }},
       {"mul", [](Scalar old, Scalar update) { return old * update; }},
       {"min", [](Scalar old,
                  Scalar update) { return old.getLoops().min(old, update); }},
       {"max", [](Scalar old, Scalar update) {
          return old.getLoops().max(old, update);
        }}});
}

/// Copies the data that are not updated.
static void copyData(LoopBuilder &loops) {
  Memory from = loops.getInput(0), to = loops.getOutput(0);
  loops.forShape(from.getShape(), [&](ArrayRef<Scalar> position) {
    to.store(position, from.load(position));
  });
}

static LogicalResult convertScatterElements(NodeContext &node) {
  Value data = node.getInput(0), indices = node.getInput(1);
  Value updates = node.getInput(2);
  int64_t axis = node.normalizeAxis(node.getInt("axis", 0), getRank(data));
  Combine combine = getReduction(node);
  if (node.hasFailed() || failed(checkIndices(node, 1)))
    return failure();
  if (getShape(indices) != getShape(updates) ||
      getRank(indices) != getRank(data) ||
      getElement(updates) != getElement(data))
    return node.error("indices and updates must have the same shape, of the "
                      "rank of the data, and updates and data the same type");
  for (int64_t dim = 0; dim < getRank(data); ++dim)
    if (dim != axis && getShape(indices)[dim] > getShape(data)[dim])
      return node.error("the indices reach beyond the data in dimension " +
                        Twine(dim));
  LoopBuilder loops(node, "ScatterElements", {data, indices, updates},
                    getType(data));
  copyData(loops);
  Memory places = loops.getInput(1), values = loops.getInput(2);
  Memory to = loops.getOutput(0);
  loops.forShape(places.getShape(), [&](ArrayRef<Scalar> position) {
    SmallVector<Scalar> target(position);
    target[axis] =
        loops.toIndexWithin(places.load(position), to.getExtent(axis));
    to.store(target, combine(to.load(target), values.load(position)));
  });
  return node.setResults(loops.finish());
}

static LogicalResult convertScatterND(NodeContext &node) {
  Value data = node.getInput(0), indices = node.getInput(1);
  Value updates = node.getInput(2);
  Combine combine = getReduction(node);
  if (node.hasFailed() || failed(checkIndices(node, 1)))
    return failure();
  ArrayRef<int64_t> shape = getShape(data), tuples = getShape(indices);
  if (tuples.empty() || tuples.back() > getRank(data))
    return node.error("the indices select more dimensions than the data have");
  SmallVector<int64_t> expected(tuples.drop_back());
  llvm::append_range(expected, shape.drop_front(tuples.back()));
  if (getShape(updates) != ArrayRef(expected) ||
      getElement(updates) != getElement(data))
    return node.error("the updates have shape " +
                      formatShape(getShape(updates)) + ", but need " +
                      formatShape(expected) + " of the type of the data");
  LoopBuilder loops(node, "ScatterND", {data, indices, updates}, getType(data));
  copyData(loops);
  Memory places = loops.getInput(1), values = loops.getInput(2);
  Memory to = loops.getOutput(0);
  loops.forShape(tuples.drop_back(), [&](ArrayRef<Scalar> at) {
    SmallVector<Scalar> selected = readTuple(loops, places, at, to, 0);
    loops.forShape(
        shape.drop_front(tuples.back()), [&](ArrayRef<Scalar> inner) {
          SmallVector<Scalar> source(at), target(selected);
          llvm::append_range(source, inner);
          llvm::append_range(target, inner);
          to.store(target, combine(to.load(target), values.load(source)));
        });
  });
  return node.setResults(loops.finish());
}

void lathe::frontend::addIndexing(OperatorRegistry &registry) {
  registry.add("GatherElements", {11}, 2, convertGatherElements);
  registry.add("GatherND", {11}, 2, convertGatherND, OpenExtents::Handled);
  registry.add("Scatter", {9, 10}, 3, convertScatterElements);
  registry.add("ScatterElements", {11}, 3, convertScatterElements);
  registry.add("ScatterND", {11}, 3, convertScatterND);
}
