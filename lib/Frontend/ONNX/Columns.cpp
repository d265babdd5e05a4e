//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The columns that a convolution multiplies by its weights: put back into an
// image, and read at positions that are computed at run time.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "OperatorRegistry.h"
#include "Sampling.h"
#include "Window.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

/// The number of windows along each dimension of `extents`; none if a window is
/// larger than a dimension.
static std::optional<SmallVector<int64_t>>
countWindows(const Window &window, ArrayRef<int64_t> extents) {
  SmallVector<int64_t> counts;
  for (auto [i, extent] : llvm::enumerate(extents)) {
    int64_t rest = extent + window.pads[i] + window.pads[extents.size() + i] -
                   window.getSpan(i);
    if (rest < 0)
      return std::nullopt;
    counts.push_back(rest / window.strides[i] + 1);
  }
  return counts;
}

/// Where element `k` of window `at` lies along dimension `i`, perhaps outside.
static Scalar getPosition(const Window &window, size_t i, Scalar at, Scalar k) {
  return at * static_cast<double>(window.strides[i]) +
         k * static_cast<double>(window.dilations[i]) -
         static_cast<double>(window.pads[i]);
}

//===----------------------------------------------------------------------===//
// Col2Im
//===----------------------------------------------------------------------===//

static LogicalResult convertCol2Im(NodeContext &node) {
  Value input = node.getInput(0);
  auto image = node.getIntegers(1, "image shape");
  auto block = node.getIntegers(2, "block shape");
  if (!image || !block)
    return failure();
  for (int64_t extent : llvm::concat<int64_t>(*image, *block))
    if (extent < 1 || extent > INT32_MAX)
      return node.error("the shapes of image and block must be positive");
  std::optional<Window> window = Window::get(node, *block, *image);
  if (!window)
    return failure();
  ArrayRef<int64_t> shape = getShape(input);
  std::optional<SmallVector<int64_t>> counts = countWindows(*window, *image);
  std::optional<int64_t> blockSize = getNumElements(*block);
  if (shape.size() != 3 || !blockSize || shape[1] % *blockSize != 0 ||
      !counts || shape[2] != getNumElements(*counts))
    return node.error("an input of shape " + formatShape(shape) +
                      " does not hold the blocks of an image of shape " +
                      formatShape(*image));
  SmallVector<int64_t> blocks = {shape[0], shape[1] / *blockSize};
  SmallVector<int64_t> result = blocks;
  llvm::append_range(blocks, *block);
  llvm::append_range(blocks, *counts);
  llvm::append_range(result, *image);
  Value split = node.createReshape(input, blocks);
  if (node.hasFailed())
    return failure();
  LoopBuilder loops(node, "Col2Im", split,
                    RankedTensorType::get(result, getElement(input)));
  Memory from = loops.getInput(0), to = loops.getOutput(0);
  Scalar zero =
      loops.getConstant(to.getComputeType(), 0, to.isUnsignedInteger());
  loops.forShape(result, [&](ArrayRef<Scalar> at) { to.store(at, zero); });
  size_t rank = image->size();
  loops.forShape(blocks, [&](ArrayRef<Scalar> at) {
    SmallVector<Scalar> place(at.take_front(2));
    Scalar isInside = loops.getBool(true);
    for (size_t i = 0; i < rank; ++i) {
      Scalar position = getPosition(*window, i, at[2 + rank + i], at[2 + i]);
      isInside = isInside & (position >= 0) &
                 (position < static_cast<double>((*image)[i]));
      place.push_back(position);
    }
    loops.when(isInside,
               [&] { to.store(place, to.load(place) + from.load(at)); });
  });
  return node.setResults(loops.finish());
}

//===----------------------------------------------------------------------===//
// DeformConv
//===----------------------------------------------------------------------===//

namespace {
/// A deformable convolution of an image (Zhu et al., Deformable ConvNets v2,
/// 2018, section 3.2): each element of a window is read at an offset of its own
/// and weighted by a mask.
struct Deformation {
  Window window;
  SmallVector<int64_t> counts;
  int64_t offsetGroups = 1;

  /// The elements that the windows read, [N, C, kernel…, windows…].
  Value createColumns(NodeContext &node) const;
};
} // namespace

