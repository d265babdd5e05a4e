//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Filters of a channel each over rows, for Helium and in portable C: helpers
// and the statements that call them.
//
//===----------------------------------------------------------------------===//

#include "CFunctionPrinter.h"
#include "CLimits.h"
#include "lathe/Dialect/Lathe/IR/LatheWindowOps.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace lathe {

/// One or two taps of a filter, `x` elements and `weight`s behind each other;
/// even and odd channels have sums of their own.
static std::string getTaps(ArrayRef<std::pair<std::string, int>> taps,
                           unsigned indent) {
  std::string text, margin(indent, ' ');
  llvm::raw_string_ostream os(text);
  auto multiply = [&](const std::pair<std::string, int> &tap) {
    return llvm::formatv("vmulq_s16(vldrbq_s16({0}), vldrbq_s16(&weight[{1}]))",
                         tap.first, tap.second)
        .str();
  };
  os << margin << "p = " << multiply(taps[0]) << ";\n";
  if (taps.size() > 1)
    os << margin << "p = vaddq_s16(p, " << multiply(taps[1]) << ");\n";
  os << margin << "even = vaddq_s32(even, vmovlbq_s16(p));\n"
     << margin << "odd = vaddq_s32(odd, vmovltq_s16(p));\n";
  return text;
}

/// All taps of a filter of three rows and columns.
static std::string getNineTaps(unsigned indent) {
  SmallVector<std::pair<std::string, int>> taps;
  for (StringRef row : {"x", "y", "z"})
    for (StringRef column : {"0", "channels", "2 * channels"})
      taps.push_back({("&" + row + "[" + column + "]").str(),
                      8 * static_cast<int>(taps.size())});
  std::string text;
  for (ArrayRef<std::pair<std::string, int>> rest(taps); !rest.empty();
       rest = rest.drop_front(std::min<size_t>(2, rest.size())))
    text += getTaps(rest.take_front(2), indent);
  return text;
}

/// Any size, and 3x3 with all taps in a row: GCC keeps them in registers if it
/// leaves their order alone (73 instead of 94 instructions for 8 channels,
/// arm-none-eabi-gcc 12.2 -O2).
static void addFilterRows(CHelperTable &table) {
  table["filter_rows"] =
      R"(/* Sums of a filter for each channel. The window's first row is number row of the
   ring. Eight channels at a time; two products add up in 16 bits. */
static void filter_rows(const int8_t *restrict ring, int32_t row, int32_t at,
                        const int8_t *restrict weight,
                        const int32_t *restrict bias, int32_t *restrict sums,
                        int32_t rows, int32_t columns, int32_t row_bytes,
                        int32_t channels) {
  for (int32_t c = 0; c < channels; c += 8) {
#ifdef __ARM_FEATURE_MVE
    int32x4x2_t acc = vld2q_s32(&bias[c]);
    int32x4_t even = acc.val[0], odd = acc.val[1];
    int16x8_t p;
    for (int32_t kh = 0, r = row; kh < rows; ++kh, r = r + 1 < rows ? r + 1 : 0) {
      const int8_t *x = &ring[r * row_bytes + at + c];
      int32_t kw = columns;
      for (; kw >= 2; kw -= 2, x += 2 * channels, weight += 16) {
)" + getTaps({{"x", 0}, {"&x[channels]", 8}}, 8) +
      R"(      }
      if (kw != 0) {
)" + getTaps({{"x", 0}}, 8) +
      R"(        weight += 8;
      }
    }
    acc.val[0] = even;
    acc.val[1] = odd;
    vst2q_s32(&sums[c], acc);
#else
    for (int32_t i = c; i < c + 8; ++i) {
      sums[i] = bias[i];
    }
    for (int32_t kh = 0, r = row; kh < rows; ++kh, r = r + 1 < rows ? r + 1 : 0) {
      const int8_t *x = &ring[r * row_bytes + at + c];
      for (int32_t kw = 0; kw < columns; ++kw, x += channels, weight += 8) {
        for (int32_t i = 0; i < 8 && c + i < channels; ++i) {
          sums[c + i] = mac(sums[c + i], x[i], weight[i]);
        }
      }
    }
#endif
  }
}
)";
  table["filter_rows_3x3"] =
      R"(/* The same of three rows and columns. */
