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
/// several lanes a vector of the elements at each; an element that is the same
/// in all lanes may stay a scalar (see `broadcast`). No memory is read or
/// written for lanes that are not used, but what lies in the same row.
class TensorReader {
public:
  TensorReader(mlir::OpBuilder &builder, IndexSpace &space)
      : builder(builder), space(space) {}

  /// The element of `tensor` at `indices`; null after an error was reported.
  mlir::Value read(mlir::Value tensor, llvm::ArrayRef<mlir::AffineExpr> indices,
                   Lanes lanes);

  /// Where in memory the only element lies that the one of `tensor` at
  /// `indices` is, or is computed from: a memref and the number of the element
  /// in it. None if there are several. Padding lies beyond the memory's ends,
  /// or somewhere in it.
  std::optional<std::pair<mlir::Value, mlir::AffineExpr>>
  locate(mlir::Value tensor, llvm::ArrayRef<mlir::AffineExpr> indices);

  /// Loads from memory.
  mlir::Value load(mlir::Location loc, mlir::Value memref,
                   llvm::ArrayRef<mlir::AffineExpr> indices, Lanes lanes);

  /// Stores a scalar or the used lanes of a vector to memory.
  void store(mlir::Location loc, mlir::Value value, mlir::Value memref,
             llvm::ArrayRef<mlir::AffineExpr> indices, Lanes lanes);

  /// Computes the region of `op` at the iteration `loops` from `arguments`,
  /// which are scalars or vectors of all lanes. Yields one value for each
  /// result.
  llvm::SmallVector<mlir::Value>
  inlineRegion(mlir::linalg::GenericOp op,
               llvm::ArrayRef<mlir::AffineExpr> loops,
               mlir::ValueRange arguments, Lanes lanes);

  /// A constant that is true in the used lanes.
  mlir::Value buildMask(mlir::Location loc, Lanes lanes);

  /// A vector of `width` from a scalar; anything else is returned as it is.
  mlir::Value broadcast(mlir::Location loc, mlir::Value value, int64_t width);

  /// Says that reads of `tensor` give `value` from now on, whatever the index.
  void setKnown(mlir::Value tensor, mlir::Value value) {
    known[tensor] = value;
  }

  /// Forgets the elements that were computed: known values or memory change.
  /// Until then each is computed once in a block, however many ops read it.
  void startPoint() { computed.clear(); }

  /// Says that no store may be masked: a load of what follows it in memory
  /// would wait until it has reached the cache.
  void avoidMaskedStores() { storesMasked = false; }

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
  /// An element that was computed in a block: `lanes` from `indices`.
  struct Element {
    Indices indices;
    Lanes lanes;
    mlir::Value value;
    mlir::Block *block;
  };

  mlir::Value findComputed(mlir::Value tensor,
                           llvm::ArrayRef<mlir::AffineExpr> indices,
                           Lanes lanes) const;
  mlir::Value readGeneric(mlir::linalg::GenericOp op, unsigned result,
                          llvm::ArrayRef<mlir::AffineExpr> indices,
                          Lanes lanes);
  mlir::Value readPad(mlir::tensor::PadOp pad,
                      llvm::ArrayRef<mlir::AffineExpr> indices, Lanes lanes);
  mlir::Value readReshaped(mlir::Operation *op,
                           llvm::ArrayRef<mlir::AffineExpr> indices,
                           Lanes lanes);
  mlir::Value readSlice(mlir::tensor::ExtractSliceOp slice,
                        llvm::ArrayRef<mlir::AffineExpr> indices, Lanes lanes);
  /// Reads the used lanes one by one and joins the elements.
  mlir::Value
  readLanes(mlir::Location loc, llvm::ArrayRef<mlir::AffineExpr> indices,
            Lanes lanes,
            llvm::function_ref<mlir::Value(llvm::ArrayRef<mlir::AffineExpr>)>
                readOne);
  /// The elements of the used lanes, which are all there are, as a vector.
  mlir::Value joinLanes(mlir::Location loc,
                        llvm::SmallVector<mlir::Value> elements, Lanes lanes);
  /// The element of a tensor at indices that were computed, scalars or vectors.
  mlir::Value readComputed(mlir::tensor::ExtractOp op,
                           llvm::ArrayRef<mlir::Value> indices, Lanes lanes);
  /// The bytes of a table at vectors of indices, by instructions that have
  /// tables in registers; null if there are none.
  mlir::Value lookUp(mlir::tensor::ExtractOp op,
                     llvm::ArrayRef<mlir::Value> indices);
  /// Loads and stores of the used lanes alone, in memory next to each other.
  mlir::Value loadUsed(mlir::Location loc, mlir::Value memref,
                       llvm::ArrayRef<mlir::Value> at, Lanes lanes);
  void storeUsed(mlir::Location loc, mlir::Value value, mlir::Value memref,
                 llvm::ArrayRef<mlir::Value> at, Lanes lanes);
  mlir::Value addConstant(mlir::Location loc, mlir::Value index,
                          int64_t amount);
  /// The values of `indices` in one lane.
  llvm::SmallVector<mlir::Value>
  materializeAt(mlir::Location loc, llvm::ArrayRef<mlir::AffineExpr> indices,
                int64_t lane);
  mlir::Value inlineOp(mlir::Operation &op, mlir::IRMapping &mapping,
                       llvm::ArrayRef<mlir::AffineExpr> loops, Lanes lanes);

  mlir::OpBuilder &builder;
  IndexSpace &space;
  llvm::DenseMap<mlir::Value, mlir::Value> known, stored;
  llvm::DenseSet<mlir::Operation *> unpadded;
  /// Elements of tensors that several ops read.
  llvm::DenseMap<mlir::Value, llvm::SmallVector<Element, 1>> computed;
  bool storesMasked = true;
};

} // namespace lathe

#endif // LATHE_LIB_CONVERSION_LINALGTOLOOPS_TENSORREADER_H
