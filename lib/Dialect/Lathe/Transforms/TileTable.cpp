//===- TileTable.cpp - Register tiles that were measured ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/Transforms/TileTable.h"

#include "lathe/Support/ReadYAML.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"

#include <tuple>

using namespace lathe;
namespace yaml = llvm::yaml;
using llvm::StringRef;

LLVM_YAML_IS_SEQUENCE_VECTOR(lathe::TileEntry)

namespace {
/// What the file holds.
struct TileFile {
  static constexpr unsigned currentVersion = 1;

  unsigned version = 0; ///< 0 if there is none
  std::vector<TileEntry> entries;
};
} // namespace

/// Entries are sorted by this and have a different one each.
static auto rankOf(const TileEntry &entry) {
  return std::make_tuple(StringRef(entry.kernel), entry.target.vectorBits,
                         entry.target.vectorRegisters, entry.target.threads);
}

static bool isBefore(const TileEntry &a, const TileEntry &b) {
  return rankOf(a) < rankOf(b);
}

namespace llvm::yaml {
template <> struct MappingTraits<TileEntry> {
  static void mapping(IO &io, TileEntry &entry) {
    io.mapRequired("kernel", entry.kernel);
    io.mapRequired("description", entry.description);
    io.mapRequired("vector-bits", entry.target.vectorBits);
    io.mapRequired("vector-registers", entry.target.vectorRegisters);
    io.mapRequired("threads", entry.target.threads);
    io.mapRequired("rows", entry.tile.rows);
    io.mapRequired("vectors", entry.tile.vectors);
    io.mapOptional("outer", entry.tile.outer, int64_t(1));
    io.mapRequired("microseconds", entry.microseconds);
    io.mapRequired("default-microseconds", entry.defaultMicroseconds);
  }

  static std::string validate(IO &, TileEntry &entry) {
    const RegisterTile &tile = entry.tile;
    int64_t registers = entry.target.vectorRegisters;
    if (entry.kernel.size() != 16 ||
        !llvm::all_of(entry.kernel, llvm::isHexDigit))
      return "a kernel's key has 16 hexadecimal digits";
    if (tile.rows < 1 || tile.vectors < 1 || tile.outer < 1)
      return "a tile has at least one row and one vector";
    // Each factor by itself first, so that the product cannot overflow.
    if (tile.outer >= registers || tile.rows >= registers ||
        tile.vectors >= registers ||
        tile.outer * tile.rows * tile.vectors >= registers)
      return "a tile of " + std::to_string(tile.rows) + " rows and " +
             std::to_string(tile.vectors) + " vectors" +
             (tile.outer == 1 ? ""
                              : " " + std::to_string(tile.outer) + " times") +
             " does not fit " + std::to_string(registers) + " registers";
    return "";
  }
};

template <> struct MappingTraits<TileFile> {
  static void mapping(IO &io, TileFile &file) {
    io.mapRequired("version", file.version);
    // Of another version, nothing else is known.
    if (file.version == TileFile::currentVersion)
      io.mapRequired("tiles", file.entries);
    else if (file.version != 0)
      io.setError("it has version " + Twine(file.version) +
                  ", and this Lathe reads version " +
                  Twine(TileFile::currentVersion));
  }
};
} // namespace llvm::yaml

static constexpr const char *remedy =
    "give a file that lathe compile --tune wrote";

static llvm::Error makeError(const llvm::Twine &place,
                             const llvm::Twine &message) {
  return llvm::createStringError(place + ": " + message + "; " + remedy);
}

llvm::Expected<TileTable> TileTable::parse(llvm::MemoryBufferRef buffer) {
  TileFile file;
  if (llvm::Error error =
          readYAML(buffer, file, "it is not a list of tiles in YAML", remedy))
    return std::move(error);
  // An empty document is read without an error.
  if (file.version != TileFile::currentVersion)
    return makeError(buffer.getBufferIdentifier(),
                     "it is not a list of tiles in YAML");
  TileTable table;
  table.entries = std::move(file.entries);
  llvm::sort(table.entries, isBefore);
  auto twice = llvm::adjacent_find(table.entries,
                                   [](const TileEntry &a, const TileEntry &b) {
                                     return rankOf(a) == rankOf(b);
                                   });
  if (twice != table.entries.end())
    return makeError(buffer.getBufferIdentifier(),
                     "it has two tiles of one target for kernel " +
                         twice->kernel);
  return table;
}

llvm::Expected<TileTable> TileTable::load(StringRef path) {
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (std::error_code code = file.getError())
    return makeError(path, "cannot be read: " + code.message());
  return parse(**file);
}

const TileEntry *TileTable::find(StringRef kernel,
                                 const TileTarget &target) const {
  TileEntry key;
  key.kernel = kernel.str();
  key.target = target;
  auto *found = llvm::lower_bound(getEntries(), key, isBefore);
  return found != getEntries().end() && rankOf(*found) == rankOf(key) ? found
                                                                      : nullptr;
}

void TileTable::set(TileEntry entry) {
  auto place = llvm::lower_bound(entries, entry, isBefore);
  if (place != entries.end() && rankOf(*place) == rankOf(entry))
    *place = std::move(entry);
  else
    entries.insert(place, std::move(entry));
}

void TileTable::remove(StringRef kernel, const TileTarget &target) {
  if (const TileEntry *entry = find(kernel, target))
    entries.erase(entries.begin() + (entry - entries.data()));
}

void TileTable::print(llvm::raw_ostream &os) const {
  TileFile file;
  file.version = TileFile::currentVersion;
  file.entries = entries;
  yaml::Output output(os);
  output << file;
}
