//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operators that select, repeat and rearrange elements.
//
//===----------------------------------------------------------------------===//

#include "DataMovement.h"
#include "Converters.h"
#include "NodeContext.h"
#include "OperatorRegistry.h"

#include "mlir/Dialect/Traits.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

namespace {
/// The operands of lathe.slice.
struct Part {
  explicit Part(ArrayRef<int64_t> shape)
      : offsets(shape.size(), 0), sizes(shape), steps(shape.size(), 1) {}

  Value create(NodeContext &node, Value input) const {
    return node.create<SliceOp>(input, offsets, sizes, steps);
  }

  SmallVector<int64_t> offsets, sizes, steps;
};
} // namespace

static LogicalResult convertTranspose(NodeContext &node) {
  Value input = node.getInput(0);
  auto reversed =
      llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, getRank(input))));
  SmallVector<int64_t> permutation = node.getInts("perm", reversed);
  Value result = node.createTranspose(input, permutation);
  if (!result)
    return failure();
  ExtentList extents(node);
  for (int64_t dim : permutation)
    extents.addOf(0, dim);
  return node.setResults(result, extents.create());
}

static LogicalResult convertConcat(NodeContext &node) {
  if (!llvm::all_of(node.getInputs(), [](Value input) { return input; }))
    return node.error("an input is missing");
  int64_t axis =
      node.normalizeAxis(node.getInt("axis", 1), getRank(node.getInput(0)));
  return node.setResults(node.create<ConcatOp>(node.getInputs(), axis));
}

//===----------------------------------------------------------------------===//
// Split and slice
//===----------------------------------------------------------------------===//

/// The extents of the parts of a dimension: stated, or as equal as can be.
static SmallVector<int64_t> getPartExtents(NodeContext &node, int64_t extent) {
  SmallVector<int64_t> extents = node.getInts("split");
  int64_t parts = node.getNode().output_size();
  if (node.getOpset() >= 18 && node.getInt("num_outputs", parts) != parts)
    (void)node.error("attribute 'num_outputs' is not the number of outputs, " +
                     Twine(parts));
  if (node.getInput(1))
    extents = node.getIntegers(1, "parts' extents").value_or(extents);
  if (!extents.empty() || parts < 1 || node.hasFailed())
    return extents;
  // From version 18 on the last part may be smaller.
  int64_t each = (extent + parts - 1) / parts;
  for (int64_t begin = 0; parts > 0; --parts, begin += each)
    extents.push_back(std::clamp<int64_t>(extent - begin, 0, each));
  return extents;
}

static LogicalResult convertSplit(NodeContext &node) {
  Value input = node.getInput(0);
  int64_t axis = node.normalizeAxis(node.getInt("axis", 0), getRank(input));
  if (node.hasFailed())
    return failure();
  int64_t extent = getShape(input)[axis];
  SmallVector<int64_t> extents = getPartExtents(node, extent);
  auto parts = splitAxis(node, input, axis, extents);
  return failed(parts) ? failure() : node.setResults(*parts);
}

FailureOr<SmallVector<Value>>
lathe::frontend::splitAxis(NodeContext &node, Value input, int64_t axis,
                           ArrayRef<int64_t> extents) {
  if (node.hasFailed())
    return failure();
  int64_t extent = getShape(input)[axis];
  int64_t sum = 0;
  for (int64_t part : extents)
    if (part < 0 || part > extent || (sum += part) > extent)
      break;
  if (sum != extent)
    return node.error("the parts do not add up to the extent of axis " +
                      Twine(axis) + ", " + Twine(extent));
  SmallVector<Value> results;
  Part part(getShape(input));
  for (int64_t size : extents) {
    part.sizes[axis] = size;
    results.push_back(part.create(node, input));
    part.offsets[axis] += size;
  }
  return results;
}

/// Applies `start:end:step` to dimension `axis`, with ONNX's rules for what is
/// negative or out of range.
static void sliceDimension(Part &part, int64_t axis, int64_t start, int64_t end,
                           int64_t step) {
  int64_t extent = part.sizes[axis];
  // Ends may be INT64_MIN or INT64_MAX.
  auto fromFront = [&](int64_t position) {
    return position < 0 ? std::max<int64_t>(position, -extent - 1) + extent
                        : std::min(position, extent);
  };
  start = fromFront(start);
  end = fromFront(end);
  if (step > 0) {
    start = std::clamp<int64_t>(start, 0, extent);
    end = std::clamp<int64_t>(end, 0, extent);
    part.sizes[axis] = std::max<int64_t>((end - start + step - 1) / step, 0);
  } else {
    start = std::clamp<int64_t>(start, -1, extent - 1);
    end = std::clamp<int64_t>(end, -1, extent - 1);
    part.sizes[axis] = std::max<int64_t>((start - end - step - 1) / -step, 0);
  }
  part.offsets[axis] = part.sizes[axis] == 0 ? 0 : start;
  part.steps[axis] = step;
}

