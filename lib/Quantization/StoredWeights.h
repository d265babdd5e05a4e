//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_QUANTIZATION_STOREDWEIGHTS_H
#define LATHE_LIB_QUANTIZATION_STOREDWEIGHTS_H

#include "lathe/Quantization/QuantizationParameters.h"

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/Builders.h"

namespace lathe {

/// The input channels that share a scale in four bits, and the fewest that do.
inline constexpr int64_t weightsPerBlock = 32, leastBlockChannels = 16;

/// Constant weights as integers.
struct StoredWeights {
  /// A constant of i8.
  mlir::Value integers;
  mlir::quant::QuantizedType type;
};

/// The integers of `real`, which `weights` is, with `scales`, one for all or
/// one for each index of the last dimension. The constant keeps its name.
StoredWeights storeWeights(mlir::OpBuilder &builder, mlir::Value weights,
                           const HostTensor &real,
                           llvm::ArrayRef<double> scales,
                           const QuantizedStorage &storage);

/// `real`, which the constant `weights` is, dequantized from these integers.
mlir::Value storeAsIntegers(mlir::OpBuilder &builder, mlir::Value weights,
                            const HostTensor &real,
                            llvm::ArrayRef<double> scales,
                            const QuantizedStorage &storage);

/// `real`, which the constant `weights` is, expanded from integers of four bits
/// in blocks of `block` input channels. The constant keeps its name.
mlir::Value storeInBlocks(mlir::OpBuilder &builder, mlir::Value weights,
                          const HostTensor &real, int64_t block);

} // namespace lathe

#endif // LATHE_LIB_QUANTIZATION_STOREDWEIGHTS_H
