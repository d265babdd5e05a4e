//===- DotProducts.h - Kernels of dot products ------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Instructions that multiply several neighbouring elements of each lane and add
// the products, and which kernels use them.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_TRANSFORMS_DOTPRODUCTS_H
#define LATHE_DIALECT_LATHE_TRANSFORMS_DOTPRODUCTS_H

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"

namespace lathe {

/// What a target's dot products multiply; weights are always signed.
enum class DotKind {
  None,
  /// Four unsigned bytes by signed ones: vpdpbusd.
  UnsignedBytes,
  /// Four signed bytes: sdot.
  SignedBytes,
  /// Four bytes, signed or not: sdot and usdot.
  AnyBytes,
  /// Two signed 16-bit integers: vpmaddwd.
  Words,
};

/// The name of `kind` in options of passes: "u8".
llvm::StringRef getName(DotKind kind);

/// Whether data of type `element` can be multiplied as they are.
bool acceptsData(DotKind kind, mlir::Type element);

/// Whether `op` is a product of 8-bit integers with constant, signed weights
/// that have no zero point. The data may have one.
bool isByteProduct(WeightedOpInterface op);

/// The same of a depthwise convolution, one output for each input channel, with
/// several rows in a window.
bool isByteDepthwise(mlir::Operation *op);

/// Whether dot products of `kind` compute the sums of `kernel`. The zero point
/// of the data must be 0 (lathe-prepare-integers).
bool usesDots(KernelOp kernel, DotKind kind);

} // namespace lathe

#endif // LATHE_DIALECT_LATHE_TRANSFORMS_DOTPRODUCTS_H
