//===- RemovedChannels.h - What shrinking saved -----------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_TRANSFORMS_REMOVEDCHANNELS_H
#define LATHE_DIALECT_LATHE_TRANSFORMS_REMOVEDCHANNELS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace lathe {

/// What lathe-shrink-channels took from the products of a function. It is kept
/// in the function's attribute `lathe.removed`, for reports.
struct RemovedChannels {
  /// Of results.
  int64_t channels = 0;
  int64_t macs = 0;
  int64_t weightBytes = 0;

  /// All zero if there is no attribute.
  static RemovedChannels get(mlir::func::FuncOp function);
  /// Adds this to what the attribute says; there is none of zeros.
  void addTo(mlir::func::FuncOp function) const;
};

} // namespace lathe

#endif // LATHE_DIALECT_LATHE_TRANSFORMS_REMOVEDCHANNELS_H
