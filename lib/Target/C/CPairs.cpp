//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Helpers of products of pairs of 16-bit integers: for cores with the DSP
// extension of Armv7E-M, and the same in portable C for all other machines.
//
//===----------------------------------------------------------------------===//

#include "CHelpers.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace lathe {

static void addPairOperations(CHelperTable &table) {
  table["dual_mac"] =
      R"(/* acc plus the products of the lower halves of a and b and of the upper ones,
   modulo 2^32. */
static inline int32_t dual_mac(int32_t acc, int32_t a, int32_t b) {
#ifdef __ARM_FEATURE_SIMD32
  return __smlad(a, b, acc);
#else
  const int32_t low = (int32_t)(int16_t)(a & 0xffff) * (int16_t)(b & 0xffff);
  const int32_t high = (a >> 16) * (b >> 16);
  return (int32_t)((uint32_t)acc + (uint32_t)low + (uint32_t)high);
#endif
}
)";
  table["low_bytes"] = R"(/* The lower byte of each half of x with its sign. */
static inline int32_t low_bytes(int32_t x) {
#ifdef __ARM_FEATURE_SIMD32
  return __sxtb16(x);
#else
  const uint32_t low = (uint32_t)(int32_t)(int8_t)(x & 0xff);
  const uint32_t high = (uint32_t)(int32_t)(int8_t)((x >> 16) & 0xff);
  return (int32_t)((low & 0xffffu) | (high << 16));
#endif
}
)";
  // GCC makes two instructions of the expression.
  table["join_halves"] =
      R"(/* The lower half of low, and that of high above it. */
static inline int32_t join_halves(int32_t low, int32_t high) {
#if defined(__ARM_FEATURE_DSP) && defined(__GNUC__) && defined(__thumb2__)
  int32_t result;
  __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(result) : "r"(low), "r"(high));
  return result;
#else
  return (int32_t)(((uint32_t)low & 0xffffu) | ((uint32_t)high << 16));
#endif
}
)";
}

/// The products of one half: bottom or top of each factor.
static void addHalfProducts(CHelperTable &table) {
  for (StringRef a : {"b", "t"})
    for (StringRef b : {"b", "t"}) {
      auto half = [](StringRef name, StringRef which) {
        return which == "t" ? "(" + name.str() + " >> 16)"
                            : "(int16_t)(" + name.str() + " & 0xffff)";
      };
      auto word = [](StringRef which) {
        return which == "t" ? "upper" : "lower";
      };
      std::string name = ("half_mac_" + a + b).str();
      table[name] =
          llvm::formatv(
              R"(/* acc plus the {0} half of a times the {1} half of b, modulo 2^32. */
static inline int32_t {2}(int32_t acc, int32_t a, int32_t b) {{
#ifdef __ARM_FEATURE_DSP
  return __smla{3}{4}(a, b, acc);
#else
  const int32_t product = {5} * {6};
  return (int32_t)((uint32_t)acc + (uint32_t)product);
#endif
}
)",
              word(a), word(b), name, a, b, half("a", a), half("b", b))
              .str();
    }
}

static void addExpansions(CHelperTable &table) {
  table["load_bytes"] =
      R"(/* Four bytes as one number, the first the lowest. */
static inline int32_t load_bytes(const void *bytes) {
  const uint8_t *const b = bytes;
  return (int32_t)((uint32_t)b[0] | (uint32_t)b[1] << 8 |
                   (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24);
}
)";
  table["high_bytes"] = R"(/* The upper byte of each half of x with its sign. */
static inline int32_t high_bytes(int32_t x) {
#if defined(__ARM_FEATURE_SIMD32) && defined(__GNUC__) && defined(__thumb2__)
  int32_t result;
  __asm__("sxtb16 %0, %1, ror #8" : "=r"(result) : "r"(x));
  return result;
#else
  return low_bytes((int32_t)((uint32_t)x >> 8));
#endif
}
)";
  table["low_bytes_u"] =
      R"(/* The lower byte of each half of x as an unsigned number. */
static inline int32_t low_bytes_u(int32_t x) {
  return x & 0x00ff00ff;
}
)";
  table["high_bytes_u"] =
      R"(/* The upper byte of each half of x as an unsigned number. */
