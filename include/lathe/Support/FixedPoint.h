//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Real factors as integers: what quantized arithmetic computes with. All of it
// is defined by IEEE 754's basic operations alone, so that every machine that
// compiles a model gets the same integers.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_SUPPORT_FIXEDPOINT_H
#define LATHE_SUPPORT_FIXEDPOINT_H

#include "lathe/Support/TensorQuantization.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include <array>
#include <cstdint>

namespace lathe {

/// Factors of one layer, one for each channel or one for all, as 31-bit
/// fractions under a common power of two: `factor[c]` is about
/// `multipliers[c] * 2^(exponent - 31)`.
struct Requantization {
  llvm::SmallVector<int32_t> multipliers;
  /// The least number, from 0 to 30, with every factor at most 2^exponent.
  unsigned exponent = 0;

  /// The factors (each finite and not negative) as integers, rounded to
  /// nearest, ties to even. A factor above 2^30 counts as that.
  static Requantization get(llvm::ArrayRef<double> factors);

  /// By how many bits a product with a multiplier is moved down.
  unsigned getShift() const { return 31 - exponent; }

  /// `value * factor[channel]` rounded to nearest, halves up.
  int64_t apply(int32_t value, size_t channel) const;
};

/// The factors of a sum's operands under a common power of two.
struct SumScaling {
  int32_t lhs, rhs;
  unsigned shift;

  /// The integers for two factors, finite and not negative: both below 2^22,
  /// the shift at most 20 and as large as that allows.
  static SumScaling get(double lhs, double rhs);

  /// `lhs * a + rhs * b` of the factors, rounded to nearest, halves up. It
  /// does not overflow for operands of up to 8 bits and a sign.
  int32_t apply(int32_t a, int32_t b) const;
};

/// A function of one 8-bit integer, by the integer's place in its range.
using UnaryTable = std::array<int32_t, 256>;

/// `function` of each of the 256 numbers of `from` in the integers of `to`:
/// rounded to nearest, halves up, and limited to the range; NaN becomes the
/// zero point.
UnaryTable getUnaryTable(const QuantizationParameters &from,
                         const QuantizationParameters &to,
                         llvm::function_ref<double(double)> function);

/// `round(exp(-d * scale) * 2^22)` for d from 0 to 255: the terms of a softmax
/// over integers, by their distance from the largest.
UnaryTable getSoftmaxTable(double scale);

/// e to the power of `x` with a relative error below 2^-52, from additions,
/// multiplications and divisions only: the C library's differs by machine.
double computeExp(double x);

/// The natural logarithm of `x` with a relative error below 2^-48; NaN for
/// negative numbers, minus infinity for 0.
double computeLog(double x);

/// The error function with a relative error below 2^-48.
double computeErf(double x);

/// The integer nearest to `x`, ties to even.
double roundHalfEven(double x);

} // namespace lathe

#endif // LATHE_SUPPORT_FIXEDPOINT_H
