//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Filters of a channel each over planes: helpers, which compute all channels of
// a layer, and the statement that calls them.
//
//===----------------------------------------------------------------------===//

#include "CFunctionPrinter.h"
#include "CLimits.h"
#include "lathe/Dialect/Lathe/IR/LatheWindowOps.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace lathe {

//===----------------------------------------------------------------------===//
// Planes
//===----------------------------------------------------------------------===//

/// What a type of data is called in names of helpers, and in C.
static StringRef getSign(bool isUnsigned) { return isUnsigned ? "_u8" : "_i8"; }
static StringRef getByteType(bool isUnsigned) {
  return isUnsigned ? "uint8_t" : "int8_t";
}

static void addShape(CHelperTable &table) {
  table["plane_shape"] =
      R"(/* What filters of three rows and columns compute, channel by channel: an image of
   rows by columns pixels; its plane, with the image from row top and element left
   on; results, whose windows begin row_stride rows and stride elements one after
   the other. */
typedef struct {
  int16_t channels, rows, columns;
  int16_t plane_rows, row_size, top, left, padding;
  int16_t result_rows, result_columns, row_stride, stride;
  int16_t zero_point, low, high;
} plane_shape;
)";
}

/// How an element of the image becomes one of the plane: by a cast, which is
/// `before` and `after` it, or by load and store in Thumb-2.
struct Copy {
  StringRef from, to, before, after, load, store;
  int bits;
};

/// For Thumb-2, since loads have no room for a step that is not known and GCC
/// makes more of it than an addition: 11 instructions for four elements and 7
/// for a row instead of 12 and 20.
static void addAssemblyCopy(CHelperTable &table, const std::string &name,
                            const Copy &copy) {
  table[name + "_rows"] =
      llvm::formatv(
          R"(#if defined(__thumb2__) && defined(__GNUC__)
/* Copies elements of x, of which constants are the distance, to those of a plane:
   constants are as well the number of rows, of columns and how far a row of the
   plane lies behind the end of the one before. */
__attribute__((naked, noinline)) static void
{0}_rows(const {1} *x __attribute__((unused)), {2} *to __attribute__((unused)),
         const int32_t *constants __attribute__((unused))) {{
  __asm__(".syntax unified\n"
          "push {{r4-r10, lr}\n"
          "ldm r2, {{r2, r9, r10, lr}\n"
          "add r8, r2, r2, lsl #1\n"
          "mov r12, r10\n"
          "lsr r10, r10, #2\n"
          "1:\n"
          "movs r3, r10\n"
          "beq 3f\n"
          "2:\n" /* four elements */
          "{3} r4, [r0]\n"
          "{3} r5, [r0, r2]\n"
          "{3} r6, [r0, r2, lsl #1]\n"
          "{3} r7, [r0, r8]\n"
          "add r0, r0, r2, lsl #2\n"
          "{4} r5, [r1, #{5}]\n"
          "{4} r6, [r1, #{6}]\n"
          "{4} r7, [r1, #{7}]\n"
          "{4} r4, [r1], #{8}\n"
          "subs r3, r3, #1\n"
          "bne 2b\n"
          "3:\n"
          "lsls r3, r12, #31\n" /* bits 0 and 1 of the columns */
          "bpl 4f\n"
          "{3} r4, [r0]\n"
          "add r0, r0, r2\n"
          "{4} r4, [r1], #{5}\n"
          "4:\n"
          "bcc 5f\n"
          "{3} r4, [r0]\n"
          "{3} r5, [r0, r2]\n"
          "add r0, r0, r2, lsl #1\n"
          "{4} r5, [r1, #{5}]\n"
          "{4} r4, [r1], #{6}\n"
          "5:\n"
          "add r1, r1, lr\n"
          "subs r9, r9, #1\n"
          "bne 1b\n"
          "pop {{r4-r10, pc}\n");
}
#endif
)",
          name, copy.from, copy.to, copy.load, copy.store, copy.bits / 8,
          copy.bits / 4, 3 * copy.bits / 8, copy.bits / 2)
          .str();
}