static inline int32_t high_bytes_u(int32_t x) {
  return (int32_t)((uint32_t)x >> 8) & 0x00ff00ff;
}
)";
  for (bool isSigned : {true, false})
    table[isSigned ? "expand_i8" : "expand_u8"] =
        llvm::formatv(
            R"(/* Widens count bytes to halves of words, which lie step apart: of each four the
   first and the third to one word, the second and the fourth to the next; of
   what is left the first and the last, so that one alone has a zero above. */
static inline void {0}(const {1} *restrict bytes,
                             int32_t *restrict words, int32_t count,
                             int32_t step) {{
  const {1} *const end = bytes + (count & ~3);
  for (; bytes != end; bytes += 4, words += 2 * step) {{
    const int32_t four = load_bytes(bytes);
    words[0] = low_bytes{2}(four);
    words[step] = high_bytes{2}(four);
  }
  count &= 3;
  if (count == 3) {{
    words[0] = join_halves(bytes[0], bytes[2]);
    words[step] = join_halves(bytes[1], 0);
  } else if (count != 0) {{
    words[0] = join_halves(bytes[0], count == 2 ? bytes[1] : 0);
  }
}
)",
            isSigned ? "expand_i8" : "expand_u8",
            isSigned ? "int8_t" : "uint8_t", isSigned ? "" : "_u")
            .str();
}

/// Of one word of a row, `x`, and two of weights.
static std::string getRowSums(StringRef x, int first) {
  return llvm::formatv(R"(        a1 = dual_mac(a1, {0}, weight[{1}]);
        a0 = dual_mac(a0, {0}, low_bytes(weight[{1}]));
        a3 = dual_mac(a3, {0}, weight[{2}]);
        a2 = dual_mac(a2, {0}, low_bytes(weight[{2}]));
)",
                       x, first, first + 1);
}

static void addSums(CHelperTable &table) {
  // Scheduled before registers are given out, the loop has more values alive
  // than there are registers; around the loop for two pixels, the older way to
  // give them out moves fewer. Visual wake words takes 6.06 instead of 6.45
  // million instructions (arm-none-eabi-gcc 12.2 -O2, Cortex-M4). What -Os
  // makes of the loops is not even smaller: image classification takes 20.0
  // million with it and 14.8 with these at -O2.
  auto optimize = [](StringRef flags) -> std::string {
    return llvm::formatv(R"(#if defined(__GNUC__) && !defined(__clang__)
__attribute__((optimize("O2", {0})))
#endif
)",
                         flags);
  };
  // Of one word of each pixel and two of weights.
  static constexpr StringLiteral sums =
      R"(      a1 = dual_mac(a1, a, w01);
      b1 = dual_mac(b1, b, w01);
      a3 = dual_mac(a3, a, w23);
      b3 = dual_mac(b3, b, w23);
      w01 = low_bytes(w01);
      w23 = low_bytes(w23);
      a0 = dual_mac(a0, a, w01);
      b0 = dual_mac(b0, b, w01);
      a2 = dual_mac(a2, a, w23);
      b2 = dual_mac(b2, b, w23);
)";
  table["pair_dot"] =
      R"(/* Sums of two pixels for blocks of four channels, both sums of a channel side by
   side. A word of data is two elements of the first pixel, the next one two of
   the second; a half of a weight is w0 + 256 * w1 for two channels. */
)" + optimize(R"("no-schedule-insns", "ira-algorithm=priority")") +
      R"(static void pair_dot(const int32_t *restrict data,
                       const int32_t *restrict weight,
                       const int32_t *restrict bias, int32_t *restrict sums,
                       int32_t words, int32_t blocks) {
  const int32_t *const last_sum = sums + 8 * blocks;
  do {
    const int32_t *x = data;
    const int32_t *const end = weight + 2 * words;
    int32_t a0 = bias[0], a1 = bias[1], a2 = bias[2], a3 = bias[3];
    int32_t b0 = a0, b1 = a1, b2 = a2, b3 = a3;
    do {
      int32_t a = x[0], b = x[1], w01 = weight[0], w23 = weight[1];
)" + sums.str() +
      R"(      a = x[2];
      b = x[3];
      w01 = weight[2];
      w23 = weight[3];
)" + sums.str() +
      R"(      x += 4;
      weight += 4;
    } while (weight != end);
    sums[0] = a0;
    sums[1] = b0;
    sums[2] = wrap_sub_i32(a1, a0) >> 8;
    sums[3] = wrap_sub_i32(b1, b0) >> 8;
    sums[4] = a2;
    sums[5] = b2;
    sums[6] = wrap_sub_i32(a3, a2) >> 8;
    sums[7] = wrap_sub_i32(b3, b2) >> 8;
    bias += 4;
    sums += 8;
  } while (sums != last_sum);
}
)";
  for (bool isSigned : {true, false}) {
    StringRef type = isSigned ? "int8_t" : "uint8_t";
    StringRef sign = isSigned ? "" : "_u";
    std::string name = isSigned ? "pair_row_dot_i8" : "pair_row_dot_u8";
    table[name] =
        llvm::formatv(
            R"(/* Sums of a row of count bytes for blocks of four channels. A half of a weight
   is w0 + 256 * w1 for two channels; behind count they are zeros up to a multiple
   of eight bytes. */
{0}static void {1}(const {2} *restrict data,
                            const int32_t *restrict weight,
                            const int32_t *restrict bias,
                            int32_t *restrict sums, int32_t count,
                            int32_t blocks) {{
  const {2} *const whole = data + (count & ~7);
  const int32_t *const last_sum = sums + 4 * blocks;
  {2} rest[8] = {{0};
  for (int32_t i = 0; i < (count & 7); ++i) {{
    rest[i] = whole[i];
  }
  do {{
    const {2} *x = data;
    const {2} *end = whole;
    int32_t a0 = bias[0], a1 = bias[1], a2 = bias[2], a3 = bias[3];
    for (;;) {{
      for (; x != end; x += 8, weight += 8) {{
        int32_t four = load_bytes(x), even = low_bytes{3}(four),
                odd = high_bytes{3}(four);
{4}{5}        four = load_bytes(x + 4);
        even = low_bytes{3}(four);
        odd = high_bytes{3}(four);
{6}{7}      }
      if (end != whole || (count & 7) == 0) {{
        break;
      }
      x = rest;
      end = rest + 8;
    }
    sums[0] = a0;
    sums[1] = wrap_sub_i32(a1, a0) >> 8;
    sums[2] = a2;
    sums[3] = wrap_sub_i32(a3, a2) >> 8;
    bias += 4;
    sums += 4;
  } while (sums != last_sum);
}
)",
            optimize(R"("no-schedule-insns")"), name, type, sign,
            getRowSums("even", 0), getRowSums("odd", 2), getRowSums("even", 4),
            getRowSums("odd", 6))
            .str();
  }
}

void addPairHelpers(CHelperTable &table) {
  addPairOperations(table);
  addHalfProducts(table);
  addExpansions(table);
  addSums(table);
}

} // namespace lathe
