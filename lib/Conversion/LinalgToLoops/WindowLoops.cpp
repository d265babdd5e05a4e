//===- WindowLoops.cpp - Products over windows in memory ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The loops of lathe.window_conv. A single row of a matrix is multiplied as it
// is, eight channels after the other. Of all others, the windows of two pixels
// of the result, which are numbered across rows and images, are copied: all
// that is read of a row of a window lies together in memory, except at the
// image's edges. A part of the output channels is summed (lathe.window_dot),
// then what was fused behind the product is computed of each sum.
//
//===----------------------------------------------------------------------===//

#include "ChannelRescale.h"
#include "ScratchEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace lathe;

namespace {

class WindowConvEmitter : ScratchEmitter {
public:
  WindowConvEmitter(OpBuilder &builder, const KernelBody &body,
                    WindowConvOp conv)
      : ScratchEmitter(builder, body, conv), conv(conv),
        input(conv.getInput().getType().getShape()),
        output(conv.getType().getShape()), rank(conv.getSpatialRank()),
        lanes(conv.getLanes()), pixels(conv.getNumPixels()),
        rowUnits(conv.getUnitsOf(conv.getElementsOfRow())) {}

  LogicalResult emit();

private:
  /// A row of a window: where it begins in the input, and its first unit.
  struct Row {
    Indices outer;
    AffineExpr row, left, unit, lane;
    /// Whether the row lies in the image; null if it always does.
    Value isInside;
  };

  Indices findPixel(AffineExpr pixel);
  Indices indicesOf(const Row &row, AffineExpr column, AffineExpr channel);
  void clearRest();
  void expandWindow(AffineExpr pixel, AffineExpr lane);
  void expandPixel(Indices pixel, AffineExpr lane);
  void expandRow(const Row &row);
  void expandEdge(const Row &row);
  void expandEdgeColumns(const Row &row);
  void expandEdgeBytes(const Row &row);
  AffineExpr unitAt(AffineExpr unit, AffineExpr lane);
  void copy(Value source, AffineExpr first, AffineExpr unit, AffineExpr lane,
            int64_t count);
  void fillPixel(AffineExpr unit, AffineExpr lane);
  AffineExpr numberOf(const Indices &indices);
  AffineExpr pixelOf(AffineExpr first, AffineExpr lane);
  void emitPixels(AffineExpr first);
  OpFoldResult atMost(AffineExpr expr, int64_t limit);
  void emitParts(AffineExpr first);
  void rescaleSums(AffineExpr first, AffineExpr channel, OpFoldResult count);
  void emitPart(AffineExpr first, AffineExpr block);
  void storeChannel(AffineExpr first, AffineExpr channel, AffineExpr c);

  WindowConvOp conv;
  ArrayRef<int64_t> input, output;
  int64_t rank, lanes, pixels, rowUnits;
  Value memory, windows, edge, sums;
  std::optional<ChannelRescale> rescale;
  /// What is multiplied: the first element of the first pixel, and how far the
  /// second pixel lies behind it.
  Value data;
  AffineExpr firstData, stride;
  /// Whether the input's elements follow each other in memory.
  bool isDense = true;
};

} // namespace

/// The indices of pixel number `pixel` of the result.
Indices WindowConvEmitter::findPixel(AffineExpr pixel) {
  Indices indices;
  for (int64_t extent : llvm::reverse(output.drop_back())) {
    bool isLast = indices.size() + 2 == output.size();
    indices.push_back(isLast ? pixel : space.simplify(pixel % extent, 1));
    pixel = space.simplify(pixel.floorDiv(extent), 1);
  }
  std::reverse(indices.begin(), indices.end());
  return indices;
}

/// The indices in the input of an element of a row of a window.
Indices WindowConvEmitter::indicesOf(const Row &row, AffineExpr column,
                                     AffineExpr channel) {
  Indices indices = row.outer;
  if (rank > 1)
    indices.push_back(row.row);
  indices.push_back(row.left + column);
  indices.push_back(channel);
  return indices;
}

/// The number of an element of the input in the order of memory.
AffineExpr WindowConvEmitter::numberOf(const Indices &indices) {
  AffineExpr number = space.constant(0);
  for (auto [index, extent] : llvm::zip_equal(indices, input))
    number = number * extent + index;
  return number;
}

//===----------------------------------------------------------------------===//
// Windows
//===----------------------------------------------------------------------===//

