//===- KernelLoops.h - The loop nests of a kernel ---------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_CONVERSION_LINALGTOLOOPS_KERNELLOOPS_H
#define LATHE_LIB_CONVERSION_LINALGTOLOOPS_KERNELLOOPS_H

#include "TensorReader.h"

#include "lathe/Dialect/Lathe/IR/LatheWindowOps.h"
#include "lathe/Dialect/Lathe/IR/LatheWinogradOps.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace lathe {

/// A tensor that the kernel writes, and where to.
struct KernelStore {
  mlir::Value tensor, memref;
};

/// What the loops of a kernel are made from.
struct KernelBody {
  /// Ops with reduction dimensions, in the order of execution.
  llvm::SmallVector<mlir::linalg::GenericOp> reductions;
  llvm::SmallVector<KernelStore> stores;
  /// Order of the root's loops, outermost first; register tile of each loop.
  llvm::SmallVector<int64_t> order, tile;
  /// Elements in a vector, 1 for scalar code.
  int64_t vector = 1;
  /// Whether threads share the outermost loop.
  bool parallel = false;
  /// The kernel's own bytes of the arena, null if it has none.
  mlir::Value scratch;
};

/// Builds `for name in [low, high) step`, with `carried` as loop-carried
/// values; `body` gets the loop variable and the carried values and returns
/// their next values. Returns the final ones. A loop of one iteration is no
/// loop; bounds that are constants make the range of the variable known.
llvm::SmallVector<mlir::Value>
buildLoop(mlir::OpBuilder &builder, IndexSpace &space, mlir::Location loc,
          llvm::StringRef name, mlir::OpFoldResult low, mlir::OpFoldResult high,
          int64_t step, IndexRange range, mlir::ValueRange carried,
          llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::AffineExpr,
                                                            mlir::ValueRange)>
              body);

/// Builds the same loop with iterations that threads share, each of which
/// writes other elements; `step` divides the distance. It carries no values.
void buildParallelLoop(mlir::OpBuilder &builder, IndexSpace &space,
                       mlir::Location loc, llvm::StringRef name, int64_t low,
                       int64_t high, int64_t step,
                       llvm::function_ref<llvm::SmallVector<mlir::Value>(
                           mlir::AffineExpr, mlir::ValueRange)>
                           body);

/// Whether 0 <= `index` < `extent`; null if that is always so.
mlir::Value isWithin(mlir::OpBuilder &builder, const IndexSpace &space,
                     mlir::Location loc, mlir::AffineExpr index,
                     int64_t extent);

/// Whether both conditions hold; null stands for true.
mlir::Value both(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value a,
                 mlir::Value b);

/// Builds `if condition`, with an else where `otherwise` is given. Without a
/// condition it builds the first alone.
void buildIf(mlir::OpBuilder &builder, mlir::Location loc,
             mlir::Value condition, llvm::function_ref<void()> then,
             llvm::function_ref<void()> otherwise = nullptr);

/// Whether lanes that nobody reads may be computed: nothing else than what is
/// stored can be undefined, as a division by what an unused lane holds.
bool canComputeUnused(const KernelBody &body);

/// Whether elements of tables are computed, at indices that are.
bool usesTables(const KernelBody &body);

/// The names of the loops of `op`: what `lathe.loops` says, or i0, i1, …
llvm::SmallVector<llvm::StringRef> loopNames(mlir::linalg::GenericOp op);

/// Follows elementwise ops and reshapes from element `at` of `from` to the
/// element of `target` that is computed from it alone, in the used `lanes`.
std::optional<Indices> project(const IndexSpace &space, mlir::Value from,
                               const Indices &at, mlir::Value target,
                               Lanes lanes);

/// Emits one nest of register tiles: a root with accumulators, or no root at
/// all.
mlir::LogicalResult emitTiles(mlir::OpBuilder &builder, const KernelBody &body);

/// Emits several reductions one after the other inside the loops they share.
mlir::LogicalResult emitRows(mlir::OpBuilder &builder, const KernelBody &body);

/// Emits a convolution by Winograd's algorithm. The rows of the register tile
/// are those of the strategy's tile for loop "t".
mlir::LogicalResult emitWinograd(mlir::OpBuilder &builder,
                                 const KernelBody &body, WinogradConvOp op);

/// Emits products by 16-bit multiply-accumulates.
mlir::LogicalResult emitWindowConv(mlir::OpBuilder &builder,
                                   const KernelBody &body, WindowConvOp op);
mlir::LogicalResult emitPlaneDepthwise(mlir::OpBuilder &builder,
                                       const KernelBody &body,
                                       PlaneDepthwiseOp op);

} // namespace lathe

#endif // LATHE_LIB_CONVERSION_LINALGTOLOOPS_KERNELLOOPS_H
