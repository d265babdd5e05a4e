//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Support/FixedPoint.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <cmath>

using namespace lathe;
using llvm::ArrayRef;

double lathe::roundHalfEven(double x) {
  double low = std::floor(x), rest = x - low;
  bool up = rest > 0.5 || (rest == 0.5 && std::fmod(low, 2) != 0);
  return up ? low + 1 : low;
}

//===----------------------------------------------------------------------===//
// Factors
//===----------------------------------------------------------------------===//

Requantization Requantization::get(ArrayRef<double> factors) {
  Requantization result;
  double largest = factors.empty() ? 0 : *llvm::max_element(factors);
  while (result.exponent < 30 && largest > std::ldexp(1.0, result.exponent))
    ++result.exponent;
  for (double factor : factors) {
    double multiplier =
        roundHalfEven(std::ldexp(factor, int(result.getShift())));
    result.multipliers.push_back(
        static_cast<int32_t>(std::min<double>(multiplier, INT32_MAX)));
  }
  return result;
}

int64_t Requantization::apply(int32_t value, size_t channel) const {
  int64_t half = int64_t(1) << (getShift() - 1);
  return (int64_t(value) * multipliers[channel] + half) >> getShift();
}

/// The number of 15 bits and its power of two for `factor`.
static std::pair<int32_t, unsigned> toFifteenBits(double factor) {
  constexpr int width = 15, largestShift = 62;
  int exponent;
  std::frexp(factor, &exponent);
  int shift = factor == 0 ? 1 : width - exponent;
  auto scaled = [&] {
    return roundHalfEven(std::ldexp(factor, std::min(shift, largestShift)));
  };
  // One that is rounded up to a power of two.
  if (shift <= largestShift && scaled() == 1 << width)
    --shift;
  if (shift < 1)
    return {(1 << width) - 1, 1};
  return {static_cast<int32_t>(scaled()), std::min(shift, largestShift)};
}

WideRequantization WideRequantization::get(ArrayRef<double> factors) {
  WideRequantization result;
  for (double factor : factors) {
    auto [multiplier, shift] = toFifteenBits(factor);
    result.multipliers.push_back(multiplier);
    result.shifts.push_back(shift);
  }
  return result;
}

int64_t WideRequantization::apply(int64_t value, size_t channel) const {
  int64_t half = int64_t(1) << (shifts[channel] - 1);
  return (value * multipliers[channel] + half) >> shifts[channel];
}

bool WideRequantization::unifyShifts(int64_t largest) {
  unsigned shift = shifts.empty() ? 1 : *llvm::max_element(shifts);
  // (x * m + 2^(s - 1)) >> s is the same with m and 2^s doubled.
  llvm::SmallVector<int32_t> unified;
  for (auto [multiplier, own] : llvm::zip_equal(multipliers, shifts)) {
    double product = std::ldexp(multiplier, int(shift - own));
    if (product > INT32_MAX || product * static_cast<double>(largest) >= 0x1p62)
      return false;
    unified.push_back(static_cast<int32_t>(product));
  }
  multipliers = std::move(unified);
  shifts.assign(shifts.size(), shift);
  return true;
}

SumScaling SumScaling::get(double lhs, double rhs) {
  constexpr double limit = 1 << 22;
  auto scaled = [](double factor, unsigned shift) {
    return roundHalfEven(std::ldexp(factor, int(shift)));
  };
  unsigned shift = 20;
  while (shift > 0 && scaled(std::max(lhs, rhs), shift) >= limit)
    --shift;
  return {static_cast<int32_t>(std::min(scaled(lhs, shift), limit - 1)),
          static_cast<int32_t>(std::min(scaled(rhs, shift), limit - 1)), shift};
}

int64_t SumScaling::apply(int32_t a, int32_t b) const {
  int64_t half = shift ? int64_t(1) << (shift - 1) : 0;
  return (int64_t(a) * lhs + int64_t(b) * rhs + half) >> shift;
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

namespace {
/// A number as the sum of two doubles that do not overlap, about 106 bits
/// (Dekker, "A floating-point technique for extending the available
/// precision", 1971).
struct DoubleDouble {
  double high, low;

  /// The exact sum of two doubles (Knuth's two-sum).
  static DoubleDouble sum(double a, double b) {
    double high = a + b, part = high - a;
    return {high, (a - (high - part)) + (b - part)};
  }
  /// The same with |a| >= |b|.
  static DoubleDouble normalize(double a, double b) {
    double high = a + b;
    return {high, b - (high - a)};
  }
  static DoubleDouble product(double a, double b) {
    double high = a * b;
    return {high, std::fma(a, b, -high)};
  }
};
} // namespace

static DoubleDouble operator+(DoubleDouble a, DoubleDouble b) {
  DoubleDouble sum = DoubleDouble::sum(a.high, b.high);
  return DoubleDouble::normalize(sum.high, sum.low + (a.low + b.low));
}

static DoubleDouble operator*(DoubleDouble a, DoubleDouble b) {
  DoubleDouble product = DoubleDouble::product(a.high, b.high);
  double cross = std::fma(a.high, b.low, a.low * b.high);
  return DoubleDouble::normalize(product.high, product.low + cross);
}

static DoubleDouble operator/(DoubleDouble a, double b) {
  double quotient = a.high / b;
  DoubleDouble product = DoubleDouble::product(quotient, b);
  double rest = ((a.high - product.high) - product.low) + a.low;
  return DoubleDouble::normalize(quotient, rest / b);
}

double lathe::computeExp(double x) {
  // Beyond these, the result is infinity or rounds to zero.
  if (!(x < 710))
    return x != x ? x : HUGE_VAL;
  if (x < -746)
    return 0;
  // exp(x) = 2^k * exp(r) with r = x - k * ln 2 in about [-0.35, 0.35].
  constexpr DoubleDouble ln2 = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};
  double k = roundHalfEven(x / ln2.high);
  DoubleDouble r = DoubleDouble{x, 0} + DoubleDouble{-k, 0} * ln2;
  // The Taylor series: 0.35^25 / 25! lies below 2^-120.
  DoubleDouble result = {1, 0};
  for (int n = 25; n > 0; --n)
    result = DoubleDouble{1, 0} + r * result / n;
  return std::ldexp(result.high, static_cast<int>(k));
}

