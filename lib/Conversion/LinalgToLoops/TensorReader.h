//===- TensorReader.h - Elements of tensors as scalar code ------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_CONVERSION_LINALGTOLOOPS_TENSORREADER_H
#define LATHE_LIB_CONVERSION_LINALGTOLOOPS_TENSORREADER_H

#include "IndexSpace.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace lathe {

using Indices = llvm::SmallVector<mlir::AffineExpr>;

/// Computes elements of the tensors of a kernel where they are needed, by
/// following their definitions up to memory. A read yields one element, or with
/// `width` > 1 a vector of the elements at lanes 0 to width - 1; an element
/// that is the same in all lanes may stay a scalar (see `broadcast`).
class TensorReader {
public:
  TensorReader(mlir::OpBuilder &builder, IndexSpace &space)
      : builder(builder), space(space) {}

  /// The element of `tensor` at `indices`; null after an error was reported.
  mlir::Value read(mlir::Value tensor, llvm::ArrayRef<mlir::AffineExpr> indices,
                   int64_t width);

  /// Loads from memory.
  mlir::Value load(mlir::Location loc, mlir::Value memref,
                   llvm::ArrayRef<mlir::AffineExpr> indices, int64_t width);

  /// Stores a scalar or a vector of `width` elements to memory.
  void store(mlir::Location loc, mlir::Value value, mlir::Value memref,
             llvm::ArrayRef<mlir::AffineExpr> indices, int64_t width);

  /// Computes the region of `op` at the iteration `loops` from `arguments`,
  /// which are scalars or vectors of `width`. Yields one value for each result.
  llvm::SmallVector<mlir::Value>
  inlineRegion(mlir::linalg::GenericOp op,
               llvm::ArrayRef<mlir::AffineExpr> loops,
               mlir::ValueRange arguments, int64_t width);

  /// A vector of `width` from a scalar; anything else is returned as it is.
  mlir::Value broadcast(mlir::Location loc, mlir::Value value, int64_t width);

  /// Says that reads of `tensor` give `value` from now on, whatever the index.
  void setKnown(mlir::Value tensor, mlir::Value value) {
    known[tensor] = value;
  }

  /// Says that `tensor` was computed into `memref`.
  void setStored(mlir::Value tensor, mlir::Value memref) {
    stored[tensor] = memref;
  }

  /// Says that reads of `pad` in the loops being emitted stay inside its
  /// source.
  void setUnpadded(mlir::tensor::PadOp pad) { unpadded.insert(pad); }

  /// The source of `pad` at the place of `indices` in the padded tensor.
  static Indices indicesInSource(mlir::tensor::PadOp pad,
                                 llvm::ArrayRef<mlir::AffineExpr> indices);

private:
  mlir::Value readGeneric(mlir::linalg::GenericOp op, unsigned result,
                          llvm::ArrayRef<mlir::AffineExpr> indices,
                          int64_t width);
  mlir::Value readPad(mlir::tensor::PadOp pad,
                      llvm::ArrayRef<mlir::AffineExpr> indices, int64_t width);
  mlir::Value readReshaped(mlir::Operation *op,
                           llvm::ArrayRef<mlir::AffineExpr> indices,
                           int64_t width);
  /// Reads lane by lane and joins the elements.
  mlir::Value
  readLanes(mlir::Location loc, llvm::ArrayRef<mlir::AffineExpr> indices,
            int64_t width,
            llvm::function_ref<mlir::Value(llvm::ArrayRef<mlir::AffineExpr>)>
                readOne);
  mlir::Value inlineOp(mlir::Operation &op, mlir::IRMapping &mapping,
                       llvm::ArrayRef<mlir::AffineExpr> loops, int64_t width);

  mlir::OpBuilder &builder;
  IndexSpace &space;
  llvm::DenseMap<mlir::Value, mlir::Value> known, stored;
  llvm::DenseSet<mlir::Operation *> unpadded;
};

} // namespace lathe

#endif // LATHE_LIB_CONVERSION_LINALGTOLOOPS_TENSORREADER_H
