//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Pooling that tells where its elements come from, and its inverse.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "LoopBuilder.h"
#include "OperatorRegistry.h"
#include "Window.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

namespace {

/// Where the windows of a pooling node lie along one dimension.
struct WindowDim {
  WindowDim(const Window &window, size_t i, int64_t extent)
      : kernel(window.kernel[i]), stride(window.strides[i]),
        dilation(window.dilations[i]), pad(window.pads[i]), extent(extent) {}

  /// The first position of window `at`, counted from the padding's begin.
  Scalar getBegin(Scalar at) const { return at * static_cast<double>(stride); }
  /// The elements of the window at `begin` that lie inside the input.
  Scalar getLower(Scalar begin) const {
    LoopBuilder &loops = begin.getLoops();
    Scalar padded = loops.getIndex(pad + dilation - 1) - begin;
    return loops.max(padded / static_cast<double>(dilation), loops.getIndex(0));
  }
  Scalar getUpper(Scalar begin) const {
    LoopBuilder &loops = begin.getLoops();
    Scalar rest = loops.getIndex(extent + pad + dilation - 1) - begin;
    return loops.min(rest / static_cast<double>(dilation),
                     loops.getIndex(kernel));
  }
  Scalar getPosition(Scalar begin, Scalar k) const {
    return begin + k * static_cast<double>(dilation) - static_cast<double>(pad);
  }

  int64_t kernel, stride, dilation, pad, extent;
};

} // namespace

/// The number of the element at `place`, whose first two entries are the batch
/// and the channel, in row-major order, or with the spatial dimensions in
/// column-major order.
static Scalar getNumber(LoopBuilder &loops, ArrayRef<int64_t> shape,
                        ArrayRef<Scalar> place, bool columnMajor) {
  Scalar image = place[0] * static_cast<double>(shape[1]) + place[1];
  Scalar inner = loops.getIndex(0);
  auto append = [&](size_t dim) {
    inner = inner * static_cast<double>(shape[dim]) + place[dim];
  };
  for (size_t i = 2; i < shape.size(); ++i)
    append(columnMajor ? shape.size() + 1 - i : i);
  return image * static_cast<double>(
                     ShapedType::getNumElements(shape.drop_front(2))) +
         inner;
}

LogicalResult lathe::frontend::convertMaxPoolWithIndices(NodeContext &node,
                                                         const Window &window,
                                                         bool columnMajor) {
  Value input = node.getInput(0);
  ArrayRef<int64_t> shape = getShape(input);
  SmallVector<int64_t> pooled(shape.take_front(2));
  SmallVector<WindowDim> dims;
  for (auto [i, extent] : llvm::enumerate(shape.drop_front(2))) {
    int64_t padded =
        extent + window.pads[i] + window.pads[window.kernel.size() + i];
    if (padded < window.getSpan(i))
      return node.error("the window is larger than the padded input in spatial "
                        "dimension " +
                        Twine(i));
    pooled.push_back((padded - window.getSpan(i)) / window.strides[i] + 1);
    dims.emplace_back(window, i, extent);
  }
  Type indexType = node.getBuilder().getI64Type();
  LoopBuilder loops(node, "MaxPool", input,
                    {RankedTensorType::get(pooled, getElement(input)),
                     RankedTensorType::get(pooled, indexType)});
  Memory from = loops.getInput(0);
  using Scalars = LoopBuilder::Scalars;
  loops.forShape(pooled, [&](ArrayRef<Scalar> at) {
    SmallVector<Scalar> place(at.take_front(2));
    // The largest element so far, its number, and whether there is one.
    Scalars init = {
        loops.getConstant(from.getComputeType(), 0, from.isUnsignedInteger()),
        loops.getIndex(0), loops.getBool(false)};
    auto descend = [&](auto &descend, ArrayRef<Scalar> best) -> Scalars {
      size_t i = place.size() - 2;
      if (i == dims.size()) {
        Scalar value = from.load(place);
        Scalar isBetter = (value > best[0]) | !best[2];
        return {loops.select(isBetter, value, best[0]),
                loops.select(isBetter,
                             getNumber(loops, shape, place, columnMajor),
                             best[1]),
                loops.getBool(true)};
      }
      Scalar begin = dims[i].getBegin(at[i + 2]);
      return loops.fold(dims[i].getLower(begin), dims[i].getUpper(begin), best,
                        [&](Scalar k, ArrayRef<Scalar> carried) {
                          place.push_back(dims[i].getPosition(begin, k));
                          Scalars next = descend(descend, carried);
                          place.pop_back();
                          return next;
                        });
    };
    Scalars best = descend(descend, init);
    loops.getOutput(0).store(at, best[0]);
    loops.getOutput(1).store(at, loops.cast(best[1], indexType));
  });
  return node.setResults(loops.finish());
}

