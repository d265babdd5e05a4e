//===- TileEmitter.h - Nests of register tiles ------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_CONVERSION_LINALGTOLOOPS_TILEEMITTER_H
#define LATHE_LIB_CONVERSION_LINALGTOLOOPS_TILEEMITTER_H

#include "KernelLoops.h"

namespace lathe {

/// Iterations [low, high) of a loop in tiles of `tile`.
struct Segment {
  int64_t low, high, tile;
};

/// One point of a register tile: an offset along every loop, and the lanes
/// along the vector loop.
struct Point {
  llvm::SmallVector<int64_t> offsets;
  Lanes lanes = 1;
};

/// The coefficient of dimension `loop` in the linear expression `expr` of
/// `loops` dimensions.
int64_t coefficientOf(mlir::AffineExpr expr, int64_t loop, int64_t loops);

/// Emits the loops of one kernel around a register tile: a root with its sums,
/// or, where `root` is null, the elements of `stores` alone.
class TileEmitter {
public:
  TileEmitter(mlir::OpBuilder &builder, const KernelBody &body,
              mlir::linalg::GenericOp root, llvm::ArrayRef<KernelStore> stores);

  mlir::LogicalResult emit();

private:
  using Points = llvm::ArrayRef<Point>;
  using Values = llvm::SmallVector<mlir::Value>;

  // The nest (TileLoops.cpp).
  int64_t tileOf(int64_t loop) const;
  void emitNest(llvm::ArrayRef<int64_t> order, Indices bases,
                llvm::SmallVector<int64_t> tile, bool isShared);
  llvm::SmallVector<Point> pointsOf(llvm::ArrayRef<int64_t> tile) const;
  Indices indicesOf(const Point &point, const Indices &bases) const;
  void emitBody(const Indices &bases, llvm::ArrayRef<int64_t> tile);
  Values initialValues(Points points, const Indices &bases);
  Values reduce(int64_t loop, Points points, const Indices &bases,
                const Indices &reduced, mlir::ValueRange accumulators);
  Values accumulate(Points points, const Indices &bases, const Indices &reduced,
                    mlir::ValueRange accumulators);
  // Dot products (DotTiles.cpp).
  bool usesDots() const;
  Values reduceQuads(Points points, const Indices &bases,
                     const Indices &reduced, mlir::ValueRange accumulators);
  Values accumulateQuad(Points points, const Indices &bases,
                        const Indices &reduced, int64_t used,
                        mlir::ValueRange accumulators);
  mlir::Value readQuad(const Indices &loops, int64_t used);
  mlir::Value addProducts(mlir::Value sum, mlir::Value data,
                          const Indices &loops);
  bool usesRowDots() const;
  Values reduceRows(Points points, const Indices &bases, const Indices &reduced,
                    mlir::ValueRange accumulators);
  mlir::Value readRowWeights(Indices loops, int64_t step, Lanes lanes);
  mlir::Value readRows(const Indices &loops, int64_t step, Lanes lanes);
  mlir::Value joinPairs(llvm::ArrayRef<mlir::Value> rows);
  mlir::Value joinQuads(Values rows);
  mlir::Value shiftRight(mlir::Value pairs, bool isUnsigned);
  size_t countStoredWith(Points points) const;
  mlir::Value join(mlir::ValueRange vectors);
  void storeResults(const Point &point, const Indices &bases,
                    mlir::ValueRange results);
  void prefetchWeights(const Indices &bases, const Indices &reduced);
  void prefetchNextRows(Points points, const Indices &bases);
  void prefetchLines(mlir::Value tensor, llvm::ArrayRef<Indices> places);

  // Windows that reach into the padding (TileWindows.cpp).
  /// Calls `visit` for each padded dimension that an operand of the root reads:
  /// the pad, its dimension and the index there in terms of the root's loops.
  void forEachPadded(llvm::function_ref<void(mlir::tensor::PadOp, int64_t dim,
                                             mlir::AffineExpr index)>
                         visit);
  std::pair<int64_t, int64_t> interiorOf(int64_t loop);
  bool canUnrollWindows(int64_t loop);
  llvm::SmallVector<Segment> segmentsOf(int64_t loop);
  bool haveOneWindow(int64_t loop, Points points, const Indices &bases);
  bool isInPadding(int64_t loop, const Point &point, const Indices &bases,
                   const Indices &reduced);
  Values reduceUnrolled(int64_t loop, Points points, const Indices &bases,
                        const Indices &reduced, mlir::ValueRange accumulators);
  std::pair<mlir::OpFoldResult, mlir::OpFoldResult>
  clip(int64_t loop, const Point &point, const Indices &bases);

  mlir::OpBuilder &builder;
  const KernelBody &body;
  mlir::linalg::GenericOp root;
  llvm::ArrayRef<KernelStore> stores;
  IndexSpace space;
  TensorReader reader;
  /// Of the root's loops, the first `parallel` ones of which are no reductions.
  llvm::SmallVector<int64_t> extents;
  llvm::SmallVector<llvm::StringRef> names;
  int64_t parallel;
  mlir::Location loc;
  /// Whether lanes beyond the end of a row may be computed.
  bool canOverrun;
  /// Whether elements are looked up in tables.
  bool looksUp;
  bool failed = false;
};

} // namespace lathe

#endif // LATHE_LIB_CONVERSION_LINALGTOLOOPS_TILEEMITTER_H
