//===- Quantity.h - Numbers with units --------------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_SUPPORT_QUANTITY_H
#define LATHE_SUPPORT_QUANTITY_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace lathe {

/// What a number counts.
enum class Dimension {
  Bytes,
  Seconds,
  BytesPerSecond,
  Watts,
  Joules,
  JoulesPerByte,
  SecondsPerJoule,
  OperationsPerSecond,
  Hertz,
};

/// The number in `text`, such as "5 MB/s", in the unit of `dimension` without a
/// prefix: B, s, B/s, W, J, J/B, s/J, op/s or Hz. Prefixes are those of SI, n,
/// u (or the micro sign), m, k, M, G and T, and for bytes Ki, Mi and Gi. A bit
/// is an eighth of a byte ("bit/s"); "FLOP/s" is "op/s", and a plain 0 needs no
/// unit. Fails if the number is negative or not finite, or the unit missing or
/// another one.
llvm::Expected<double> parseQuantity(llvm::StringRef text, Dimension dimension);

} // namespace lathe

#endif // LATHE_SUPPORT_QUANTITY_H
