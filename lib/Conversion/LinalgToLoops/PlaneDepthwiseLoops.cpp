//===- PlaneDepthwiseLoops.cpp - Filters of a channel each ----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The loops of lathe.plane_depthwise. A channel of an image becomes a plane of
// bytes, or of words with two neighbours of a row in each, padding included.
// Then its results are computed two at a time. Of words, one window begins with
// a word, the other, where the stride is odd, in the middle of one. Filters of
// three rows and columns whose results are bytes are one statement, a function
// for all layers (lathe.filter_planes).
//
//===----------------------------------------------------------------------===//

#include "ChannelRescale.h"
#include "ScratchEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"

using namespace mlir;
using namespace lathe;

namespace {

class PlaneDepthwiseEmitter : ScratchEmitter {
public:
  PlaneDepthwiseEmitter(OpBuilder &builder, const KernelBody &body,
                        PlaneDepthwiseOp conv)
      : ScratchEmitter(builder, body, conv), conv(conv),
        input(conv.getInput().getType().getShape()),
        output(conv.getType().getShape()),
        rows(conv.getWeight().getType().getDimSize(1)),
        columns(conv.getWeight().getType().getDimSize(2)),
        planeRows(conv.getPlaneRows()), rowUnits(conv.getUnitsOfRow()) {}

  LogicalResult emit();

private:
  /// The filter of a channel.
  struct Filter {
    AffineExpr channel;
    Value bias;
    /// Neighbouring weights that share a word, by row and first column.
    std::map<std::pair<int64_t, int64_t>, Value> pairs;
  };

  /// Whether elements of the plane have no sign, and count 128 more for that.
  bool isUnsigned() { return hasHalves() || conv.getIsUnsigned(); }
  bool isShifted() { return hasHalves() && !conv.getIsUnsigned(); }
  bool hasHalves() { return conv.getForm() == WindowForm::Halves; }
  void writePadding(AffineExpr at);
  void clearEdges();
  void copyRow(const Indices &pixel, AffineExpr row);
  void expandRow(const Indices &pixel, AffineExpr row);
  Value readWeight(const Filter &filter, int64_t row, int64_t column);
  Value getPair(Filter &filter, int64_t row, int64_t column);
  void emitChannel(AffineExpr image, AffineExpr channel);
  Value getDenseInput();
  bool isFilterOfPlanes();
  bool hasByteLimits();
  int64_t getElementPadding() {
    return conv.getPadding() + (isShifted() ? 128 : 0);
  }
  void emitFilters(Value data, AffineExpr image);
  void emitResults(const Indices &first, int64_t count, Filter &filter);
  Value addPairs(Value sum, int64_t row, int64_t start, Filter &filter,
                 llvm::function_ref<Value(int64_t)> data);
  Value addBytes(Value sum, int64_t row, int64_t start, Filter &filter,
                 llvm::function_ref<Value(int64_t)> data);

  PlaneDepthwiseOp conv;
  ArrayRef<int64_t> input, output;
  int64_t rows, columns, planeRows, rowUnits;
  Value plane;
  std::optional<ChannelRescale> rescale;
};

} // namespace

//===----------------------------------------------------------------------===//
// The plane
//===----------------------------------------------------------------------===//

/// Writes padding to element `at` of the plane, a word of two or a byte.
void PlaneDepthwiseEmitter::writePadding(AffineExpr at) {
  if (conv.hasPairs())
    writeWord(repeat(conv.getPadding()), plane, at);
  else
    writeWord(byte(getElementPadding()), plane, at);
}

/// Fills what lies around the image and stays as it is: the rows above and
/// below, and in planes of bytes the columns on both sides.
void PlaneDepthwiseEmitter::clearEdges() {
  int64_t before = std::min(conv.getPads()[0], planeRows);
  int64_t after = std::min(before + input[1], planeRows);
  auto fill = [&](AffineExpr i) { writePadding(i); };
  loop("i", 0, before * rowUnits, 1, fill);
  loop("i", after * rowUnits, planeRows * rowUnits, 1, fill);
  if (conv.hasPairs())
    return;
  int64_t left = std::min(conv.getPads()[1], rowUnits);
  int64_t right = std::min(left + input[2], rowUnits);
  if (left == 0 && right == rowUnits)
    return;
  loop("row", before, after, 1, [&](AffineExpr row) {
    auto fillColumn = [&](AffineExpr i) { writePadding(row * rowUnits + i); };
    loop("i", 0, left, 1, fillColumn);
    loop("i", right, rowUnits, 1, fillColumn);
  });
}

