//===- KernelTile.h - What a kernel's register tile depends on --*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_TRANSFORMS_KERNELTILE_H
#define LATHE_DIALECT_LATHE_TRANSFORMS_KERNELTILE_H

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Dialect/Lathe/Transforms/RegisterTile.h"

#include <optional>
#include <string>

namespace lathe {

/// The attribute with which `lathe-select-strategy` notes the key that it
/// looked for in a table of tiles.
inline constexpr llvm::StringLiteral tileKeyName = "lathe.tile_key";

/// The op whose loops the kernel runs; null if it is elementwise.
LoopNestOpInterface getRoot(KernelOp kernel);

/// The loops of a kernel: its root's, or those over its result's elements.
llvm::SmallVector<LoopDim> getLoops(KernelOp kernel);

/// The last parallel loop, which runs in vectors; -1 if there is none.
int64_t getVectorLoop(llvm::ArrayRef<LoopDim> loops);

/// Elements in a vector of what the kernel computes, 1 without vectors. Half
/// floats are computed in f32, and sums of small integers in i32.
int64_t getLanes(KernelOp kernel, const TileTarget &target);

/// The vectors of a tile that only moves or compares elements; sums of products
/// may have more.
inline constexpr int64_t maxElementwiseVectors = 2;

/// The grid of sums of a kernel whose register tile spans its root's row loop
/// and vector loop; none for other kernels.
std::optional<RowGrid> getRowGrid(KernelOp kernel, const TileTarget &target);

/// Whether another tile may be faster: not for reductions of whole rows, whose
/// loops have none, and for what hardly computes.
bool isTileWorthMeasuring(KernelOp kernel);

/// The tile, of those loops, that the kernel's strategy has.
RegisterTile getRegisterTile(KernelOp kernel);

/// What identifies the kernel in a table of tiles: a hash of its body, types
/// and attributes included, as 16 hexadecimal digits. Neither names and weights
/// nor the place in the model are part of it, so that equal kernels have equal
/// keys.
std::string getTileKey(KernelOp kernel);

/// The root and the extents of its loops: "conv n=1 oh=56 ow=56 oc=64 …".
std::string describeLoops(KernelOp kernel);

} // namespace lathe

#endif // LATHE_DIALECT_LATHE_TRANSFORMS_KERNELTILE_H
