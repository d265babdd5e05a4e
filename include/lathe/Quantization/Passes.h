//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_PASSES_H
#define LATHE_QUANTIZATION_PASSES_H

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Pass/Pass.h"

namespace lathe {

/// Floats of 16 bits.
enum class HalfKind { F16, BF16 };

#define GEN_PASS_DECL
#include "lathe/Quantization/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "lathe/Quantization/Passes.h.inc"

} // namespace lathe

#endif // LATHE_QUANTIZATION_PASSES_H
