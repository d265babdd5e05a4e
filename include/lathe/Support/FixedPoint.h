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

/// Factors of one layer whose data have more than 8 bits, as numbers of 15 bits
/// of which each has a power of two of its own: `factor[c]` is about
/// `multipliers[c] * 2^-shifts[c]`. Products with sums below 2^47 fit 62 bits.
struct WideRequantization {
  /// From 2^14 to below 2^15; less for a factor below 2^-48.
  llvm::SmallVector<int32_t> multipliers;
  /// From 1 to 62.
  llvm::SmallVector<unsigned> shifts;

  /// The factors (each finite and not negative) as integers, rounded to
  /// nearest, ties to even. A factor of 2^14 or more counts as the largest
  /// below.
  static WideRequantization get(llvm::ArrayRef<double> factors);

  /// `value * factor[channel]` rounded to nearest, halves up.
  int64_t apply(int64_t value, size_t channel) const;

  /// Multiplies those with small shifts so that all have the largest one, which
  /// changes no result. False, and nothing done, if a multiplier might then not
  /// fit 32 bits, or its product with a value of at most `largest` not 62.
  bool unifyShifts(int64_t largest);
};

/// The factors of a sum's operands under a common power of two.
struct SumScaling {
  int32_t lhs, rhs;
  unsigned shift;

  /// The integers for two factors, finite and not negative: both below 2^22,
  /// the shift at most 20 and as large as that allows.
  static SumScaling get(double lhs, double rhs);

  /// `lhs * a + rhs * b` of the factors, rounded to nearest, halves up. 32 bits
  /// are enough for operands of up to 8 bits and a sign.
  int64_t apply(int32_t a, int32_t b) const;
};

/// A function of one 8-bit integer, by the integer's place in its range.
using UnaryTable = std::array<int32_t, 256>;

/// `function` of each of the 256 numbers of `from` in the integers of `to`:
/// rounded to nearest, halves up, and limited to the range; NaN becomes the
/// zero point.
UnaryTable getUnaryTable(const QuantizationParameters &from,
                         const QuantizationParameters &to,
                         llvm::function_ref<double(double)> function);

/// The ends of lines that together are about a function of a 16-bit integer, by
/// its place in its range divided by 2^shift: 2^(16 - shift) numbers and the
/// one behind the last.
struct WideUnaryTable {
  llvm::SmallVector<int32_t, 0> entries;
  unsigned shift;
};

/// Of a few lines (513 numbers), and of the most (8193).
inline constexpr unsigned coarsestLines = 7, finestLines = 3;

/// `function` of every 2^shift-th of the numbers of `from`, of which there are
/// 2^16, and of the one behind the last, in the integers of `to`: rounded and
/// limited as those of `getUnaryTable`.
WideUnaryTable getWideUnaryTable(const QuantizationParameters &from,
                                 const QuantizationParameters &to,
                                 llvm::function_ref<double(double)> function,
                                 unsigned shift = coarsestLines);

/// What `table` holds for the number at `place` in its range, from 0 to 2^16 -
/// 1: on the line between two entries, rounded to nearest, halves up.
int32_t interpolate(const WideUnaryTable &table, int32_t place);

/// How far the lines of `table` are from `function` where that is checked,
/// halfway between entries, in integers of `to`: an estimate of what a table
/// costs.
double getInterpolationError(const WideUnaryTable &table,
                             const QuantizationParameters &from,
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
