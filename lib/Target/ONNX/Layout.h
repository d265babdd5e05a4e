//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Orders of dimensions.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_TARGET_ONNX_LAYOUT_H
#define LATHE_LIB_TARGET_ONNX_LAYOUT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

namespace lathe::exporter {

/// The order in which a tensor of the ONNX graph has the dimensions of a value:
/// its dimension i is dimension layout[i] of the value.
using Layout = llvm::SmallVector<int64_t, 6>;

Layout getIdentity(int64_t rank);

/// The layout in which ONNX has data whose channels are last: [N, C, s1 … sk].
Layout getChannelsFirst(int64_t rank);

/// The layout, with respect to a value, of a tensor that has `second` with
/// respect to a tensor that has `first` with respect to the value.
Layout compose(llvm::ArrayRef<int64_t> first, llvm::ArrayRef<int64_t> second);

Layout invert(llvm::ArrayRef<int64_t> layout);

/// The position of dimension `axis` of the value.
int64_t getPosition(llvm::ArrayRef<int64_t> layout, int64_t axis);

/// What `layout` becomes when the dimensions `axes` of the value vanish.
Layout dropAxes(llvm::ArrayRef<int64_t> layout, llvm::ArrayRef<int64_t> axes);

/// One number a dimension of a value, in the order of `layout`.
template <typename T>
llvm::SmallVector<T> permute(llvm::ArrayRef<T> values,
                             llvm::ArrayRef<int64_t> layout) {
  llvm::SmallVector<T> permuted;
  for (int64_t dim : layout)
    permuted.push_back(values[dim]);
  return permuted;
}

/// The dimensions of extents other than one, in the order of `layout`. Tensors
/// with equal answers hold their elements in the same order.
Layout getMajorOrder(llvm::ArrayRef<int64_t> layout,
                     llvm::ArrayRef<int64_t> shape);

} // namespace lathe::exporter

#endif // LATHE_LIB_TARGET_ONNX_LAYOUT_H
