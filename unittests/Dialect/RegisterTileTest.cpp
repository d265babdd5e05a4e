//===- RegisterTileTest.cpp - The ranking of register tiles ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/Transforms/RegisterTile.h"

#include "llvm/ADT/STLExtras.h"
#include "gtest/gtest.h"

using namespace lathe;

/// A 3x3 convolution of 56x56 pixels and 64 channels with AVX-512.
static const RowGrid grid = {56, 4, 64 * 4, 32};

TEST(RegisterTileTest, RanksTheSelectedTileFirst) {
  auto tiles = rankRegisterTiles(grid);
  ASSERT_FALSE(tiles.empty());
  EXPECT_EQ(tiles.front(), selectRegisterTile(grid));
}

TEST(RegisterTileTest, RanksNoTileTwiceAndNoneThatDoesNotFit) {
  auto tiles = rankRegisterTiles(grid);
  for (auto [i, tile] : llvm::enumerate(tiles)) {
    EXPECT_EQ(llvm::count(tiles, tile), 1);
    EXPECT_LE(tile.vectors, grid.vectors);
    EXPECT_LE(tile.rows, grid.rows);
    // The sums, the weights of each vector and a broadcast element.
    EXPECT_LE(tile.rows * tile.vectors + tile.vectors + 1, grid.registers);
  }
}

TEST(RegisterTileTest, ASingleRowHasCandidates) {
  // A vector times a matrix with 16 registers: eight sums and their weights
  // are one register too many, but a single row needs none for them.
  auto tiles = rankRegisterTiles({1, 64, 4, 16});
  ASSERT_FALSE(tiles.empty());
  EXPECT_EQ(tiles.front(), (RegisterTile{1, 8}));
}

TEST(RegisterTileTest, DataThatAreSplitAreSharedByMoreVectors) {
  // With AVX2, of which two registers hold the data of each row.
  RowGrid words = {56, 8, 64, 16};
  int64_t vectors = selectRegisterTile(words).vectors;
  words.splitsData = true;
  RegisterTile tile = selectRegisterTile(words);
  EXPECT_GT(tile.vectors, vectors);
  EXPECT_LE(tile.rows * tile.vectors + 2 * tile.rows + 3, words.registers);
}
