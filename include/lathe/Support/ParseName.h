//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_SUPPORT_PARSENAME_H
#define LATHE_SUPPORT_PARSENAME_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Error.h"

namespace lathe {

/// The one of `all`, values of an enumeration, that getName calls `name`. An
/// error says that there is no such `kind`, and lists the names.
template <typename Enum>
llvm::Expected<Enum> parseName(llvm::StringRef kind, llvm::StringRef name,
                               llvm::ArrayRef<Enum> all) {
  for (Enum value : all)
    if (getName(value) == name)
      return value;
  std::string names = llvm::join(
      llvm::map_range(all, [](Enum value) { return getName(value); }), ", ");
  return llvm::createStringError("there is no " + kind + " '" + name +
                                 "'; there are " + names);
}

} // namespace lathe

#endif // LATHE_SUPPORT_PARSENAME_H
