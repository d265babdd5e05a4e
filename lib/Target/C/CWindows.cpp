//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Prints products over windows in memory: helpers for single bytes, and the
// statements that call them and those of other forms.
//
//===----------------------------------------------------------------------===//

#include "CFunctionPrinter.h"
#include "lathe/Dialect/Lathe/IR/LatheWindowOps.h"
#include "lathe/Target/Common/CLiterals.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace lathe {

//===----------------------------------------------------------------------===//
// Helpers
//===----------------------------------------------------------------------===//

static StringRef getByteType(bool isSigned) {
  return isSigned ? "int8_t" : "uint8_t";
}

static std::string nameOf(StringRef helper, bool isSigned) {
  return (helper + (isSigned ? "_i8" : "_u8")).str();
}

static void addCopies(CHelperTable &table) {
  // GCC makes one load and one store of four where addresses need no alignment.
  table["spread_bytes"] =
      R"(/* Copies count bytes, each four of them to the first half of eight. */
static inline void spread_bytes(const void *restrict source,
                                void *restrict target, int32_t count) {
  const uint8_t *restrict from = source;
  uint8_t *restrict to = target;
  for (; count >= 4; count -= 4, from += 4, to += 8) {
    const uint8_t a = from[0], b = from[1], c = from[2], d = from[3];
    to[0] = a;
    to[1] = b;
    to[2] = c;
    to[3] = d;
  }
  for (int32_t i = 0; i < count; ++i) {
    to[i] = from[i];
  }
}
)";
}

/// Of the bytes `a` and, if there is one, `b`, which are those number `at` of
/// two pixels, and the weights of four channels.
static std::string getByteSums(StringRef a, StringRef b, int weight,
                               unsigned indent) {
  std::string text;
  llvm::raw_string_ostream os(text);
  std::string margin(indent, ' ');
  os << margin << "a = " << a << ";\n";
  if (!b.empty())
    os << margin << "b = " << b << ";\n";
  for (int c = 0; c < 4; ++c) {
    os << margin << "w = weight[" << weight + c << "];\n"
       << margin << llvm::formatv("a{0} = mac(a{0}, a, w);\n", c);
    if (!b.empty())
      os << margin << llvm::formatv("b{0} = mac(b{0}, b, w);\n", c);
  }
  return text;
}

static void addByteSums(CHelperTable &table) {
  table["mac"] = R"(/* acc + a * b modulo 2^32. */
static inline int32_t mac(int32_t acc, int32_t a, int32_t b) {
  return (int32_t)((uint32_t)acc + (uint32_t)(a * b));
}
)";
  // Without these, GCC has more values alive than there are registers: 60
  // instead of 104 instructions for 32 products (arm-none-eabi-gcc 12.2 -O2,
  // Cortex-M3), and 69 where it knows that all calls have the same sizes.
  static constexpr StringLiteral optimize =
      R"(#if defined(__GNUC__) && !defined(__clang__)
__attribute__((noipa,
               optimize("O2", "no-schedule-insns", "no-tree-reassoc",
                        "no-tree-ter", "no-ivopts", "ira-algorithm=priority")))
