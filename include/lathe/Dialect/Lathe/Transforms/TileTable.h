//===- TileTable.h - Register tiles that were measured ----------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_TRANSFORMS_TILETABLE_H
#define LATHE_DIALECT_LATHE_TRANSFORMS_TILETABLE_H

#include "lathe/Dialect/Lathe/Transforms/RegisterTile.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"
#include "llvm/Support/raw_ostream.h"

#include <string>
#include <vector>

namespace lathe {

/// The register tile that was the fastest of those measured for a kernel.
struct TileEntry {
  std::string kernel;      ///< its key, see getTileKey
  std::string description; ///< of the kernel, for people
  TileTarget target;       ///< what it was measured for
  RegisterTile tile;
  double microseconds = 0;        ///< that the kernel takes with it
  double defaultMicroseconds = 0; ///< and with the one of the cost model
};

/// Register tiles of kernels, as `lathe compile --tune` measures them. As text
/// it is YAML: entries in the order of their keys and targets.
class TileTable {
public:
  /// Reads a file. The error is a sentence with its path, the line if it has
  /// one, and the remedy.
  static llvm::Expected<TileTable> load(llvm::StringRef path);
  static llvm::Expected<TileTable> parse(llvm::MemoryBufferRef file);

  /// The entry of a kernel for just this target; null if there is none.
  const TileEntry *find(llvm::StringRef kernel, const TileTarget &target) const;

  /// Adds an entry, in place of one for the same kernel and target.
  void set(TileEntry entry);

  /// Removes the entry of a kernel for this target, if there is one.
  void remove(llvm::StringRef kernel, const TileTarget &target);

  llvm::ArrayRef<TileEntry> getEntries() const { return entries; }

  void print(llvm::raw_ostream &os) const;

private:
  std::vector<TileEntry> entries; ///< sorted
};

} // namespace lathe

#endif // LATHE_DIALECT_LATHE_TRANSFORMS_TILETABLE_H
