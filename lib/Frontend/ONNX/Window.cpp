//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Window.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

ArrayRef<int64_t> lathe::frontend::getSpatialShape(Value value) {
  return getShape(value).drop_front(2);
}

AutoPad lathe::frontend::getAutoPad(NodeContext &node) {
  return node.getChoice<AutoPad>("auto_pad", "NOTSET",
                                 {{"NOTSET", AutoPad::NotSet},
                                  {"VALID", AutoPad::Valid},
                                  {"SAME_UPPER", AutoPad::SameUpper},
                                  {"SAME_LOWER", AutoPad::SameLower}});
}

SmallVector<int64_t> lathe::frontend::getWindowAttribute(NodeContext &node,
                                                         StringRef name,
                                                         size_t count,
                                                         int64_t otherwise,
                                                         int64_t least) {
  SmallVector<int64_t> values =
      node.getInts(name, SmallVector<int64_t>(count, otherwise));
  if (values.size() != count)
    (void)node.error("attribute '" + name + "' has " + Twine(values.size()) +
                     " entries, but the input's shape asks for " +
                     Twine(count));
  // Large values would overflow the arithmetic of extents.
  constexpr int64_t most = INT32_MAX;
  for (int64_t value : values)
    if (value < least || value > most)
      (void)node.error("attribute '" + name + "' holds " + Twine(value) +
                       ", which is not from " + Twine(least) + " to " +
                       Twine(most));
  values.resize(count, otherwise);
  return values;
}

/// The padding by which an output has a stride-th of the input's extent,
/// rounded up; an odd element goes to the end, or with SAME_LOWER to the begin.
static void padSame(Window &window, ArrayRef<int64_t> spatial, bool lower) {
  size_t rank = spatial.size();
  for (size_t i = 0; i < rank; ++i) {
    int64_t stride = window.strides[i];
    int64_t outputs = (spatial[i] + stride - 1) / stride;
    int64_t total = std::max<int64_t>(
        (outputs - 1) * stride + window.getSpan(i) - spatial[i], 0);
    int64_t smaller = total / 2, larger = total - smaller;
    window.pads[i] = lower ? larger : smaller;
    window.pads[rank + i] = lower ? smaller : larger;
  }
}

std::optional<Window> Window::get(NodeContext &node, ArrayRef<int64_t> kernel,
                                  ArrayRef<int64_t> spatial) {
  size_t rank = spatial.size();
  Window window;
  window.kernel.assign(kernel.begin(), kernel.end());
  if (kernel.size() != rank)
    (void)node.error("the kernel has " + Twine(kernel.size()) +
                     " spatial dimensions, and the input " + Twine(rank));
  window.strides = getWindowAttribute(node, "strides", rank, 1, 1);
  window.dilations = getWindowAttribute(node, "dilations", rank, 1, 1);
  window.pads = getWindowAttribute(node, "pads", 2 * rank, 0, 0);
  AutoPad autoPad = getAutoPad(node);
  if (node.hasFailed())
    return std::nullopt;
  if (autoPad != AutoPad::NotSet)
    window.pads.assign(2 * rank, 0);
  if (autoPad == AutoPad::SameUpper || autoPad == AutoPad::SameLower)
    padSame(window, spatial, autoPad == AutoPad::SameLower);
  return window;
}