/// The shape that max pooling with this window has pooled from.
static SmallVector<int64_t> getUnpooledShape(ArrayRef<int64_t> shape,
                                             const Window &window) {
  SmallVector<int64_t> unpooled(shape);
  size_t rank = window.kernel.size();
  for (size_t i = 0; i < rank; ++i)
    unpooled[i + 2] = (shape[i + 2] - 1) * window.strides[i] +
                      window.kernel[i] - window.pads[i] - window.pads[rank + i];
  return unpooled;
}

/// Puts each element where its index says, zeros elsewhere. The indices count
/// the elements of the shape that follows from the window; a larger output
/// shape adds zeros at the ends.
static LogicalResult convertMaxUnpool(NodeContext &node) {
  Value input = node.getInput(0), indices = node.getInput(1);
  ArrayRef<int64_t> shape = getShape(input);
  if (shape.size() < 3 || getShape(indices) != shape ||
      !getElement(indices).isInteger(64))
    return node.error("the input needs at least 3 dimensions, and int64 "
                      "indices of its shape");
  if (node.getInts("kernel_shape").empty())
    return node.error("attribute 'kernel_shape' is missing");
  std::optional<Window> window = Window::get(
      node, getWindowAttribute(node, "kernel_shape", shape.size() - 2, 1, 1),
      shape.drop_front(2));
  if (!window)
    return failure();
  SmallVector<int64_t> unpooled = getUnpooledShape(shape, *window);
  SmallVector<int64_t> result = unpooled;
  if (node.getInput(2)) {
    auto stated = node.getIntegers(2, "output shape");
    if (!stated)
      return failure();
    result = *stated;
  }
  SmallVector<int64_t> low(shape.size(), 0), high;
  bool fits = result.size() == shape.size();
  for (size_t i = 0; fits && i < shape.size(); ++i) {
    fits = unpooled[i] > 0 && result[i] >= unpooled[i];
    high.push_back(fits ? result[i] - unpooled[i] : 0);
  }
  fits = fits && !isTooLarge(unpooled);
  if (!fits)
    return node.error("an output of shape " + formatShape(result) +
                      " cannot hold what the window unpools, " +
                      formatShape(unpooled));
  int64_t elements = ShapedType::getNumElements(unpooled);
  LoopBuilder loops(node, "MaxUnpool", {input, indices},
                    RankedTensorType::get({elements}, getElement(input)));
  Memory to = loops.getOutput(0);
  Scalar zero =
      loops.getConstant(to.getComputeType(), 0, to.isUnsignedInteger());
  loops.forEach(elements, [&](Scalar i) { to.store({i}, zero); });
  loops.forShape(shape, [&](ArrayRef<Scalar> at) {
    Scalar place = loops.toIndexWithin(loops.getInput(1).load(at), elements);
    to.store({place}, loops.getInput(0).load(at));
  });
  Value flat = loops.finish().front();
  return node.setResults(node.create<PadOp>(node.createReshape(flat, unpooled),
                                            Value(), low, high,
                                            PadMode::Constant));
}

void lathe::frontend::addIndexedPooling(OperatorRegistry &registry) {
  registry.add("MaxUnpool", {9}, {2, 3}, convertMaxUnpool)
      .needs("the output shape");
}
