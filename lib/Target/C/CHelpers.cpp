//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The helper functions of printed C.
//
//===----------------------------------------------------------------------===//

#include "CHelpers.h"
#include "lathe/Target/Common/CNames.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;

namespace lathe {

/// Replaces each `$` in `text` by `value`.
static std::string expand(StringRef text, StringRef value) {
  std::string result;
  for (char c : text)
    result += c == '$' ? value.str() : std::string(1, c);
  return result;
}

/// Signed overflow is undefined in C, and wraps around in the IR. Converting
/// back is implementation-defined; GCC, Clang and every compiler for the
/// targets at hand define it as modulo 2^N.
static void addWrapping(CHelperTable &table, StringRef width) {
  for (auto [name, op] : {std::pair("add", "+"), {"sub", "-"}, {"mul", "*"}})
    table["wrap_" + std::string(name) + "_i" + width.str()] =
        expand("/* a " + std::string(op) +
                   " b modulo 2^$. */\n"
                   "static inline int$_t wrap_" +
                   name +
                   "_i$(int$_t a, int$_t b) {\n"
                   "  return (int$_t)((uint$_t)a " +
                   op + " (uint$_t)b);\n}\n",
               width);
}

static void addMinMax(CHelperTable &table, StringRef suffix, StringRef type) {
  for (auto [name, op] : {std::pair("min", "<"), {"max", ">"}})
    table[std::string(name) + "_" + suffix.str()] =
        expand("static inline $ " + std::string(name) + "_" + suffix.str() +
                   "($ a, $ b) {\n  return a " + op + " b ? a : b;\n}\n",
               type);
}

/// Limits to the range of a narrower type. GCC finds the instruction in some
/// places alone, and the header of arm-none-eabi-gcc 12.2 converts signs.
static void addSaturations(CHelperTable &table) {
  for (StringRef sign : {"i", "u"})
    for (unsigned width : {8, 16}) {
      bool isSigned = sign == "i";
      std::string name = "saturate_" + sign.str() + utostr(width);
      std::string low = isSigned ? itostr(minIntN(width)) : "0";
      std::string high =
          isSigned ? itostr(maxIntN(width)) : utostr(maxUIntN(width));
      table[name] = formatv(R"(/* The number from {0} to {1} next to x. */
static inline int32_t {2}(int32_t x) {{
#if defined(__ARM_FEATURE_SAT) && defined(__GNUC__) && defined(__thumb2__)
  int32_t result;
  __asm__("{3} %0, #{4}, %1" : "=r"(result) : "r"(x));
  return result;
#else
  return x < {0} ? {0} : x > {1} ? {1} : x;
#endif
}
)",
                            low, high, name, isSigned ? "ssat" : "usat", width)
                        .str();
    }
}

/// GCC knows no such instruction but by its name. Armv6-M multiplies to no more
/// than 32 bits; GCC calls a function for 64, which takes twice the
/// instructions. Others add both words of what rounds and the offset at once.
static void addRescale(CHelperTable &table) {
  table["rescale"] =
      R"(/* The upper half of x * factor, rounded, plus offset. */
static inline int32_t rescale(int32_t x, int32_t factor, int32_t offset) {
#if defined(__ARM_FEATURE_DSP) && defined(__GNUC__) && defined(__thumb2__)
  int32_t result;
  __asm__("smmlar %0, %1, %2, %3"
          : "=r"(result)
          : "r"(x), "r"(factor), "r"(offset));
  return result;
#elif defined(__ARM_ARCH_6M__)
  const int32_t x1 = x >> 16, f1 = factor >> 16;
  const uint32_t x0 = (uint32_t)x & 0xffffu, f0 = (uint32_t)factor & 0xffffu;
  const int32_t m = x1 * (int32_t)f0 + (int32_t)((x0 * f0 >> 16) + 0x8000u);
  const int32_t n = (int32_t)x0 * f1 + (m & 0xffff);
  return x1 * f1 + (m >> 16) + (n >> 16) + offset;
#else
  const int64_t rounding = (int64_t)offset * 4294967296 + 2147483648;
  return (int32_t)(((int64_t)x * factor + rounding) >> 32);
#endif
}
)";
}

