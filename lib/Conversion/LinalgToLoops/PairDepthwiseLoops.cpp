//===- PairDepthwiseLoops.cpp - Filters of 16-bit multiply-accumulates ----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The loops of lathe.pair_depthwise. A channel of an image becomes a plane of
// words, two neighbours of a row in each, padding included. Then its results
// are computed two at a time: one window begins with a word, the other, where
// the stride is odd, in the middle of one.
//
//===----------------------------------------------------------------------===//

#include "PairEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace lathe;

namespace {

class PairDepthwiseEmitter : PairEmitter {
public:
  PairDepthwiseEmitter(OpBuilder &builder, const KernelBody &body,
                       PairDepthwiseOp conv)
      : PairEmitter(builder, body, conv), conv(conv),
        input(conv.getInput().getType().getShape()),
        output(conv.getType().getShape()),
        rows(conv.getWeight().getType().getDimSize(1)),
        columns(conv.getWeight().getType().getDimSize(2)),
        planeRows(conv.getPlaneRows()), rowWords(conv.getWordsOfRow()) {}

  LogicalResult emit();

private:
  /// The filter of a channel.
  struct Filter {
    AffineExpr channel;
    Value bias;
    /// Neighbouring weights that share a word, by row and first column.
    std::map<std::pair<int64_t, int64_t>, Value> pairs;
  };

  void clearEdges();
  void expandRow(const Indices &pixel, AffineExpr row);
  Value readWeight(const Filter &filter, int64_t row, int64_t column);
  Value getPair(Filter &filter, int64_t row, int64_t column);
  void emitChannel(AffineExpr image, AffineExpr channel);
  void emitResults(const Indices &first, int64_t count, Filter &filter);
  Value addRow(Value sum, int64_t row, int64_t start, Filter &filter,
               llvm::function_ref<Value(int64_t)> data);

  PairDepthwiseOp conv;
  ArrayRef<int64_t> input, output;
  int64_t rows, columns, planeRows, rowWords;
  Value words;
};

} // namespace

//===----------------------------------------------------------------------===//
// The plane
//===----------------------------------------------------------------------===//

/// Fills the rows above and below the image, which stay as they are.
void PairDepthwiseEmitter::clearEdges() {
  int64_t before = std::min(conv.getPads()[0], planeRows);
  int64_t after = std::min(before + input[1], planeRows);
  auto clear = [&](AffineExpr i) {
    writeWord(repeat(conv.getPadding()), words, i);
  };
  loop("i", 0, before * rowWords, 1, clear);
  loop("i", after * rowWords, planeRows * rowWords, 1, clear);
}

