//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Numbers and element types as C source.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TARGET_COMMON_CLITERALS_H
#define LATHE_TARGET_COMMON_CLITERALS_H

#include "mlir/IR/Types.h"
#include <cstdint>
#include <string>

namespace lathe {

/// The shortest decimal that reads back as exactly `value`, as a C constant of
/// type float or double. Infinities and NaN are the macros of <math.h>; a NaN's
/// sign and payload are lost.
std::string formatCFloat(float value);
std::string formatCFloat(double value);

/// `value` as a C constant expression of a signed type that holds it.
std::string formatCInteger(int64_t value);

/// `value` as a constant of an unsigned type.
std::string formatCUnsigned(uint64_t value);

/// The C type in which an element of `elementType` lies in memory: intN_t and
/// uintN_t, float and double, uint16_t for the bits of f16 and bf16, uint8_t
/// (0 or 1) for i1. Signless integers are signed; a quantized type is its
/// storage type. Empty for a type without one.
llvm::StringRef getCStorageType(mlir::Type elementType);

/// Bytes that an element of `elementType` occupies in memory; 0 if
/// getCStorageType has no type for it.
unsigned getCStorageSize(mlir::Type elementType);

} // namespace lathe

#endif // LATHE_TARGET_COMMON_CLITERALS_H
