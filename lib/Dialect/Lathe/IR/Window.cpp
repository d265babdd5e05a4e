//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Windows that slide over spatial dimensions.
//
//===----------------------------------------------------------------------===//

#include "Window.h"

#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace lathe;

LogicalResult lathe::checkWindow(std::optional<Location> loc, StringRef name,
                                 ArrayRef<int64_t> values, int64_t count,
                                 int64_t least) {
  if (static_cast<int64_t>(values.size()) != count)
    return emitOptionalError(loc, "'", name, "' has ", values.size(),
                             " entries, but ", count, " are needed");
  for (int64_t value : values)
    if (value < least)
      return emitOptionalError(loc, "'", name, "' holds ", value,
                               ", but must not be below ", least);
  return success();
}

LogicalResult Window::check(std::optional<Location> loc,
                            int64_t spatialRank) const {
  return success(
      succeeded(checkWindow(loc, "kernel", kernel, spatialRank, 1)) &&
      succeeded(checkWindow(loc, "strides", strides, spatialRank, 1)) &&
      succeeded(checkWindow(loc, "dilations", dilations, spatialRank, 1)) &&
      succeeded(checkWindow(loc, "pads", pads, 2 * spatialRank, 0)));
}

int64_t Window::outputExtent(int64_t i, int64_t input) const {
  int64_t span = (kernel[i] - 1) * dilations[i] + 1;
  int64_t padded = input + pads[i] + pads[kernel.size() + i];
  return padded < span ? 0 : (padded - span) / strides[i] + 1;
}

LogicalResult Window::slide(std::optional<Location> loc,
                            MutableArrayRef<int64_t> extents) const {
  for (size_t i = 0; i < extents.size(); ++i) {
    int64_t input = extents[i];
    extents[i] = outputExtent(static_cast<int64_t>(i), input);
    if (extents[i] <= 0)
      return emitOptionalError(loc, "window of extent ", kernel[i],
                               " does not fit spatial dimension ", i,
                               " of extent ", input);
  }
  return success();
}

LogicalResult lathe::countWindows(std::optional<Location> loc,
                                  ArrayRef<int64_t> kernel,
                                  ArrayRef<int64_t> strides,
                                  ArrayRef<int64_t> pads,
                                  MutableArrayRef<int64_t> shape) {
  size_t rank = kernel.size();
  if (rank > 2 || shape.size() < rank + 2)
    return emitOptionalError(loc, "needs windows in at most two dimensions and "
                                  "one before them and the channels");
  SmallVector<int64_t> dilations(rank, 1);
  Window window{SmallVector<int64_t>(kernel), strides, dilations, pads};
  if (failed(window.check(loc, static_cast<int64_t>(rank))))
    return failure();
  return window.slide(loc, shape.drop_back().take_back(rank));
}
