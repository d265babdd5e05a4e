//===- RegisterTile.h - The cost of register tiles --------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_DIALECT_LATHE_TRANSFORMS_REGISTERTILE_H
#define LATHE_LIB_DIALECT_LATHE_TRANSFORMS_REGISTERTILE_H

#include <cstdint>

namespace lathe {

/// A register tile: rows (pixels, rows of a matrix) times vectors (of channels,
/// columns), with a sum for each.
struct RegisterTile {
  int64_t rows, vectors;
  /// Of how many iterations of the loop outside of the rows.
  int64_t outer = 1;
};

/// Sums of products on a grid of rows times vectors, and what computes them.
struct RowGrid {
  int64_t rows, vectors;
  /// Bytes between the elements that two neighbouring rows read.
  int64_t pitch;
  int64_t registers;
  /// Iterations of the loop outside of the rows, if they read the same weights.
  int64_t outer = 1;
  /// Bytes of the weights that a vector of sums reads.
  int64_t weightBytes = 0;
};

/// The tile that computes the grid in the least cycles.
RegisterTile selectRegisterTile(const RowGrid &grid);

/// The tile of an op that reads vectors of data in windows of so many rows,
/// which overlap: one vector wide, since what neighbours share stays in
/// registers, too.
RegisterTile selectWindowTile(const RowGrid &grid, int64_t window);

} // namespace lathe

#endif // LATHE_LIB_DIALECT_LATHE_TRANSFORMS_REGISTERTILE_H
