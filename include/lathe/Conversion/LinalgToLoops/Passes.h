//===- Passes.h - From linalg to scheduled loops ----------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CONVERSION_LINALGTOLOOPS_PASSES_H
#define LATHE_CONVERSION_LINALGTOLOOPS_PASSES_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/Pass.h"

namespace lathe {

#define GEN_PASS_DECL
#include "lathe/Conversion/LinalgToLoops/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "lathe/Conversion/LinalgToLoops/Passes.h.inc"

} // namespace lathe

#endif // LATHE_CONVERSION_LINALGTOLOOPS_PASSES_H
