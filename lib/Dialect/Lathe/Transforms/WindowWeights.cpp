//===- WindowWeights.cpp - Weights in the order of windows ----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WindowWeights.h"

#include "lathe/Dialect/Lathe/IR/LatheWindowOps.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lathe;

/// Output channels that are computed together.
static int64_t getChannelBlock(const WindowProduct &product, WindowForm form) {
  return WindowConvOp::getChannelBlock(form, product.isRow());
}

static int64_t getNumBlocks(const WindowProduct &product, WindowForm form) {
  return llvm::divideCeil(product.getOutputs(), getChannelBlock(product, form));
}

bool WindowProduct::isRow() const {
  WeightedOpInterface product = op;
  return kernel.empty() &&
         typeOf(product.getData()).getNumElements() == getInputs();
}

bool WindowProduct::isUnsigned() const {
  WeightedOpInterface product = op;
  return typeOf(product.getData()).getElementType().isUnsignedInteger();
}

int64_t WindowProduct::getWeight(int64_t row, int64_t element,
                                 int64_t output) const {
  if (element < 0 || element >= getElementsOfRow() || output >= getOutputs())
    return 0;
  int64_t tap = row * getColumns() + element / getInputs();
  int64_t input = element % getInputs();
  return constants.weights.getInt((tap * getInputs() + input) * getOutputs() +
                                  output);
}

//===----------------------------------------------------------------------===//
// Pairs
//===----------------------------------------------------------------------===//

/// The elements that share words, in the order of `lathe.expand_bytes`: of a
/// row of a window of so many, -1 for one that is 0.
static SmallVector<std::pair<int64_t, int64_t>> pairElements(int64_t count) {
  SmallVector<std::pair<int64_t, int64_t>> pairs;
  int64_t first = 0;
  for (; first + 4 <= count; first += 4) {
    pairs.push_back({first, first + 2});
    pairs.push_back({first + 1, first + 3});
  }
  switch (count - first) {
  case 3:
    pairs.push_back({first, first + 2});
    pairs.push_back({first + 1, -1});
    break;
  case 2:
    pairs.push_back({first, first + 1});
    break;
  case 1:
    pairs.push_back({first, -1});
    break;
  default:
    break;
  }
  return pairs;
}

static HostTensor packPairs(const WindowProduct &product) {
  constexpr int64_t block = 4;
  int64_t blocks = getNumBlocks(product, WindowForm::Pairs);
  int64_t elements = product.getElementsOfRow();
  // A single row is multiplied eight bytes at a time, a window two words.
  auto pairs =
      pairElements(product.isRow() ? llvm::alignTo(elements, 8) : elements);
  int64_t words =
      llvm::alignTo(product.getRows() * static_cast<int64_t>(pairs.size()), 2);
  HostTensor packed(ElementKind::I32, {blocks, words, block / 2});
  MutableArrayRef<int32_t> values = packed.mutableData<int32_t>();
  // The multiplicand of channels `output` and the next for an element of a row.
  auto join = [&](int64_t row, int64_t element, int64_t output) -> uint32_t {
    return static_cast<uint32_t>(
               product.getWeight(row, element, output) +
               256 * product.getWeight(row, element, output + 1)) &
           0xffff;
  };
  for (int64_t o = 0; o < blocks; ++o) {
    size_t next = static_cast<size_t>(o * words * (block / 2));
    for (int64_t row = 0; row < product.getRows(); ++row)
      for (auto [low, high] : pairs)
        for (int64_t half = 0; half < block; half += 2)
          values[next++] =
              static_cast<int32_t>(join(row, low, o * block + half) |
                                   join(row, high, o * block + half) << 16);
  }
  return packed;
}

//===----------------------------------------------------------------------===//
// Bytes and vectors
//===----------------------------------------------------------------------===//

/// Rows of windows in units of four bytes, a single row as it is; the weights
/// of a block's channels side by side.
static HostTensor packBytes(const WindowProduct &product) {
  int64_t block = getChannelBlock(product, WindowForm::Bytes);
  int64_t blocks = getNumBlocks(product, WindowForm::Bytes);
  int64_t elements =
      llvm::alignTo(product.getElementsOfRow(), product.isRow() ? 1 : 4);
  HostTensor packed(ElementKind::I8,
                    {blocks, product.getRows() * elements, block});
  int64_t next = 0;
  for (int64_t o = 0; o < blocks; ++o)
    for (int64_t row = 0; row < product.getRows(); ++row)
      for (int64_t element = 0; element < elements; ++element)
        for (int64_t c = 0; c < block; ++c)
          packed.setInt(next++, product.getWeight(row, element, o * block + c));
  return packed;
}

