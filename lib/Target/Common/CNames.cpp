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

#include "lathe/Target/Common/CNames.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace lathe {

/// Keywords of C99, C11 and C++20, the types of <stdint.h>, the functions of
/// <string.h>, and the lower-case macros that GCC predefines in its GNU modes.
static constexpr StringRef reservedNames[] = {
    // C
    "auto", "break", "case", "char", "const", "continue", "default", "do",
    "double", "else", "enum", "extern", "float", "for", "goto", "if", "inline",
    "int", "long", "register", "restrict", "return", "short", "signed",
    "sizeof", "static", "struct", "switch", "typedef", "union", "unsigned",
    "void", "volatile", "while", "bool", "true", "false", "asm", "typeof",
    // C++
    "alignas", "alignof", "and", "and_eq", "bitand", "bitor", "catch",
    "char8_t", "char16_t", "char32_t", "class", "compl", "concept", "consteval",
    "constexpr", "constinit", "const_cast", "co_await", "co_return", "co_yield",
    "decltype", "delete", "dynamic_cast", "explicit", "export", "friend",
    "mutable", "namespace", "new", "noexcept", "not", "not_eq", "nullptr",
    "operator", "or", "or_eq", "private", "protected", "public",
    "reinterpret_cast", "requires", "static_assert", "static_cast", "template",
    "this", "thread_local", "throw", "try", "typeid", "typename", "using",
    "virtual", "wchar_t", "xor", "xor_eq",
    // <stdint.h>, <stddef.h>
    "int8_t", "int16_t", "int32_t", "int64_t", "uint8_t", "uint16_t",
    "uint32_t", "uint64_t", "intptr_t", "uintptr_t", "intmax_t", "uintmax_t",
    "size_t", "ptrdiff_t",
    // <string.h>, <stdlib.h> and <stdio.h>, as far as compilers know them
    "memchr", "memcmp", "memcpy", "memmove", "memset", "strcat", "strchr",
    "strcmp", "strcoll", "strcpy", "strcspn", "strerror", "strlen", "strncat",
    "strncmp", "strncpy", "strpbrk", "strrchr", "strspn", "strstr", "strtok",
    "strxfrm", "index", "rindex", "bcmp", "bcopy", "bzero", "abort", "abs",
    "alloca", "calloc", "div", "exit", "free", "labs", "llabs", "malloc",
    "realloc", "printf", "puts", "putchar", "scanf", "signal", "main",
    // <math.h>, without the f and l variants
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil",
    "copysign", "cos", "cosh", "drem", "erf", "erfc", "exp", "exp10", "exp2",
    "expm1", "fabs", "fdim", "finite", "floor", "fma", "fmax", "fmin", "fmod",
    "fpclassify", "frexp", "gamma", "hypot", "ilogb", "isfinite", "isgreater",
    "isinf", "isless", "isnan", "isnormal", "isunordered", "j0", "j1", "jn",
    "ldexp", "lgamma", "llrint", "llround", "log", "log10", "log1p", "log2",
    "logb", "lrint", "lround", "modf", "nan", "nearbyint", "nextafter",
    "nexttoward", "pow", "pow10", "remainder", "remquo", "rint", "round",
    "roundeven", "scalb", "scalbln", "scalbn", "signbit", "significand", "sin",
    "sincos", "sinh", "sqrt", "tan", "tanh", "tgamma", "trunc", "y0", "y1",
    "yn",
    // predefined macros
    "linux", "unix", "i386", "arm"};

bool isReservedInC(StringRef name) {
  static const StringSet<> reserved = [] {
    StringSet<> set;
    set.insert(std::begin(reservedNames), std::end(reservedNames));
    return set;
  }();
  if (reserved.contains(name))
    return true;
  // expf, expl and the like.
  return name.size() > 2 && (name.ends_with("f") || name.ends_with("l")) &&
         reserved.contains(name.drop_back());
}

std::string sanitizeCIdentifier(StringRef name) {
  std::string result;
  for (char c : name) {
    if (isAlnum(c))
      result += c;
    else if (!result.empty() && result.back() != '_')
      result += '_';
  }
  while (!result.empty() && result.back() == '_')
    result.pop_back();
  if (result.empty())
    return "t";
  if (isDigit(result.front()))
    result.insert(result.begin(), 't');
  if (isReservedInC(result))
    result += '_';
  return result;
}

std::string toMacroName(StringRef identifier) { return identifier.upper(); }

std::string escapeForCComment(StringRef text) {
  std::string result;
  for (char c : text) {
    char previous = result.empty() ? '\0' : result.back();
    bool delimits = (previous == '*' && c == '/') ||
                    (previous == '/' && c == '*') ||
                    (previous == '?' && c == '?');
    if (delimits)
      result += ' ';
    if (isPrint(c))
      result += c;
    else
      result += "\\x" + toHex(StringRef(&c, 1));
  }
  return result;
}

std::string CNameScope::key(StringRef identifier) const {
  return sensitivity == Case::Insensitive ? identifier.lower()
                                          : identifier.str();
}

bool CNameScope::isTaken(StringRef identifier) const {
  return taken.contains(key(identifier)) ||
         (parent && parent->isTaken(identifier));
}

std::string CNameScope::claim(StringRef hint) {
  return claimOutside(CNameScope(), hint);
}

std::string CNameScope::claimOutside(const CNameScope &other, StringRef hint) {
  std::string base = sanitizeCIdentifier(hint);
  std::string candidate = base;
  for (unsigned suffix = 2; isTaken(candidate) || other.isTaken(candidate);
       ++suffix)
    candidate = base + "_" + utostr(suffix);
  taken.insert(key(candidate));
  return candidate;
}

} // namespace lathe