#if defined(__GNUC__) && !defined(__clang__)
__attribute__((noipa, optimize("no-schedule-insns", "no-tree-ter")))
#endif
static void filter_rows_3x3(const int8_t *restrict ring, int32_t row,
                            int32_t at, const int8_t *restrict weight,
                            const int32_t *restrict bias,
                            int32_t *restrict sums, int32_t row_bytes,
                            int32_t channels) {
#ifdef __ARM_FEATURE_MVE
  const int32_t second = row == 2 ? 0 : row + 1;
  const int32_t third = second == 2 ? 0 : second + 1;
  const int8_t *x = &ring[row * row_bytes + at];
  const int8_t *y = &ring[second * row_bytes + at];
  const int8_t *z = &ring[third * row_bytes + at];
  for (int32_t c = 0; c < channels; c += 8) {
    int32x4x2_t acc = vld2q_s32(bias);
    int32x4_t even = acc.val[0], odd = acc.val[1];
    int16x8_t p;
)" + getNineTaps(4) +
      R"(    acc.val[0] = even;
    acc.val[1] = odd;
    vst2q_s32(sums, acc);
    x += 8;
    y += 8;
    z += 8;
    weight += 72;
    bias += 8;
    sums += 8;
  }
#else
  filter_rows(ring, row, at, weight, bias, sums, 3, 3, row_bytes, channels);
#endif
}
)";
}

/// How a vector of 16-bit results becomes one of bytes in its lower halves.
static std::string getNarrowing(const Limits &limits) {
  if (&limits == &otherLimits)
    return "vminq_s16(vmaxq_s16(v, least), most)";
  StringRef type = &limits == &signedByteLimits ? "s8" : "u8";
  return llvm::formatv("vreinterpretq_s16_{0}({1}(vreinterpretq_{0}_s16(v), "
                       "v))",
                       type, type == "s8" ? "vqmovnbq_s16" : "vqmovunbq_s16")
      .str();
}

