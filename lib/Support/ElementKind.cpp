//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Support/ElementKind.h"
#include "llvm/ADT/bit.h"
#include <cmath>
#include <limits>

using namespace lathe;

template <unsigned MantissaBits>
Float16Bits<MantissaBits>::Float16Bits(double value) {
  constexpr int exponentBits = 15 - MantissaBits;
  constexpr int bias = (1 << (exponentBits - 1)) - 1;
  constexpr uint64_t infinity = uint64_t((1 << exponentBits) - 1)
                                << MantissaBits;
  const uint64_t wide = llvm::bit_cast<uint64_t>(value);
  const uint64_t sign = (wide >> 63) << 15;
  const uint64_t fraction = wide & ((uint64_t(1) << 52) - 1);
  const int exponent = int((wide >> 52) & 0x7ff) - 1023;

  if (std::isnan(value)) {
    bits = sign | infinity | (1 << (MantissaBits - 1));
    return;
  }
  // Beyond the largest exponent, and so far below the smallest subnormal that
  // nothing is left of it (which a double of exponent -1023 always is).
  if (exponent > bias) {
    bits = sign | infinity;
    return;
  }
  if (exponent < -bias - int(MantissaBits)) {
    bits = sign;
    return;
  }
  // Below the normal range the significand moves right instead of the exponent
  // going down.
  const int missing = exponent < 1 - bias ? 1 - bias - exponent : 0;
  const int shift = 52 - MantissaBits + missing;
  const uint64_t significand = fraction | (uint64_t(1) << 52);
  const uint64_t odd = (significand >> shift) & 1;
  const uint64_t rounded =
      (significand + (uint64_t(1) << (shift - 1)) - 1 + odd) >> shift;
  // The hidden bit adds one to the exponent field, and so does a carry out of
  // the rounding: up to infinity, as it should.
  const int field = missing ? 0 : exponent + bias - 1;
  bits = sign | ((uint64_t(field) << MantissaBits) + rounded);
}

template <unsigned MantissaBits>
Float16Bits<MantissaBits>::operator float() const {
  constexpr int exponentBits = 15 - MantissaBits;
  constexpr uint32_t bias = (1 << (exponentBits - 1)) - 1;
  constexpr uint32_t largest = (1 << exponentBits) - 1;
  const uint32_t sign = uint32_t(bits >> 15) << 31;
  const uint32_t exponent = (bits >> MantissaBits) & largest;
  const uint32_t fraction = bits & ((1u << MantissaBits) - 1);
  if (exponent == 0) {
    // The smallest subnormal is 2^(1 - bias - MantissaBits).
    const float unit = std::ldexp(1.0f, 1 - int(bias) - int(MantissaBits));
    const float magnitude = float(fraction) * unit;
    return sign ? -magnitude : magnitude;
  }
  const uint32_t wideExponent =
      exponent == largest ? 0xff : exponent + 127 - bias;
  return llvm::bit_cast<float>(sign | wideExponent << 23 |
                               fraction << (23 - MantissaBits));
}

namespace lathe {
template struct Float16Bits<10>;
template struct Float16Bits<7>;
} // namespace lathe

unsigned lathe::getByteSize(ElementKind kind) {
  return visitElementType(kind,
                          [](auto zero) -> unsigned { return sizeof(zero); });
}

llvm::StringRef lathe::getName(ElementKind kind) {
  switch (kind) {
  case ElementKind::Bool:
    return "bool";
  case ElementKind::I8:
    return "i8";
  case ElementKind::I16:
    return "i16";
  case ElementKind::I32:
    return "i32";
  case ElementKind::I64:
    return "i64";
  case ElementKind::UI8:
    return "ui8";
  case ElementKind::UI16:
    return "ui16";
  case ElementKind::UI32:
    return "ui32";
  case ElementKind::UI64:
    return "ui64";
  case ElementKind::F16:
    return "f16";
  case ElementKind::BF16:
    return "bf16";
  case ElementKind::F32:
    return "f32";
  case ElementKind::F64:
    return "f64";
  }
  llvm_unreachable("every kind is handled");
}

bool lathe::isFloat(ElementKind kind) { return kind >= ElementKind::F16; }

bool lathe::isInteger(ElementKind kind) {
  return kind >= ElementKind::I8 && kind <= ElementKind::UI64;
}

bool lathe::isUnsignedInteger(ElementKind kind) {
  return kind >= ElementKind::UI8 && kind <= ElementKind::UI64;
}

template <typename T> T lathe::convertElement(double value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value != 0;
  } else if constexpr (std::is_integral_v<T>) {
    using Limits = std::numeric_limits<T>;
    if (std::isnan(value))
      return 0;
    // max() of a 64-bit integer rounds up to a power of two as a double, hence
    // `>=`: what is left below converts exactly.
    if (value >= double(Limits::max()))
      return Limits::max();
    if (value <= double(Limits::min()))
      return Limits::min();
    return T(value);
  } else {
    return T(value);
  }
}

namespace lathe {
template bool convertElement<bool>(double);
template int8_t convertElement<int8_t>(double);
template int16_t convertElement<int16_t>(double);
template int32_t convertElement<int32_t>(double);
template int64_t convertElement<int64_t>(double);
template uint8_t convertElement<uint8_t>(double);
template uint16_t convertElement<uint16_t>(double);
template uint32_t convertElement<uint32_t>(double);
template uint64_t convertElement<uint64_t>(double);
template Float16 convertElement<Float16>(double);
template BFloat16 convertElement<BFloat16>(double);
template float convertElement<float>(double);
template double convertElement<double>(double);
} // namespace lathe
