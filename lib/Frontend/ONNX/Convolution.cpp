//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Convolutions. ONNX states data as [N, C, …] and weights as [O, C / group, …],
// transposed convolutions theirs as [C, O / group, …].
//
//===----------------------------------------------------------------------===//

#include "Convolution.h"
#include "Activation.h"
#include "Converters.h"
#include "OperatorRegistry.h"
#include "Window.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

/// Checks the ranks of data and weights.
static LogicalResult checkRanks(NodeContext &node, Value input, Value weight) {
  int64_t rank = getRank(input), weightRank = getRank(weight);
  if (rank < 3 || weightRank != rank)
    return node.error("data of " + Twine(rank) + " dimensions and weights of " +
                      Twine(weightRank) + "; both need the same, at least 3");
  return success();
}

/// The weights with the window's dimensions in front, and the other two swapped
/// if `swap`.
static Value moveWindowToFront(NodeContext &node, Value weight, bool swap) {
  auto permutation = llvm::to_vector(llvm::seq<int64_t>(2, getRank(weight)));
  permutation.push_back(swap ? 1 : 0);
  permutation.push_back(swap ? 0 : 1);
  return node.createTranspose(weight, permutation);
}

/// The window's extents: those of the weights, which `kernel_shape` may repeat.
static ArrayRef<int64_t> getKernel(NodeContext &node, Value weight) {
  ArrayRef<int64_t> kernel = getSpatialShape(weight);
  if (ArrayRef(node.getInts("kernel_shape", kernel)) != kernel)
    (void)node.error(
        "attribute 'kernel_shape' differs from the shape of the weights");
  return kernel;
}

static int64_t getGroup(NodeContext &node) {
  int64_t group = node.getInt("group", 1);
  // Large values would overflow the arithmetic of extents.
  if (group < 1 || group > INT32_MAX)
    (void)node.error("attribute 'group' holds " + Twine(group) +
                     ", which is not from 1 to " + Twine(INT32_MAX));
  return group;
}

Value lathe::frontend::createConv(NodeContext &node, Value input, Value weight,
                                  Value bias) {
  if (node.hasFailed() || failed(checkRanks(node, input, weight)))
    return {};
  std::optional<Window> window =
      Window::get(node, getKernel(node, weight), getSpatialShape(input));
  int64_t group = getGroup(node);
  if (!window)
    return {};
  Value conv = node.create<ConvOp>(node.toChannelsLast(input),
                                   moveWindowToFront(node, weight,
                                                     /*swap=*/true),
                                   bias, window->strides, window->dilations,
                                   window->pads, group);
  return node.toChannelsFirst(conv);
}

static LogicalResult convertConv(NodeContext &node) {
  return node.setResults(
      createConv(node, node.getInput(0), node.getInput(1), node.getInput(2)));
}

/// A convolution, to which ONNX Runtime's optimizer has added a tensor and
/// an activation behind it.
static LogicalResult convertFusedConv(NodeContext &node) {
  Value result =
      createConv(node, node.getInput(0), node.getInput(1), node.getInput(2));
  if (Value addend = node.getInput(3))
    result = node.create<AddOp>(result, addend);
  return node.setResults(createActivation(node, result,
                                          node.getString("activation", ""),
                                          node.getFloats("activation_params")));
}

/// Padding that gives the output the extents `output`. The begin gets the
/// smaller half for SAME_UPPER and else the larger one (onnx/docs/Operators.md,
/// ConvTranspose). Where the output is to be larger than what the input
/// reaches, output padding makes up for it.
static void padToShape(Window &window, ArrayRef<int64_t> output,
                       MutableArrayRef<int64_t> outputPadding,
                       ArrayRef<int64_t> spatial, bool upper) {
  size_t rank = spatial.size();
  for (size_t i = 0; i < rank; ++i) {
    int64_t total = window.strides[i] * (spatial[i] - 1) + outputPadding[i] +
                    window.getSpan(i) - output[i];
    outputPadding[i] += std::max<int64_t>(-total, 0);
    total = std::max<int64_t>(total, 0);
    window.pads[i] = upper ? total / 2 : total - total / 2;
    window.pads[rank + i] = total - window.pads[i];
  }
}

static LogicalResult convertConvTranspose(NodeContext &node) {
  Value input = node.getInput(0), weight = node.getInput(1);
  if (failed(checkRanks(node, input, weight)))
    return failure();
  ArrayRef<int64_t> spatial = getSpatialShape(input);
  std::optional<Window> window =
      Window::get(node, getKernel(node, weight), spatial);
  AutoPad autoPad = getAutoPad(node);
  auto outputPadding =
      getWindowAttribute(node, "output_padding", spatial.size(), 0, 0);
  SmallVector<int64_t> outputShape =
      getWindowAttribute(node, "output_shape", spatial.size(), 0, 0);
  bool hasShape = node.hasAttribute("output_shape");
  int64_t group = getGroup(node);
  if (!window || node.hasFailed())
    return failure();
  bool same = autoPad == AutoPad::SameUpper || autoPad == AutoPad::SameLower;
  if (same && !hasShape)
    for (size_t i = 0; i < spatial.size(); ++i)
      outputShape[i] = spatial[i] * window->strides[i];
  if (same || hasShape)
    padToShape(*window, outputShape, outputPadding, spatial,
               autoPad == AutoPad::SameUpper);
  Value conv = node.create<ConvTransposeOp>(
      node.toChannelsLast(input),
      moveWindowToFront(node, weight, /*swap=*/false), node.getInput(2),
      window->strides, window->dilations, window->pads, outputPadding, group);
  return node.setResults(node.toChannelsFirst(conv));
}

void lathe::frontend::addConvolutions(OperatorRegistry &registry) {
  registry.add("Conv", {1}, {2, 3}, convertConv);
  registry.addInDomain("com.microsoft", "FusedConv", {1}, {2, 4},
                       convertFusedConv);
  registry.add("ConvTranspose", {1}, {2, 3}, convertConvTranspose);
}