/// Writes row `row` of a channel, of which `pixel` is the image, to a plane of
/// bytes.
void PlaneDepthwiseEmitter::copyRow(const Indices &pixel, AffineExpr row) {
  int64_t left = std::min(conv.getPads()[1], rowUnits);
  AffineExpr start = (row + conv.getPads()[0]) * rowUnits + left;
  loop("iw", 0, std::min(input[2], rowUnits - left), 1, [&](AffineExpr iw) {
    Value element = readByte(conv.getInput(), {pixel[0], row, iw, pixel[1]});
    if (isShifted())
      element = arith::XOrIOp::create(builder, loc, element, byte(-128));
    writeWord(element, plane, start + iw);
  });
}

/// Writes row `row` of a channel, of which `pixel` is the image, to a
/// plane of pairs.
void PlaneDepthwiseEmitter::expandRow(const Indices &pixel, AffineExpr row) {
  int64_t before = conv.getPads()[1], width = input[2];
  AffineExpr start = (row + conv.getPads()[0]) * rowUnits;
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
    writeWord(JoinHalvesOp::create(builder, loc, low, read(column + 1)), plane,
              start + word);
  };
  // The words with both elements in the image.
  int64_t first = std::min((before + 1) / 2, rowUnits);
  int64_t end = std::clamp((width + before) / 2, first, rowUnits);
  // Two at a time, since the loop is a third of one: VWW takes 1 % less.
  int64_t paired = first + (end - first) / 2 * 2;
  loop("i", first, paired, 2, [&](AffineExpr word) {
    write(word);
    write(word + 1);
  });
  for (int64_t word = 0; word < rowUnits; ++word)
    if (word < first || word >= paired)
      write(space.constant(word));
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

Value PlaneDepthwiseEmitter::readWeight(const Filter &filter, int64_t row,
                                        int64_t column) {
  return readWide(conv.getWeight(),
                  {filter.channel, space.constant(row), space.constant(column)},
                  /*isUnsigned=*/false);
}

/// The weight at `column`; of pairs in the lower half, and the next one, if
/// there is one, in the upper half.
Value PlaneDepthwiseEmitter::getPair(Filter &filter, int64_t row,
                                     int64_t column) {
  Value &pair = filter.pairs[{row, column}];
  if (pair)
    return pair;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointAfterValue(filter.bias);
  pair = readWeight(filter, row, column);
  if (conv.hasPairs() && column + 1 < columns)
    pair = JoinHalvesOp::create(builder, loc, pair,
                                readWeight(filter, row, column + 1));
  return pair;
}

