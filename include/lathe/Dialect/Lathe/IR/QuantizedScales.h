//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_QUANTIZEDSCALES_H
#define LATHE_DIALECT_LATHE_IR_QUANTIZEDSCALES_H

#include "lathe/Support/TensorQuantization.h"

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include <optional>

namespace lathe {

/// What a quantized type says of its integers, whether that is one scale for
/// the whole tensor or one for each index of a dimension.
struct QuantizedScales {
  explicit QuantizedScales(const TensorQuantization &uniform)
      : scales{uniform.scale}, zeroPoints{uniform.zeroPoint} {}

  /// None if `type` is neither uniform nor uniform per axis.
  static std::optional<QuantizedScales> get(mlir::quant::QuantizedType type);

  /// The one scale and zero point of all elements, if that is so.
  std::optional<TensorQuantization> getUniform() const;

  llvm::SmallVector<double> scales;
  llvm::SmallVector<int64_t> zeroPoints;
  /// The dimension along which they differ; none for a scale of the tensor.
  std::optional<int64_t> axis;

private:
  QuantizedScales() = default;
};

} // namespace lathe

#endif // LATHE_DIALECT_LATHE_IR_QUANTIZEDSCALES_H