/// Pixels behind one another without a call between, and results without sums
/// in memory: keyword spotting takes an eighth less.
static void addFilterPixels(CHelperTable &table, const Limits &limits) {
  StringRef bounds =
      &limits == &otherLimits
          ? "  const int16x8_t least = vdupq_n_s16((int16_t)low);\n"
            "  const int16x8_t most = vdupq_n_s16((int16_t)high);\n"
          : "";
  StringRef arguments = &limits == &otherLimits ? ", low, high" : "";
  table[("filter_pixels" + limits.suffix).str()] =
      llvm::formatv(
          R"(/* Bytes of the pixels of a row, from sums of a filter of three rows and columns
   and the factors of their channels. The windows' first row is number row of the
   ring; they begin step bytes one after the other. */
#if defined(__GNUC__) && !defined(__clang__)
__attribute__((noipa, optimize("no-schedule-insns", "no-tree-ter")))
#endif
static void filter_pixels{0}(const int8_t *restrict ring, int32_t row,
                             const int8_t *restrict filters,
                             const int32_t *restrict biases,
                             const int32_t *restrict factors, uint8_t *bytes,
                             int32_t row_bytes, int32_t channels,
                             int32_t pixels, int32_t step,
                             int32_t zero_point{1}) {{
#ifdef __ARM_FEATURE_MVE
  const int32_t second = row == 2 ? 0 : row + 1;
  const int32_t third = second == 2 ? 0 : second + 1;
  const int8_t *x = &ring[row * row_bytes];
  const int8_t *y = &ring[second * row_bytes];
  const int8_t *z = &ring[third * row_bytes];
  const int32_t skip = step - ((channels + 7) & ~7);
{2}  for (int32_t pixel = 0; pixel < pixels; ++pixel) {{
    const int8_t *weight = filters;
    const int32_t *bias = biases, *factor = factors;
    for (int32_t c = channels; c > 0; c -= 8) {{
      int32x4x2_t acc = vld2q_s32(bias);
      int32x4_t even = acc.val[0], odd = acc.val[1];
      int16x8_t p;
{3}      x += 8;
      y += 8;
      z += 8;
      weight += 72;
      bias += 8;
      if (c >= 8) {{
        const int32x4x2_t f = vld2q_s32(factor);
        even = vaddq_n_s32(vrmulhq_s32(even, f.val[0]), zero_point);
        odd = vaddq_n_s32(vrmulhq_s32(odd, f.val[1]), zero_point);
        int16x8_t v = vqmovnbq_s32(vreinterpretq_s16_s32(even), even);
        v = vqmovntq_s32(v, odd);
        v = {4};
        vstrbq_s16((int8_t *)bytes, v);
        factor += 8;
        bytes += 8;
      } else {{
        int32_t sums[8];
        acc.val[0] = even;
        acc.val[1] = odd;
        vst2q_s32(sums, acc);
        rescale_row{0}(sums, factor, bytes, c, zero_point{5});
        bytes += c;
      }
    }
    x += skip;
    y += skip;
    z += skip;
  }
#else
  for (int32_t pixel = 0; pixel < pixels; ++pixel) {{
    for (int32_t c = 0; c < channels; c += 8) {{
      const int32_t count = channels - c < 8 ? channels - c : 8;
      int32_t sums[8];
      for (int32_t i = 0; i < count; ++i) {{
        const int8_t *w = &filters[9 * c + i];
        uint32_t sum = (uint32_t)biases[c + i];
        for (int32_t kh = 0, r = row; kh < 3; ++kh, r = r < 2 ? r + 1 : 0) {{
          const int8_t *x = &ring[r * row_bytes + pixel * step + c + i];
          for (int32_t kw = 0; kw < 3; ++kw, x += channels, w += 8) {{
            sum += (uint32_t)(*x * *w);
          }
        }
        sums[i] = (int32_t)sum;
      }
      rescale_row{0}(sums, &factors[c], bytes, count, zero_point{5});
      bytes += count;
    }
  }
#endif
}
)",
          limits.suffix, limits.parameters, bounds, getNineTaps(6),
          getNarrowing(limits), arguments)
          .str();
}

void addFilterHelpers(CHelperTable &table) {
  addFilterRows(table);
  for (const Limits *limits :
       {&signedByteLimits, &unsignedByteLimits, &otherLimits})
    addFilterPixels(table, *limits);
}

void CFunctionPrinter::printFilterRows(FilterRowsOp filter) {
  bool isThree = filter.getRows() == 3 && filter.getColumns() == 3;
  line() << function.file.helpers.use(isThree ? "filter_rows_3x3"
                                              : "filter_rows")
         << "(" << expressions.printPointer(filter.getRing()).text << ", "
         << expressions.print(filter.getFirstRow()).text << ", "
         << expressions.print(filter.getAt()).text << ", "
         << expressions.printPointer(filter.getWeight()).text << ", "
         << expressions.printPointer(filter.getBias()).text << ", "
         << expressions.printPointer(filter.getSums()).text << ", ";
  if (!isThree)
    *os << markNumber(filter.getRows()) << ", "
        << markNumber(filter.getColumns()) << ", ";
  *os << markNumber(filter.getRowBytes()) << ", "
      << markNumber(filter.getChannels()) << ");\n";
}

void CFunctionPrinter::printFilterPixels(FilterPixelsOp filter) {
  auto low = static_cast<int64_t>(filter.getLow());
  auto high = static_cast<int64_t>(filter.getHigh());
  const Limits &limits = getLimits(low, high);
  line() << function.file.helpers.use("filter_pixels" + limits.suffix.str())
         << "(" << expressions.printPointer(filter.getRing()).text << ", "
         << expressions.print(filter.getFirstRow()).text << ", "
         << expressions.printPointer(filter.getWeight()).text << ", "
         << expressions.printPointer(filter.getBias()).text << ", "
         << expressions.printPointer(filter.getFactors()).text << ", "
         << printTarget(filter.getTarget(), filter.getFirst()) << ", "
         << markNumber(filter.getRowBytes()) << ", "
         << markNumber(filter.getChannels()) << ", "
         << markNumber(filter.getPixels()) << ", "
         << markNumber(filter.getStep()) << ", "
         << markNumber(filter.getZeroPoint());
  if (!limits.parameters.empty())
    *os << ", " << markNumber(low) << ", " << markNumber(high);
  *os << ");\n";
}

} // namespace lathe