static LogicalResult slice(NodeContext &node, ArrayRef<int64_t> starts,
                           ArrayRef<int64_t> ends,
                           std::optional<SmallVector<int64_t>> axes,
                           ArrayRef<int64_t> steps) {
  Value input = node.getInput(0);
  if (node.hasFailed())
    return failure();
  if (!axes)
    axes = llvm::to_vector(llvm::seq<int64_t>(0, starts.size()));
  SmallVector<int64_t> ones(starts.size(), 1);
  if (steps.empty())
    steps = ones;
  if (ends.size() != starts.size() || axes->size() != starts.size() ||
      steps.size() != starts.size())
    return node.error("starts, ends, axes and steps differ in number");
  int64_t rank = getRank(input);
  node.normalizeAxes(*axes, rank);
  Part part(getShape(input));
  for (auto [i, stated] : llvm::enumerate(*axes)) {
    int64_t axis = node.normalizeAxis(stated, rank);
    // No tensor has an extent that a larger step would tell apart.
    constexpr int64_t most = INT32_MAX;
    int64_t step = std::clamp<int64_t>(steps[i], -most, most);
    if (step == 0)
      return node.error("the step of axis " + Twine(axis) + " is zero");
    if (node.hasFailed())
      return failure();
    const DynamicExtents *open = node.getExtents(0);
    if (open && open->isOpen[axis])
      return node.error("the extent of axis " + Twine(axis) +
                        ", which it cuts, is only known at run time; end the "
                        "model there with --outputs");
    sliceDimension(part, axis, starts[i], ends[i], step);
  }
  ExtentList extents(node);
  for (int64_t dim = 0; dim < rank; ++dim) {
    if (part.sizes[dim] == getShape(input)[dim])
      extents.addOf(0, dim);
    else
      extents.add(part.sizes[dim]);
  }
  return node.setResults(part.create(node, input), extents.create());
}

/// Before version 10, the bounds were attributes.
static LogicalResult convertSliceOfAttributes(NodeContext &node) {
  SmallVector<int64_t> starts = node.getInts("starts");
  SmallVector<int64_t> ends = node.getInts("ends");
  std::optional<SmallVector<int64_t>> axes;
  if (SmallVector<int64_t> stated = node.getInts("axes"); !stated.empty())
    axes = stated;
  return slice(node, starts, ends, axes, {});
}

static LogicalResult convertSlice(NodeContext &node) {
  auto starts = node.getIntegers(1, "starts");
  auto ends = node.getIntegers(2, "ends");
  std::optional<SmallVector<int64_t>> axes, steps;
  if (node.getInput(3))
    axes = node.getIntegers(3, "axes");
  if (node.getInput(4))
    steps = node.getIntegers(4, "steps");
  if (node.hasFailed())
    return failure();
  return slice(node, *starts, *ends, axes,
               steps.value_or(SmallVector<int64_t>()));
}

//===----------------------------------------------------------------------===//
// Pad
//===----------------------------------------------------------------------===//

/// Negative padding cuts elements off, before the rest is padded.
static Value cutNegative(NodeContext &node, Value input,
                         SmallVectorImpl<int64_t> &low,
                         SmallVectorImpl<int64_t> &high) {
  Part part(getShape(input));
  bool cuts = false;
  for (size_t i = 0; i < low.size(); ++i) {
    int64_t begin = std::max<int64_t>(-low[i], 0);
    int64_t end = std::max<int64_t>(-high[i], 0);
    if (begin + end > part.sizes[i])
      return (void)node.error("padding cuts more off dimension " + Twine(i) +
                              " than its extent"),
             Value();
    part.offsets[i] = begin;
    part.sizes[i] -= begin + end;
    cuts |= begin + end > 0;
    low[i] = std::max<int64_t>(low[i], 0);
    high[i] = std::max<int64_t>(high[i], 0);
  }
  return cuts ? part.create(node, input) : input;
}

