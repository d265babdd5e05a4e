//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What helpers limit requantized results to, and how their names say so.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_TARGET_C_CLIMITS_H
#define LATHE_LIB_TARGET_C_CLIMITS_H

#include "llvm/ADT/StringRef.h"

namespace lathe {

/// The limits of a type are one instruction on some cores, so they have helpers
/// of their own.
struct Limits {
  llvm::StringRef suffix, parameters, low, high, before, after;
};

inline constexpr Limits signedByteLimits = {"_i8",          "", "-128", "127",
                                            "saturate_i8(", ")"};
inline constexpr Limits unsignedByteLimits = {"_u8",          "", "0", "255",
                                              "saturate_u8(", ")"};
inline constexpr Limits otherLimits = {"",
                                       ", int32_t low, int32_t high",
                                       "low",
                                       "high",
                                       "min_i32(max_i32(",
                                       ", low), high)"};

inline const Limits &getLimits(int64_t low, int64_t high) {
  if (low == -128 && high == 127)
    return signedByteLimits;
  return low == 0 && high == 255 ? unsignedByteLimits : otherLimits;
}

} // namespace lathe

#endif // LATHE_LIB_TARGET_C_CLIMITS_H
