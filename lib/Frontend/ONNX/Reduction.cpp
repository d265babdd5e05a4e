//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reductions. Those other than sum, mean, product, maximum and minimum are
// one of these between elementwise ops.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "NodeContext.h"
#include "OperatorRegistry.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

namespace {
/// What a reduction runs over.
struct Extent {
  SmallVector<int64_t> axes;
  bool keepDims;
};
} // namespace

/// The axes of a reduction, an input from version `asInput` on. Without axes
/// all dimensions are reduced, or none if the node says so.
static std::optional<Extent> getExtent(NodeContext &node, int64_t asInput) {
  int64_t rank = getRank(node.getInput(0));
  Extent extent;
  extent.keepDims = node.getBool("keepdims", true);
  bool nothingWithoutAxes =
      node.getOpset() >= asInput && node.getBool("noop_with_empty_axes", false);
  std::optional<SmallVector<int64_t>> axes = node.getAxes(asInput, 1);
  if (axes && !axes->empty())
    extent.axes = node.normalizeAxes(*axes, rank);
  else if (!nothingWithoutAxes)
    extent.axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (node.hasFailed())
    return std::nullopt;
  return extent;
}

template <ReduceKind kind, int64_t asInput>
static LogicalResult convertReduce(NodeContext &node) {
  std::optional<Extent> extent = getExtent(node, asInput);
  if (!extent)
    return failure();
  Value input = node.getInput(0);
  Type element = getElement(input);
  // Of truth values there are a least and a largest one, as of integers.
  if (element.isInteger(1) &&
      (kind == ReduceKind::Max || kind == ReduceKind::Min))
    input = node.castTo(input, node.getBuilder().getIntegerType(8, false));
  Value result =
      node.create<ReduceOp>(input, kind, extent->axes, extent->keepDims);
  return node.setResults(node.castTo(result, element));
}

static Value createSum(NodeContext &node, Value value, const Extent &extent) {
  return node.create<ReduceOp>(value, ReduceKind::Sum, extent.axes,
                               extent.keepDims);
}

template <typename Before, bool squared, typename After>
static LogicalResult convertComposed(NodeContext &node) {
  std::optional<Extent> extent = getExtent(node, 18);
  if (!extent)
    return failure();
  Value input = node.getInput(0);
  if constexpr (squared)
    input = node.create<MulOp>(input, input);
  if constexpr (!std::is_void_v<Before>)
    input = node.create<Before>(input);
  Value result = createSum(node, input, *extent);
  if constexpr (!std::is_void_v<After>)
    result = node.create<After>(result);
  return node.setResults(result);
}

/// log(sum(exp(x))) as m + log(sum(exp(x - m))) with the maximum m, so that the
/// exponentials do not overflow.
static LogicalResult convertLogSumExp(NodeContext &node) {
  std::optional<Extent> extent = getExtent(node, 18);
  if (!extent)
    return failure();
  Value input = node.getInput(0);
  Value kept = node.create<ReduceOp>(input, ReduceKind::Max, extent->axes,
                                     /*keep_dims=*/true);
  Value exp = node.create<ExpOp>(node.create<SubOp>(input, kept));
  Value log = node.create<LogOp>(createSum(node, exp, *extent));
  if (!log)
    return failure();
  return node.setResults(
      node.create<AddOp>(log, node.createReshape(kept, getShape(log))));
}

template <ReduceKind kind>
static LogicalResult convertArgReduce(NodeContext &node) {
  Value input = node.getInput(0);
  int64_t axis = node.normalizeAxis(node.getInt("axis", 0), getRank(input));
  bool keepDims = node.getBool("keepdims", true);
  bool last = node.getBool("select_last_index", false);
  return node.setResults(
      node.create<ArgReduceOp>(input, kind, axis, keepDims, last));
}

void lathe::frontend::addReductions(OperatorRegistry &registry) {
  auto addReduce = [&](StringRef name, Converter converter) {
    registry.add(name, {1}, {1, 2}, converter).needs("the axes");
  };
  addReduce("ReduceSum", convertReduce<ReduceKind::Sum, 13>);
  addReduce("ReduceMean", convertReduce<ReduceKind::Mean, 18>);
  addReduce("ReduceProd", convertReduce<ReduceKind::Prod, 18>);
  addReduce("ReduceMax", convertReduce<ReduceKind::Max, 18>);
  addReduce("ReduceMin", convertReduce<ReduceKind::Min, 18>);
  addReduce("ReduceL1", convertComposed<AbsOp, false, void>);
  addReduce("ReduceL2", convertComposed<void, true, SqrtOp>);
  addReduce("ReduceSumSquare", convertComposed<void, true, void>);
  addReduce("ReduceLogSum", convertComposed<void, false, LogOp>);
  addReduce("ReduceLogSumExp", convertLogSumExp);
  registry.add("ArgMax", {1}, 1, convertArgReduce<ReduceKind::Max>);
  registry.add("ArgMin", {1}, 1, convertArgReduce<ReduceKind::Min>);
}