/// `pads` holds the begins of `axes`, then the ends.
static LogicalResult pad(NodeContext &node, ArrayRef<int64_t> pads,
                         ArrayRef<int64_t> axes, Value value) {
  PadMode mode = node.getChoice<PadMode>("mode", "constant",
                                         {{"constant", PadMode::Constant},
                                          {"edge", PadMode::Edge},
                                          {"reflect", PadMode::Reflect},
                                          {"wrap", PadMode::Wrap}});
  Value input = node.getInput(0);
  int64_t rank = getRank(input);
  if (pads.size() != 2 * axes.size())
    return node.error("there are " + Twine(pads.size()) + " paddings for " +
                      Twine(axes.size()) + " dimensions");
  constexpr int64_t most = INT32_MAX;
  SmallVector<int64_t> low(rank, 0), high(rank, 0);
  node.normalizeAxes(axes, rank);
  for (auto [i, stated] : llvm::enumerate(axes)) {
    int64_t axis = node.normalizeAxis(stated, rank);
    int64_t begin = pads[i], end = pads[i + axes.size()];
    if (std::min(begin, end) < -most || std::max(begin, end) > most)
      return node.error("the padding of axis " + Twine(axis) + " is too large");
    if (node.hasFailed())
      return failure();
    low[axis] = begin;
    high[axis] = end;
  }
  if (mode != PadMode::Constant)
    value = {};
  Value cut = cutNegative(node, input, low, high);
  return node.setResults(node.create<PadOp>(cut, value, low, high, mode));
}

/// Before version 11, padding and value were attributes.
static LogicalResult convertPadOfAttributes(NodeContext &node) {
  Value input = node.getInput(0);
  auto axes = llvm::to_vector(llvm::seq<int64_t>(0, getRank(input)));
  Value value = node.createScalar(node.getFloat("value", 0), getElement(input));
  return pad(node, node.getInts("pads"), axes, value);
}

static LogicalResult convertPad(NodeContext &node) {
  auto pads = node.getIntegers(1, "padding");
  std::optional axes =
      llvm::to_vector(llvm::seq<int64_t>(0, getRank(node.getInput(0))));
  if (node.getInput(3))
    axes = node.getIntegers(3, "axes");
  if (node.hasFailed())
    return failure();
  return pad(node, *pads, *axes, node.getInput(2));
}

//===----------------------------------------------------------------------===//
// Gather and repetition
//===----------------------------------------------------------------------===//

/// An element of constant `indices` that is none of `extent` elements, be it
/// counted from the front or, negative, from the end.
static std::optional<int64_t> findWildIndex(const HostTensor &indices,
                                            int64_t extent) {
  for (int64_t i = 0; i < indices.getNumElements(); ++i)
    if (int64_t index = indices.getInt(i); index < -extent || index >= extent)
      return index;
  return std::nullopt;
}

static LogicalResult convertGather(NodeContext &node) {
  Value input = node.getInput(0), indices = node.getInput(1);
  int64_t axis = node.normalizeAxis(node.getInt("axis", 0), getRank(input));
  if (node.hasFailed())
    return failure();
  const DynamicExtents *open = node.getExtents(0);
  if (open && open->isOpen[axis])
    return node.error("the extent of the axis that it gathers from is only "
                      "known at run time; end the model there with --outputs");
  ExtentList extents(node);
  extents.addOf(0, 0, axis);
  extents.addOf(1, 0, getRank(indices));
  extents.addOf(0, axis + 1, getRank(input));
  int64_t extent = getShape(input)[axis];
  std::optional<HostTensor> known = getConstant(indices);
  if (known)
    if (std::optional<int64_t> wild = findWildIndex(*known, extent))
      return node.error("index " + Twine(*wild) + " is out of dimension " +
                        Twine(axis) + ", which has " + Twine(extent) +
                        " elements");
  if (!known || known->getNumElements() != 1)
    return node.setResults(node.create<GatherOp>(input, indices, axis),
                           extents.create());
  // One slice that is known needs no copy.
  int64_t index = known->getInt(0);
  Part part(getShape(input));
  part.offsets[axis] = index < 0 ? index + extent : index;
  part.sizes[axis] = 1;
  SmallVector<int64_t> shape(getShape(input).take_front(axis));
  llvm::append_range(shape, getShape(indices));
  llvm::append_range(shape, getShape(input).drop_front(axis + 1));
  return node.setResults(node.createReshape(part.create(node, input), shape),
                         extents.create());
}

static LogicalResult convertExpand(NodeContext &node) {
  Value input = node.getInput(0);
  auto stated = node.getIntegers(1, "shape");
  if (!stated)
    return failure();
  // Both shapes broadcast: a stated 1 keeps the input's extent.
  SmallVector<int64_t> shape;
  if (!getNumElements(*stated) ||
      !OpTrait::util::getBroadcastedShape(getShape(input), *stated, shape) ||
      !getNumElements(shape))
    return node.error("the shape does not broadcast with that of the input");
  return node.setResults(node.create<BroadcastOp>(input, shape));
}

