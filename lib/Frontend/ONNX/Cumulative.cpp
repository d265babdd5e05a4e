//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operators that run along an axis, step by step.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "LoopBuilder.h"
#include "OperatorRegistry.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

/// The sum, or with `isProduct` the product, of the elements up to each.
template <bool isProduct>
static LogicalResult convertCumulative(NodeContext &node) {
  Value input = node.getInput(0);
  auto stated = node.getIntegers(1, "axis");
  bool exclusive = node.getBool("exclusive", false);
  bool reverse = node.getBool("reverse", false);
  if (!stated)
    return failure();
  if (stated->size() != 1)
    return node.error("the axis (input 1) must be one number");
  int64_t axis = node.normalizeAxis(stated->front(), getRank(input));
  if (node.hasFailed())
    return failure();
  LoopBuilder loops(node, isProduct ? "CumProd" : "CumSum", {input},
                    getType(input));
  Memory from = loops.getInput(0), to = loops.getOutput(0);
  Scalar extent = loops.getIndex(from.getExtent(axis));
  Scalar neutral = loops.getConstant(from.getComputeType(), isProduct ? 1 : 0,
                                     from.isUnsignedInteger());
  loops.forRows(from.getShape(), axis, [&](auto at) {
    loops.fold(
        loops.getIndex(0), extent, neutral, [&](Scalar i, Scalar before) {
          SmallVector<Scalar> place = at(reverse ? extent - 1 - i : i);
          Scalar element = from.load(place);
          Scalar result = isProduct ? before * element : before + element;
          to.store(place, exclusive ? before : result);
          return result;
        });
  });
  return node.setResults(loops.finish());
}

/// Reverses the first elements of each row, as many as input 1 says.
static LogicalResult convertReverseSequence(NodeContext &node) {
  Value input = node.getInput(0), lengths = node.getInput(1);
  int64_t rank = getRank(input);
  int64_t batch = node.normalizeAxis(node.getInt("batch_axis", 1), rank);
  int64_t time = node.normalizeAxis(node.getInt("time_axis", 0), rank);
  if (node.hasFailed())
    return failure();
  if (batch == time)
    return node.error("batch_axis and time_axis must differ");
  if (getShape(lengths) != ArrayRef(getShape(input)[batch]) ||
      !getElement(lengths).isInteger())
    return node.error("the lengths (input 1) must be one integer for each of "
                      "the " +
                      Twine(getShape(input)[batch]) + " sequences");
  LoopBuilder loops(node, "ReverseSequence", {input, lengths}, getType(input));
  Memory from = loops.getInput(0), counts = loops.getInput(1);
  Memory to = loops.getOutput(0);
  loops.forShape(from.getShape(), [&](ArrayRef<Scalar> position) {
    Scalar wide = loops.cast(counts.load(position[batch]),
                             loops.getBuilder().getI64Type());
    Scalar count = loops.toIndex(
        loops.clamp(wide, loops.getLike(wide, 0),
                    loops.getLike(wide, double(from.getExtent(time)))));
    SmallVector<Scalar> source(position);
    Scalar step = position[time];
    source[time] = loops.select(step < count, count - 1 - step, step);
    to.store(position, from.load(source));
  });
  return node.setResults(loops.finish());
}

void lathe::frontend::addCumulative(OperatorRegistry &registry) {
  registry.add("CumSum", {11}, 2, convertCumulative<false>).needs("the axis");
  registry.add("CumProd", {26}, 2, convertCumulative<true>).needs("the axis");
  registry.add("ReverseSequence", {10}, 2, convertReverseSequence);
}
