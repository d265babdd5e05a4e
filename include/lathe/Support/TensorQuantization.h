//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_SUPPORT_TENSORQUANTIZATION_H
#define LATHE_SUPPORT_TENSORQUANTIZATION_H

#include "lathe/Support/RealInterval.h"
#include <cstdint>

namespace lathe {

/// What the integers q of a tensor stand for: scale * (q - zeroPoint).
struct TensorQuantization {
  double scale = 1;
  int64_t zeroPoint = 0;

  /// The real number that `q` stands for.
  double dequantize(int64_t q) const {
    return scale * static_cast<double>(q - zeroPoint);
  }
};

/// The same with the integers that there are, from `low` to `high`.
struct QuantizationParameters : TensorQuantization {
  QuantizationParameters() = default;
  QuantizationParameters(double scale, int64_t zeroPoint, int64_t low = -128,
                         int64_t high = 127)
      : TensorQuantization{scale, zeroPoint}, low(low), high(high) {}

  int64_t low = -128, high = 127;

  /// The numbers that the least and the greatest integer stand for.
  RealInterval getRange() const { return {dequantize(low), dequantize(high)}; }
};

} // namespace lathe

#endif // LATHE_SUPPORT_TENSORQUANTIZATION_H
