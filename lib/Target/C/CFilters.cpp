//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Filters of a channel each, for Helium and in portable C: helpers and the
// statements that call them.
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

/// Three taps of two windows whose rows begin at r0 and r1, of weights from
/// number `first` on.
static std::string getPlaneTaps(int first) {
  return llvm::formatv(R"(          ".irp tap, 0, 1, 2\n"
          "ldr r3, [r7, #{0} + 4 * \\tap]\n"
          "ldrb r6, [r0, #\\tap]\n"
          "muls r6, r3\n"
          "adds r4, r4, r6\n"
          "ldrb r6, [r1, #\\tap]\n"
          "muls r6, r3\n"
          "adds r5, r5, r6\n"
          ".endr\n"
)",
                       4 * first)
      .str();
}

/// The next row of both windows.
static constexpr StringLiteral nextPlaneRow = R"(          "add r0, r8\n"
          "add r1, r8\n"
)";

/// The result of the sum in r4, of the factor with lower half r3 and upper half
/// r6.
static constexpr StringLiteral planeResult = R"(          "sxth r5, r4\n"
          "subs r4, r4, r5\n"
          "asrs r4, r4, #16\n"
          "movs r1, r5\n"
          "muls r1, r3\n"
          "asrs r1, r1, #16\n"
          "muls r5, r6\n"
          "adds r5, r5, r1\n"
          "movs r1, r4\n"
          "muls r1, r3\n"
          "adds r5, r5, r1\n"
          "add r5, r9\n"
          "asrs r5, r5, #16\n"
          "muls r4, r6\n"
          "adds r4, r4, r5\n"
          "cmp r4, r10\n"
          "bge 2f\n"
          "mov r4, r10\n"
          "2:\n"
          "cmp r4, r11\n"
          "ble 3f\n"
          "mov r4, r11\n"
          "3:\n"
          "strb r4, [r2]\n"
          "ldr r1, [r7, #60]\n"
          "adds r2, r2, r1\n"
)";

/// For Armv6-M, whose loads of bytes without sign have room for an offset, and
/// whose low registers hold two sums and what a tap needs; 61 instructions for
/// a result instead of the 95 that GCC makes.
static void addFilterPlane(CHelperTable &table) {
  table["filter_plane_rows"] =
      R"(#if defined(__ARM_ARCH_6M__) && defined(__GNUC__)
/* Results of pairs of windows, row by row. constants are the filter, its bias, both
   halves of its factor, bytes of a row, how far the next pair lies behind the end
   of this one, the second window behind the first, a result behind the one
   before, zero_point * 65536 + 32768, the limits, bytes of a row's results, how
   far the next row's windows and its results lie behind the end of this one's, and
   the number of rows. What a result is of its sum: as in rescale_small_pair. */
__attribute__((naked, noinline)) static void
filter_plane_rows(const uint8_t *data __attribute__((unused)),
                  int32_t *constants __attribute__((unused)),
                  uint8_t *results __attribute__((unused))) {
  __asm__(".syntax unified\n"
          "push {r4-r7, lr}\n"
          "mov r4, r8\n"
          "mov r5, r9\n"
          "mov r6, r10\n"
          "mov r7, r11\n"
          "push {r4-r7}\n"
          "movs r7, r1\n"
          "ldr r4, [r7, #48]\n"
          "mov r8, r4\n"
          "ldr r4, [r7, #64]\n"
          "mov r9, r4\n"
          "ldr r4, [r7, #68]\n"
          "mov r10, r4\n"
          "ldr r4, [r7, #72]\n"
          "mov r11, r4\n"
          "4:\n" /* a row, whose results end at lr */
          "ldr r3, [r7, #76]\n"
          "adds r3, r3, r2\n"
          "mov lr, r3\n"
          "1:\n"
          "ldr r1, [r7, #56]\n"
          "adds r1, r1, r0\n"
          "ldr r4, [r7, #36]\n"
          "movs r5, r4\n"
)" + getPlaneTaps(0) +
      nextPlaneRow.str() + getPlaneTaps(3) + nextPlaneRow.str() +
      getPlaneTaps(6) + R"(          "ldr r3, [r7, #52]\n"
          "adds r0, r0, r3\n"
          "mov r12, r5\n"
          "ldr r3, [r7, #40]\n"
          "ldr r6, [r7, #44]\n"
)" + planeResult.str() +
      R"(          "mov r4, r12\n"
)" + planeResult.str() +
      R"(          "cmp r2, lr\n"
          "bne 1b\n"
          "ldr r3, [r7, #80]\n"
          "adds r0, r0, r3\n"
          "ldr r3, [r7, #84]\n"
          "adds r2, r2, r3\n"
          "ldr r3, [r7, #88]\n"
          "subs r3, #1\n"
          "str r3, [r7, #88]\n"
          "beq 5f\n"
          "b 4b\n"
          "5:\n"
          "pop {r4-r7}\n"
          "mov r8, r4\n"
          "mov r9, r5\n"
          "mov r10, r6\n"
          "mov r11, r7\n"
          "pop {r4-r7, pc}\n");
}
#endif
)";
  table["filter_plane"] =
      R"(/* Bytes of all results of a filter of three rows and columns over a plane. Windows
   begin row_step and step bytes one after the other, results lie pixel_step bytes
   apart, columns are two at least and the magnitudes of sums below 2^29. */
