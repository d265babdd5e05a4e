//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Small functions that the printed C calls where the language has no operator
// with the meaning of the IR's op.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_TARGET_C_CHELPERS_H
#define LATHE_LIB_TARGET_C_CHELPERS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"
#include <map>
#include <set>
#include <string>

namespace lathe {

class CNameScope;

/// The definitions of helper functions by their names.
using CHelperTable = std::map<std::string, std::string>;

/// Adds the helpers for pairs of 16-bit integers.
void addPairHelpers(CHelperTable &table);

/// Adds the helpers for windows of bytes.
void addWindowHelpers(CHelperTable &table);

/// Adds the helpers for vectors of bytes.
void addVectorHelpers(CHelperTable &table);

/// Adds the helpers for filters of a channel each over planes.
void addPlaneHelpers(CHelperTable &table);

/// Adds the helpers for filters of a channel each over rows.
void addFilterHelpers(CHelperTable &table);

/// Adds the helpers that requantize sums.
void addRescaleHelpers(CHelperTable &table);

/// Adds the helpers for windows of two pixels a word.
void addHalfHelpers(CHelperTable &table);

/// The helpers a file needs; each is defined in the file as a `static`
/// function, and only if it is used.
class CHelpers {
public:
  /// Notes that the helper `name` is called, and those that it calls. There
  /// must be one of that name.
  llvm::StringRef use(const std::string &name);

  /// Reserves the names of all helpers.
  static void claimNames(CNameScope &scope);

  bool needsStringHeader() const;
  /// Whether there are intrinsics of Arm in what is printed.
  bool needsArmHeader() const;
  /// Whether there are some of Helium.
  bool needsHeliumHeader() const;
  void print(llvm::raw_ostream &os) const;

private:
  bool contain(llvm::ArrayRef<llvm::StringRef> parts) const;

  // Ordered, so that the output does not depend on the order of use.
  std::set<std::string> used;
};

} // namespace lathe

#endif // LATHE_LIB_TARGET_C_CHELPERS_H