/// The weights of a channel side by side, those of a single row's channels for
/// sixteen elements each.
static HostTensor packVectors(const WindowProduct &product) {
  int64_t block = getChannelBlock(product, WindowForm::Vectors);
  int64_t blocks = getNumBlocks(product, WindowForm::Vectors);
  int64_t elements = product.getElementsOfRow();
  int64_t depth = product.getRows() * elements;
  int64_t vector = product.isRow() ? 16 : depth;
  HostTensor packed(ElementKind::I8, {blocks, block * depth});
  int64_t next = 0;
  for (int64_t o = 0; o < blocks; ++o)
    for (int64_t begin = 0; begin < depth; begin += vector)
      for (int64_t c = 0; c < block; ++c)
        for (int64_t k = begin; k < std::min(begin + vector, depth); ++k)
          packed.setInt(next++, product.getWeight(k / elements, k % elements,
                                                  o * block + c));
  return packed;
}

//===----------------------------------------------------------------------===//
// Halves
//===----------------------------------------------------------------------===//

/// Appends the segments of output channels `output` and the next to `bytes`:
/// an even number of elements each, as many as keep the sums of both channels
/// in 16 bits, and no more than a byte counts.
static void appendSegments(const WindowProduct &product, int64_t output,
                           SmallVectorImpl<int8_t> &bytes) {
  constexpr int64_t maxSum = 255, maxElements = 126;
  int64_t elements = product.getElementsOfRow();
  int64_t depth = llvm::alignTo(product.getRows() * elements, 2);
  auto weightOf = [&](int64_t k, int64_t channel) -> int64_t {
    // What makes the number of elements even has no weight.
    if (k >= product.getRows() * elements)
      return 0;
    return product.getWeight(k / elements, k % elements, channel);
  };
  for (int64_t begin = 0, end; begin < depth; begin = end) {
    std::array<int64_t, 2> sums = {0, 0};
    for (end = begin; end < depth && end - begin < maxElements; end += 2) {
      std::array<int64_t, 2> next = sums;
      for (int64_t c = 0; c < 2; ++c)
        next[c] += std::abs(weightOf(end, output + c)) +
                   std::abs(weightOf(end + 1, output + c));
      // Any two weights go together, none being -128 (fitsHalves).
      if (end > begin && (next[0] > maxSum || next[1] > maxSum))
        break;
      sums = next;
    }
    bytes.push_back(static_cast<int8_t>(end - begin));
    for (int64_t c = 0; c < 2; ++c)
      for (int64_t k = begin; k < end; ++k)
        bytes.push_back(static_cast<int8_t>(weightOf(k, output + c)));
  }
}

/// Those of a single row: channel by channel.
static HostTensor packIndexed(const WindowProduct &product) {
  int64_t blocks = getNumBlocks(product, WindowForm::Halves);
  int64_t block = getChannelBlock(product, WindowForm::Halves);
  int64_t elements = product.getElementsOfRow();
  HostTensor packed(ElementKind::I8, {blocks, block, elements});
  int64_t next = 0;
  for (int64_t c = 0; c < blocks * block; ++c)
    for (int64_t element = 0; element < elements; ++element)
      packed.setInt(next++, product.getWeight(0, element, c));
  return packed;
}

static HostTensor packHalves(const WindowProduct &product) {
  if (product.isRow())
    return packIndexed(product);
  int64_t blocks = getNumBlocks(product, WindowForm::Halves);
  SmallVector<SmallVector<int8_t, 0>, 0> streams(blocks);
  size_t longest = 0;
  for (int64_t o = 0; o < blocks; ++o) {
    appendSegments(product, 2 * o, streams[o]);
    longest = std::max(longest, streams[o].size());
  }
  HostTensor packed(ElementKind::I8, {blocks, static_cast<int64_t>(longest)});
  for (int64_t o = 0; o < blocks; ++o)
    for (auto [i, byte] : llvm::enumerate(streams[o]))
      packed.setInt(o * packed.getShape()[1] + static_cast<int64_t>(i), byte);
  return packed;
}

/// Whether a weight is -128.
static bool hasLeastWeight(const WindowProduct &product) {
  const HostTensor &weights = product.constants.weights;
  for (int64_t i = 0; i < weights.getNumElements(); ++i)
    if (weights.getInt(i) == -128)
      return true;
  return false;
}

/// Whether the magnitudes of all sums and of the bias with them are below 2^29.
static bool hasSmallSums(const WindowProduct &product) {
  constexpr int64_t limit = int64_t(1) << 29, maxData = 256;
  const HostTensor &weights = product.constants.weights;
  SmallVector<int64_t, 0> sums;
  for (int64_t bias : product.constants.bias)
    sums.push_back(std::abs(bias));
  for (int64_t i = 0; i < weights.getNumElements(); ++i)
    sums[product.constants.getOutput(i)] +=
        maxData * std::abs(weights.getInt(i));
  return llvm::all_of(sums, [&](int64_t sum) { return sum < limit; });
}

bool lathe::fitsHalves(const WindowProduct &product) {
  // Two of them in the same channel side by side exceed a segment's sum. A
  // single row has none.
  return product.isRow() || (!hasLeastWeight(product) && hasSmallSums(product));
}

