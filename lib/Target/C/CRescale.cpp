//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Prints the requantization of a product's sums: helpers in portable C and by
// Helium's instructions, and the statement that calls them.
//
//===----------------------------------------------------------------------===//

#include "CFunctionPrinter.h"
#include "CLimits.h"
#include "lathe/Dialect/Lathe/IR/LatheWindowOps.h"
#include "lathe/Target/Common/CLiterals.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace lathe {

/// A predicate for each four channels takes as many instructions as what is
/// computed of them, so there is one for what is left alone.
static void addVectorRescale(CHelperTable &table) {
  table["rescale_vector"] =
      R"(#ifdef __ARM_FEATURE_MVE
/* The upper halves of x * factor, rounded, plus offset, from least to most. */
static inline int32x4_t rescale_vector(int32x4_t x, int32x4_t factor,
                                       int32_t offset, int32x4_t least,
                                       int32x4_t most) {
  const int32x4_t y = vaddq_n_s32(vrmulhq_s32(x, factor), offset);
  return vminq_s32(vmaxq_s32(y, least), most);
}
#endif
)";
}

static std::string getRowRescale(const Limits &limits) {
  return llvm::formatv(
             R"(/* Bytes from sums and the factors of their channels. */
static void rescale_row{0}(const int32_t *restrict sums,
                           const int32_t *restrict factors,
                           uint8_t *restrict bytes, int32_t count,
                           int32_t zero_point{1}) {{
#ifdef __ARM_FEATURE_MVE
  const int32x4_t least = vdupq_n_s32({2}), most = vdupq_n_s32({3});
  int8_t *to = (int8_t *)bytes;
  for (int32_t n = count >> 2; n != 0; --n) {{
    const int32x4_t x = vldrwq_s32(sums), f = vldrwq_s32(factors);
    vstrbq_s32(to, rescale_vector(x, f, zero_point, least, most));
    sums += 4;
    factors += 4;
    to += 4;
  }
  if ((count & 3) != 0) {{
    const mve_pred16_t some = vctp32q((uint32_t)count & 3u);
    const int32x4_t x = vldrwq_z_s32(sums, some);
    const int32x4_t f = vldrwq_z_s32(factors, some);
    vstrbq_p_s32(to, rescale_vector(x, f, zero_point, least, most), some);
  }
#else
  for (int32_t c = 0; c < count; ++c) {{
    const int32_t x = rescale(sums[c], factors[c], zero_point);
    bytes[c] = (uint8_t){4}x{5};
  }
#endif
}
)",
             limits.suffix, limits.parameters, limits.low, limits.high,
             limits.before, limits.after)
      .str();
}

/// What is behind the last sum is read as well, and not stored.
static std::string getPairRescale(const Limits &limits) {
  return llvm::formatv(
             R"(/* Bytes of two pixels from sums and the factors of their channels. Both sums of
   a channel lie side by side. */
static void rescale_pair{0}(const int32_t *restrict sums,
                            const int32_t *restrict factors, uint8_t *first,
                            uint8_t *second, int32_t count,
                            int32_t zero_point{1}) {{
#ifdef __ARM_FEATURE_MVE
  const int32x4_t least = vdupq_n_s32({2}), most = vdupq_n_s32({3});
  int8_t *to = (int8_t *)first, *beside = (int8_t *)second;
  for (int32_t n = count >> 2; n != 0; --n) {{
    const int32x4x2_t x = vld2q_s32(sums);
    const int32x4_t f = vldrwq_s32(factors);
    vstrbq_s32(to, rescale_vector(x.val[0], f, zero_point, least, most));
    vstrbq_s32(beside, rescale_vector(x.val[1], f, zero_point, least, most));
    sums += 8;
    factors += 4;
    to += 4;
    beside += 4;
  }
  if ((count & 3) != 0) {{
    const mve_pred16_t some = vctp32q((uint32_t)count & 3u);
    const int32x4x2_t x = vld2q_s32(sums);
    const int32x4_t f = vldrwq_z_s32(factors, some);
    vstrbq_p_s32(to, rescale_vector(x.val[0], f, zero_point, least, most), some);
    vstrbq_p_s32(beside, rescale_vector(x.val[1], f, zero_point, least, most),
                 some);
  }
#else
  for (int32_t c = 0; c < count; ++c) {{
    const int32_t f = factors[c];
    const int32_t x = rescale(sums[2 * c], f, zero_point);
    const int32_t y = rescale(sums[2 * c + 1], f, zero_point);
    first[c] = (uint8_t){4}x{5};
    second[c] = (uint8_t){4}y{5};
  }
#endif
}
)",
             limits.suffix, limits.parameters, limits.low, limits.high,
             limits.before, limits.after)
      .str();
}

/// One pixel's result from the sum at r0, of the factor with lower half r2 and
/// upper half r3, in r4.
static constexpr StringLiteral smallRescale =
    R"("ldmia r0!, {r4}\n"
          "sxth r5, r4\n"
          "subs r4, r4, r5\n"
          "asrs r4, r4, #16\n"
          "movs r6, r5\n"
          "muls r6, r2\n"
          "asrs r6, r6, #16\n"
          "muls r5, r3\n"
          "adds r5, r5, r6\n"
          "movs r6, r4\n"
          "muls r6, r2\n"
          "adds r5, r5, r6\n"
          "add r5, r10\n"
          "asrs r5, r5, #16\n"
          "muls r4, r3\n"
          "adds r4, r4, r5\n"
          "cmp r4, r11\n"
          "bge 2f\n"
          "mov r4, r11\n"
          "2:\n"
          "cmp r4, r12\n"
          "ble 3f\n"
          "mov r4, r12\n"
          "3:\n"
)";

/// For Armv6-M, whose products have 32 bits: half of the instructions that GCC
/// makes of `rescale`, which has more values alive than low registers.
static void addSmallRescale(CHelperTable &table) {
  table["rescale_small_pair"] =
      R"(/* Bytes of two pixels from sums of magnitudes below 2^29 and the factors of their
   channels. Both sums of a channel lie side by side. */
#if defined(__ARM_ARCH_6M__) && defined(__GNUC__)
/* Of sum s1 * 65536 + s0 and factor f1 * 65536 + f0, s0 with a sign, the result is
   s1 * f1 + (s0 * f1 + s1 * f0 + s0 * f0 / 65536 + offset) / 65536. */
__attribute__((naked, noinline)) static void
rescale_small_pair(const int32_t *sums __attribute__((unused)),
                   const int32_t *factors __attribute__((unused)),
                   uint8_t *first __attribute__((unused)),
                   uint8_t *second __attribute__((unused)),
                   int32_t count __attribute__((unused)),
                   int32_t zero_point __attribute__((unused)),
                   int32_t low __attribute__((unused)),
                   int32_t high __attribute__((unused))) {
  __asm__(".syntax unified\n"
          "push {r4-r7, lr}\n"
          "mov r4, r8\n"
          "mov r5, r9\n"
          "mov r6, r10\n"
          "mov r7, r11\n"
          "push {r4-r7}\n"
          "movs r7, r2\n" /* first, and how far second lies behind it */
          "subs r3, r3, r2\n"
          "mov r8, r3\n"
          "ldr r4, [sp, #36]\n"
          "lsls r4, r4, #2\n"
          "adds r4, r1, r4\n"
          "mov r9, r4\n" /* the end of the factors */
          "ldr r4, [sp, #40]\n"
          "lsls r4, r4, #1\n"
          "adds r4, #1\n"
          "lsls r4, r4, #15\n"
          "mov r10, r4\n" /* zero_point * 65536 + 32768 */
          "ldr r4, [sp, #44]\n"
          "mov r11, r4\n"
          "ldr r4, [sp, #48]\n"
          "mov r12, r4\n"
          "1:\n"
          "ldmia r1!, {r3}\n"
          "uxth r2, r3\n"
          "asrs r3, r3, #16\n"
          )" +
      smallRescale.str() + R"(          "strb r4, [r7]\n"
          )" +
      smallRescale.str() + R"(          "mov r6, r8\n"
          "strb r4, [r7, r6]\n"
          "adds r7, #1\n"
          "cmp r1, r9\n"
          "bne 1b\n"
          "pop {r4-r7}\n"
          "mov r8, r4\n"
          "mov r9, r5\n"
          "mov r10, r6\n"
          "mov r11, r7\n"
          "pop {r4-r7, pc}\n");
}
#else
static void rescale_small_pair(const int32_t *restrict sums,
                               const int32_t *restrict factors, uint8_t *first,
                               uint8_t *second, int32_t count,
                               int32_t zero_point, int32_t low, int32_t high) {
  for (int32_t c = 0; c < count; ++c) {
    const int32_t x = rescale(sums[2 * c], factors[c], zero_point);
    const int32_t y = rescale(sums[2 * c + 1], factors[c], zero_point);
    first[c] = (uint8_t)min_i32(max_i32(x, low), high);
    second[c] = (uint8_t)min_i32(max_i32(y, low), high);
  }
}
#endif
)";
}

void addRescaleHelpers(CHelperTable &table) {
  addSmallRescale(table);
  addVectorRescale(table);
  for (const Limits &limits :
       {signedByteLimits, unsignedByteLimits, otherLimits}) {
    table[("rescale_row" + limits.suffix).str()] = getRowRescale(limits);
    table[("rescale_pair" + limits.suffix).str()] = getPairRescale(limits);
  }
}

/// A pointer to the bytes of results from element `first`, or the first, on.
std::string CFunctionPrinter::printTarget(Value target, Value first) {
  CExpr pointer = first ? expressions.printPointer(target, first)
                        : expressions.printPointer(target);
  if (getCStorageType(function.buffers[target].elementType) == "uint8_t")
    return pointer.text;
  return "(uint8_t *)" + pointer.in(Precedence::Unary);
}

void CFunctionPrinter::printRescaleSums(RescaleSumsOp rescale) {
  auto low = static_cast<int64_t>(rescale.getLow());
  auto high = static_cast<int64_t>(rescale.getHigh());
  const Limits &limits = getLimits(low, high);
  bool hasTwo = rescale.getLanes() == 2;
  Value target = rescale.getTarget();
  // The one for small sums takes all limits.
  bool isSmall = hasTwo && rescale.getSmallSums();
  std::string helper = isSmall  ? "rescale_small_pair"
                       : hasTwo ? "rescale_pair" + limits.suffix.str()
                                : "rescale_row" + limits.suffix.str();
  line() << function.file.helpers.use(helper) << "("
         << expressions.printPointer(rescale.getSums()).text << ", "
         << expressions
                .printPointer(rescale.getFactors(), rescale.getFirstFactor())
                .text
         << ", " << printTarget(target, rescale.getFirst());
  if (hasTwo)
    *os << ", " << printTarget(target, rescale.getSecond());
  *os << ", " << expressions.print(rescale.getCount()).text << ", "
      << markNumber(rescale.getZeroPoint());
  if (isSmall || !limits.parameters.empty())
    *os << ", " << markNumber(low) << ", " << markNumber(high);
  *os << ");\n";
}

} // namespace lathe
