//===- RegisterTile.h - The cost of register tiles --------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_TRANSFORMS_REGISTERTILE_H
#define LATHE_DIALECT_LATHE_TRANSFORMS_REGISTERTILE_H

#include "llvm/ADT/SmallVector.h"

#include <cstdint>

namespace lathe {

/// A register tile: rows (pixels, rows of a matrix) times vectors (of channels,
/// columns), with a sum for each. Which one is chosen changes no bit of a
/// result: each sum runs over the reduction in the same order.
struct RegisterTile {
  int64_t rows = 1, vectors = 1;
  /// Of how many iterations of the loop outside of the rows.
  int64_t outer = 1;

  bool operator==(const RegisterTile &other) const {
    return rows == other.rows && vectors == other.vectors &&
           outer == other.outer;
  }
  bool operator!=(const RegisterTile &other) const { return !(*this == other); }
};

/// What a register tile depends on beside its kernel.
struct TileTarget {
  int64_t vectorBits = 0, vectorRegisters = 0, threads = 1;
};

/// Sums on a grid of rows times vectors, and what computes them.
struct RowGrid {
  int64_t rows, vectors;
  /// Bytes between the elements that two neighbouring rows read.
  int64_t pitch;
  int64_t registers;
  /// Iterations of the loop outside of the rows, if they read the same weights.
  int64_t outer = 1;
  /// Bytes of the weights that a vector of sums reads.
  int64_t weightBytes = 0;
  /// Vectors of data that a row reads along the rows and shares with the next
  /// one, which stay in registers beside the sums; 0 if it broadcasts elements.
  int64_t window = 0;
  /// Whether what a row broadcasts becomes two vectors, by an operation each:
  /// its even and its odd bytes, which all vectors of weights are multiplied
  /// by.
  bool splitsData = false;
};

/// The tile that computes the grid in the least cycles.
RegisterTile selectRegisterTile(const RowGrid &grid);

/// The tiles whose sums fit the registers, in the order of the cycles that they
/// take for the grid, or with windows of their distance from the selected one.
/// Left out are those that take more than twice as many as the first. The
/// first-level cache, which selectRegisterTile minds as well, is left to those
/// who measure.
llvm::SmallVector<RegisterTile> rankRegisterTiles(const RowGrid &grid);

} // namespace lathe

#endif // LATHE_DIALECT_LATHE_TRANSFORMS_REGISTERTILE_H
