//===- RegisterTile.cpp - The cost of register tiles ----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A model of one core: two multiply-add units with a latency of four cycles,
// two loads a cycle (Zen 2 to 5, Intel since Haswell; A. Fog, "Instruction
// tables"), and a first-level cache of 64 sets with at least 8 lines of 64
// bytes.
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/Transforms/RegisterTile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>

using namespace lathe;

/// The largest tile not above `most` that divides `extent` into tiles of about
/// equal size.
static int64_t balancedTile(int64_t extent, int64_t most) {
  most = std::max<int64_t>(most, 1);
  return llvm::divideCeil(extent, llvm::divideCeil(extent, most));
}

/// The most rows of which the first-level cache holds a line each.
static int64_t mostRowsInCache(int64_t pitch) {
  constexpr int64_t reach = 4096, linesOfSet = 8;
  return linesOfSet * (reach / std::gcd(pitch, reach));
}

/// The cycles that one step of the sums takes in a tile: each row loads an
/// element that it broadcasts, each vector its weights.
static double cyclesOf(RegisterTile tile) {
  constexpr double unitsPerCycle = 2, loadsPerCycle = 2, latency = 4;
  double cycles =
      std::max({tile.rows * tile.vectors / unitsPerCycle,
                (tile.rows + tile.vectors) / loadsPerCycle, latency});
  // Loads are not quite free even if they keep up, those of weights less so: a
  // panel of them is often larger than the first-level cache.
  return cycles + (tile.rows + 2 * tile.vectors) / 32.0;
}

/// The cycles of a step on the whole grid, cut into `tile`s and what is left of
/// them.
static double cyclesOf(const RowGrid &grid, RegisterTile tile) {
  auto sumOver = [](int64_t extent, int64_t step, auto &&cycles) {
    double sum = static_cast<double>(extent / step) * cycles(step);
    return extent % step == 0 ? sum : sum + cycles(extent % step);
  };
  return sumOver(grid.rows, tile.rows, [&](int64_t rows) {
    return sumOver(grid.vectors, tile.vectors, [&](int64_t vectors) {
      return cyclesOf(RegisterTile{rows, vectors});
    });
  });
}

/// The widest tile.
static constexpr int64_t maxVectors = 8;

/// The most rows whose sums fit the registers: one register holds the broadcast
/// element, and with several rows one the weights of each vector.
static int64_t mostRowsInRegisters(const RowGrid &grid, int64_t vectors) {
  return std::max<int64_t>((grid.registers - vectors - 1) / vectors, 1);
}

RegisterTile lathe::selectRegisterTile(const RowGrid &grid) {
  RegisterTile best{1, 1};
  double least = std::numeric_limits<double>::max();
  for (int64_t vectors = 1; vectors <= std::min(grid.vectors, maxVectors);
       ++vectors) {
    int64_t most = std::min(mostRowsInRegisters(grid, vectors),
                            mostRowsInCache(grid.pitch));
    RegisterTile tile{balancedTile(grid.rows, most), vectors};
    double cycles = cyclesOf(grid, tile);
    if (cycles < least) {
      least = cycles;
      best = tile;
    }
  }
  return best;
}

llvm::SmallVector<RegisterTile> lathe::rankRegisterTiles(const RowGrid &grid) {
  constexpr double worthTrying = 2;
  // Cycles, vectors, and the rows negated: of equal cost, more rows first.
  llvm::SmallVector<std::tuple<double, int64_t, int64_t>> ranking;
  for (int64_t vectors = 1; vectors <= std::min(grid.vectors, maxVectors);
       ++vectors) {
    int64_t most = std::min(mostRowsInRegisters(grid, vectors), grid.rows);
    for (int64_t rows = 1; rows <= most; ++rows)
      ranking.push_back({cyclesOf(grid, {rows, vectors}), vectors, -rows});
  }
  llvm::sort(ranking);
  llvm::SmallVector<RegisterTile> tiles;
  for (auto [cycles, vectors, rows] : ranking)
    if (cycles <= worthTrying * std::get<0>(ranking.front()))
      tiles.push_back({-rows, vectors});
  return tiles;
}
