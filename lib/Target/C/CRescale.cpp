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

void addRescaleHelpers(CHelperTable &table) {
  addVectorRescale(table);
  for (const Limits &limits :
       {signedByteLimits, unsignedByteLimits, otherLimits}) {
    table[("rescale_row" + limits.suffix).str()] = getRowRescale(limits);
    table[("rescale_pair" + limits.suffix).str()] = getPairRescale(limits);
  }
}

/// A pointer to the bytes of results from element `first` on.
std::string CFunctionPrinter::printTarget(Value target, Value first) {
  CExpr pointer = expressions.printPointer(target, first);
  if (getCStorageType(function.buffers[target].elementType) == "uint8_t")
    return pointer.text;
  return "(uint8_t *)" + pointer.in(Precedence::Unary);
}

void CFunctionPrinter::printRescaleSums(RescaleSumsOp rescale) {
  auto low = static_cast<int64_t>(rescale.getLow());
  auto high = static_cast<int64_t>(rescale.getHigh());
  auto zeroPoint = static_cast<int64_t>(rescale.getZeroPoint());
  const Limits &limits = getLimits(low, high);
  bool hasTwo = rescale.getLanes() == 2;
  Value target = rescale.getTarget();
  std::string helper =
      (hasTwo ? "rescale_pair" : "rescale_row") + limits.suffix.str();
  line() << function.file.helpers.use(helper) << "("
         << expressions.printPointer(rescale.getSums()).text << ", "
         << expressions
                .printPointer(rescale.getFactors(), rescale.getFirstFactor())
                .text
         << ", " << printTarget(target, rescale.getFirst());
  if (hasTwo)
    *os << ", " << printTarget(target, rescale.getSecond());
  *os << ", " << expressions.print(rescale.getCount()).text << ", "
      << zeroPoint;
  if (!limits.parameters.empty())
    *os << ", " << low << ", " << high;
  *os << ");\n";
}

} // namespace lathe
