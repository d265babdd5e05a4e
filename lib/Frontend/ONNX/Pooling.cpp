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

#include "Pooling.h"

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
  bool columnMajor = node.getBool("storage_order", false); // Of the indices.
  if (!window)
    return failure();
  const auto &outputs = node.getNode().output();
  if (outputs.size() > 1 && !outputs[1].empty())
    return convertMaxPoolWithIndices(node, *window, columnMajor);
  Value pool = node.create<MaxPoolOp>(node.toChannelsLast(node.getInput(0)),
                                      window->kernel, window->strides,
                                      window->dilations, window->pads);
  return node.setResults(node.toChannelsFirst(pool));
}

/// What ONNX Runtime's optimizer makes of MaxPool: its tensors have the
/// channels last.
static LogicalResult convertNhwcMaxPool(NodeContext &node) {
  SmallVector<int64_t> stated;
  Value input = node.getInput(0);
  if (getRank(input) < 3)
    return node.error("the input needs at least 3 dimensions");
  std::optional<Window> window =
      getPoolWindow(node, node.toChannelsFirst(input), stated);
  if (!window)
    return failure();
  return node.setResults(node.create<MaxPoolOp>(
      input, window->kernel, window->strides, window->dilations, window->pads));
}

Value lathe::frontend::createAveragePool(NodeContext &node, Value input) {
  SmallVector<int64_t> stated;
  std::optional<Window> window = getPoolWindow(node, input, stated);
  bool includePad = node.getBool("count_include_pad", false);
  if (!window)
    return {};
  DenseI64ArrayAttr counted;
  if (includePad && stated != window->pads)
    counted = node.getBuilder().getDenseI64ArrayAttr(stated);
  OpBuilder &builder = node.getBuilder();
  Value pool = node.create<AvgPoolOp>(
      node.toChannelsLast(input), builder.getDenseI64ArrayAttr(window->kernel),
      builder.getDenseI64ArrayAttr(window->strides),
      builder.getDenseI64ArrayAttr(window->dilations),
      builder.getDenseI64ArrayAttr(window->pads),
      includePad ? builder.getUnitAttr() : UnitAttr(), counted);
  return node.toChannelsFirst(pool);
}

static LogicalResult convertAveragePool(NodeContext &node) {
  return node.setResults(createAveragePool(node, node.getInput(0)));
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

//===----------------------------------------------------------------------===//
// Lp norms
//===----------------------------------------------------------------------===//

/// |x|^p.
static Value createPower(NodeContext &node, Value x, double p) {
  if (p == 2)
    return node.create<MulOp>(x, x);
  Value magnitude = node.create<AbsOp>(x);
  if (p == 1 || node.hasFailed())
    return magnitude;
  return node.create<PowOp>(magnitude, node.createScalar(p, getElement(x)));
}

/// x^(1/p), for x >= 0.
static Value createRoot(NodeContext &node, Value x, double p) {
  if (p == 1 || node.hasFailed())
    return x;
  if (p == 2)
    return node.create<SqrtOp>(x);
  return node.create<PowOp>(x, node.createScalar(1 / p, getElement(x)));
}

/// The exponent, a float in version 1; an error unless it is positive.
static double getExponent(NodeContext &node) {
  double p = node.getOpset() < 2 ? node.getFloat("p", 2)
                                 : static_cast<double>(node.getInt("p", 2));
  if (!(p > 0))
    (void)node.error("attribute 'p' must be positive");
  return p;
}

/// The sum is the mean of the whole window, padding included, times the
/// window's size.
static LogicalResult convertLpPool(NodeContext &node) {
  SmallVector<int64_t> stated;
  std::optional<Window> window = getPoolWindow(node, node.getInput(0), stated);
  double p = getExponent(node);
  if (!window || node.hasFailed())
    return failure();
  OpBuilder &builder = node.getBuilder();
  Value powers = createPower(node, node.toChannelsLast(node.getInput(0)), p);
  Value mean = node.create<AvgPoolOp>(
      powers, builder.getDenseI64ArrayAttr(window->kernel),
      builder.getDenseI64ArrayAttr(window->strides),
      builder.getDenseI64ArrayAttr(window->dilations),
      builder.getDenseI64ArrayAttr(window->pads), builder.getUnitAttr(),
      DenseI64ArrayAttr());
  double size = static_cast<double>(ShapedType::getNumElements(window->kernel));
  Value sum = node.create<MulOp>(
      mean, node.createScalar(size, getElement(node.getInput(0))));
  return node.setResults(node.toChannelsFirst(createRoot(node, sum, p)));
}

static LogicalResult convertGlobalLpPool(NodeContext &node) {
  Value input = node.getInput(0);
  double p = getExponent(node);
  if (getRank(input) < 3)
    return node.error("the input needs at least 3 dimensions");
  auto axes = llvm::to_vector(llvm::seq<int64_t>(2, getRank(input)));
  Value sum = node.create<ReduceOp>(createPower(node, input, p),
                                    ReduceKind::Sum, axes, /*keep_dims=*/true);
  return node.setResults(createRoot(node, sum, p));
}

void lathe::frontend::addPooling(OperatorRegistry &registry) {
  registry.add("MaxPool", {1}, 1, convertMaxPool);
  registry.addInDomain("com.microsoft", "NhwcMaxPool", {1}, 1,
                       convertNhwcMaxPool);
  registry.add("AveragePool", {1}, 1, convertAveragePool);
  registry.add("GlobalAveragePool", {1}, 1,
               convertGlobalPool<ReduceKind::Mean>);
  registry.add("GlobalMaxPool", {1}, 1, convertGlobalPool<ReduceKind::Max>);
  registry.add("LpPool", {1}, 1, convertLpPool);
  registry.add("GlobalLpPool", {1}, 1, convertGlobalLpPool);
}
