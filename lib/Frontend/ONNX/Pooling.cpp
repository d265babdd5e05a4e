//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Pooling.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "OperatorRegistry.h"
#include "Window.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

/// Grows the padding at the ends so that ceil_mode's last windows, which begin
/// inside the input or its begin padding, fit.
static void padForCeil(Window &window, ArrayRef<int64_t> spatial) {
  size_t rank = spatial.size();
  for (size_t i = 0; i < rank; ++i) {
    int64_t stride = window.strides[i], begin = window.pads[i];
    int64_t padded = spatial[i] + begin + window.pads[rank + i];
    if (padded < window.getSpan(i))
      continue; // The op's inference reports windows that do not fit.
    int64_t last = (padded - window.getSpan(i) + stride - 1) / stride;
    if (last * stride >= spatial[i] + begin)
      --last;
    int64_t needed = last * stride + window.getSpan(i) - spatial[i] - begin;
    window.pads[rank + i] = std::max(window.pads[rank + i], needed);
  }
}

std::optional<Window>
lathe::frontend::getPoolWindow(NodeContext &node, Value input,
                               SmallVectorImpl<int64_t> &stated) {
  if (getRank(input) < 3)
    return (void)node.error("the input needs at least 3 dimensions"),
           std::nullopt;
  ArrayRef<int64_t> spatial = getSpatialShape(input);
  if (node.getInts("kernel_shape").empty())
    (void)node.error("attribute 'kernel_shape' is missing");
  std::optional<Window> window = Window::get(
      node, getWindowAttribute(node, "kernel_shape", spatial.size(), 1, 1),
      spatial);
  bool ceil = node.getBool("ceil_mode", false);
  if (!window)
    return std::nullopt;
  stated.assign(window->pads);
  if (ceil)
    padForCeil(*window, spatial);
  return window;
}

static LogicalResult convertMaxPool(NodeContext &node) {
  SmallVector<int64_t> stated;
  std::optional<Window> window = getPoolWindow(node, node.getInput(0), stated);
  node.getInt("storage_order", 0); // Of the indices, which are not given.
  if (!window)
    return failure();
  Value pool = node.create<MaxPoolOp>(node.toChannelsLast(node.getInput(0)),
                                      window->kernel, window->strides,
                                      window->dilations, window->pads);
  return node.setResults(node.toChannelsFirst(pool));
}

static LogicalResult convertAveragePool(NodeContext &node) {
  SmallVector<int64_t> stated;
  std::optional<Window> window = getPoolWindow(node, node.getInput(0), stated);
  bool includePad = node.getBool("count_include_pad", false);
  if (!window)
    return failure();
  DenseI64ArrayAttr counted;
  if (includePad && stated != window->pads)
    counted = node.getBuilder().getDenseI64ArrayAttr(stated);
  OpBuilder &builder = node.getBuilder();
  Value pool = node.create<AvgPoolOp>(
      node.toChannelsLast(node.getInput(0)),
      builder.getDenseI64ArrayAttr(window->kernel),
      builder.getDenseI64ArrayAttr(window->strides),
      builder.getDenseI64ArrayAttr(window->dilations),
      builder.getDenseI64ArrayAttr(window->pads),
      includePad ? builder.getUnitAttr() : UnitAttr(), counted);
  return node.setResults(node.toChannelsFirst(pool));
}

template <ReduceKind kind>
static LogicalResult convertGlobalPool(NodeContext &node) {
  Value input = node.getInput(0);
  int64_t rank = getRank(input);
  if (rank < 3)
    return node.error("the input needs at least 3 dimensions");
  // Reduces channels last, as the neighbours work.
  auto axes = llvm::to_vector(llvm::seq<int64_t>(1, rank - 1));
  Value reduced = node.create<ReduceOp>(node.toChannelsLast(input), kind, axes,
                                        /*keep_dims=*/true);
  return node.setResults(node.toChannelsFirst(reduced));
}

void lathe::frontend::addPooling(OperatorRegistry &registry) {
  registry.add("MaxPool", {1}, 1, convertMaxPool);
  registry.add("AveragePool", {1}, 1, convertAveragePool);
  registry.add("GlobalAveragePool", {1}, 1,
               convertGlobalPool<ReduceKind::Mean>);
  registry.add("GlobalMaxPool", {1}, 1, convertGlobalPool<ReduceKind::Max>);
}