Value Deformation::createColumns(NodeContext &node) const {
  Value input = node.getInput(0);
  ArrayRef<int64_t> shape = getShape(input);
  SmallVector<int64_t> columns(shape.take_front(2));
  llvm::append_range(columns, window.kernel);
  llvm::append_range(columns, counts);
  SmallVector<int64_t> offsetShape = {
      shape[0], offsetGroups, window.kernel[0], window.kernel[1],
      2,        counts[0],    counts[1]};
  SmallVector<Value> inputs = {
      input, node.createReshape(node.getInput(2), offsetShape)};
  offsetShape.erase(offsetShape.begin() + 4);
  if (node.getInput(4))
    inputs.push_back(node.createReshape(node.getInput(4), offsetShape));
  if (node.hasFailed())
    return {};
  LoopBuilder loops(node, "DeformConv", inputs,
                    RankedTensorType::get(columns, getElement(input)));
  Memory from = loops.getInput(0), offsets = loops.getInput(1);
  Type type = from.getComputeType();
  double perGroup = static_cast<double>(shape[1] / offsetGroups);
  loops.forShape(columns, [&](ArrayRef<Scalar> at) {
    Scalar batch = at[0], channel = at[1];
    Scalar group = channel / perGroup;
    SmallVector<SampleTaps> taps;
    for (int64_t i = 0; i < 2; ++i) {
      Scalar offset = offsets.load(
          {batch, group, at[2], at[3], loops.getIndex(i), at[4], at[5]});
      Scalar position = getPosition(window, i, at[4 + i], at[2 + i]);
      taps.push_back(
          getLinearTaps(loops.cast(position, type) + offset, shape[2 + i]));
    }
    Scalar sample = sumTaps(taps, [&](ArrayRef<Scalar> place) {
      return from.load({batch, channel, place[0], place[1]});
    });
    if (node.getInput(4))
      sample = sample * loops.getInput(2).load(
                            {batch, group, at[2], at[3], at[4], at[5]});
    loops.getOutput(0).store(at, sample);
  });
  return loops.finish().front();
}

/// Checks the shapes of all inputs, and computes those of the windows.
static FailureOr<Deformation> getDeformation(NodeContext &node, int64_t group) {
  Value input = node.getInput(0), weight = node.getInput(1);
  ArrayRef<int64_t> shape = getShape(input), weights = getShape(weight);
  Deformation result;
  result.offsetGroups = node.getInt("offset_group", 1);
  if (shape.size() != 4 || weights.size() != 4)
    return node.error("input and weights must have 4 dimensions");
  if (!isa<FloatType>(getElement(input)))
    return node.error("the elements must be floats");
  SmallVector<int64_t> kernel =
      node.getInts("kernel_shape", weights.drop_front(2));
  if (ArrayRef(kernel) != weights.drop_front(2))
    return node.error(
        "attribute 'kernel_shape' differs from the shape of the weights");
  std::optional<Window> window = Window::get(node, kernel, shape.drop_front(2));
  if (!window)
    return failure();
  constexpr int64_t most = INT16_MAX;
  if (group < 1 || group > most || result.offsetGroups > most ||
      shape[1] != weights[1] * group || weights[0] % group != 0 ||
      result.offsetGroups < 1 || shape[1] % result.offsetGroups != 0)
    return node.error("the groups do not divide the " + Twine(shape[1]) +
                      " input and " + Twine(weights[0]) + " output channels");
  auto counts = countWindows(*window, shape.drop_front(2));
  if (!counts)
    return node.error("the window is larger than the padded input");
  int64_t places = result.offsetGroups * kernel[0] * kernel[1];
  Value mask = node.getInput(4), bias = node.getInput(3);
  if (getShape(node.getInput(2)) !=
          ArrayRef<int64_t>(
              {shape[0], 2 * places, (*counts)[0], (*counts)[1]}) ||
      (mask &&
       getShape(mask) !=
           ArrayRef<int64_t>({shape[0], places, (*counts)[0], (*counts)[1]})) ||
      (bias && getShape(bias) != weights.take_front(1)))
    return node.error("the offsets need " + Twine(2 * places) +
                      " channels and the mask " + Twine(places) +
                      ", both for " + formatShape(*counts) +
                      " windows, and the bias one element for each channel");
  result.window = *window;
  result.counts = *counts;
  return result;
}

static LogicalResult convertDeformConv(NodeContext &node) {
  int64_t group = node.getInt("group", 1);
  FailureOr<Deformation> deformation = getDeformation(node, group);
  if (failed(deformation))
    return failure();
  Value weight = node.getInput(1), bias = node.getInput(3);
  ArrayRef<int64_t> weights = getShape(weight);
  int64_t batch = getShape(node.getInput(0))[0];
  int64_t depth = weights[1] * weights[2] * weights[3];
  int64_t height = deformation->counts[0], width = deformation->counts[1];
  Value columns = node.createReshape(deformation->createColumns(node),
                                     {batch, group, depth, height * width});
  Value matrix =
      node.createReshape(weight, {1, group, weights[0] / group, depth});
  Value product = node.create<MatMulOp>(matrix, columns, Value());
  Value result =
      node.createReshape(product, {batch, weights[0], height, width});
  if (bias)
    result = node.create<AddOp>(
        result, node.createReshape(bias, {1, weights[0], 1, 1}));
  return node.setResults(result);
}

void lathe::frontend::addColumns(OperatorRegistry &registry) {
  registry.add("Col2Im", {18}, 3, convertCol2Im)
      .needs("the shapes of image and block");
  registry.add("DeformConv", {19}, {3, 5}, convertDeformConv);
}