double lathe::computeLog(double x) {
  if (!(x > 0))
    return x == 0 ? -HUGE_VAL : NAN;
  if (std::isinf(x))
    return x;
  // log(x) = k * ln 2 + 2 * atanh(t) with x = 2^k * m, m in [sqrt(1/2),
  // sqrt(2)] and t = (m - 1) / (m + 1), so that |t| < 0.172.
  int k;
  double m = std::frexp(x, &k);
  if (m < 0.70710678118654752) {
    m *= 2;
    --k;
  }
  double t = (m - 1) / (m + 1), square = t * t, series = 0;
  // 0.172^24 / 25 lies below 2^-65.
  for (int n = 23; n > 0; n -= 2)
    series = square * series + 1.0 / n;
  // ln 2 in two parts, of which the products with k are exact and small.
  return k * 0x1.62e42fefa38p-1 + (2 * t * series + k * 0x1.ef35793c7673p-45);
}

double lathe::computeErf(double x) {
  // Beyond 6, 1 - erf(x) < 2^-55.
  if (!(std::abs(x) < 6))
    return x != x ? x : std::copysign(1.0, x);
  // 2 / sqrt(pi) * exp(-x^2) * sum of 2^n x^(2n+1) / (1 * 3 * ... * (2n+1))
  // (Abramowitz and Stegun, 7.1.6), whose terms all have one sign.
  DoubleDouble square = DoubleDouble::product(x, x);
  DoubleDouble term = {x, 0}, sum = term;
  for (int n = 1; n < 200 && std::abs(term.high) > 0x1p-80 * std::abs(sum.high);
       ++n) {
    term = term * square * DoubleDouble{2, 0} / (2 * n + 1);
    sum = sum + term;
  }
  // 2 / sqrt(pi)
  constexpr double factor = 1.1283791670955126;
  return factor * computeExp(-square.high) * sum.high;
}

/// `result` in steps of `to` from its zero point; 0 for NaN.
static double getSteps(double result, const QuantizationParameters &to) {
  double steps = result / to.scale;
  return std::isnan(steps) ? 0 : steps;
}

/// The integer of `to` for `result`, rounded half up.
static int32_t quantize(double result, const QuantizationParameters &to) {
  double steps = std::floor(getSteps(result, to) + 0.5);
  return static_cast<int32_t>(
      std::clamp(static_cast<double>(to.zeroPoint) + steps,
                 static_cast<double>(to.low), static_cast<double>(to.high)));
}

UnaryTable lathe::getUnaryTable(const QuantizationParameters &from,
                                const QuantizationParameters &to,
                                llvm::function_ref<double(double)> function) {
  UnaryTable table;
  for (auto [i, entry] : llvm::enumerate(table))
    entry = quantize(function(from.dequantize(from.low + int64_t(i))), to);
  return table;
}

/// The distance of entries.
WideUnaryTable lathe::getWideUnaryTable(
    const QuantizationParameters &from, const QuantizationParameters &to,
    llvm::function_ref<double(double)> function, unsigned shift) {
  WideUnaryTable table{{}, shift};
  for (int64_t place = 0; place <= 1 << 16; place += int64_t(1) << shift)
    table.entries.push_back(
        quantize(function(from.dequantize(from.low + place)), to));
  return table;
}

int32_t lathe::interpolate(const WideUnaryTable &table, int32_t place) {
  int32_t segment = 1 << table.shift;
  const int32_t *begin = &table.entries[place / segment], *end = begin + 1;
  return *begin +
         (((*end - *begin) * (place % segment) + segment / 2) >> table.shift);
}

double
lathe::getInterpolationError(const WideUnaryTable &table,
                             const QuantizationParameters &from,
                             const QuantizationParameters &to,
                             llvm::function_ref<double(double)> function) {
  int32_t segment = 1 << table.shift;
  double largest = 0;
  for (int32_t place = segment / 2; place < 1 << 16; place += segment) {
    double exact = std::clamp(
        static_cast<double>(to.zeroPoint) +
            getSteps(function(from.dequantize(from.low + place)), to),
        static_cast<double>(to.low), static_cast<double>(to.high));
    largest = std::max(largest, std::abs(interpolate(table, place) - exact));
  }
  return largest;
}

UnaryTable lathe::getSoftmaxTable(double scale) {
  UnaryTable table;
  for (int32_t d = 0; d < 256; ++d)
    table[d] =
        static_cast<int32_t>(std::floor(computeExp(-d * scale) * 0x1p22 + 0.5));
  return table;
}
