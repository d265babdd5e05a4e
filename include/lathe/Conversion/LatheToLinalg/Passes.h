//===- Passes.h - Lathe to linalg -------------------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CONVERSION_LATHETOLINALG_PASSES_H
#define LATHE_CONVERSION_LATHETOLINALG_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace lathe {

#define GEN_PASS_DECL
#include "lathe/Conversion/LatheToLinalg/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "lathe/Conversion/LatheToLinalg/Passes.h.inc"

} // namespace lathe

#endif // LATHE_CONVERSION_LATHETOLINALG_PASSES_H
