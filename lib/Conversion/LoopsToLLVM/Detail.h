//===- Detail.h - Steps inside lathe-loops-to-llvm --------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_CONVERSION_LOOPSTOLLVM_DETAIL_H
#define LATHE_LIB_CONVERSION_LOOPSTOLLVM_DETAIL_H

#include "lathe/Conversion/LoopsToLLVM/DotMachine.h"

#include "mlir/IR/BuiltinOps.h"

namespace mlir {
class LLVMTypeConverter;
class RewritePatternSet;
} // namespace mlir

namespace lathe::detail {

/// The attribute on a call of a function over a range (its first two
/// arguments) that lets up to so many threads share the range.
constexpr llvm::StringLiteral ThreadsAttr = "lathe.threads";

/// Whether callers see `func`: the model's entry, or what clears its states.
inline bool isExported(mlir::Operation *func) {
  return func->hasAttr("lathe.entry") || func->hasAttr("lathe.reset");
}

/// Turns each `llvm.call` with `ThreadsAttr` into one of `GOMP_parallel`.
void lowerForkCalls(mlir::ModuleOp module);

/// Adds the conversion of dot products, fixed-point products and tables to what
/// `machine` has instructions for; x86-64 may have some that permute bytes.
void populateIntegerPatterns(const mlir::LLVMTypeConverter &converter,
                             mlir::RewritePatternSet &patterns,
                             DotMachine machine, bool bytePermutes);

} // namespace lathe::detail

#endif // LATHE_LIB_CONVERSION_LOOPSTOLLVM_DETAIL_H