static void addDivisions(CHelperTable &table, StringRef width) {
  table["floor_div_i" + width.str()] =
      expand("/* a / b, rounded towards minus infinity. */\n"
             "static inline int$_t floor_div_i$(int$_t a, int$_t b) {\n"
             "  return a / b - (a % b != 0 && (a < 0) != (b < 0));\n}\n",
             width);
  table["ceil_div_i" + width.str()] =
      expand("/* a / b, rounded towards plus infinity. */\n"
             "static inline int$_t ceil_div_i$(int$_t a, int$_t b) {\n"
             "  return a / b + (a % b != 0 && (a < 0) == (b < 0));\n}\n",
             width);
  table["ceil_div_u" + width.str()] =
      expand("/* a / b, rounded up. */\n"
             "static inline uint$_t ceil_div_u$(uint$_t a, uint$_t b) {\n"
             "  return a / b + (a % b != 0);\n}\n",
             width);
  // -INT_MIN wraps around, as in the IR.
  table["abs_i" + width.str()] =
      expand("static inline int$_t abs_i$(int$_t a) {\n"
             "  return a < 0 ? (int$_t)(0u - (uint$_t)a) : a;\n}\n",
             width);
}

/// maximum and minimum return a NaN if one operand is, maxnum and minnum the
/// other operand. Zeros of either sign compare equal.
static void addFloatMinMax(CHelperTable &table, StringRef suffix,
                           StringRef type) {
  auto add = [&](StringRef name, StringRef comment, StringRef expression) {
    std::string function = (name + "_" + suffix).str();
    table[function] =
        ("/* " + comment + " */\nstatic inline " + type + " " + function + "(" +
         type + " a, " + type + " b) {\n  return " + expression + ";\n}\n")
            .str();
  };
  add("maximum", "The greater; NaN if one is NaN.", "a <= b || b != b ? b : a");
  add("minimum", "The lesser; NaN if one is NaN.", "a >= b || b != b ? b : a");
  add("maxnum", "The greater; the other one if one is NaN.",
      "a > b || b != b ? a : b");
  add("minnum", "The lesser; the other one if one is NaN.",
      "a < b || b != b ? a : b");
}

static void addBitCasts(CHelperTable &table, StringRef width, StringRef type) {
  table["f" + width.str() + "_bits"] =
      expand("static inline int$_t f$_bits(" + type.str() +
                 " value) {\n  int$_t bits;\n"
                 "  memcpy(&bits, &value, sizeof bits);\n  return bits;\n}\n",
             width);
  table["f" + width.str() + "_from_bits"] =
      expand("static inline " + type.str() +
                 " f$_from_bits(int$_t bits) {\n  " + type.str() +
                 " value;\n"
                 "  memcpy(&value, &bits, sizeof value);\n  return value;\n}\n",
             width);
}

static void addHalfFloats(CHelperTable &table) {
  table["f16_to_f32"] = R"(/* The value of IEEE half precision bits. */
static inline float f16_to_f32(uint16_t half) {
  const uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
  const uint32_t magnitude = half & 0x7fffu;
  uint32_t bits;
  float value;
  if (magnitude < 0x0400u) { /* subnormal: a multiple of 2^-24 */
    value = (float)magnitude * 5.9604645e-08f;
    return sign ? -value : value;
  }
  bits = (magnitude << 13) + (magnitude < 0x7c00u ? 0x38000000u : 0x70000000u);
  bits |= sign;
  memcpy(&value, &bits, sizeof value);
  return value;
}
)";
  table["f64_to_f32_odd"] =
      R"(/* A float that rounds to 16 bits as value does: cut off, and odd where
   that was not exact, so that no tie comes about (S. Boldo, G. Melquiond,
   Emulation of FMA and correctly rounded sums, 2008, section 3). */
static inline float f64_to_f32_odd(double value) {
  float result = (float)value;
  uint32_t bits;
  if ((double)result == value || value != value) {
    return result;
  }
  memcpy(&bits, &result, sizeof bits);
  if (fabs((double)result) > fabs(value)) {
    bits -= 1u;
  }
  bits |= 1u;
  memcpy(&result, &bits, sizeof result);
  return result;
}
)";
  table["f32_to_f16"] =
      R"(/* The IEEE half precision bits nearest to value, ties to even. */
