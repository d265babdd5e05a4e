//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Helpers of products for Helium, and portable C beside them that computes the
// same.
//
//===----------------------------------------------------------------------===//

#include "CHelpers.h"

using namespace llvm;

namespace lathe {

/// Helium's instructions, and portable C that computes the same.
static void addVectorSums(CHelperTable &table) {
  // Without these, GCC computes addresses beside the pointers: 20 instead of 32
  // instructions around the loop, and the loop has 9 for 64 products
  // (arm-none-eabi-gcc 12.2 -O2, Cortex-M55).
  static constexpr StringLiteral optimize =
      R"(#if defined(__GNUC__) && !defined(__clang__)
__attribute__((noipa, optimize("no-ivopts", "no-tree-forwprop")))
#endif
)";
  // Nine instructions for 64 products, and 13 around them for a block. GCC has
  // none that end a loop and its last vector at once, and twice as many around.
  table["vector_dot"] =
      R"(/* Sums of two pixels, stride bytes apart, for blocks of two channels, both sums of
   a channel side by side. The weights of a block's second channel lie behind
   those of its first. */
#if defined(__ARM_FEATURE_MVE) && defined(__GNUC__)
__attribute__((naked, noinline)) static void
vector_dot(const int8_t *data __attribute__((unused)),
           int32_t stride __attribute__((unused)),
           const int8_t *weight __attribute__((unused)),
           const int32_t *bias __attribute__((unused)),
           int32_t *sums __attribute__((unused)),
           int32_t depth __attribute__((unused)),
           int32_t blocks __attribute__((unused))) {
  __asm__(".syntax unified\n"
          "push {r4-r11, lr}\n"
          "add r1, r0, r1\n" /* pixels at r0 and r1 */
          "ldrd r5, r12, [sp, #36]\n"
          "ldr r9, [sp, #44]\n"
          "add r7, r12, #15\n" /* what they are advanced by */
          "bic r7, r7, #15\n"
          "1:\n" /* a block: weights at r2 and r11, sums in r4, r6, r8, r10 */
          "ldrd r4, r8, [r3], #8\n"
          "add r11, r2, r12\n"
          "mov r6, r4\n"
          "mov r10, r8\n"
          "dlstp.8 lr, r12\n"
          "2:\n"
          "vldrb.8 q0, [r0], #16\n"
          "vldrb.8 q1, [r2], #16\n"
          "vmladava.s8 r4, q0, q1\n"
          "vldrb.8 q2, [r1], #16\n"
          "vmladava.s8 r6, q2, q1\n"
          "vldrb.8 q3, [r11], #16\n"
          "vmladava.s8 r8, q0, q3\n"
          "vmladava.s8 r10, q2, q3\n"
          "letp lr, 2b\n"
          "sub r0, r0, r7\n"
          "sub r1, r1, r7\n"
          "sub r2, r11, r7\n"
          "add r2, r2, r12\n"
          "strd r4, r6, [r5], #8\n"
          "strd r8, r10, [r5], #8\n"
          "subs r9, r9, #1\n"
          "bne 1b\n"
          "pop {r4-r11, pc}\n");
}
#else
static void vector_dot(const int8_t *data, int32_t stride, const int8_t *weight,
                       const int32_t *bias, int32_t *sums, int32_t depth,
                       int32_t blocks) {
  for (int32_t c = 0; c < 2 * blocks; ++c, weight += depth) {
    uint32_t a = (uint32_t)bias[c], b = a;
    for (int32_t i = 0; i < depth; ++i) {
      a += (uint32_t)(data[i] * weight[i]);
      b += (uint32_t)(data[stride + i] * weight[i]);
    }
    sums[2 * c] = (int32_t)a;
    sums[2 * c + 1] = (int32_t)b;
  }
}
#endif
)";
  table["vector_row_dot"] =
      R"(/* Sums of a row of bytes for blocks of four channels. Sixteen weights of each lie
   side by side. */
)" + optimize.str() +
      R"(static void vector_row_dot(const int8_t *restrict data,
                           const int8_t *restrict weight,
                           const int32_t *restrict bias,
                           int32_t *restrict sums, int32_t depth,
                           int32_t blocks) {
  const int32_t *const last_sum = sums + 4 * blocks;
  const int32_t rest = depth & 15;
  do {
    const int8_t *x = data;
    int32_t a0 = bias[0], a1 = bias[1], a2 = bias[2], a3 = bias[3];
#ifdef __ARM_FEATURE_MVE
    for (int32_t n = depth >> 4; n != 0; --n) {
      const int8x16_t a = vldrbq_s8(x);
      a0 = vmladavaq_s8(a0, a, vldrbq_s8(weight));
      weight += 16;
      a1 = vmladavaq_s8(a1, a, vldrbq_s8(weight));
      weight += 16;
      a2 = vmladavaq_s8(a2, a, vldrbq_s8(weight));
      weight += 16;
      a3 = vmladavaq_s8(a3, a, vldrbq_s8(weight));
      weight += 16;
      x += 16;
    }
    if (rest != 0) {
      const mve_pred16_t some = vctp8q((uint32_t)rest);
      const int8x16_t a = vldrbq_z_s8(x, some);
      a0 = vmladavaq_s8(a0, a, vldrbq_z_s8(weight, some));
      weight += rest;
      a1 = vmladavaq_s8(a1, a, vldrbq_z_s8(weight, some));
      weight += rest;
      a2 = vmladavaq_s8(a2, a, vldrbq_z_s8(weight, some));
      weight += rest;
      a3 = vmladavaq_s8(a3, a, vldrbq_z_s8(weight, some));
      weight += rest;
    }
#else
    for (int32_t k = 0; k < depth; k += 16) {
      const int32_t n = k + 16 <= depth ? 16 : rest;
      for (int32_t i = 0; i < n; ++i) {
        a0 = mac(a0, x[k + i], weight[i]);
        a1 = mac(a1, x[k + i], weight[n + i]);
        a2 = mac(a2, x[k + i], weight[2 * n + i]);
        a3 = mac(a3, x[k + i], weight[3 * n + i]);
      }
      weight += 4 * n;
    }
#endif
    sums[0] = a0;
    sums[1] = a1;
    sums[2] = a2;
    sums[3] = a3;
    bias += 4;
    sums += 4;
  } while (sums != last_sum);
}
)";
}

void addVectorHelpers(CHelperTable &table) { addVectorSums(table); }

} // namespace lathe
