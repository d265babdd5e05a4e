//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Helpers of products of words that hold two pixels each: one multiplication
// serves both. For Armv6-M, whose eight low registers all but fill up with what
// the loop needs, in assembly, and the same in portable C.
//
//===----------------------------------------------------------------------===//

#include "CHelpers.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace lathe {

static void addJoins(CHelperTable &table) {
  for (bool isSigned : {true, false})
    table[isSigned ? "join_i8" : "join_u8"] =
        formatv(
            R"(/* Writes count bytes{3} to words, or adds 65536 times each to the words
   that the first pixel was written to. */
static inline void {0}(const {1} *restrict bytes, int32_t *restrict words,
                           int32_t count, int32_t is_second) {{
  const {1} *const end = bytes + count;
  if (is_second) {{
    for (; bytes != end; ++bytes, ++words) {{
      *words += (*bytes{2}) * 65536;
    }
  } else {{
    for (; bytes != end; ++bytes, ++words) {{
      *words = *bytes{2};
    }
  }
}
)",
            isSigned ? "join_i8" : "join_u8", isSigned ? "int8_t" : "uint8_t",
            isSigned ? "" : " - 128", isSigned ? "" : ", less 128 each,")
            .str();
}

static void addHalfSums(CHelperTable &table) {
  // Three instructions for two products and a half of one for the loop; GCC
  // makes six of the portable loop.
  table["half_sums"] =
      R"(/* Four sums a block, those of two channels with two pixels each. A word of
   data holds one element of both pixels. A block of weights consists of
   segments: an even number n, n weights of the first channel and n of the second.
   The products of a segment stay in the half of a word that is their pixel's. */
#if defined(__ARM_ARCH_6M__) && defined(__GNUC__)
#define LATHE_UNUSED __attribute__((unused))
__attribute__((naked, noinline)) static void
half_sums(const int32_t *data LATHE_UNUSED, const int8_t *weight LATHE_UNUSED,
          int32_t *sums LATHE_UNUSED, const int32_t *end LATHE_UNUSED,
          const int32_t *last_sum LATHE_UNUSED, int32_t stride LATHE_UNUSED,
          const int32_t *bias LATHE_UNUSED) {
  __asm__(".syntax unified\n"
          "push {r4-r7, lr}\n"
          "mov r4, r8\n"
          "mov r5, r9\n"
          "mov r6, r10\n"
          "mov r7, r11\n"
          "push {r0-r2, r4-r7}\n" /* data, weight and sums at sp */
          "mov r8, r3\n"
          "1:\n" /* a block: its sums in r9 to r12 */
          "ldr r0, [sp]\n"
          "ldr r1, [sp, #4]\n"
          "ldr r2, [sp, #56]\n"
          "ldmia r2!, {r4, r5}\n"
          "str r2, [sp, #56]\n"
          "mov r9, r4\n"
          "mov r10, r4\n"
          "mov r11, r5\n"
          "mov r12, r5\n"
          "2:\n" /* a segment: its sums in r6 and r7 */
          "ldrb r3, [r1]\n"
          "mov lr, r3\n"
          "adds r1, #1\n"
          "adds r2, r1, r3\n"
          "movs r3, #0\n"
          "movs r6, #0\n"
          "movs r7, #0\n"
          "3:\n" /* two elements */
          "ldmia r0!, {r4}\n"
          "ldrsb r5, [r1, r3]\n"
          "muls r5, r4\n"
          "adds r6, r6, r5\n"
          "ldrsb r5, [r2, r3]\n"
          "muls r5, r4\n"
          "adds r7, r7, r5\n"
          "adds r3, #1\n"
          "ldmia r0!, {r4}\n"
          "ldrsb r5, [r1, r3]\n"
          "muls r5, r4\n"
          "adds r6, r6, r5\n"
          "ldrsb r5, [r2, r3]\n"
          "muls r5, r4\n"
          "adds r7, r7, r5\n"
          "adds r3, #1\n"
          "cmp r3, lr\n"
          "bne 3b\n"
          "sxth r5, r6\n"
          "add r9, r5\n"
          "subs r6, r6, r5\n"
          "asrs r6, r6, #16\n"
          "add r10, r6\n"
          "sxth r5, r7\n"
          "add r11, r5\n"
          "subs r7, r7, r5\n"
          "asrs r7, r7, #16\n"
          "add r12, r7\n"
          "adds r1, r2, r3\n"
          "cmp r0, r8\n"
          "bne 2b\n"
          "ldr r2, [sp, #8]\n"
          "mov r4, r9\n"
          "mov r5, r10\n"
          "mov r6, r11\n"
          "mov r7, r12\n"
          "stmia r2!, {r4-r7}\n"
          "str r2, [sp, #8]\n"
          "ldr r1, [sp, #4]\n"
          "ldr r3, [sp, #52]\n"
          "adds r1, r1, r3\n"
          "str r1, [sp, #4]\n"
          "ldr r3, [sp, #48]\n"
          "cmp r2, r3\n"
          "bne 1b\n"
          "pop {r0-r2, r4-r7}\n"
          "mov r8, r4\n"
          "mov r9, r5\n"
          "mov r10, r6\n"
          "mov r11, r7\n"
          "pop {r4-r7, pc}\n");
}
#else
static void half_sums(const int32_t *data, const int8_t *weight, int32_t *sums,
                      const int32_t *end, const int32_t *last_sum,
                      int32_t stride, const int32_t *bias) {
  for (; sums != last_sum; sums += 4, weight += stride, bias += 2) {
    const int8_t *w = weight;
    int32_t n = 0;
    sums[0] = bias[0];
    sums[1] = bias[0];
    sums[2] = bias[1];
    sums[3] = bias[1];
    for (const int32_t *x = data; x != end; x += n) {
      n = *w;
      ++w;
      for (int32_t c = 0; c < 4; c += 2) {
        uint32_t both = 0;
        for (int32_t i = 0; i < n; ++i) {
          both += (uint32_t)x[i] * (uint32_t)w[i];
        }
        w += n;
        const int32_t first = (int32_t)((both & 0xffffu) ^ 0x8000u) - 0x8000;
        sums[c] += first;
        sums[c + 1] += (int32_t)(both - (uint32_t)first) >> 16;
      }
    }
  }
}
#endif
)";
  table["half_dot"] =
      R"(/* Sums of two pixels for blocks of two channels, both sums of a channel side by
   side. stride bytes lie between the weights of blocks. */
static void half_dot(const int32_t *restrict data, const int8_t *restrict weight,
                     const int32_t *restrict bias, int32_t *restrict sums,
                     int32_t stride, int32_t depth, int32_t blocks) {
  half_sums(data, weight, sums, data + depth, sums + 4 * blocks, stride, bias);
}
)";
}

/// Single rows: a register each points to the data and to the weights of four
/// channels, one more indexes all five.
static void addRowSums(CHelperTable &table) {
  // 3.6 instructions for a product; GCC makes five of the portable loop.
  for (bool isSigned : {true, false})
    table[isSigned ? "indexed_row_dot_i8" : "indexed_row_dot_u8"] =
        formatv(
            R"(/* Sums of a row of bytes for blocks of four channels. The weights of a channel
   lie side by side. */
#if defined(__ARM_ARCH_6M__) && defined(__GNUC__)
__attribute__((naked, noinline)) static void
{0}(const {1} *data __attribute__((unused)),
                   const int8_t *weight __attribute__((unused)),
                   const int32_t *bias __attribute__((unused)),
                   int32_t *sums __attribute__((unused)),
                   int32_t depth __attribute__((unused)),
                   int32_t blocks __attribute__((unused))) {{
  __asm__(".syntax unified\n"
          "push {{r4-r7, lr}\n"
          "mov r4, r8\n"
          "mov r5, r9\n"
          "mov r6, r10\n"
          "mov r7, r11\n"
          "push {{r0, r2-r7}\n" /* data, bias and sums at sp */
          "1:\n" /* a block: its sums in r8 to r11, its weights at r1 to r4 */
          "ldr r2, [sp, #4]\n"
          "ldmia r2!, {{r4-r7}\n"
          "str r2, [sp, #4]\n"
          "mov r8, r4\n"
          "mov r9, r5\n"
          "mov r10, r6\n"
          "mov r11, r7\n"
          "ldr r0, [sp]\n"
          "ldr r5, [sp, #48]\n"
          "adds r2, r1, r5\n"
          "adds r3, r2, r5\n"
          "adds r4, r3, r5\n"
          "mov lr, r5\n"
          "lsrs r5, r5, #2\n"
          "lsls r5, r5, #2\n"
          "mov r12, r5\n"
          "movs r5, #0\n"
          "cmp r5, r12\n"
          "beq 3f\n"
          "2:\n" /* four elements */
          ".rept 4\n"
          "{2} r6, [r0, r5]\n"
          "ldrsb r7, [r1, r5]\n"
          "muls r7, r6\n"
          "add r8, r7\n"
          "ldrsb r7, [r2, r5]\n"
          "muls r7, r6\n"
          "add r9, r7\n"
          "ldrsb r7, [r3, r5]\n"
          "muls r7, r6\n"
          "add r10, r7\n"
          "ldrsb r7, [r4, r5]\n"
          "muls r7, r6\n"
          "add r11, r7\n"
          "adds r5, #1\n"
          ".endr\n"
          "cmp r5, r12\n"
          "bne 2b\n"
          "3:\n" /* what is left, one by one */
          "mov r12, lr\n"
          "cmp r5, lr\n"
          "bne 4f\n"
          "adds r1, r4, r5\n"
          "mov r4, r8\n"
          "mov r5, r9\n"
          "mov r6, r10\n"
          "mov r7, r11\n"
          "ldr r2, [sp, #8]\n"
          "stmia r2!, {{r4-r7}\n"
          "str r2, [sp, #8]\n"
          "ldr r3, [sp, #52]\n"
          "subs r3, #1\n"
          "str r3, [sp, #52]\n"
          "bne 1b\n"
          "pop {{r0, r2-r7}\n"
          "mov r8, r4\n"
          "mov r9, r5\n"
          "mov r10, r6\n"
          "mov r11, r7\n"
          "pop {{r4-r7, pc}\n"
          "4:\n"
          "{2} r6, [r0, r5]\n"
          "ldrsb r7, [r1, r5]\n"
          "muls r7, r6\n"
          "add r8, r7\n"
          "ldrsb r7, [r2, r5]\n"
          "muls r7, r6\n"
          "add r9, r7\n"
          "ldrsb r7, [r3, r5]\n"
          "muls r7, r6\n"
          "add r10, r7\n"
          "ldrsb r7, [r4, r5]\n"
          "muls r7, r6\n"
          "add r11, r7\n"
          "adds r5, #1\n"
          "b 3b\n");
}
#else
static void {0}(const {1} *data, const int8_t *weight,
                               const int32_t *bias, int32_t *sums,
                               int32_t depth, int32_t blocks) {{
  for (int32_t c = 0; c < 4 * blocks; ++c) {{
    uint32_t sum = (uint32_t)bias[c];
    for (int32_t i = 0; i < depth; ++i) {{
      const int32_t element = data[i];
      sum += (uint32_t)(element * weight[c * depth + i]);
    }
    sums[c] = (int32_t)sum;
  }
}
#endif
)",
            isSigned ? "indexed_row_dot_i8" : "indexed_row_dot_u8",
            isSigned ? "int8_t" : "uint8_t", isSigned ? "ldrsb" : "ldrb")
            .str();
}

void addHalfHelpers(CHelperTable &table) {
  addJoins(table);
  addHalfSums(table);
  addRowSums(table);
}

} // namespace lathe