/// Writes row `row` of a channel, of which `pixel` is the image, to the plane.
void PairDepthwiseEmitter::expandRow(const Indices &pixel, AffineExpr row) {
  int64_t before = conv.getPads()[1], width = input[2];
  AffineExpr start = (row + conv.getPads()[0]) * rowWords;
  auto read = [&](AffineExpr column) -> Value {
    IndexRange range = space.rangeOf(column);
    if (range.high < 0 || range.low >= width)
      return number(conv.getPadding());
    return readWide(conv.getInput(), {pixel[0], row, column, pixel[1]},
                    conv.getIsUnsigned());
  };
  auto write = [&](AffineExpr word) {
    AffineExpr column = word * 2 - before;
    Value low = read(column);
    writeWord(JoinHalvesOp::create(builder, loc, low, read(column + 1)), words,
              start + word);
  };
  // The words with both elements in the image.
  int64_t first = std::min((before + 1) / 2, rowWords);
  int64_t end = std::clamp((width + before) / 2, first, rowWords);
  // Two at a time, since the loop is a third of one: VWW takes 1 % less.
  int64_t paired = first + (end - first) / 2 * 2;
  loop("i", first, paired, 2, [&](AffineExpr word) {
    write(word);
    write(word + 1);
  });
  for (int64_t word = 0; word < rowWords; ++word)
    if (word < first || word >= paired)
      write(space.constant(word));
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

Value PairDepthwiseEmitter::readWeight(const Filter &filter, int64_t row,
                                       int64_t column) {
  return readWide(conv.getWeight(),
                  {filter.channel, space.constant(row), space.constant(column)},
                  /*isUnsigned=*/false);
}

/// The weight at `column` in the lower half, and the next one, if there is one,
/// in the upper half.
Value PairDepthwiseEmitter::getPair(Filter &filter, int64_t row,
                                    int64_t column) {
  Value &pair = filter.pairs[{row, column}];
  if (pair)
    return pair;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointAfterValue(filter.bias);
  pair = readWeight(filter, row, column);
  if (column + 1 < columns)
    pair = JoinHalvesOp::create(builder, loc, pair,
                                readWeight(filter, row, column + 1));
  return pair;
}

/// Adds the products of row `row` of the filter with a window whose row begins
/// with element `start`, of which `data` gives word number i.
Value PairDepthwiseEmitter::addRow(Value sum, int64_t row, int64_t start,
                                   Filter &filter,
                                   llvm::function_ref<Value(int64_t)> data) {
  int64_t column = 0;
  auto addHalf = [&](bool isUpperOfData) {
    // The upper half of the pair before holds the last weight.
    bool isUpper = column > 0;
    Value pair = getPair(filter, row, column - isUpper);
    sum = HalfMacOp::create(builder, loc, sum, pair, data((start + column) / 2),
                            isUpper, isUpperOfData);
    ++column;
  };
  if (start % 2 == 1)
    addHalf(true);
  for (; column + 1 < columns; column += 2)
    sum = DualMacOp::create(builder, loc, sum, getPair(filter, row, column),
                            data((start + column) / 2));
  if (column < columns)
    addHalf(false);
  return sum;
}

/// Computes `count` results of a row from `first` on, in an even column.
void PairDepthwiseEmitter::emitResults(const Indices &first, int64_t count,
                                       Filter &filter) {
  int64_t stride = conv.getStrides()[1];
  AffineExpr column = space.simplify((first[2] * stride).floorDiv(2), 1);
  SmallVector<Value> sums(count, filter.bias);
  for (int64_t row = 0; row < rows; ++row) {
    AffineExpr start =
        (first[1] * conv.getStrides()[0] + row) * rowWords + column;
    std::map<int64_t, Value> loaded;
    auto data = [&](int64_t word) {
      Value &value = loaded[word];
      if (!value)
        value = readWord(words, start + word);
      return value;
    };
    for (int64_t i = 0; i < count; ++i)
      sums[i] = addRow(sums[i], row, i * stride, filter, data);
  }
  for (int64_t i = 0; i < count; ++i) {
    Indices indices = first;
    indices[2] = indices[2] + i;
    store(indices, sums[i]);
  }
}

void PairDepthwiseEmitter::emitChannel(AffineExpr image, AffineExpr channel) {
  int64_t used =
      std::clamp<int64_t>(planeRows - conv.getPads()[0], 0, input[1]);
  loop("ih", 0, used, 1,
       [&](AffineExpr ih) { expandRow({image, channel}, ih); });
  Filter filter{channel, reader.read(conv.getBias(), {channel}, 1), {}};
  failed |= !filter.bias;
  if (failed)
    return;
  int64_t width = output[2], full = width - width % 2;
  loop("oh", 0, output[1], 1, [&](AffineExpr oh) {
    loop("pair", 0, width / 2, 1, [&](AffineExpr pair) {
      emitResults({image, oh, pair * 2, channel}, 2, filter);
    });
    if (full < width)
      emitResults({image, oh, space.constant(full), channel}, 1, filter);
  });
}

LogicalResult PairDepthwiseEmitter::emit() {
  words = viewScratch(0, planeRows * rowWords, builder.getI32Type());
  clearEdges();
  loop("n", 0, input[0], 1, [&](AffineExpr image) {
    loop("c", 0, input[3], 1,
         [&](AffineExpr channel) { emitChannel(image, channel); });
  });
  return failure(failed);
}

LogicalResult lathe::emitPairDepthwise(OpBuilder &builder,
                                       const KernelBody &body,
                                       PairDepthwiseOp op) {
  if (!body.scratch)
    return op.emitOpError("needs scratch; run lathe-form-kernels first");
  return PairDepthwiseEmitter(builder, body, op).emit();
}
