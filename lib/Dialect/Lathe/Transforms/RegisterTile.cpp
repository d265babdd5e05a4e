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
#include <cstdlib>
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
/// element that it broadcasts, and may split it, each vector its weights.
static double cyclesOf(RegisterTile tile, bool isPanelFar, bool splitsData) {
  constexpr double unitsPerCycle = 2, loadsPerCycle = 2, latency = 4;
  constexpr double cyclesOfFarLine = 4;
  double rows = static_cast<double>(tile.rows * tile.outer);
  auto vectors = static_cast<double>(tile.vectors);
  double cycles = std::max({rows * vectors / unitsPerCycle,
                            (rows + vectors) / loadsPerCycle, latency});
  // A row takes two operations to split its data, beside four for each vector:
  // two multiplications, each with an addition of its own. At four a cycle that
  // is half a cycle in the time of two steps.
  if (splitsData)
    cycles += rows / 4;
  if (isPanelFar)
    cycles = std::max(cycles, vectors * cyclesOfFarLine);
  // Loads are not quite free even if they keep up, those of weights less so: a
  // panel of them is often larger than the first-level cache.
  return cycles + (rows + 2 * vectors) / 32;
}

/// The cycles of a step on the whole grid, cut into `tile`s and what is left of
/// them.
static double cyclesOf(const RowGrid &grid, RegisterTile tile) {
  // Beside the panel that is read, the second-level cache holds the next one.
  constexpr int64_t mostNearBytes = 512 * 1024;
  bool isPanelFar = tile.vectors * grid.weightBytes > mostNearBytes;
  auto sumOver = [](int64_t extent, int64_t step, auto &&cycles) {
    double sum = static_cast<double>(extent / step) * cycles(step);
    return extent % step == 0 ? sum : sum + cycles(extent % step);
  };
  return sumOver(grid.outer, tile.outer, [&](int64_t outer) {
    return sumOver(grid.rows, tile.rows, [&](int64_t rows) {
      return sumOver(grid.vectors, tile.vectors, [&](int64_t vectors) {
        return cyclesOf(RegisterTile{rows, vectors, outer}, isPanelFar,
                        grid.splitsData);
      });
    });
  });
}

/// The widest tile.
static constexpr int64_t maxVectors = 8;

/// The most rows whose sums fit the registers: one register holds the broadcast
/// element, and with several rows one the weights of each vector.
static int64_t mostRowsInRegisters(const RowGrid &grid, int64_t vectors) {
  // Two for each row's data, two of weights at a time, and a product.
  if (grid.splitsData)
    return std::max<int64_t>((grid.registers - 3) / (vectors + 2), 1);
  return std::max<int64_t>((grid.registers - vectors - 1) / vectors, 1);
}

/// One vector wide, with a sum and a vector of data for each row, and the rest
/// of the last window.
static RegisterTile selectWindowTile(const RowGrid &grid) {
  return {balancedTile(grid.rows, (grid.registers - grid.window) / 2), 1};
}

RegisterTile lathe::selectRegisterTile(const RowGrid &grid) {
  if (grid.window != 0)
    return selectWindowTile(grid);
  RegisterTile best{1, 1};
  double least = std::numeric_limits<double>::max();
  for (int64_t vectors = 1; vectors <= std::min(grid.vectors, maxVectors);
       ++vectors) {
    int64_t most = std::min(mostRowsInRegisters(grid, vectors),
                            mostRowsInCache(grid.pitch));
    RegisterTile tile{balancedTile(grid.rows, most), vectors};
    // Short rows leave registers for several.
    if (tile.rows == grid.rows)
      tile.outer = balancedTile(grid.outer, most / grid.rows);
    double cycles = cyclesOf(grid, tile);
    if (cycles < least) {
      least = cycles;
      best = tile;
    }
  }
  return best;
}

/// Those of windows: the nearer to the selected one the earlier, at most two
/// vectors wide.
static llvm::SmallVector<RegisterTile> rankWindowTiles(const RowGrid &grid) {
  RegisterTile selected = selectWindowTile(grid);
  llvm::SmallVector<RegisterTile> tiles;
  for (int64_t vectors = 1; vectors <= std::min<int64_t>(grid.vectors, 2);
       ++vectors) {
    int64_t most = (grid.registers - grid.window * vectors) / (2 * vectors);
    for (int64_t rows = std::min(most, grid.rows); rows > 0; --rows)
      tiles.push_back({rows, vectors});
  }
  auto distanceOf = [&](RegisterTile tile) {
    return std::make_tuple(std::abs(tile.rows * tile.vectors - selected.rows),
                           tile.vectors, tile.rows);
  };
  llvm::sort(tiles, [&](RegisterTile a, RegisterTile b) {
    return distanceOf(a) < distanceOf(b);
  });
  return tiles;
}

llvm::SmallVector<RegisterTile> lathe::rankRegisterTiles(const RowGrid &grid) {
  if (grid.window != 0)
    return rankWindowTiles(grid);
  constexpr double worthTrying = 2;
  // Cycles, and a number: of equal cost, few vectors and many rows first.
  llvm::SmallVector<std::tuple<double, size_t, RegisterTile>> ranking;
  auto add = [&](RegisterTile tile) {
    ranking.push_back({cyclesOf(grid, tile), ranking.size(), tile});
  };
  for (int64_t vectors = 1; vectors <= std::min(grid.vectors, maxVectors);
       ++vectors) {
    int64_t most = mostRowsInRegisters(grid, vectors);
    for (int64_t outer = std::min(most / grid.rows, grid.outer); outer > 1;
         --outer)
      add({grid.rows, vectors, outer});
    for (int64_t rows = std::min(most, grid.rows); rows > 0; --rows)
      add({rows, vectors});
  }
  llvm::sort(ranking, [](const auto &a, const auto &b) {
    return std::tie(std::get<0>(a), std::get<1>(a)) <
           std::tie(std::get<0>(b), std::get<1>(b));
  });
  llvm::SmallVector<RegisterTile> tiles;
  for (const auto &[cycles, number, tile] : ranking)
    if (cycles <= worthTrying * std::get<0>(ranking.front()))
      tiles.push_back(tile);
  return tiles;
}
