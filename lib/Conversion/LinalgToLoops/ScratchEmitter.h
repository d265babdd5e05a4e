//===- ScratchEmitter.h - Loops around memory of their own ------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_CONVERSION_LINALGTOLOOPS_SCRATCHEMITTER_H
#define LATHE_LIB_CONVERSION_LINALGTOLOOPS_SCRATCHEMITTER_H

#include "KernelLoops.h"

namespace lathe {

/// What the loops of lathe.window_conv and lathe.plane_depthwise have in
/// common: they build scalar code around scratch memory that holds bytes, or
/// words of two 16-bit integers each.
class ScratchEmitter {
protected:
  ScratchEmitter(mlir::OpBuilder &builder, const KernelBody &body,
                 mlir::Operation *op)
      : builder(builder), loc(op->getLoc()), body(body), op(op),
        space(builder.getContext()), reader(builder, space) {}

  using Body = llvm::function_ref<void(mlir::AffineExpr)>;

  /// Builds `for name in [low, high) step`.
  void loop(llvm::StringRef name, int64_t low, int64_t high, int64_t step,
            Body body);
  mlir::Value isWithin(mlir::AffineExpr index, int64_t extent) {
    return lathe::isWithin(builder, space, loc, index, extent);
  }
  mlir::Value both(mlir::Value a, mlir::Value b) {
    return lathe::both(builder, loc, a, b);
  }
  void buildIf(mlir::Value condition, llvm::function_ref<void()> then,
               llvm::function_ref<void()> otherwise = nullptr) {
    lathe::buildIf(builder, loc, condition, then, otherwise);
  }
  mlir::Value index(mlir::AffineExpr expr);
  mlir::Value number(int64_t value);
  /// `expr` as a value of its own, computed once.
  mlir::AffineExpr keep(mlir::AffineExpr expr);

  /// The memory of `tensor`, a constant or what the kernel reads.
  mlir::Value locate(mlir::Value tensor);
  /// The scratch memory from byte `offset` on as `count` elements.
  mlir::Value viewScratch(int64_t offset, int64_t count, mlir::Type element);
  /// `value` without regard to a sign.
  mlir::Value byte(int64_t value);
  /// A word that holds `value` twice.
  mlir::Value repeat(int64_t value);
  /// Writes or reads element `at` of words or bytes of scratch.
  void writeWord(mlir::Value word, mlir::Value words, mlir::AffineExpr at);
  mlir::Value readWord(mlir::Value words, mlir::AffineExpr at);
  /// A byte in 32 bits.
  mlir::Value widen(mlir::Value byte, bool isUnsigned);
  /// The element of the op's byte tensor `input` at `indices`.
  mlir::Value readByte(mlir::Value input, const Indices &indices);
  /// The same widened.
  mlir::Value readWide(mlir::Value input, const Indices &indices,
                       bool isUnsigned);
  /// Writes what the kernel computes of the op's element at `indices`, which is
  /// `value`.
  void store(const Indices &indices, mlir::Value value);

  mlir::OpBuilder &builder;
  mlir::Location loc;
  const KernelBody &body;
  mlir::Operation *op;
  IndexSpace space;
  TensorReader reader;
  bool failed = false;
};

} // namespace lathe

#endif // LATHE_LIB_CONVERSION_LINALGTOLOOPS_SCRATCHEMITTER_H
