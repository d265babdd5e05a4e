//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_DIALECT_LATHE_TRANSFORMS_WINDOWWEIGHTS_H
#define LATHE_LIB_DIALECT_LATHE_TRANSFORMS_WINDOWWEIGHTS_H

#include "ChannelAnalysis.h"

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"

namespace lathe {

/// A product as `lathe.window_conv` or `lathe.plane_depthwise` computes it.
struct WindowProduct {
  WeightedOpInterface op;
  llvm::SmallVector<int64_t> kernel, strides, pads;
  ProductConstants constants;
  /// Whether each channel has a filter of its own.
  bool isDepthwise = false;

  int64_t getRows() const { return kernel.size() > 1 ? kernel.front() : 1; }
  int64_t getColumns() const { return kernel.empty() ? 1 : kernel.back(); }
  int64_t getInputs() const { return constants.getNumInputs(); }
  int64_t getOutputs() const { return constants.getNumOutputs(); }
  /// Elements in a row of a window.
  int64_t getElementsOfRow() const { return getColumns() * getInputs(); }
  /// Whether the data are a single row of a matrix.
  bool isRow() const;
  /// Whether the data have no sign.
  bool isUnsigned() const;
  /// The weight of an output channel for an element of a row of a window; 0
  /// beyond the last element or channel.
  int64_t getWeight(int64_t row, int64_t element, int64_t output) const;
};

/// Whether the weights go into segments of form `halves`.
bool fitsHalves(const WindowProduct &product);

/// Whether a filter of each channel has planes of form `halves`.
bool fitsPlanes(const WindowProduct &product);

/// The weights and the bias in the order of `lathe.window_conv`.
HostTensor packWindowWeights(const WindowProduct &product, WindowForm form);
HostTensor packWindowBias(const WindowProduct &product, WindowForm form);

/// Whether two products with weights of each filter add up in 16 bits.
bool fitsRows(const WindowProduct &product);

/// The same in the order of `lathe.row_depthwise`.
HostTensor packRowFilters(const WindowProduct &product);
HostTensor packRowBias(const WindowProduct &product);

/// The same in the order of `lathe.plane_depthwise`.
HostTensor packFilters(const WindowProduct &product);
HostTensor packFilterBias(const WindowProduct &product, WindowForm form);

} // namespace lathe

#endif // LATHE_LIB_DIALECT_LATHE_TRANSFORMS_WINDOWWEIGHTS_H