/// The element of the windows' memory, words or bytes, at which a unit begins.
AffineExpr WindowConvEmitter::unitAt(AffineExpr unit, AffineExpr lane) {
  int64_t elements = conv.hasWords() ? 1 : conv.getUnitBytes();
  switch (conv.getForm()) {
  case WindowForm::Pairs:
  case WindowForm::Bytes:
    return (unit * lanes + lane) * elements;
  case WindowForm::Vectors:
    return (lane * conv.getUnits() + unit) * elements;
  case WindowForm::Halves:
    return unit * elements;
  }
  llvm_unreachable("no form of windows");
}

/// Copies `count` bytes of `source` from number `first` on to the units of a
/// window from `unit` on.
void WindowConvEmitter::copy(Value source, AffineExpr first, AffineExpr unit,
                             AffineExpr lane, int64_t count) {
  Value from = index(first), to = index(unitAt(unit, lane));
  switch (conv.getForm()) {
  case WindowForm::Pairs:
    ExpandBytesOp::create(builder, loc, source, from, windows, to, count, lanes,
                          conv.getIsUnsigned());
    return;
  case WindowForm::Bytes:
  case WindowForm::Vectors:
    CopyBytesOp::create(builder, loc, source, from, windows, to, count,
                        conv.getForm() == WindowForm::Bytes);
    return;
  case WindowForm::Halves:
    JoinBytesOp::create(builder, loc, source, from, windows, to, index(lane),
                        count, conv.getIsUnsigned());
    return;
  }
}

/// Writes the words that make their number even; their weights are zeros.
void WindowConvEmitter::clearRest() {
  for (int64_t unit = conv.getKernelRows() * rowUnits; unit < conv.getUnits();
       ++unit)
    for (int64_t lane = 0; lane < lanes; ++lane)
      writeWord(number(0), windows,
                unitAt(space.constant(unit), space.constant(lane)));
}

/// Writes the window of pixel number `pixel` to the units of `lane`.
void WindowConvEmitter::expandWindow(AffineExpr pixel, AffineExpr lane) {
  AffineExpr zero = space.constant(0);
  if (rank == 0 && isDense)
    return copy(memory, pixel * input.back(), zero, lane, input.back());
  Indices at = findPixel(pixel);
  if (rank == 0)
    return expandPixel(at, lane);
  Row row;
  row.lane = lane;
  row.left =
      keep(at.back()) * conv.getStrides().back() - conv.getPads()[rank - 1];
  row.outer.assign(at.begin(), at.end() - rank);
  AffineExpr top = zero;
  if (rank > 1)
    top = keep(at[at.size() - 2]) * conv.getStrides()[0] - conv.getPads()[0];
  loop("kh", 0, conv.getKernelRows(), 1, [&](AffineExpr kh) {
    row.row = top + kh;
    row.unit = kh * rowUnits;
    expandRow(row);
  });
}

/// Writes the channels of a pixel that do not follow each other in memory.
void WindowConvEmitter::expandPixel(Indices pixel, AffineExpr lane) {
  AffineExpr zero = space.constant(0);
  pixel.push_back({});
  loop("c", 0, input.back(), 1, [&](AffineExpr c) {
    pixel.back() = c;
    Value byte = readByte(conv.getInput(), pixel);
    memref::StoreOp::create(builder, loc, byte, edge, index(c));
  });
  copy(edge, zero, zero, lane, input.back());
}

void WindowConvEmitter::expandRow(const Row &row) {
  int64_t columns = conv.getKernel().back();
  Row known = row;
  if (rank > 1)
    known.isInside = isWithin(row.row, input[input.size() - 3]);
  if (!isDense)
    return expandEdgeBytes(known);
  Value fits = isWithin(row.left, input[input.size() - 2] - columns + 1);
  Value condition = both(known.isInside, fits);
  auto whole = [&] {
    AffineExpr zero = space.constant(0);
    copy(memory, numberOf(indicesOf(row, zero, zero)), row.unit, row.lane,
         conv.getElementsOfRow());
  };
  if (!condition)
    return whole();
  buildIf(condition, whole, [&] { expandEdge(known); });
}

/// A row of a window that may have padding in it.
void WindowConvEmitter::expandEdge(const Row &row) {
  // Only as many channels fill units that are those of a row, too. Pairs take
  // their elements from two words.
  int64_t step =
      conv.getForm() == WindowForm::Pairs ? 4 : conv.getUnitElements();
  bool sharesUnits = conv.getForm() == WindowForm::Halves;
  if (!sharesUnits && input.back() % step == 0)
    return expandEdgeColumns(row);
  expandEdgeBytes(row);
}

