//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Helpers of products for Helium, and portable C beside them that computes the
// same, and the statement for filters.
//
//===----------------------------------------------------------------------===//

#include "CFunctionPrinter.h"
#include "lathe/Dialect/Lathe/IR/LatheWindowOps.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

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
  table["vector_dot"] =
      R"(/* Sums of two pixels, stride bytes apart, for blocks of two channels, both sums of
   a channel side by side. Of every sixteen weights of the first channel follow
   those of the second. */
)" + optimize.str() +
      R"(static void vector_dot(const int8_t *restrict data, int32_t stride,
                       const int8_t *restrict weight,
                       const int32_t *restrict bias, int32_t *restrict sums,
                       int32_t depth, int32_t blocks) {
  const int32_t *const last_sum = sums + 4 * blocks;
  const int32_t rest = depth & 15;
  do {
    const int8_t *x = data, *y = data + stride;
    int32_t a0 = bias[0], a1 = bias[1], b0 = a0, b1 = a1;
#ifdef __ARM_FEATURE_MVE
    for (int32_t n = depth >> 4; n != 0; --n) {
      const int8x16_t a = vldrbq_s8(x), v = vldrbq_s8(weight);
      a0 = vmladavaq_s8(a0, a, v);
      const int8x16_t b = vldrbq_s8(y);
      b0 = vmladavaq_s8(b0, b, v);
      weight += 16;
      const int8x16_t w = vldrbq_s8(weight);
      a1 = vmladavaq_s8(a1, a, w);
      b1 = vmladavaq_s8(b1, b, w);
      x += 16;
      y += 16;
      weight += 16;
    }
    if (rest != 0) {
      const mve_pred16_t some = vctp8q((uint32_t)rest);
      const int8x16_t a = vldrbq_z_s8(x, some), b = vldrbq_z_s8(y, some);
      const int8x16_t v = vldrbq_z_s8(weight, some);
      const int8x16_t w = vldrbq_z_s8(weight + rest, some);
      a0 = vmladavaq_s8(a0, a, v);
      b0 = vmladavaq_s8(b0, b, v);
      a1 = vmladavaq_s8(a1, a, w);
      b1 = vmladavaq_s8(b1, b, w);
      weight += 2 * rest;
    }
#else
    for (int32_t k = 0; k < depth; k += 16) {
      const int32_t n = k + 16 <= depth ? 16 : rest;
      for (int32_t i = 0; i < n; ++i) {
        a0 = mac(a0, x[k + i], weight[i]);
        b0 = mac(b0, y[k + i], weight[i]);
        a1 = mac(a1, x[k + i], weight[n + i]);
        b1 = mac(b1, y[k + i], weight[n + i]);
      }
      weight += 2 * n;
    }
#endif
    sums[0] = a0;
    sums[1] = b0;
    sums[2] = a1;
    sums[3] = b1;
    bias += 2;
    sums += 4;
  } while (sums != last_sum);
}
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

/// One or two taps of a filter, `x` elements and `weight`s behind each other;
/// even and odd channels have sums of their own.
static std::string getTaps(ArrayRef<std::pair<std::string, int>> taps) {
  std::string text;
  llvm::raw_string_ostream os(text);
  auto multiply = [&](const std::pair<std::string, int> &tap) {
    return llvm::formatv("vmulq_s16(vldrbq_s16({0}), vldrbq_s16(&weight[{1}]))",
                         tap.first, tap.second)
        .str();
  };
  os << "    p = " << multiply(taps[0]) << ";\n";
  if (taps.size() > 1)
    os << "    p = vaddq_s16(p, " << multiply(taps[1]) << ");\n";
  os << "    even = vaddq_s32(even, vmovlbq_s16(p));\n"
     << "    odd = vaddq_s32(odd, vmovltq_s16(p));\n";
  return text;
}

/// All taps of a filter of three rows and columns.
static std::string getNineTaps() {
  SmallVector<std::pair<std::string, int>> taps;
  for (StringRef row : {"x", "y", "z"})
    for (StringRef column : {"0", "channels", "2 * channels"})
      taps.push_back({("&" + row + "[" + column + "]").str(),
                      8 * static_cast<int>(taps.size())});
  std::string text;
  for (ArrayRef<std::pair<std::string, int>> rest(taps); !rest.empty();
       rest = rest.drop_front(std::min<size_t>(2, rest.size())))
    text += getTaps(rest.take_front(2));
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
)" + getTaps({{"x", 0}, {"&x[channels]", 8}}) +
      R"(      }
      if (kw != 0) {
)" + getTaps({{"x", 0}}) +
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
)" + getNineTaps() +
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

void addVectorHelpers(CHelperTable &table) {
  addVectorSums(table);
  addFilterRows(table);
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

} // namespace lathe