static inline uint16_t f32_to_f16(float value) {
  uint32_t bits;
  uint32_t sign;
  memcpy(&bits, &value, sizeof bits);
  sign = (bits >> 16) & 0x8000u;
  bits &= 0x7fffffffu;
  if (bits > 0x7f800000u) { /* NaN */
    return (uint16_t)(sign | 0x7e00u);
  }
  if (bits >= 0x477ff000u) { /* from 65520 on: infinity */
    return (uint16_t)(sign | 0x7c00u);
  }
  if (bits < 0x38800000u) {
    /* Subnormal: floats next to 0.5 are spaced as subnormal halves, so that
       the addition rounds. */
    memcpy(&value, &bits, sizeof value);
    value += 0.5f;
    memcpy(&bits, &value, sizeof bits);
    return (uint16_t)(sign | (bits - 0x3f000000u));
  }
  bits += 0xfffu + ((bits >> 13) & 1u);
  return (uint16_t)(sign | ((bits - 0x38000000u) >> 13));
}
)";
  table["bf16_to_f32"] = R"(/* The value of bfloat16 bits. */
static inline float bf16_to_f32(uint16_t half) {
  const uint32_t bits = (uint32_t)half << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}
)";
  table["f32_to_bf16"] =
      R"(/* The bfloat16 bits nearest to value, ties to even. */
static inline uint16_t f32_to_bf16(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  if ((bits & 0x7fffffffu) > 0x7f800000u) { /* NaN: stay one */
    return (uint16_t)((bits >> 16) | 0x40u);
  }
  return (uint16_t)((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}
)";
}

static const CHelperTable &getHelpers() {
  static const CHelperTable helpers = [] {
    CHelperTable table;
    for (StringRef width : {"32", "64"}) {
      addWrapping(table, width);
      addDivisions(table, width);
      addMinMax(table, ("i" + width).str(), ("int" + width + "_t").str());
      addMinMax(table, ("u" + width).str(), ("uint" + width + "_t").str());
    }
    addRescale(table);
    addSaturations(table);
    addFloatMinMax(table, "f32", "float");
    addFloatMinMax(table, "f64", "double");
    addBitCasts(table, "32", "float");
    addBitCasts(table, "64", "double");
    addHalfFloats(table);
    addPairHelpers(table);
    addWindowHelpers(table);
    addHalfHelpers(table);
    addRescaleHelpers(table);
    addVectorHelpers(table);
    addFilterHelpers(table);
    addPlaneHelpers(table);
    return table;
  }();
  return helpers;
}

/// Whether `text` has `part` where a word begins.
static bool hasWord(StringRef text, StringRef part) {
  for (size_t at = text.find(part); at != StringRef::npos;
       at = text.find(part, at + 1))
    if (at == 0 || (!isAlnum(text[at - 1]) && text[at - 1] != '_'))
      return true;
  return false;
}

/// Whether `text` calls the function `name`, or points to the type `name`.
static bool calls(StringRef text, StringRef name) {
  return hasWord(text, (name + "(").str()) ||
         hasWord(text, (name + " *").str());
}

/// The helpers that `text`, the definition of `name`, calls.
static SmallVector<StringRef> getCallees(StringRef name, StringRef text) {
  SmallVector<StringRef> callees;
  for (const auto &[other, definition] : getHelpers())
    if (other != name && calls(text, other))
      callees.push_back(other);
  return callees;
}

StringRef CHelpers::use(const std::string &name) {
  auto helper = getHelpers().find(name);
  assert(helper != getHelpers().end() && "unknown helper");
  if (used.insert(name).second)
    for (StringRef callee : getCallees(name, helper->second))
      use(callee.str());
  return helper->first;
}

void CHelpers::claimNames(CNameScope &scope) {
  for (const auto &[name, text] : getHelpers())
    scope.claim(name);
}

/// Whether a helper in use has one of `parts` in its text.
bool CHelpers::contain(ArrayRef<StringRef> parts) const {
  return any_of(used, [&](const std::string &name) {
    return any_of(parts, [&](StringRef part) {
      return StringRef(getHelpers().at(name)).contains(part);
    });
  });
}

bool CHelpers::needsStringHeader() const { return contain({"memcpy("}); }

bool CHelpers::needsArmHeader() const {
  return contain({"__smla", "__sxtb16("});
}

bool CHelpers::needsHeliumHeader() const {
  return contain({"__ARM_FEATURE_MVE"});
}

static void printHelper(StringRef name, StringSet<> &printed, raw_ostream &os) {
  if (!printed.insert(name).second)
    return;
  StringRef text = getHelpers().at(name.str());
  for (StringRef callee : getCallees(name, text))
    printHelper(callee, printed, os);
  os << "\n" << text;
}

void CHelpers::print(raw_ostream &os) const {
  StringSet<> printed;
  for (const std::string &name : used)
    printHelper(name, printed, os);
}

} // namespace lathe
