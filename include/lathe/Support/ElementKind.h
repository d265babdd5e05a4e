//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_SUPPORT_ELEMENTKIND_H
#define LATHE_SUPPORT_ELEMENTKIND_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/ErrorHandling.h"
#include <cstdint>

namespace lathe {

/// What an element of a tensor is. Every kind takes whole bytes: `Bool` is one
/// byte that holds 0 or 1.
enum class ElementKind : uint8_t {
  Bool,
  I8,
  I16,
  I32,
  I64,
  UI8,
  UI16,
  UI32,
  UI64,
  F16,
  BF16,
  F32,
  F64
};

/// A floating point number of 16 bits as it lies in memory. It converts to
/// float exactly and from double with one rounding (to nearest, ties to even;
/// overflow gives infinity, as IEEE 754 asks).
template <unsigned MantissaBits> struct Float16Bits {
  uint16_t bits = 0;

  Float16Bits() = default;
  explicit Float16Bits(double value);
  operator float() const;
};

/// IEEE 754 binary16.
using Float16 = Float16Bits<10>;
/// bfloat16: the upper half of an IEEE 754 binary32.
using BFloat16 = Float16Bits<7>;

extern template struct Float16Bits<10>;
extern template struct Float16Bits<7>;

/// Size of one element in bytes.
unsigned getByteSize(ElementKind kind);

/// "bool", or the name as MLIR spells it: "i8", "ui8", "f32", "bf16" …
llvm::StringRef getName(ElementKind kind);

bool isFloat(ElementKind kind);
/// True for the integers of either signedness, not for `Bool`.
bool isInteger(ElementKind kind);
bool isUnsignedInteger(ElementKind kind);

/// Calls `fn` with a value of the C++ type that stores `kind`, and returns what
/// it returns. Use it as `visitElementType(kind, [&](auto zero) { using T =
/// decltype(zero); … })`.
template <typename Fn>
decltype(auto) visitElementType(ElementKind kind, Fn &&fn) {
  switch (kind) {
  case ElementKind::Bool:
    return fn(bool());
  case ElementKind::I8:
    return fn(int8_t());
  case ElementKind::I16:
    return fn(int16_t());
  case ElementKind::I32:
    return fn(int32_t());
  case ElementKind::I64:
    return fn(int64_t());
  case ElementKind::UI8:
    return fn(uint8_t());
  case ElementKind::UI16:
    return fn(uint16_t());
  case ElementKind::UI32:
    return fn(uint32_t());
  case ElementKind::UI64:
    return fn(uint64_t());
  case ElementKind::F16:
    return fn(Float16());
  case ElementKind::BF16:
    return fn(BFloat16());
  case ElementKind::F32:
    return fn(float());
  case ElementKind::F64:
    return fn(double());
  }
  llvm_unreachable("every kind is handled");
}

namespace detail {
template <typename T> struct ElementKindOf;
#define LATHE_ELEMENT_KIND(TYPE, KIND)                                         \
  template <> struct ElementKindOf<TYPE> {                                     \
    static constexpr ElementKind value = ElementKind::KIND;                    \
  };
LATHE_ELEMENT_KIND(bool, Bool)
LATHE_ELEMENT_KIND(int8_t, I8)
LATHE_ELEMENT_KIND(int16_t, I16)
LATHE_ELEMENT_KIND(int32_t, I32)
LATHE_ELEMENT_KIND(int64_t, I64)
LATHE_ELEMENT_KIND(uint8_t, UI8)
LATHE_ELEMENT_KIND(uint16_t, UI16)
LATHE_ELEMENT_KIND(uint32_t, UI32)
LATHE_ELEMENT_KIND(uint64_t, UI64)
LATHE_ELEMENT_KIND(Float16, F16)
LATHE_ELEMENT_KIND(BFloat16, BF16)
LATHE_ELEMENT_KIND(float, F32)
LATHE_ELEMENT_KIND(double, F64)
#undef LATHE_ELEMENT_KIND
} // namespace detail

/// The kind that stores values of the C++ type `T`.
template <typename T>
inline constexpr ElementKind elementKindOf = detail::ElementKindOf<T>::value;

/// `value` as a `T`. Floats round to nearest; integers truncate towards zero
/// and saturate, NaN gives 0; `bool` is whether the value differs from 0. (ONNX
/// leaves a cast out of range undefined; this keeps it defined.)
template <typename T> T convertElement(double value);

} // namespace lathe

#endif // LATHE_SUPPORT_ELEMENTKIND_H
