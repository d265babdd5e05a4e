//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_DIALECT_LATHE_IR_WINDOW_H
#define LATHE_LIB_DIALECT_LATHE_IR_WINDOW_H

#include "mlir/IR/Location.h"
#include "mlir/Support/LLVM.h"

namespace lathe {

/// Checks that `values` has `count` entries, none below `least`.
mlir::LogicalResult checkWindow(std::optional<mlir::Location> loc,
                                llvm::StringRef name,
                                llvm::ArrayRef<int64_t> values, int64_t count,
                                int64_t least);

/// The window of a convolution or pooling along its spatial dimensions.
struct Window {
  llvm::SmallVector<int64_t> kernel;
  llvm::ArrayRef<int64_t> strides, dilations, pads;

  /// Checks that there are so many entries for `spatialRank` dimensions, none
  /// too small.
  mlir::LogicalResult check(std::optional<mlir::Location> loc,
                            int64_t spatialRank) const;

  /// The number of window positions along spatial dimension `i` of an input
  /// of extent `input`; not positive when the window does not fit.
  int64_t outputExtent(int64_t i, int64_t input) const;

  /// Replaces `extents`, of the spatial dimensions, by the number of window
  /// positions along each; fails where the window does not fit.
  mlir::LogicalResult slide(std::optional<mlir::Location> loc,
                            llvm::MutableArrayRef<int64_t> extents) const;
};

/// Replaces the extents before the last of `shape`, one for each element of
/// `kernel` and two at most, by the number of places that windows have there.
mlir::LogicalResult countWindows(std::optional<mlir::Location> loc,
                                 llvm::ArrayRef<int64_t> kernel,
                                 llvm::ArrayRef<int64_t> strides,
                                 llvm::ArrayRef<int64_t> pads,
                                 llvm::MutableArrayRef<int64_t> shape);

} // namespace lathe

#endif // LATHE_LIB_DIALECT_LATHE_IR_WINDOW_H