bool lathe::fitsPlanes(const WindowProduct &product) {
  return product.getRows() == 3 && product.getColumns() == 3 &&
         hasSmallSums(product);
}

bool lathe::fitsRows(const WindowProduct &product) {
  return !product.isUnsigned() && !hasLeastWeight(product);
}

HostTensor lathe::packWindowWeights(const WindowProduct &product,
                                    WindowForm form) {
  switch (form) {
  case WindowForm::Pairs:
    return packPairs(product);
  case WindowForm::Bytes:
    return packBytes(product);
  case WindowForm::Vectors:
    return packVectors(product);
  case WindowForm::Halves:
    return packHalves(product);
  }
  llvm_unreachable("no form of windows");
}

//===----------------------------------------------------------------------===//
// Biases
//===----------------------------------------------------------------------===//

/// The bias of each output, less `zeroPoint` times the sum of its weights,
/// modulo 2^64.
static SmallVector<uint64_t, 0> foldZeroPoint(const WindowProduct &product,
                                              int64_t zeroPoint) {
  SmallVector<uint64_t, 0> bias;
  for (int64_t value : product.constants.bias)
    bias.push_back(static_cast<uint64_t>(value));
  const HostTensor &weights = product.constants.weights;
  for (int64_t i = 0; i < weights.getNumElements(); ++i)
    bias[product.constants.getOutput(i)] -=
        static_cast<uint64_t>(zeroPoint * weights.getInt(i));
  return bias;
}

HostTensor lathe::packWindowBias(const WindowProduct &product,
                                 WindowForm form) {
  HostTensor packed(ElementKind::I32, {getNumBlocks(product, form) *
                                       getChannelBlock(product, form)});
  // Bytes without sign that lie in halves count 128 less.
  bool isShifted =
      form == WindowForm::Halves && product.isUnsigned() && !product.isRow();
  WeightedOpInterface op = product.op;
  SmallVector<uint64_t, 0> bias =
      foldZeroPoint(product, op.getDataZeroPoint() - (isShifted ? 128 : 0));
  for (size_t i = 0; i < bias.size(); ++i) {
    uint64_t value = bias[i];
    if (form == WindowForm::Pairs && i % 2 == 1)
      value = 256 * value + bias[i - 1];
    packed.setInt(static_cast<int64_t>(i), static_cast<int32_t>(value));
  }
  return packed;
}

//===----------------------------------------------------------------------===//
// Filters of a channel each
//===----------------------------------------------------------------------===//

HostTensor lathe::packFilters(const WindowProduct &product) {
  int64_t channels = product.getOutputs(), rows = product.getRows();
  int64_t columns = product.getColumns();
  HostTensor packed(ElementKind::I8, {channels, rows, columns});
  const HostTensor &weights = product.constants.weights;
  for (int64_t i = 0; i < weights.getNumElements(); ++i)
    packed.setInt(i % channels * rows * columns + i / channels,
                  weights.getInt(i));
  return packed;
}

HostTensor lathe::packFilterBias(const WindowProduct &product,
                                 WindowForm form) {
  WeightedOpInterface op = product.op;
  // Bytes with sign that lie in planes of this form count 128 more.
  bool isShifted = form == WindowForm::Halves && !product.isUnsigned();
  SmallVector<uint64_t, 0> bias =
      foldZeroPoint(product, op.getDataZeroPoint() + (isShifted ? 128 : 0));
  HostTensor packed(ElementKind::I32, {product.getOutputs()});
  for (size_t i = 0; i < bias.size(); ++i)
    packed.setInt(static_cast<int64_t>(i), static_cast<int32_t>(bias[i]));
  return packed;
}

/// Filters of eight channels side by side.
HostTensor lathe::packRowFilters(const WindowProduct &product) {
  constexpr int64_t block = RowDepthwiseOp::channelBlock;
  int64_t blocks = llvm::divideCeil(product.getOutputs(), block);
  int64_t rows = product.getRows(), columns = product.getColumns();
  HostTensor packed(ElementKind::I8, {blocks, rows, columns, block});
  const HostTensor &weights = product.constants.weights;
  for (int64_t i = 0; i < weights.getNumElements(); ++i) {
    int64_t tap = i / product.getOutputs(), channel = i % product.getOutputs();
    packed.setInt((channel / block * rows * columns + tap) * block +
                      channel % block,
                  weights.getInt(i));
  }
  return packed;
}

HostTensor lathe::packRowBias(const WindowProduct &product) {
  constexpr int64_t block = RowDepthwiseOp::channelBlock;
  HostTensor bias = packFilterBias(product, WindowForm::Vectors);
  int64_t blocks = llvm::divideCeil(product.getOutputs(), block);
  HostTensor packed(ElementKind::I32, {blocks * block});
  for (int64_t i = 0; i < bias.getNumElements(); ++i)
    packed.setInt(i, bias.getInt(i));
  return packed;
}