static LogicalResult convertTile(NodeContext &node) {
  Value input = node.getInput(0);
  auto repeats = node.getIntegers(1, "repeats");
  if (!repeats)
    return failure();
  for (int64_t times : *repeats)
    if (times < 0 || times > INT32_MAX)
      return node.error("it repeats a dimension " + Twine(times) + " times");
  return node.setResults(node.create<TileOp>(input, *repeats));
}

//===----------------------------------------------------------------------===//
// Depth and space
//===----------------------------------------------------------------------===//

namespace {
/// The extents of an image and of its blocks.
struct Blocks {
  int64_t batch, height, width, channels, extent;
  /// Whether a pixel's position in its block is the slower part of its channel
  /// number (mode DCR, the default), or the
  /// faster one (CRD).
  bool positionFirst;
};
} // namespace

/// None after an error.
static std::optional<Blocks> getBlocks(NodeContext &node) {
  ArrayRef<int64_t> shape = getShape(node.getInput(0));
  int64_t block = node.getInt("blocksize", 0);
  bool positionFirst =
      node.getChoice<bool>("mode", "DCR", {{"DCR", true}, {"CRD", false}});
  if (shape.size() != 4)
    (void)node.error("the input needs 4 dimensions");
  if (block < 1 || block > INT16_MAX)
    (void)node.error("attribute 'blocksize' must be from 1 to 32767");
  if (node.hasFailed())
    return std::nullopt;
  return Blocks{shape[0], shape[2], shape[3], shape[1], block, positionFirst};
}

/// Spreads blocks of channels over space.
static LogicalResult convertDepthToSpace(NodeContext &node) {
  std::optional<Blocks> blocks = getBlocks(node);
  if (!blocks)
    return failure();
  auto [n, h, w, c, b, positionFirst] = *blocks;
  if (c % (b * b) != 0)
    return node.error("the " + Twine(c) +
                      " channels do not divide into "
                      "blocks of " +
                      Twine(b * b));
  int64_t depth = c / (b * b);
  Value image = node.toChannelsLast(node.getInput(0));
  Value spread;
  if (positionFirst)
    spread = node.createTranspose(
        node.createReshape(image, {n, h, w, b, b, depth}), {0, 1, 3, 2, 4, 5});
  else
    spread = node.createTranspose(
        node.createReshape(image, {n, h, w, depth, b, b}), {0, 1, 4, 2, 5, 3});
  return node.setResults(node.toChannelsFirst(
      node.createReshape(spread, {n, h * b, w * b, depth})));
}

static LogicalResult convertSpaceToDepth(NodeContext &node) {
  std::optional<Blocks> blocks = getBlocks(node);
  if (!blocks)
    return failure();
  auto [n, h, w, c, b, positionFirst] = *blocks;
  if (h % b != 0 || w % b != 0)
    return node.error("the image of " + Twine(h) + " by " + Twine(w) +
                      " does not divide into blocks of " + Twine(b));
  Value image = node.toChannelsLast(node.getInput(0));
  Value split = node.createReshape(image, {n, h / b, b, w / b, b, c});
  Value gathered = node.createTranspose(
      split, positionFirst ? ArrayRef<int64_t>{0, 1, 3, 2, 4, 5}
                           : ArrayRef<int64_t>{0, 1, 3, 5, 2, 4});
  return node.setResults(node.toChannelsFirst(
      node.createReshape(gathered, {n, h / b, w / b, c * b * b})));
}

void lathe::frontend::addDataMovement(OperatorRegistry &registry) {
  registry.add("Transpose", {1}, 1, convertTranspose, OpenExtents::Handled);
  registry.add("Concat", {4}, {1, Inputs::any}, convertConcat);
  registry.add("Split", {2}, {1, 2}, convertSplit).needs("the parts' extents");
  registry.add("Slice", {1, 9}, 1, convertSliceOfAttributes,
               OpenExtents::Handled);
  registry.add("Slice", {10}, {3, 5}, convertSlice, OpenExtents::Handled)
      .needs("starts, ends, axes and steps");
  registry.add("Pad", {2, 10}, 1, convertPadOfAttributes);
  registry.add("Pad", {11}, {2, 4}, convertPad).needs("padding and axes");
  registry.add("Gather", {1}, 2, convertGather, OpenExtents::Handled);
  registry.add("Expand", {8}, 2, convertExpand).needs("the shape");
  registry.add("Tile", {6}, 2, convertTile).needs("the repeats");
  registry.add("DepthToSpace", {1}, 1, convertDepthToSpace);
  registry.add("SpaceToDepth", {1}, 1, convertSpaceToDepth);
}
