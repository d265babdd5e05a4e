//===- TileTableTest.cpp - Files of register tiles ------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/Transforms/TileTable.h"

#include "gtest/gtest.h"

using namespace lathe;

static constexpr TileTarget avx512 = {512, 32, 1}, avx2 = {256, 16, 1};

static TileEntry makeEntry(std::string kernel, TileTarget target,
                           RegisterTile tile) {
  return {std::move(kernel), "conv oh=7 ow=7", target, tile, 1.5, 2.25};
}

static std::string print(const TileTable &table) {
  std::string text;
  llvm::raw_string_ostream os(text);
  table.print(os);
  return text;
}

/// The text of a file with one entry, whose tile is `rows` times `vectors`.
static std::string fileOf(std::string rows, std::string vectors = "2") {
  return "version: 1\ntiles:\n"
         "  - kernel: '0123456789abcdef'\n    description: conv\n"
         "    vector-bits: 512\n    vector-registers: 32\n    threads: 1\n"
         "    rows: " +
         rows + "\n    vectors: " + vectors +
         "\n    microseconds: 1\n    default-microseconds: 2\n";
}

static llvm::Expected<TileTable> parse(llvm::StringRef text) {
  return TileTable::parse(llvm::MemoryBufferRef(text, "a.yaml"));
}

/// The error of reading `text`; empty if there is none.
static std::string errorOf(llvm::StringRef text) {
  llvm::Expected<TileTable> table = parse(text);
  return table ? "" : llvm::toString(table.takeError());
}

static const std::string remedy =
    "; give a file that lathe compile --tune wrote";

TEST(TileTableTest, IsReadAsItWasPrinted) {
  TileTable table;
  // One that a reader could take for a number.
  table.set(makeEntry("12345678901234e5", avx512, {6, 4}));
  table.set(makeEntry("00000000000000ff", avx2, {4, 3}));
  std::string text = print(table);
  llvm::Expected<TileTable> read = parse(text);
  ASSERT_TRUE(bool(read)) << llvm::toString(read.takeError());
  EXPECT_EQ(print(*read), text);
  const TileEntry *entry = read->find("12345678901234e5", avx512);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->tile, (RegisterTile{6, 4}));
  EXPECT_EQ(entry->description, "conv oh=7 ow=7");
  EXPECT_EQ(entry->microseconds, 1.5);
  EXPECT_EQ(entry->defaultMicroseconds, 2.25);
}

TEST(TileTableTest, PrintsTheSameInWhateverOrderEntriesCame) {
  TileEntry entries[] = {makeEntry("bbbbbbbbbbbbbbbb", avx512, {1, 1}),
                         makeEntry("aaaaaaaaaaaaaaaa", avx512, {2, 1}),
                         makeEntry("aaaaaaaaaaaaaaaa", avx2, {3, 1})};
  TileTable forward, backward;
  for (const TileEntry &entry : entries)
    forward.set(entry);
  for (const TileEntry &entry : llvm::reverse(entries))
    backward.set(entry);
  EXPECT_EQ(print(forward), print(backward));
  EXPECT_EQ(forward.getEntries().front().tile.rows, 3);
}

TEST(TileTableTest, FindsOnlyWhatWasMeasuredForTheSameTarget) {
  TileTable table;
  table.set(makeEntry("aaaaaaaaaaaaaaaa", avx512, {6, 4}));
  EXPECT_TRUE(table.find("aaaaaaaaaaaaaaaa", avx512));
  EXPECT_FALSE(table.find("aaaaaaaaaaaaaaab", avx512));
  EXPECT_FALSE(table.find("aaaaaaaaaaaaaaaa", avx2));
  EXPECT_FALSE(table.find("aaaaaaaaaaaaaaaa", {512, 16, 1}));
  EXPECT_FALSE(table.find("aaaaaaaaaaaaaaaa", {512, 32, 2}));
}

TEST(TileTableTest, ReplacesAndRemovesTheEntryOfAKernel) {
  TileTable table;
  table.set(makeEntry("aaaaaaaaaaaaaaaa", avx512, {6, 4}));
  table.set(makeEntry("aaaaaaaaaaaaaaaa", avx2, {4, 3}));
  table.set(makeEntry("aaaaaaaaaaaaaaaa", avx512, {5, 4}));
  ASSERT_EQ(table.getEntries().size(), 2u);
  EXPECT_EQ(table.find("aaaaaaaaaaaaaaaa", avx512)->tile.rows, 5);
  table.remove("aaaaaaaaaaaaaaaa", avx512);
  EXPECT_FALSE(table.find("aaaaaaaaaaaaaaaa", avx512));
  EXPECT_TRUE(table.find("aaaaaaaaaaaaaaaa", avx2));
}

TEST(TileTableTest, RefusesTilesThatCannotBe) {
  EXPECT_EQ(errorOf(fileOf("3")), "");
  EXPECT_EQ(errorOf(fileOf("0")),
            "a.yaml:3: a tile has at least one row and one vector" + remedy);
  EXPECT_EQ(errorOf(fileOf("1", "-1")),
            "a.yaml:3: a tile has at least one row and one vector" + remedy);
  EXPECT_EQ(errorOf(fileOf("16")),
            "a.yaml:3: a tile of 16 rows and 2 vectors does not fit 32 "
            "registers" +
                remedy);
  // The product is 2^64.
  EXPECT_EQ(errorOf(fileOf("4294967296", "4294967296")),
            "a.yaml:3: a tile of 4294967296 rows and 4294967296 vectors does "
            "not fit 32 registers" +
                remedy);
  EXPECT_EQ(errorOf(fileOf("many")), "a.yaml:8: invalid number" + remedy);
}

TEST(TileTableTest, RefusesOtherFiles) {
  EXPECT_EQ(errorOf("version: 2\nloops: []\n"),
            "a.yaml:1: it has version 2, and this Lathe reads version 1" +
                remedy);
  EXPECT_EQ(errorOf("version: 1\n"),
            "a.yaml:1: missing required key 'tiles'" + remedy);
  EXPECT_EQ(errorOf("version: 1\ntiles: []\nmore: 1\n"),
            "a.yaml:3: unknown key 'more'" + remedy);
  for (const char *text : {"", "---\n", "\n", "# tiles\n"})
    EXPECT_EQ(errorOf(text),
              "a.yaml: it is not a list of tiles in YAML" + remedy);
  EXPECT_NE(errorOf("tiles"), "");
  EXPECT_NE(errorOf("- 1\n"), "");
  EXPECT_NE(errorOf("\x08\x01"), ""); // as an ONNX model begins
}

TEST(TileTableTest, RefusesKeysThatAreNoneOrThereTwice) {
  std::string text = fileOf("1"), entry = text.substr(text.find("  - "));
  EXPECT_EQ(errorOf(text + entry),
            "a.yaml: it has two tiles of one target for kernel "
            "0123456789abcdef" +
                remedy);
  text.replace(text.find("0123"), 4, "conv");
  EXPECT_EQ(errorOf(text),
            "a.yaml:3: a kernel's key has 16 hexadecimal digits" + remedy);
}

TEST(TileTableTest, SaysWhichFileCannotBeRead) {
  llvm::Expected<TileTable> table = TileTable::load("/nowhere/a.yaml");
  ASSERT_FALSE(bool(table));
  EXPECT_EQ(llvm::toString(table.takeError()),
            "/nowhere/a.yaml: cannot be read: No such file or directory" +
                remedy);
}
