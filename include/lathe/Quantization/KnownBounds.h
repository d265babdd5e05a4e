//===- KnownBounds.h - What limits a value by construction ------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_KNOWNBOUNDS_H
#define LATHE_QUANTIZATION_KNOWNBOUNDS_H

#include "lathe/Support/RealInterval.h"

#include "mlir/IR/Value.h"

namespace lathe {

/// What every element of `value` lies between, whatever the model's inputs are:
/// by the op that computes it (QuantizationOpInterface), by what ops that move,
/// select, limit or average elements get, and by the form x * f(x) of hard
/// swish, swish and squares. Infinite where nothing is known.
RealInterval getKnownBounds(mlir::Value value);

} // namespace lathe

#endif // LATHE_QUANTIZATION_KNOWNBOUNDS_H