/// Adds the products of row `row` of the filter with a window whose row begins
/// with element `start`, of which `data` gives word number i.
Value PlaneDepthwiseEmitter::addPairs(Value sum, int64_t row, int64_t start,
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

/// The same of bytes.
Value PlaneDepthwiseEmitter::addBytes(Value sum, int64_t row, int64_t start,
                                      Filter &filter,
                                      llvm::function_ref<Value(int64_t)> data) {
  for (int64_t column = 0; column < columns; ++column) {
    Value product = arith::MulIOp::create(builder, loc, data(start + column),
                                          getPair(filter, row, column));
    sum = arith::AddIOp::create(builder, loc, sum, product);
  }
  return sum;
}

/// Computes `count` results of a row from `first` on, in an even column.
void PlaneDepthwiseEmitter::emitResults(const Indices &first, int64_t count,
                                        Filter &filter) {
  int64_t stride = conv.getStrides()[1];
  AffineExpr column = first[2] * stride;
  if (conv.hasPairs())
    column = space.simplify(column.floorDiv(2), 1);
  SmallVector<Value> sums(count, filter.bias);
  for (int64_t row = 0; row < rows; ++row) {
    AffineExpr start =
        (first[1] * conv.getStrides()[0] + row) * rowUnits + column;
    std::map<int64_t, Value> loaded;
    auto data = [&](int64_t unit) {
      Value &value = loaded[unit];
      if (!value)
        value = conv.hasPairs()
                    ? readWord(plane, start + unit)
                    : widen(readWord(plane, start + unit), isUnsigned());
      return value;
    };
    for (int64_t i = 0; i < count; ++i)
      sums[i] = conv.hasPairs()
                    ? addPairs(sums[i], row, i * stride, filter, data)
                    : addBytes(sums[i], row, i * stride, filter, data);
  }
  for (int64_t i = 0; i < count; ++i) {
    Indices indices = first;
    indices[2] = indices[2] + i;
    store(indices, sums[i]);
  }
}

/// The memory of an input whose elements follow each other; null for others.
Value PlaneDepthwiseEmitter::getDenseInput() {
  auto tensor = conv.getInput().getDefiningOp<bufferization::ToTensorOp>();
  if (!tensor)
    return {};
  auto type = cast<MemRefType>(tensor.getBuffer().getType());
  return type.areTrailingDimsContiguous(type.getRank()) ? tensor.getBuffer()
                                                        : Value();
}

/// Whether one function for all layers computes this one: it has filters of
/// three rows and columns, no more than a byte is computed of each sum, the
/// windows reach all columns of the image, and 16 bits hold each extent.
bool PlaneDepthwiseEmitter::isFilterOfPlanes() {
  if (!rescale || rows != 3 || columns != 3 || output[2] < 2 ||
      conv.getPads()[1] + input[2] > rowUnits * (conv.hasPairs() ? 2 : 1))
    return false;
  auto isWide = [](int64_t extent) { return extent > INT16_MAX; };
  if (llvm::any_of(input, isWide) || llvm::any_of(output, isWide) ||
      isWide(2 * rowUnits) || isWide(planeRows))
    return false;
  return !conv.hasPairs() || (conv.getStrides()[1] <= 2 && hasByteLimits());
}

/// Whether results are limited to all that a byte holds.
bool PlaneDepthwiseEmitter::hasByteLimits() {
  return rescale->high - rescale->low == 255 &&
         (rescale->low == -128 || rescale->low == 0);
}

/// All results of an image.
void PlaneDepthwiseEmitter::emitFilters(Value data, AffineExpr image) {
  Value weight = locate(conv.getWeight()), bias = locate(conv.getBias());
  Value factors = locate(rescale->factors);
  if (failed)
    return;
  auto firstOf = [&](ArrayRef<int64_t> shape) {
    return index(image * (shape[1] * shape[2] * shape[3]));
  };
  int64_t rowSize = rowUnits * (conv.hasPairs() ? 2 : 1);
  int64_t top = conv.getPads()[0];
  int64_t used = std::clamp<int64_t>(planeRows - top, 0, input[1]);
  FilterPlanesOp::create(
      builder, loc, data, firstOf(input), plane, weight, bias, factors,
      rescale->target, firstOf(output), conv.getForm(), input[3], used,
      input[2], planeRows, rowSize, top, conv.getPads()[1], getElementPadding(),
      output[1], output[2], conv.getStrides()[0], conv.getStrides()[1],
      rescale->zeroPoint, rescale->low, rescale->high, conv.getIsUnsigned());
}

void PlaneDepthwiseEmitter::emitChannel(AffineExpr image, AffineExpr channel) {
  int64_t used =
      std::clamp<int64_t>(planeRows - conv.getPads()[0], 0, input[1]);
  loop("ih", 0, used, 1, [&](AffineExpr ih) {
    if (conv.hasPairs())
      expandRow({image, channel}, ih);
    else
      copyRow({image, channel}, ih);
  });
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

LogicalResult PlaneDepthwiseEmitter::emit() {
  rescale = ChannelRescale::match(body, conv.getResult());
  if (Value data = getDenseInput(); data && isFilterOfPlanes()) {
    plane = conv.hasPairs()
                ? viewScratch(0, planeRows * rowUnits * 2, builder.getI16Type())
                : viewScratch(0, planeRows * rowUnits, builder.getI8Type());
    loop("n", 0, input[0], 1,
         [&](AffineExpr image) { emitFilters(data, image); });
    return failure(failed);
  }
  Type element = conv.hasPairs() ? builder.getI32Type() : builder.getI8Type();
  plane = viewScratch(0, planeRows * rowUnits, element);
  clearEdges();
  loop("n", 0, input[0], 1, [&](AffineExpr image) {
    loop("c", 0, input[3], 1,
         [&](AffineExpr channel) { emitChannel(image, channel); });
  });
  return failure(failed);
}

LogicalResult lathe::emitPlaneDepthwise(OpBuilder &builder,
                                        const KernelBody &body,
                                        PlaneDepthwiseOp op) {
  if (!body.scratch)
    return op.emitOpError("needs scratch; run lathe-form-kernels first");
  return PlaneDepthwiseEmitter(builder, body, op).emit();
}