#endif
)";
  for (bool isSigned : {true, false}) {
    std::string name = nameOf("byte_dot", isSigned);
    std::string steps, row;
    for (int k = 0; k < 4; ++k) {
      row += getByteSums("x[" + std::to_string(k) + "]", "", 4 * k, 6);
      steps += getByteSums("x[" + std::to_string(k) + "]",
                           "x[" + std::to_string(k + 4) + "]", 4 * k, 6);
    }
    table[name] =
        llvm::formatv(
            R"(/* Sums of two pixels for blocks of four channels, both sums of a channel side by
   side. Four bytes of data are of the first pixel, the next four of the second. */
{0}static void {1}(const {2} *restrict data, const int8_t *restrict weight,
                        const int32_t *restrict bias, int32_t *restrict sums,
                        int32_t depth, int32_t blocks) {{
  const int32_t *const last_sum = sums + 8 * blocks;
  do {{
    const {2} *x = data;
    const int8_t *const end = weight + 4 * depth;
    int32_t a0 = bias[0], a1 = bias[1], a2 = bias[2], a3 = bias[3];
    int32_t b0 = a0, b1 = a1, b2 = a2, b3 = a3;
    do {{
      int32_t a, b, w;
{3}      x += 8;
      weight += 16;
    } while (weight != end);
    sums[0] = a0;
    sums[1] = b0;
    sums[2] = a1;
    sums[3] = b1;
    sums[4] = a2;
    sums[5] = b2;
    sums[6] = a3;
    sums[7] = b3;
    bias += 4;
    sums += 8;
  } while (sums != last_sum);
}
)",
            optimize, name, getByteType(isSigned), steps)
            .str();

    name = nameOf("byte_row_dot", isSigned);
    table[name] =
        llvm::formatv(
            R"(/* Sums of a row of bytes for blocks of four channels. */
{0}static void {1}(const {2} *restrict data,
                            const int8_t *restrict weight,
                            const int32_t *restrict bias,
                            int32_t *restrict sums, int32_t depth,
                            int32_t blocks) {{
  const int32_t *const last_sum = sums + 4 * blocks;
  do {{
    const {2} *x = data;
    const {2} *const end = data + depth;
    const {2} *const whole = data + (depth & ~3);
    int32_t a0 = bias[0], a1 = bias[1], a2 = bias[2], a3 = bias[3];
    int32_t a, w;
    for (; x != whole; x += 4, weight += 16) {{
{3}    }
    for (; x != end; ++x, weight += 4) {{
{4}    }
    sums[0] = a0;
    sums[1] = a1;
    sums[2] = a2;
    sums[3] = a3;
    bias += 4;
    sums += 4;
  } while (sums != last_sum);
}
)",
            optimize, name, getByteType(isSigned), row,
            getByteSums("x[0]", "", 0, 6))
            .str();
  }
}

void addWindowHelpers(CHelperTable &table) {
  addCopies(table);
  addByteSums(table);
}

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

/// A pointer to element `first` of bytes with or without a sign.
std::string CFunctionPrinter::printBytes(Value memref, Value first,
                                         bool isUnsigned) {
  CExpr pointer = first ? expressions.printPointer(memref, first)
                        : expressions.printPointer(memref);
  StringRef want = isUnsigned ? "uint8_t" : "int8_t";
  if (getCStorageType(function.buffers[memref].elementType) == want)
    return pointer.text;
  return llvm::formatv("(const {0} *){1}", want, pointer.in(Precedence::Unary));
}

void CFunctionPrinter::printExpandBytes(ExpandBytesOp expand) {
  bool isUnsigned = expand.getIsUnsigned();
  line() << function.file.helpers.use(isUnsigned ? "expand_u8" : "expand_i8")
         << "(" << printBytes(expand.getSource(), expand.getFirst(), isUnsigned)
         << ", "
         << expressions.printPointer(expand.getTarget(), expand.getAt()).text
         << ", " << markNumber(expand.getCount()) << ", "
         << markNumber(expand.getStep()) << ");\n";
}

void CFunctionPrinter::printCopyBytes(CopyBytesOp copy) {
  std::string source =
      expressions.printPointer(copy.getSource(), copy.getFirst()).text;
  std::string target =
      expressions.printPointer(copy.getTarget(), copy.getAt()).text;
  if (copy.getSpread()) {
    line() << function.file.helpers.use("spread_bytes") << "(" << source << ", "
           << target << ", " << markNumber(copy.getCount()) << ");\n";
    return;
  }
  function.file.needsString = true;
  line() << "(void)memcpy(" << target << ", " << source << ", "
         << markNumber(copy.getCount(), CNumberUse::Size) << ");\n";
}

void CFunctionPrinter::printFillBytes(FillBytesOp fill) {
  function.file.needsString = true;
  line() << "(void)memset("
         << expressions.printPointer(fill.getTarget(), fill.getFirst()).text
         << ", " << markNumber(fill.getValue()) << ", "
         << markNumber(fill.getCount(), CNumberUse::Size) << ");\n";
}

void CFunctionPrinter::printJoinBytes(JoinBytesOp join) {
  bool isUnsigned = join.getIsUnsigned();
  line() << function.file.helpers.use(isUnsigned ? "join_u8" : "join_i8") << "("
         << printBytes(join.getSource(), join.getFirst(), isUnsigned) << ", "
         << expressions.printPointer(join.getTarget(), join.getAt()).text
         << ", " << markNumber(join.getCount()) << ", "
         << expressions.print(join.getLane()).text << ");\n";
}

/// The helper that sums the products of `dot`.
static std::string getDotHelper(WindowDotOp dot) {
  bool isRow = dot.getLanes() == 1, isSigned = !dot.getIsUnsigned();
  switch (dot.getForm()) {
  case WindowForm::Pairs:
    return isRow ? nameOf("pair_row_dot", isSigned) : "pair_dot";
  case WindowForm::Bytes:
    return nameOf(isRow ? "byte_row_dot" : "byte_dot", isSigned);
  case WindowForm::Vectors:
    return isRow ? "vector_row_dot" : "vector_dot";
  case WindowForm::Halves:
    return isRow ? nameOf("indexed_row_dot", isSigned) : "half_dot";
  }
  llvm_unreachable("no form of windows");
}

void CFunctionPrinter::printWindowDot(WindowDotOp dot) {
  bool isRow = dot.getLanes() == 1;
  bool hasPairs = dot.getForm() == WindowForm::Pairs && !isRow;
  bool hasHalves = dot.getForm() == WindowForm::Halves && !isRow;
  line()
      << function.file.helpers.use(getDotHelper(dot)) << "("
      << (hasPairs || hasHalves
              ? expressions.printPointer(dot.getData(), dot.getFirstData()).text
              : printBytes(dot.getData(), dot.getFirstData(),
                           dot.getIsUnsigned()))
      << ", ";
  if (dot.getForm() == WindowForm::Vectors && !isRow)
    *os << expressions.print(dot.getStride()).text << ", ";
  *os << expressions.printPointer(dot.getWeight(), dot.getFirstWeight()).text
      << ", "
      << expressions.printPointer(dot.getBias(), dot.getFirstBias()).text
      << ", " << expressions.printPointer(dot.getSums()).text << ", ";
  if (hasHalves)
    *os << markNumber(dot.getBlockWeights()) << ", ";
  *os << markNumber(hasPairs ? dot.getDepth() / 2 : dot.getDepth()) << ", "
      << expressions.print(dot.getBlocks()).text << ");\n";
}

} // namespace lathe