/// Four at a time, since the loop takes as long as two.
static void addPlane(CHelperTable &table, const std::string &name,
                     const Copy &copy) {
  std::string assembly;
  if (!copy.load.empty()) {
    addAssemblyCopy(table, name, copy);
    assembly = llvm::formatv(R"(#if defined(__thumb2__) && defined(__GNUC__)
  const int32_t constants[4] = {{step, shape->rows, columns, {1}skip};
  if (shape->rows != 0) {{
    {0}_rows(x, to, constants);
  }
#else
)",
                             name, copy.bits == 16 ? "2 * " : "");
  }
  table[name] = llvm::formatv(
                    R"(/* Writes a channel to its plane{0}. */
static void {1}(const {2} *restrict x, {3} *restrict plane,
                const plane_shape *restrict shape) {{
  const int32_t step = shape->channels, columns = shape->columns;
  const int32_t skip = shape->row_size - columns;
  {3} *to = &plane[shape->top * shape->row_size + shape->left];
{6}  for (int32_t rows = shape->rows; rows > 0; --rows) {{
    int32_t count = columns;
    for (; count >= 4; count -= 4) {{
      to[0] = {4}x[0]{5};
      to[1] = {4}x[step]{5};
      to[2] = {4}x[2 * step]{5};
      to[3] = {4}x[3 * step]{5};
      x += 4 * step;
      to += 4;
    }
    for (; count > 0; --count) {{
      *to = {4}*x{5};
      x += step;
      ++to;
    }
    to += skip;
  }
{7}}
)",
                    copy.after.empty() ? "" : "; 128 more than with a sign",
                    name, copy.from, copy.to, copy.before, copy.after, assembly,
                    assembly.empty() ? "" : "#endif\n")
                    .str();
}

//===----------------------------------------------------------------------===//
// Portable loops
//===----------------------------------------------------------------------===//

/// The loops over results of a channel from a plane of `type`.
static std::string getFilterLoops(StringRef type, const Limits &limits) {
  auto taps = [](StringRef row, int first) {
    std::string text;
    for (int i = 0; i < 3; ++i)
      text += llvm::formatv("      sum = mac(sum, {0}[{1}], w{2});\n", row, i,
                            first + i);
    return text + llvm::formatv("      {0} += stride;\n", row).str();
  };
  StringRef bounds =
      &limits == &otherLimits
          ? "  const int32_t low = shape->low, high = shape->high;\n"
          : "";
  return llvm::formatv(
             R"(  const int32_t w0 = filter[0], w1 = filter[1], w2 = filter[2];
  const int32_t w3 = filter[3], w4 = filter[4], w5 = filter[5];
  const int32_t w6 = filter[6], w7 = filter[7], w8 = filter[8];
  const int32_t step = shape->channels, stride = shape->stride;
  const int32_t row_size = shape->row_size, zero_point = shape->zero_point;
{0}  for (int32_t rows = shape->result_rows; rows > 0; --rows) {{
    const {1} *x = plane, *y = x + row_size, *z = y + row_size;
    for (int32_t count = shape->result_columns; count > 0; --count) {{
      int32_t sum = bias;
{2}{3}{4}      sum = rescale(sum, factor, zero_point);
      *bytes = (uint8_t){5}sum{6};
      bytes += step;
    }
    plane += shape->row_stride * row_size;
  }
)",
             bounds, type, taps("x", 0), taps("y", 3), taps("z", 6),
             limits.before, limits.after)
      .str();
}

/// Without the options, GCC has more values alive than there are registers (36
/// instead of 41 instructions for a result, arm-none-eabi-gcc 12.2 -O2,
/// Cortex-M3).
static void addByteFilter(CHelperTable &table, bool isUnsigned,
                          const Limits &limits) {
  table[("filter_bytes" + getSign(isUnsigned) + limits.suffix).str()] =
      llvm::formatv(
          R"(/* Bytes of all results of a channel from its plane. */
#if defined(__GNUC__) && !defined(__clang__)
__attribute__((noipa,
               optimize("O2", "no-schedule-insns", "no-tree-reassoc",
                        "no-ivopts", "ira-region=one")))
#endif
static void filter_bytes{0}{1}(const {2} *restrict plane,
                            const int8_t *restrict filter, int32_t bias,
                            int32_t factor, uint8_t *restrict bytes,
                            const plane_shape *restrict shape) {{
{3}}
)",
          getSign(isUnsigned), limits.suffix, getByteType(isUnsigned),
          getFilterLoops(getByteType(isUnsigned), limits))
          .str();
}

//===----------------------------------------------------------------------===//
// Pairs
//===----------------------------------------------------------------------===//

/// The register with weights w0 and w1 of row `row` of a filter, and that with
/// w1 and w2.
static std::string getFirstPair(int row) {
  return "r" + std::to_string(8 + 2 * row);
}
static std::string getSecondPair(int row) {
  return row == 2 ? "lr" : "r" + std::to_string(9 + 2 * row);
}

/// What two windows have of row `row`, at r0, r1 or r2; each first product is
/// added to r7 in the first row.
static std::string getPairRow(int row, int stride) {
  // With a stride of 1 both windows have the same two words, with a stride of 2
  // the second of them and one more.
  StringRef text = stride == 1 ? R"(          "ldrd r4, r5, [r{0}], #4\n"
          "smlad r6, {1}, r4, {3}\n"
          "smlabt r7, {1}, r4, r7\n"
          "smlatb r6, {2}, r5, r6\n"
          "smlad r7, {2}, r5, r7\n"
)"
                               : R"(          "ldrd r4, r5, [r{0}], #8\n"
          "smlad r6, {1}, r4, {3}\n"
          "ldr r4, [r{0}]\n"
          "smlatb r6, {2}, r5, r6\n"
          "smlad r7, {1}, r5, r7\n"
          "smlatb r7, {2}, r4, r7\n"
)";
  return llvm::formatv(text.data(), row, getFirstPair(row), getSecondPair(row),
                       row == 0 ? "r7" : "r6")
      .str();
}

/// The same of one window.
static std::string getSingleRow(int row) {
  return llvm::formatv(R"(          "ldrd r4, r5, [r{0}]\n"
          "smlad r6, {1}, r4, r6\n"
          "smlatb r6, {2}, r5, r6\n"
)",
                       row, getFirstPair(row), getSecondPair(row))
      .str();
}

template <typename... Args>
static std::string joinRows(std::string (*getRow)(int, Args...), Args... args) {
  return getRow(0, args...) + getRow(1, args...) + getRow(2, args...);
}

/// In assembly, since nothing but a loop that has all fourteen registers to
/// itself has the weights in them: 27 instructions for two results with a
/// stride of 1, 30 with 2; GCC makes 35 and 39 of the same in C.
static void addPairRows(CHelperTable &table, int stride, const Limits &limits) {
  StringRef limit = limits.low == "0" ? "usat" : "ssat";
  table[llvm::formatv("filter_pair_rows_{0}{1}", stride, limits.suffix)] =
      llvm::formatv(
          R"(#if defined(__ARM_FEATURE_DSP) && defined(__GNUC__) && defined(__thumb2__)
/* All results of a channel. constants are how far the next row's windows lie behind
   the end of this one's, bytes of a row's results, the number of rows, bytes of the
   pairs of a row's results, how far a result lies behind the one before, the
   factor, the zero point, the bias, whether the number of columns is odd, bytes of
   a row of the plane, and of each row of the filter the weights in pairs. */
__attribute__((naked, noinline)) static void
filter_pair_rows_{0}{1}(const int16_t *plane __attribute__((unused)),
                       const int32_t *constants __attribute__((unused)),
                       uint8_t *bytes __attribute__((unused))) {{
  __asm__(".syntax unified\n"
          "push {{r4-r11, lr}\n"
          "ldm r1!, {{r4-r12}\n"
          "push {{r4-r12}\n"
          "ldr r4, [sp, #12]\n"
          "add r4, r4, r2\n"
          "str r4, [sp, #12]\n"
          "ldm r1, {{r4, r8-r12, lr}\n"
          "mov r3, r2\n"
          "add r1, r0, r4\n"
          "add r2, r1, r4\n"
          "1:\n" /* two results, at r3 */
          "ldr r7, [sp, #28]\n"
{2}          "ldrd r4, r5, [sp, #20]\n"
          "smmlar r6, r6, r4, r5\n"
          "smmlar r7, r7, r4, r5\n"
          "ldrd r5, r4, [sp, #12]\n"
          "{3} r6, #8, r6\n"
          "{3} r7, #8, r7\n"
          "strb r6, [r3]\n"
          "strb r7, [r3, r4]\n"
          "add r3, r3, r4, lsl #1\n"
          "cmp r3, r5\n"
          "bne 1b\n"
          "ldr r6, [sp, #32]\n"
          "cbz r6, 2f\n"
          "ldr r6, [sp, #28]\n" /* one more */
{4}          "ldrd r4, r5, [sp, #20]\n"
          "smmlar r6, r6, r4, r5\n"
          "ldr r4, [sp, #16]\n"
          "{3} r6, #8, r6\n"
          "strb r6, [r3]\n"
          "add r3, r3, r4\n"
          "2:\n" /* the next row */
          "ldm sp, {{r4-r7}\n"
          "subs r6, r6, #1\n"
          "add r7, r7, r5\n"
          "strd r6, r7, [sp, #8]\n"
          "add r0, r0, r4\n"
          "add r1, r1, r4\n"
          "add r2, r2, r4\n"
          "bne 1b\n"
          "add sp, sp, #36\n"
          "pop {{r4-r11, pc}\n");
}
#endif
)",
          stride, limits.suffix, joinRows(getPairRow, stride), limit,
          joinRows(getSingleRow))
          .str();
}

static void addPairFilter(CHelperTable &table, int stride,
                          const Limits &limits) {
  addPairRows(table, stride, limits);
  table[llvm::formatv("filter_pairs_{0}{1}", stride, limits.suffix)] =
      llvm::formatv(
          R"(/* Bytes of all results of a channel from its plane of 16-bit integers. */
static void filter_pairs_{0}{1}(const int16_t *restrict plane,
                               const int8_t *restrict filter, int32_t bias,
                               int32_t factor, uint8_t *restrict bytes,
                               const plane_shape *restrict shape) {{
#if defined(__ARM_FEATURE_DSP) && defined(__GNUC__) && defined(__thumb2__)
  const int32_t step = shape->channels, columns = shape->result_columns;
  const int32_t row_size = shape->row_size;
  int32_t constants[16];
  constants[0] = 2 * (shape->row_stride * row_size - {3}(columns & ~1));
  constants[1] = columns * step;
  constants[2] = shape->result_rows;
  constants[3] = (columns & ~1) * step;
  constants[4] = step;
  constants[5] = factor;
  constants[6] = shape->zero_point;
  constants[7] = bias;
  constants[8] = columns & 1;
  constants[9] = 2 * row_size;
  constants[10] = join_halves(filter[0], filter[1]);
  constants[11] = join_halves(filter[1], filter[2]);
  constants[12] = join_halves(filter[3], filter[4]);
  constants[13] = join_halves(filter[4], filter[5]);
  constants[14] = join_halves(filter[6], filter[7]);
  constants[15] = join_halves(filter[7], filter[8]);
  filter_pair_rows_{0}{1}(plane, constants, bytes);
#else
{2}#endif
}
)",
          stride, limits.suffix, getFilterLoops("int16_t", limits),
          stride == 1 ? "" : "2 * ")
          .str();
}

//===----------------------------------------------------------------------===//
// Two pixels by one product
//===----------------------------------------------------------------------===//

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
static void addHalfFilter(CHelperTable &table) {
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
  table["filter_halves"] =
      R"(/* Bytes of all results of a channel from its plane, of bytes without signs. The
   magnitudes of sums are below 2^29. */
static void filter_halves(const uint8_t *plane, const int8_t *filter,
                          int32_t bias, int32_t factor, uint8_t *bytes,
                          const plane_shape *shape) {
  const int32_t columns = shape->result_columns, stride = shape->stride;
  const int32_t row_step = shape->row_stride * shape->row_size;
#if defined(__ARM_ARCH_6M__) && defined(__GNUC__)
  int32_t constants[23];
  for (int32_t i = 0; i < 9; ++i) {
    constants[i] = filter[i];
  }
  constants[9] = bias;
  constants[10] = factor & 0xffff;
  constants[11] = factor >> 16;
  constants[12] = shape->row_size;
  constants[13] = 2 * (stride - shape->row_size);
  constants[14] = stride;
  constants[15] = shape->channels;
  constants[16] = shape->zero_point * 65536 + 32768;
  constants[17] = shape->low;
  constants[18] = shape->high;
  for (int32_t begin = 0, count = columns & ~1; begin < columns;) {
    constants[19] = count * shape->channels;
    constants[20] = row_step - count * stride;
    constants[21] = (columns - count) * shape->channels;
    constants[22] = shape->result_rows;
    filter_plane_rows(&plane[begin * stride], constants,
                      &bytes[begin * shape->channels]);
    /* Of an odd number the last two, the first of them once more. */
    begin = begin + count == columns ? columns : columns - 2;
    count = 2;
  }
#else
  for (int32_t row = 0; row < shape->result_rows; ++row) {
    for (int32_t column = 0; column < columns; ++column) {
      const uint8_t *x = &plane[row * row_step + column * stride];
      uint32_t sum = (uint32_t)bias;
      for (int32_t tap = 0; tap < 9; ++tap) {
        const int32_t element = x[tap / 3 * shape->row_size + tap % 3];
        sum += (uint32_t)(element * filter[tap]);
      }
      const int32_t v = rescale((int32_t)sum, factor, shape->zero_point);
      *bytes = (uint8_t)min_i32(max_i32(v, shape->low), shape->high);
      bytes += shape->channels;
    }
  }
#endif
}
)";
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

/// A plane's elements, what writes it and what reads it.
struct PlaneHelpers {
  StringRef element, cast;
  std::string expand, filter;
};

static void addLayer(CHelperTable &table, const std::string &name,
                     StringRef data, const PlaneHelpers &helpers) {
  table[name] =
      llvm::formatv(R"(/* All channels of a layer, one after the other. */
static void {0}(const {1} *data, {2} *plane, const int8_t *filters,
                const int32_t *biases, const int32_t *factors, uint8_t *bytes,
                const plane_shape *shape) {{
  const int32_t size = shape->plane_rows * shape->row_size;
  const {2} padding = ({2})shape->padding;
  for (int32_t i = 0; i < size; ++i) {{
    plane[i] = padding;
  }
  for (int32_t c = 0; c < shape->channels; ++c) {{
    {3}(&data[c], plane, shape);
    {4}({5}plane, &filters[9 * c], biases[c], factors[c], &bytes[c], shape);
  }
}
)",
                    name, data, helpers.element, helpers.expand, helpers.filter,
                    helpers.cast)
          .str();
}

static void addLayers(CHelperTable &table, bool isUnsigned) {
  std::string sign = getSign(isUnsigned).str();
  for (const Limits *limits :
       {&signedByteLimits, &unsignedByteLimits, &otherLimits}) {
    std::string suffix = limits->suffix.str();
    addByteFilter(table, isUnsigned, *limits);
    addLayer(table, "filter_byte_planes" + sign + suffix, "uint8_t",
             {"uint8_t", isUnsigned ? "" : "(const int8_t *)", "copy_plane",
              "filter_bytes" + sign + suffix});
    if (limits == &otherLimits)
      continue;
    for (std::string stride : {"1", "2"})
      addLayer(table, "filter_pair_planes_" + stride + sign + suffix,
               getByteType(isUnsigned),
               {"int16_t", "", "expand_plane" + sign,
                "filter_pairs_" + stride + suffix});
  }
  addLayer(table, "filter_half_planes" + sign, "uint8_t",
           {"uint8_t", "", isUnsigned ? "copy_plane" : "flip_plane",
            "filter_halves"});
}

void addPlaneHelpers(CHelperTable &table) {
  addShape(table);
  addPlane(table, "expand_plane_i8",
           {"int8_t", "int16_t", "", "", "ldrsb", "strh", 16});
  addPlane(table, "expand_plane_u8",
           {"uint8_t", "int16_t", "", "", "ldrb", "strh", 16});
  addPlane(table, "copy_plane",
           {"uint8_t", "uint8_t", "", "", "ldrb", "strb", 8});
  addPlane(table, "flip_plane",
           {"uint8_t", "uint8_t", "(uint8_t)(", " ^ 128u)", "", "", 8});
  for (int stride : {1, 2})
    for (const Limits *limits : {&signedByteLimits, &unsignedByteLimits})
      addPairFilter(table, stride, *limits);
  addHalfFilter(table);
  for (bool isUnsigned : {false, true})
    addLayers(table, isUnsigned);
}

//===----------------------------------------------------------------------===//
// Statement
//===----------------------------------------------------------------------===//

static std::string getPlanesHelper(FilterPlanesOp filter) {
  std::string sign = getSign(filter.getIsUnsigned()).str();
  std::string suffix = getLimits(static_cast<int64_t>(filter.getLow()),
                                 static_cast<int64_t>(filter.getHigh()))
                           .suffix.str();
  switch (filter.getForm()) {
  case WindowForm::Pairs:
    return "filter_pair_planes_" + std::to_string(filter.getStride()) + sign +
           suffix;
  case WindowForm::Bytes:
    return "filter_byte_planes" + sign + suffix;
  case WindowForm::Halves:
    return "filter_half_planes" + sign;
  case WindowForm::Vectors:
    break;
  }
  llvm_unreachable("no form of planes");
}

/// Prints the shape as a constant and returns its name.
/// Adds the table that the helper of `filter` reads.
void CFunctionPrinter::addPlaneShape(FilterPlanesOp filter) {
  std::string rows = "{\n";
  auto print = [&](std::initializer_list<std::pair<StringRef, int64_t>> row) {
    rows += "     ";
    for (auto [field, value] : row)
      rows += llvm::formatv(" .{0} = {1},", field, value);
    rows += "\n";
  };
  print({{"channels", filter.getChannels()},
         {"rows", filter.getRows()},
         {"columns", filter.getColumns()}});
  print({{"plane_rows", filter.getPlaneRows()},
         {"row_size", filter.getRowSize()},
         {"top", filter.getTop()},
         {"left", filter.getLeft()},
         {"padding", filter.getPadding()}});
  print({{"result_rows", filter.getResultRows()},
         {"result_columns", filter.getResultColumns()},
         {"row_stride", filter.getRowStride()},
         {"stride", filter.getStride()}});
  print({{"zero_point", filter.getZeroPoint()},
         {"low", filter.getLow()},
         {"high", filter.getHigh()}});
  text.tables.push_back({function.file.helpers.use("plane_shape").str(),
                         scopes.front()->claim("shape"), rows + "  }"});
}

void CFunctionPrinter::printFilterPlanes(FilterPlanesOp filter) {
  addPlaneShape(filter);
  bool hasPairs = filter.getForm() == WindowForm::Pairs;
  line() << function.file.helpers.use(getPlanesHelper(filter)) << "("
         << printBytes(filter.getData(), filter.getFirstData(),
                       !hasPairs || filter.getIsUnsigned())
         << ", "
         << (hasPairs ? expressions.printPointer(filter.getPlane()).text
                      : printTarget(filter.getPlane(), Value()))
         << ", " << expressions.printPointer(filter.getWeight()).text << ", "
         << expressions.printPointer(filter.getBias()).text << ", "
         << expressions.printPointer(filter.getFactors()).text << ", "
         << printTarget(filter.getTarget(), filter.getFirst()) << ", "
         << markTable(text.tables.size() - 1) << ");\n";
}

} // namespace lathe
