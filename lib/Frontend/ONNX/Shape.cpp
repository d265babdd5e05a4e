//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operators that read or change a shape and leave the elements' order as it
// is.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "NodeContext.h"
#include "OperatorRegistry.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

/// The extents of dimensions `start` (inclusive) to `end`, both clamped.
static LogicalResult convertShape(NodeContext &node) {
  ArrayRef<int64_t> shape = getShape(node.getInput(0));
  int64_t rank = static_cast<int64_t>(shape.size());
  auto clamp = [&](int64_t position) {
    return std::clamp<int64_t>(position < 0 ? position + rank : position, 0,
                               rank);
  };
  int64_t start = clamp(node.getInt("start", 0));
  int64_t end = std::max(clamp(node.getInt("end", rank)), start);
  ExtentList extents(node);
  extents.addOf(0, start, end);
  if (std::optional<DynamicExtents> open = extents.create())
    return node.setResults(open->actual);
  return node.setResults(
      node.createConstant({end - start}, shape.slice(start, end - start)));
}

static LogicalResult convertSize(NodeContext &node) {
  const int64_t dims[] = {0};
  if (const DynamicExtents *open = node.getExtents(0))
    return node.setResults(node.create<ReduceOp>(open->actual, ReduceKind::Prod,
                                                 ArrayRef(dims),
                                                 /*keep_dims=*/false));
  int64_t elements = getType(node.getInput(0)).getNumElements();
  return node.setResults(node.createConstant({}, {elements}));
}

/// In the requested shape, 0 copies the input's extent (unless `allowzero`),
/// and one -1 stands for what is left.
static LogicalResult convertReshape(NodeContext &node) {
  Value input = node.getInput(0);
  ArrayRef<int64_t> from = getShape(input);
  std::optional<SmallVector<int64_t>> shape = node.getIntegers(1, "shape");
  bool allowZero = node.getBool("allowzero", false);
  if (!shape)
    return failure();
  int64_t *open = nullptr;
  int64_t known = 1;
  for (auto [i, extent] : llvm::enumerate(*shape)) {
    if (extent == 0 && !allowZero) {
      if (i >= from.size())
        return node.error("extent 0 of the shape copies dimension " + Twine(i) +
                          ", which the input does not have");
      extent = from[i];
    }
    if (extent < -1 || (extent == -1 && open))
      return node.error("the shape may hold one -1 and no other negative");
    if (extent == -1)
      open = &extent;
    else if (llvm::MulOverflow(known, extent, known))
      return node.error("the shape is too large");
  }
  int64_t elements = getType(input).getNumElements();
  if (open && (known == 0 || elements % known != 0))
    return node.error("the " + Twine(elements) +
                      " elements of the input do not divide by " +
                      Twine(known));
  if (open)
    *open = elements / known;
  return node.setResults(node.createReshape(input, *shape));
}

static LogicalResult convertFlatten(NodeContext &node) {
  Value input = node.getInput(0);
  ArrayRef<int64_t> shape = getShape(input);
  int64_t rank = static_cast<int64_t>(shape.size());
  int64_t axis = node.getInt("axis", 1);
  // The axis may lie behind the last dimension.
  if (axis != rank)
    axis = node.normalizeAxis(axis, rank);
  if (node.hasFailed())
    return failure();
  return node.setResults(node.createReshape(
      input, {ShapedType::getNumElements(shape.take_front(axis)),
              ShapedType::getNumElements(shape.drop_front(axis))}));
}

/// Whether the extent of dimension `dim` of input `index` is only known at run
/// time.
static bool isOpen(NodeContext &node, unsigned index, int64_t dim) {
  const DynamicExtents *extents = node.getExtents(index);
  return extents && extents->isOpen[dim];
}

static LogicalResult convertSqueeze(NodeContext &node) {
  Value input = node.getInput(0);
  ArrayRef<int64_t> shape = getShape(input);
  std::optional<SmallVector<int64_t>> stated = node.getAxes(13, 1);
  if (node.hasFailed())
    return failure();
  SmallVector<int64_t> axes, result;
  ExtentList extents(node);
  if (stated)
    axes = node.normalizeAxes(*stated, shape.size());
  for (auto [i, extent] : llvm::enumerate(shape)) {
    bool drop = stated ? llvm::is_contained(axes, static_cast<int64_t>(i))
                       : extent == 1;
    if (drop && isOpen(node, 0, i))
      return node.error("whether dimension " + Twine(i) +
                        " can be dropped is only known at run time");
    if (drop && extent != 1)
      return node.error("dimension " + Twine(i) +
                        " cannot be dropped, it has "
                        "extent " +
                        Twine(extent));
    if (!drop) {
      result.push_back(extent);
      extents.addOf(0, i);
    }
  }
  return node.setResults(node.createReshape(input, result), extents.create());
}

static LogicalResult convertUnsqueeze(NodeContext &node) {
  Value input = node.getInput(0);
  std::optional<SmallVector<int64_t>> stated = node.getAxes(13, 1);
  if (!stated)
    return node.error("the axes are missing");
  int64_t rank = getRank(input) + static_cast<int64_t>(stated->size());
  SmallVector<int64_t> shape(getShape(input));
  SmallVector<int64_t> axes = node.normalizeAxes(*stated, rank);
  if (node.hasFailed())
    return failure();
  for (int64_t axis : axes)
    shape.insert(shape.begin() + axis, 1);
  ExtentList extents(node);
  for (int64_t dim = 0, from = 0; dim < rank; ++dim) {
    if (llvm::is_contained(axes, dim))
      extents.add(1);
    else
      extents.addOf(0, from++);
  }
  return node.setResults(node.createReshape(input, shape), extents.create());
}

static LogicalResult convertIdentity(NodeContext &node) {
  return node.setResults(node.getInput(0));
}

/// Inference passes its input through, and the mask drops nothing.
static LogicalResult convertDropout(NodeContext &node) {
  node.getFloat("ratio", 0.5);
  node.getInt("seed", 0);
  if (node.getOpset() < 7)
    node.getBool("is_test", false); // nothing is dropped in inference
  std::optional<HostTensor> training = getConstant(node.getInput(2));
  if (node.getInput(2) && !(training && training->getNumElements() == 1 &&
                            training->getInt(0) == 0))
    return node.error("training mode is not supported; export the model for "
                      "inference");
  Value input = node.getInput(0);
  if (node.getNode().output_size() < 2)
    return node.setResults(input);
  Value kept = node.createScalar(1, node.getBuilder().getI1Type());
  return node.setResults(
      {input, node.create<BroadcastOp>(kept, getShape(input))});
}

void lathe::frontend::addShapes(OperatorRegistry &registry) {
  registry.add("Shape", {1}, 1, convertShape, OpenExtents::Handled);
  registry.add("Size", {1}, 1, convertSize, OpenExtents::Handled);
  registry.add("Reshape", {5}, 2, convertReshape).needs("the shape");
  registry.add("Flatten", {1}, 1, convertFlatten);
  registry.add("Squeeze", {1}, {1, 2}, convertSqueeze, OpenExtents::Handled)
      .needs("the axes");
  registry.add("Unsqueeze", {1}, {1, 2}, convertUnsqueeze, OpenExtents::Handled)
      .needs("the axes");
  registry.add("Identity", {1}, 1, convertIdentity, OpenExtents::Kept)
      .takeSequences();
  registry.add("Dropout", {1}, {1, 3}, convertDropout).lacks("training mode");
}
