//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Quantized tensors and the real numbers that they stand for.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_REFERENCE_QUANTIZED_H
#define LATHE_LIB_REFERENCE_QUANTIZED_H

#include "lathe/Support/HostTensor.h"

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/BuiltinTypes.h"

namespace lathe::reference {

/// The kind that holds the stored integers of `type` (whole bytes), or the
/// elements of any other type that Lathe has; none for other types, quantized
/// ones that are neither uniform nor uniform along one axis included.
std::optional<ElementKind> getStorageKind(mlir::Type type);

/// The real numbers, of the expressed type, that `stored` means; `stored`
/// itself if the element type of `type` is not quantized.
HostTensor dequantize(const HostTensor &stored, mlir::RankedTensorType type);

/// The stored integers nearest to the real numbers `real`, ties to even,
/// limited to the storage range; NaN becomes the zero point. The inverse of
/// `dequantize`.
HostTensor quantize(const HostTensor &real, mlir::RankedTensorType type);

} // namespace lathe::reference

#endif // LATHE_LIB_REFERENCE_QUANTIZED_H
