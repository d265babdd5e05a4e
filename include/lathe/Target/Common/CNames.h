//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// C identifiers out of the user's names.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TARGET_COMMON_CNAMES_H
#define LATHE_TARGET_COMMON_CNAMES_H

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSet.h"
#include <string>

namespace lathe {

/// Turns `name` into a C identifier that is also one in C++: runs of characters
/// outside [A-Za-z0-9_] become one underscore, leading and trailing underscores
/// go (C reserves the leading ones at file scope), a leading digit gets a `t`
/// before it, keywords and names of the C library an underscore behind them.
/// A name of which nothing remains becomes `t`. Different names may give the
/// same identifier; CNameScope keeps them apart.
std::string sanitizeCIdentifier(llvm::StringRef name);

/// `identifier` in upper case, for macros.
std::string toMacroName(llvm::StringRef identifier);

/// True if `name` may not name anything of ours: a keyword of C or C++, a type
/// or function of <stdint.h>, <string.h> and <math.h>, or a macro that GCC
/// predefines.
bool isReservedInC(llvm::StringRef name);

/// Makes `text` safe inside a C block comment: no comment or line delimiters,
/// no control characters, and bytes outside ASCII as \xHH, since compilers warn
/// about some of them.
std::string escapeForCComment(llvm::StringRef text);

/// The identifiers taken in one C scope and those around it.
class CNameScope {
public:
  enum class Case { Sensitive, Insensitive };

  /// A scope inside `parent`. With Case::Insensitive two names that differ in
  /// case only count as equal, because they name the same macro.
  explicit CNameScope(const CNameScope *parent = nullptr,
                      Case sensitivity = Case::Sensitive)
      : parent(parent), sensitivity(sensitivity) {}

  /// Takes an identifier made of `hint`: `hint` sanitized, with `_2`, `_3` …
  /// behind it where it is taken already, here or in an enclosing scope.
  std::string claim(llvm::StringRef hint);

  /// Takes an identifier as `claim` does that is not taken in `other` either.
  std::string claimOutside(const CNameScope &other, llvm::StringRef hint);

  bool isTaken(llvm::StringRef identifier) const;

private:
  std::string key(llvm::StringRef identifier) const;

  const CNameScope *parent;
  Case sensitivity;
  llvm::StringSet<> taken;
};

} // namespace lathe

#endif // LATHE_TARGET_COMMON_CNAMES_H
