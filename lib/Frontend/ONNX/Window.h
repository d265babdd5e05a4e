//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The window attributes that convolutions and pooling have in common.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_WINDOW_H
#define LATHE_LIB_FRONTEND_ONNX_WINDOW_H

#include "NodeContext.h"

namespace lathe::frontend {

/// A window that slides over the spatial dimensions of a tensor.
struct Window {
  llvm::SmallVector<int64_t> kernel, strides, dilations;
  /// Begins of all dimensions, then ends.
  llvm::SmallVector<int64_t> pads;

  /// The attributes of `node` for a window of extents `kernel` over `spatial`
  /// dimensions of the given extents, `auto_pad` resolved. None after an error.
  static std::optional<Window> get(NodeContext &node,
                                   llvm::ArrayRef<int64_t> kernel,
                                   llvm::ArrayRef<int64_t> spatial);

  /// How many elements of dimension `i` a window reaches over.
  int64_t getSpan(size_t i) const { return (kernel[i] - 1) * dilations[i] + 1; }
};

/// The window of a pooling node over channels-first data; `stated` gets the
/// padding before ceil_mode has grown it. None after an error.
std::optional<Window> getPoolWindow(NodeContext &node, mlir::Value input,
                                    llvm::SmallVectorImpl<int64_t> &stated);

/// Where padding that is not stated goes.
enum class AutoPad { NotSet, Valid, SameUpper, SameLower };
AutoPad getAutoPad(NodeContext &node);

/// The spatial extents of channels-first data.
llvm::ArrayRef<int64_t> getSpatialShape(mlir::Value value);

/// An attribute with an entry for each of `count` dimensions, none below
/// `least`; `otherwise` for each when it is left out.
llvm::SmallVector<int64_t> getWindowAttribute(NodeContext &node,
                                              llvm::StringRef name,
                                              size_t count, int64_t otherwise,
                                              int64_t least);

/// Max pooling whose node has the output Indices: the numbers of the elements
/// in the input, in column-major order of the spatial dimensions if
/// `columnMajor`.
mlir::LogicalResult convertMaxPoolWithIndices(NodeContext &node,
                                              const Window &window,
                                              bool columnMajor);

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_WINDOW_H
