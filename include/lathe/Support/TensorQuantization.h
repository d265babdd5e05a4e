//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_SUPPORT_TENSORQUANTIZATION_H
#define LATHE_SUPPORT_TENSORQUANTIZATION_H

#include <cstdint>

namespace lathe {

/// What the integers q of a tensor stand for: scale * (q - zeroPoint).
struct TensorQuantization {
  double scale = 1;
  int64_t zeroPoint = 0;
};

} // namespace lathe

#endif // LATHE_SUPPORT_TENSORQUANTIZATION_H
