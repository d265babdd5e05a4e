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
#include "lathe/Dialect/Lathe/IR/LatheWindowOps.h"
#include "lathe/Target/Common/CLiterals.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace lathe {

namespace {

/// What results are limited to. The limits of a type are one instruction on
/// some cores, so they have helpers of their own.
struct Limits {
  StringRef suffix, parameters, low, high, before, after;
};

constexpr Limits signedByte = {"_i8", "", "-128", "127", "saturate_i8(", ")"};
constexpr Limits unsignedByte = {"_u8", "", "0", "255", "saturate_u8(", ")"};
constexpr Limits others = {"",
                           ", int32_t low, int32_t high",
                           "low",
                           "high",
                           "min_i32(max_i32(",
                           ", low), high)"};

} // namespace

static const Limits &getLimits(int64_t low, int64_t high) {
  if (low == -128 && high == 127)
    return signedByte;
  return low == 0 && high == 255 ? unsignedByte : others;
}

void addRescaleHelpers(CHelperTable &table) {
  for (const Limits &limits : {signedByte, unsignedByte, others}) {
    table[("rescale_row" + limits.suffix).str()] =
        llvm::formatv(
            R"(/* Bytes from sums and the factors of their channels. */
static void rescale_row{0}(const int32_t *restrict sums,
                           const int32_t *restrict factors,
                           uint8_t *restrict bytes, int32_t count,
                           int32_t zero_point{1}) {{
#ifdef __ARM_FEATURE_MVE
  const int32x4_t least = vdupq_n_s32({2}), most = vdupq_n_s32({3});
  for (int32_t c = 0; c < count; c += 4) {{
    const mve_pred16_t some = vctp32q((uint32_t)(count - c));
    const int32x4_t f = vldrwq_z_s32(&factors[c], some);
    int32x4_t x = vldrwq_z_s32(&sums[c], some);
    x = vaddq_n_s32(vrmulhq_s32(x, f), zero_point);
    x = vminq_s32(vmaxq_s32(x, least), most);
    vstrbq_p_s32((int8_t *)&bytes[c], x, some);
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
    // What is behind the last sum is read as well, and not stored.
    table[("rescale_pair" + limits.suffix).str()] =
        llvm::formatv(
            R"(/* Bytes of two pixels from sums and the factors of their channels. Both sums of
   a channel lie side by side. */
static void rescale_pair{0}(const int32_t *restrict sums,
                            const int32_t *restrict factors, uint8_t *first,
                            uint8_t *second, int32_t count,
                            int32_t zero_point{1}) {{
#ifdef __ARM_FEATURE_MVE
  const int32x4_t least = vdupq_n_s32({2}), most = vdupq_n_s32({3});
  for (int32_t c = 0; c < count; c += 4) {{
    const mve_pred16_t some = vctp32q((uint32_t)(count - c));
    const int32x4_t f = vldrwq_z_s32(&factors[c], some);
    const int32x4x2_t pair = vld2q_s32(&sums[2 * c]);
    int32x4_t x = vaddq_n_s32(vrmulhq_s32(pair.val[0], f), zero_point);
    int32x4_t y = vaddq_n_s32(vrmulhq_s32(pair.val[1], f), zero_point);
    x = vminq_s32(vmaxq_s32(x, least), most);
    y = vminq_s32(vmaxq_s32(y, least), most);
    vstrbq_p_s32((int8_t *)&first[c], x, some);
    vstrbq_p_s32((int8_t *)&second[c], y, some);
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
}

void CFunctionPrinter::printRescaleSums(RescaleSumsOp rescale) {
  auto low = static_cast<int64_t>(rescale.getLow());
  auto high = static_cast<int64_t>(rescale.getHigh());
  auto zeroPoint = static_cast<int64_t>(rescale.getZeroPoint());
  const Limits &limits = getLimits(low, high);
  bool hasTwo = rescale.getLanes() == 2;
  Value target = rescale.getTarget();
  bool isUnsigned =
      getCStorageType(function.buffers[target].elementType) == "uint8_t";
  auto printTarget = [&](Value first) {
    CExpr pointer = expressions.printPointer(target, first);
    return isUnsigned ? pointer.text
                      : "(uint8_t *)" + pointer.in(Precedence::Unary);
  };
  std::string helper = hasTwo ? "rescale_pair" : "rescale_row";
  line() << function.file.helpers.use(helper + limits.suffix.str()) << "("
         << expressions.printPointer(rescale.getSums()).text << ", "
         << expressions
                .printPointer(rescale.getFactors(), rescale.getFirstFactor())
                .text
         << ", " << printTarget(rescale.getFirst());
  if (hasTwo)
    *os << ", " << printTarget(rescale.getSecond());
  *os << ", " << expressions.print(rescale.getCount()).text << ", "
      << zeroPoint;
  if (!limits.parameters.empty())
    *os << ", " << low << ", " << high;
  *os << ");\n";
}

} // namespace lathe
