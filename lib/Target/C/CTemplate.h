//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Functions as text in which integers and tables are marked, so that those that
// differ in nothing else become one that takes them as parameters.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_TARGET_C_CTEMPLATE_H
#define LATHE_LIB_TARGET_C_CTEMPLATE_H

#include "lathe/Target/Common/CNames.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/raw_ostream.h"
#include <string>
#include <vector>

namespace lathe {

/// The type that the place of an integer has: what a parameter in its stead is
/// converted to.
enum class CNumberUse { Int32, UInt32, Size };

/// The literal `value` for text of a function, marked if it fits an int32_t.
/// 0 and 1 are never marked: what they stand in has another form for others.
std::string markNumber(int64_t value, CNumberUse use = CNumberUse::Int32);
/// `text` with its marks replaced by literals.
std::string unmarkNumbers(llvm::StringRef text);
/// A pointer to table `index` of the function.
std::string markTable(size_t index);
/// A call of the function `name`; `arguments` are separated by commas.
std::string markCall(llvm::StringRef name, llvm::StringRef arguments);

/// A constant that belongs to one function.
struct CTable {
  std::string type, name;
  /// What follows the equals sign, with braces, without a semicolon.
  std::string initializer;
};

/// The text of one function.
struct CFunctionText {
  std::string name;
  /// The lines of the comment in front of it, which may be none.
  std::vector<std::string> comment;
  /// What stands before the name, such as `static void`, after lines of its
  /// own.
  std::string head;
  std::vector<std::string> parameters;
  std::vector<CTable> tables;
  /// The lines between the braces, with marks.
  std::string body;
  /// A function that nothing else may take the place of, such as an entry.
  bool isPublic = false;
};

/// Prints `functions`, in their order. If `minShared` is not 0 and that many
/// private ones or more differ in `restrict`, marked integers and tables alone,
/// they are printed once, under the name of the first, with parameters for the
/// differences; `scope` is that of the file.
void printFunctions(std::vector<CFunctionText> functions, unsigned minShared,
                    CNameScope &scope, llvm::raw_ostream &os);

} // namespace lathe

#endif // LATHE_LIB_TARGET_C_CTEMPLATE_H
