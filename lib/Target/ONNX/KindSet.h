//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sets of element types, as ONNX states what an operator takes.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_TARGET_ONNX_KINDSET_H
#define LATHE_LIB_TARGET_ONNX_KINDSET_H

#include "lathe/Support/ElementKind.h"

namespace lathe::exporter {

class KindSet {
public:
  template <typename... Kinds>
  constexpr explicit KindSet(Kinds... kinds)
      : bits(((1u << static_cast<unsigned>(kinds)) | ... | 0u)) {}

  constexpr bool contains(ElementKind kind) const {
    return bits >> static_cast<unsigned>(kind) & 1;
  }
  constexpr KindSet operator|(KindSet other) const {
    KindSet both;
    both.bits = bits | other.bits;
    return both;
  }

private:
  unsigned bits;
};

inline constexpr KindSet ieeeFloats{ElementKind::F16, ElementKind::F32,
                                    ElementKind::F64};
inline constexpr KindSet floats = ieeeFloats | KindSet(ElementKind::BF16);
inline constexpr KindSet signedIntegers{ElementKind::I8, ElementKind::I16,
                                        ElementKind::I32, ElementKind::I64};
inline constexpr KindSet unsignedIntegers{ElementKind::UI8, ElementKind::UI16,
                                          ElementKind::UI32, ElementKind::UI64};
inline constexpr KindSet integers = signedIntegers | unsignedIntegers;
inline constexpr KindSet bytes{ElementKind::I8, ElementKind::UI8};
/// The integers of those operators that take only 32 and 64 bits.
inline constexpr KindSet wideIntegers{ElementKind::I32, ElementKind::I64,
                                      ElementKind::UI32, ElementKind::UI64};
inline constexpr KindSet numbers = floats | integers;
inline constexpr KindSet elements = numbers | KindSet(ElementKind::Bool);

} // namespace lathe::exporter

#endif // LATHE_LIB_TARGET_ONNX_KINDSET_H