/// Fills the units of a pixel with padding.
void WindowConvEmitter::fillPixel(AffineExpr unit, AffineExpr lane) {
  loop("i", 0, conv.getUnitsOf(input.back()), 1, [&](AffineExpr i) {
    if (conv.getForm() == WindowForm::Pairs)
      return writeWord(repeat(conv.getPadding()), windows,
                       unitAt(unit + i, lane));
    loop("j", 0, conv.getUnitBytes(), 1, [&](AffineExpr j) {
      memref::StoreOp::create(builder, loc, byte(conv.getPadding()), windows,
                              index(unitAt(unit + i, lane) + j));
    });
  });
}

void WindowConvEmitter::expandEdgeColumns(const Row &row) {
  int64_t channels = input.back();
  AffineExpr zero = space.constant(0);
  loop("kw", 0, conv.getKernel().back(), 1, [&](AffineExpr kw) {
    AffineExpr unit = row.unit + kw * conv.getUnitsOf(channels);
    Value inside =
        both(row.isInside, isWithin(row.left + kw, input[input.size() - 2]));
    buildIf(
        inside,
        [&] {
          copy(memory, numberOf(indicesOf(row, kw, zero)), unit, row.lane,
               channels);
        },
        [&] { fillPixel(unit, row.lane); });
  });
}