static void filter_plane(const uint8_t *plane, const int8_t *filter,
                         int32_t bias, int32_t factor, uint8_t *bytes,
                         int32_t rows, int32_t columns, int32_t row_bytes,
                         int32_t row_step, int32_t step, int32_t pixel_step,
                         int32_t zero_point, int32_t low, int32_t high) {
#if defined(__ARM_ARCH_6M__) && defined(__GNUC__)
  int32_t constants[23];
  for (int32_t i = 0; i < 9; ++i) {
    constants[i] = filter[i];
  }
  constants[9] = bias;
  constants[10] = factor & 0xffff;
  constants[11] = factor >> 16;
  constants[12] = row_bytes;
  constants[13] = 2 * (step - row_bytes);
  constants[14] = step;
  constants[15] = pixel_step;
  constants[16] = zero_point * 65536 + 32768;
  constants[17] = low;
  constants[18] = high;
  for (int32_t begin = 0, count = columns & ~1; begin < columns;) {
    constants[19] = count * pixel_step;
    constants[20] = row_step - count * step;
    constants[21] = (columns - count) * pixel_step;
    constants[22] = rows;
    filter_plane_rows(&plane[begin * step], constants, &bytes[begin * pixel_step]);
    /* Of an odd number the last two, the first of them once more. */
    begin = begin + count == columns ? columns : columns - 2;
    count = 2;
  }
#else
  for (int32_t row = 0; row < rows; ++row) {
    for (int32_t column = 0; column < columns; ++column, bytes += pixel_step) {
      const uint8_t *x = &plane[row * row_step + column * step];
      uint32_t sum = (uint32_t)bias;
      for (int32_t tap = 0; tap < 9; ++tap) {
        const int32_t element = x[tap / 3 * row_bytes + tap % 3];
        sum += (uint32_t)(element * filter[tap]);
      }
      const int32_t v = rescale((int32_t)sum, factor, zero_point);
      *bytes = (uint8_t)min_i32(max_i32(v, low), high);
    }
  }
#endif
}
)";
}

void addFilterHelpers(CHelperTable &table) {
  addFilterPlane(table);
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
    *os << filter.getRows() << ", " << filter.getColumns() << ", ";
  *os << filter.getRowBytes() << ", " << filter.getChannels() << ");\n";
}

void CFunctionPrinter::printFilterPlane(FilterPlaneOp filter) {
  auto index = [&](Value memref) {
    CExpr pointer = expressions.printPointer(memref, filter.getChannel());
    return "*" + pointer.in(Precedence::Unary);
  };
  line() << function.file.helpers.use("filter_plane") << "("
         << printBytes(filter.getPlane(), Value(), /*isUnsigned=*/true) << ", "
         << expressions.printPointer(filter.getWeight()).text << " + 9 * "
         << expressions.print(filter.getChannel()).in(Precedence::Unary) << ", "
         << index(filter.getBias()) << ", " << index(filter.getFactors())
         << ", " << printTarget(filter.getTarget(), filter.getFirst()) << ", "
         << filter.getRows() << ", " << filter.getColumns() << ", "
         << filter.getRowBytes() << ", " << filter.getRowStep() << ", "
         << filter.getStep() << ", " << filter.getPixelStep() << ", "
         << static_cast<int64_t>(filter.getZeroPoint()) << ", "
         << static_cast<int64_t>(filter.getLow()) << ", "
         << static_cast<int64_t>(filter.getHigh()) << ");\n";
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
         << filter.getRowBytes() << ", " << filter.getChannels() << ", "
         << filter.getPixels() << ", " << filter.getStep() << ", "
         << static_cast<int64_t>(filter.getZeroPoint());
  if (!limits.parameters.empty())
    *os << ", " << low << ", " << high;
  *os << ");\n";
}

} // namespace lathe