void WindowConvEmitter::expandEdgeBytes(const Row &row) {
  int64_t channels = input.back();
  AffineExpr zero = space.constant(0);
  loop("kw", 0, conv.getKernel().back(), 1, [&](AffineExpr kw) {
    Value inside =
        both(row.isInside, isWithin(row.left + kw, input[input.size() - 2]));
    auto write = [&](bool isPadding) {
      loop("c", 0, channels, 1, [&](AffineExpr c) {
        Value element = isPadding
                            ? byte(conv.getPadding())
                            : readByte(conv.getInput(), indicesOf(row, kw, c));
        memref::StoreOp::create(builder, loc, element, edge,
                                index(kw * channels + c));
      });
    };
    buildIf(inside, [&] { write(false); }, [&] { write(true); });
  });
  copy(edge, zero, row.unit, row.lane, conv.getElementsOfRow());
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

/// All channels, part by part.
void WindowConvEmitter::emitParts(AffineExpr first) {
  loop("block", 0, conv.getNumBlocks(), conv.getBlocksOfPart(),
       [&](AffineExpr block) { emitPart(first, block); });
}

/// Pixel number `lane` of those from `first` on that are computed together. The
/// last one is computed twice rather than that something is read behind it.
AffineExpr WindowConvEmitter::pixelOf(AffineExpr first, AffineExpr lane) {
  AffineExpr pixel = first + lane;
  if (pixels % lanes == 0)
    return pixel;
  Value last = arith::ConstantIndexOp::create(builder, loc, pixels - 1);
  return space.add(arith::MinSIOp::create(builder, loc, index(pixel), last),
                   {0, pixels - 1});
}

/// All channels of the pixels from `first` on that are computed together.
void WindowConvEmitter::emitPixels(AffineExpr first) {
  AffineExpr zero = space.constant(0);
  if (conv.readsInPlace()) {
    data = memory;
    firstData = first * input.back();
    stride =
        keep(pixelOf(first, space.constant(lanes - 1)) - first) * input.back();
    return emitParts(first);
  }
  loop("lane", 0, lanes, 1,
       [&](AffineExpr lane) { expandWindow(pixelOf(first, lane), lane); });
  data = windows;
  firstData = zero;
  stride = unitAt(zero, space.constant(1));
  emitParts(first);
}

/// The smaller one of `expr` and a number that it reaches or exceeds at times.
OpFoldResult WindowConvEmitter::atMost(AffineExpr expr, int64_t limit) {
  IndexRange range = space.rangeOf(expr);
  if (range.low >= limit)
    return builder.getIndexAttr(limit);
  if (range.low == range.high)
    return builder.getIndexAttr(range.low);
  Value bound = arith::ConstantIndexOp::create(builder, loc, limit);
  return Value(arith::MinSIOp::create(builder, loc, index(expr), bound));
}

/// The channels of the blocks from `block` on.
void WindowConvEmitter::emitPart(AffineExpr first, AffineExpr block) {
  int64_t channels = conv.getChannelBlock();
  Value weight = locate(conv.getWeight()), bias = locate(conv.getBias());
  if (failed)
    return;
  int64_t part = conv.getBlocksOfPart();
  Value blocks = getValueOrCreateConstantIndexOp(
      builder, loc, atMost(-block + conv.getNumBlocks(), part));
  int64_t blockWeights =
      conv.getWeight().getType().getNumElements() / conv.getNumBlocks();
  // Nothing lies behind a row that is read where it is.
  int64_t depth =
      conv.readsInPlace() ? conv.getElementsOfRow() : conv.getDepth();
  WindowDotOp::create(builder, loc, data, index(firstData), index(stride),
                      weight, index(block * blockWeights), bias,
                      index(block * channels), sums, blocks, conv.getForm(),
                      lanes, depth, blockWeights, conv.getIsUnsigned());

  AffineExpr channel = block * channels;
  OpFoldResult count = atMost(-channel + output.back(), part * channels);
  if (rescale)
    return rescaleSums(first, channel, count);
  buildLoop(builder, space, loc, "c", builder.getIndexAttr(0), count, 1,
            {0, part * channels - 1}, {},
            [&](AffineExpr c, ValueRange) -> SmallVector<Value> {
              storeChannel(first, channel + c, c);
              return {};
            });
}

/// The same at once, if no more is computed of them than a byte each. The last
/// pixel is written twice rather than that something is written behind it.
void WindowConvEmitter::rescaleSums(AffineExpr first, AffineExpr channel,
                                    OpFoldResult count) {
  Value factors = locate(rescale->factors);
  if (failed)
    return;
  auto elementOf = [&](int64_t lane) {
    AffineExpr pixel = pixelOf(first, space.constant(lane));
    return index(pixel * output.back() + channel);
  };
  RescaleSumsOp::create(builder, loc,
                        getValueOrCreateConstantIndexOp(builder, loc, count),
                        sums, factors, index(channel), rescale->target,
                        elementOf(0), elementOf(lanes - 1), lanes,
                        rescale->zeroPoint, rescale->low, rescale->high,
                        /*small_sums=*/conv.getForm() == WindowForm::Halves);
}

/// Stores what is computed of the sums of `channel`, which is number `c` of
/// those in memory.
void WindowConvEmitter::storeChannel(AffineExpr first, AffineExpr channel,
                                     AffineExpr c) {
  for (int64_t lane = 0; lane < lanes; ++lane) {
    AffineExpr pixel = first + lane;
    Value isPixel = isWithin(pixel, pixels);
    buildIf(isPixel, [&] {
      // Here it is known to be one.
      if (isPixel)
        pixel = space.add(index(pixel), {lane, pixels - 1});
      Indices indices = findPixel(pixel);
      indices.push_back(channel);
      store(indices, readWord(sums, c * lanes + lane));
    });
  }
}

LogicalResult WindowConvEmitter::emit() {
  Type i32 = builder.getI32Type();
  auto place =
      reader.locate(conv.getInput(), Indices(input.size(), space.constant(0)));
  if (!place)
    return conv.emitOpError("needs an input in memory");
  memory = place->first;
  isDense = cast<MemRefType>(memory.getType())
                .areTrailingDimsContiguous(static_cast<int64_t>(input.size()));
  if (conv.readsInPlace() && !isDense)
    return conv.emitOpError(
        "needs dense data; run lathe-isolate-buffers first");
  rescale = ChannelRescale::match(body, conv.getResult());
  if (conv.isRow()) {
    sums = memref::AllocaOp::create(
        builder, loc, MemRefType::get(WindowConvOp::rowChannels, i32));
    emitPixels(space.constant(0));
    return failure(failed);
  }
  int64_t windowBytes = conv.getWindowBytes(), sumBytes = conv.getSumBytes();
  bool hasWords = conv.hasWords();
  if (!conv.readsInPlace()) {
    windows = viewScratch(0, hasWords ? windowBytes / 4 : windowBytes,
                          hasWords ? i32 : builder.getI8Type());
    edge = viewScratch(windowBytes + sumBytes, conv.getElementsOfRow(),
                       builder.getI8Type());
    clearRest();
  }
  sums = viewScratch(windowBytes, sumBytes / 4, i32);
  loop("pixel", 0, pixels, lanes, [&](AffineExpr first) { emitPixels(first); });
  return failure(failed);
}

LogicalResult lathe::emitWindowConv(OpBuilder &builder, const KernelBody &body,
                                    WindowConvOp op) {
  if (!body.scratch && op.getScratchBytes() > 0)
    return op.emitOpError("needs scratch; run lathe-form-kernels first");
  return WindowConvEmitter(builder, body, op).emit();
}
