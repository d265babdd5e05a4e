//===- PairLoops.cpp - Products by 16-bit multiply-accumulates ------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The loops of lathe.pair_conv. A single row of a matrix is multiplied as it
// is, eight channels after the other. Of all others, the windows of two pixels
// of the result, which are numbered across rows and images, become words side
// by side: all that is read of a row of a window lies together in memory,
// except at the image's edges. A part of the output channels is summed
// (lathe.pair_dot), then what was fused behind the product is computed of each
// sum.
//
//===----------------------------------------------------------------------===//

#include "PairEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace lathe;

namespace {

class PairConvEmitter : PairEmitter {
public:
  PairConvEmitter(OpBuilder &builder, const KernelBody &body, PairConvOp conv)
      : PairEmitter(builder, body, conv), conv(conv),
        input(conv.getInput().getType().getShape()),
        output(conv.getType().getShape()), rank(conv.getSpatialRank()),
        lanes(conv.isRow() ? 1 : PairConvOp::lanes),
        pixels(conv.getNumPixels()),
        rowWords(PairConvOp::getWordsOf(conv.getElementsOfRow())) {}

  LogicalResult emit();

private:
  /// A row of a window: where it begins in the input, and in the words.
  struct Row {
    Indices outer;
    AffineExpr row, left, at;
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
  void expand(Value source, AffineExpr first, AffineExpr at, int64_t count);
  AffineExpr numberOf(const Indices &indices);
  void emitPixels(AffineExpr first);
  OpFoldResult atMost(AffineExpr expr, int64_t limit);
  void emitParts(AffineExpr first);
  void emitPart(AffineExpr first, AffineExpr block);
  void storeChannel(AffineExpr first, AffineExpr channel, AffineExpr c);

  PairConvOp conv;
  ArrayRef<int64_t> input, output;
  int64_t rank, lanes, pixels, rowWords;
  Value memory, words, edge, sums;
  /// Whether the input's elements follow each other in memory.
  bool isDense = true;
};

} // namespace

/// The indices of pixel number `pixel` of the result.
Indices PairConvEmitter::findPixel(AffineExpr pixel) {
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
Indices PairConvEmitter::indicesOf(const Row &row, AffineExpr column,
                                   AffineExpr channel) {
  Indices indices = row.outer;
  if (rank > 1)
    indices.push_back(row.row);
  indices.push_back(row.left + column);
  indices.push_back(channel);
  return indices;
}

/// The number of an element of the input in the order of memory.
AffineExpr PairConvEmitter::numberOf(const Indices &indices) {
  AffineExpr number = space.constant(0);
  for (auto [index, extent] : llvm::zip_equal(indices, input))
    number = number * extent + index;
  return number;
}

//===----------------------------------------------------------------------===//
// Windows as words
//===----------------------------------------------------------------------===//

void PairConvEmitter::expand(Value source, AffineExpr first, AffineExpr at,
                             int64_t count) {
  ExpandBytesOp::create(builder, loc, source, index(first), words, index(at),
                        count, lanes, conv.getIsUnsigned());
}

/// Writes the words that make their number even; their weights are zeros.
void PairConvEmitter::clearRest() {
  for (int64_t word = conv.getKernelRows() * rowWords; word < conv.getWords();
       ++word)
    for (int64_t lane = 0; lane < lanes; ++lane)
      writeWord(number(0), words, space.constant(word * lanes + lane));
}

/// Writes the window of pixel number `pixel` to the words of `lane`.
void PairConvEmitter::expandWindow(AffineExpr pixel, AffineExpr lane) {
  if (rank == 0 && isDense)
    return expand(memory, pixel * input.back(), lane, input.back());
  Indices at = findPixel(pixel);
  if (rank == 0)
    return expandPixel(at, lane);
  Row row;
  row.left =
      keep(at.back()) * conv.getStrides().back() - conv.getPads()[rank - 1];
  row.outer.assign(at.begin(), at.end() - rank);
  AffineExpr top = space.constant(0);
  if (rank > 1)
    top = keep(at[at.size() - 2]) * conv.getStrides()[0] - conv.getPads()[0];
  loop("kh", 0, conv.getKernelRows(), 1, [&](AffineExpr kh) {
    row.row = top + kh;
    row.at = kh * (rowWords * lanes) + lane;
    expandRow(row);
  });
}

/// Writes the channels of a pixel that do not follow each other in memory.
void PairConvEmitter::expandPixel(Indices pixel, AffineExpr lane) {
  pixel.push_back({});
  loop("c", 0, input.back(), 1, [&](AffineExpr c) {
    pixel.back() = c;
    Value byte = readByte(conv.getInput(), pixel);
    memref::StoreOp::create(builder, loc, byte, edge, index(c));
  });
  expand(edge, space.constant(0), lane, input.back());
}

void PairConvEmitter::expandRow(const Row &row) {
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
    expand(memory, numberOf(indicesOf(row, zero, zero)), row.at,
           conv.getElementsOfRow());
  };
  if (!condition)
    return whole();
  buildIf(condition, whole, [&] { expandEdge(known); });
}

/// A row of a window that may have padding in it.
void PairConvEmitter::expandEdge(const Row &row) {
  // Only as many channels fill words that are those of a row, too.
  if (input.back() % 4 == 0)
    return expandEdgeColumns(row);
  expandEdgeBytes(row);
}

void PairConvEmitter::expandEdgeColumns(const Row &row) {
  int64_t channels = input.back();
  AffineExpr zero = space.constant(0);
  loop("kw", 0, conv.getKernel().back(), 1, [&](AffineExpr kw) {
    AffineExpr at = row.at + kw * (channels / 2 * lanes);
    Value inside =
        both(row.isInside, isWithin(row.left + kw, input[input.size() - 2]));
    buildIf(
        inside,
        [&] {
          expand(memory, numberOf(indicesOf(row, kw, zero)), at, channels);
        },
        [&] {
          loop("i", 0, channels / 2, 1, [&](AffineExpr i) {
            writeWord(repeat(conv.getPadding()), words, at + i * lanes);
          });
        });
  });
}

void PairConvEmitter::expandEdgeBytes(const Row &row) {
  int64_t channels = input.back();
  Value padding = arith::ConstantOp::create(
      builder, loc,
      IntegerAttr::get(builder.getI8Type(),
                       APInt(8, static_cast<uint64_t>(conv.getPadding()),
                             /*isSigned=*/false, /*implicitTrunc=*/true)));
  loop("kw", 0, conv.getKernel().back(), 1, [&](AffineExpr kw) {
    Value inside =
        both(row.isInside, isWithin(row.left + kw, input[input.size() - 2]));
    auto copy = [&](bool isPadding) {
      loop("c", 0, channels, 1, [&](AffineExpr c) {
        Value byte = isPadding
                         ? padding
                         : readByte(conv.getInput(), indicesOf(row, kw, c));
        memref::StoreOp::create(builder, loc, byte, edge,
                                index(kw * channels + c));
      });
    };
    buildIf(inside, [&] { copy(false); }, [&] { copy(true); });
  });
  expand(edge, space.constant(0), row.at, conv.getElementsOfRow());
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

/// All channels, part by part.
void PairConvEmitter::emitParts(AffineExpr first) {
  loop("block", 0, conv.getNumBlocks(), conv.getBlocksOfPart(),
       [&](AffineExpr block) { emitPart(first, block); });
}

/// All channels of the pixels from `first` on that are computed together.
void PairConvEmitter::emitPixels(AffineExpr first) {
  loop("lane", 0, lanes, 1, [&](AffineExpr lane) {
    AffineExpr pixel = first + lane;
    if (pixels % lanes != 0) {
      // The last one is computed twice rather than that something is read
      // behind it.
      Value last = arith::ConstantIndexOp::create(builder, loc, pixels - 1);
      pixel =
          space.add(arith::MinSIOp::create(builder, loc, index(pixel), last),
                    {0, pixels - 1});
    }
    expandWindow(pixel, lane);
  });
  emitParts(first);
}

/// The smaller one of `expr` and a number that it reaches or exceeds at times.
OpFoldResult PairConvEmitter::atMost(AffineExpr expr, int64_t limit) {
  IndexRange range = space.rangeOf(expr);
  if (range.low >= limit)
    return builder.getIndexAttr(limit);
  if (range.low == range.high)
    return builder.getIndexAttr(range.low);
  Value bound = arith::ConstantIndexOp::create(builder, loc, limit);
  return Value(arith::MinSIOp::create(builder, loc, index(expr), bound));
}

/// The channels of the blocks from `block` on.
void PairConvEmitter::emitPart(AffineExpr first, AffineExpr block) {
  constexpr int64_t channels = PairConvOp::channelBlock;
  auto locate = [&](Value constant) {
    Indices start(cast<RankedTensorType>(constant.getType()).getRank(),
                  space.constant(0));
    auto place = reader.locate(constant, start);
    failed |= !place;
    return place ? place->first : Value();
  };
  Value weight = locate(conv.getWeight()), bias = locate(conv.getBias());
  if (failed)
    return;
  int64_t part = conv.getBlocksOfPart();
  Value blocks = getValueOrCreateConstantIndexOp(
      builder, loc, atMost(-block + conv.getNumBlocks(), part));
  Value firstWeight = index(block * (conv.getWords() * 2));
  Value firstBias = index(block * channels);
  if (conv.isRow())
    PairRowDotOp::create(builder, loc, memory, weight, firstWeight, bias,
                         firstBias, sums, blocks, input.back(),
                         conv.getIsUnsigned());
  else
    PairDotOp::create(builder, loc, words, weight, firstWeight, bias, firstBias,
                      sums, blocks, conv.getWords());

  AffineExpr channel = block * channels;
  OpFoldResult count = atMost(-channel + output.back(), part * channels);
  buildLoop(builder, space, loc, "c", builder.getIndexAttr(0), count, 1,
            {0, part * channels - 1}, {},
            [&](AffineExpr c, ValueRange) -> SmallVector<Value> {
              storeChannel(first, channel + c, c);
              return {};
            });
}

/// Stores what is computed of the sums of `channel`, which is number `c` of
/// those in memory.
void PairConvEmitter::storeChannel(AffineExpr first, AffineExpr channel,
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

LogicalResult PairConvEmitter::emit() {
  Type i32 = builder.getI32Type();
  auto place =
      reader.locate(conv.getInput(), Indices(input.size(), space.constant(0)));
  if (!place)
    return conv.emitOpError("needs an input in memory");
  memory = place->first;
  isDense = cast<MemRefType>(memory.getType())
                .areTrailingDimsContiguous(static_cast<int64_t>(input.size()));
  if (conv.isRow()) {
    if (!isDense)
      return conv.emitOpError(
          "needs a dense row; run lathe-isolate-buffers first");
    sums = memref::AllocaOp::create(
        builder, loc, MemRefType::get(PairConvOp::rowChannels, i32));
    emitParts(space.constant(0));
    return failure(failed);
  }
  words = viewScratch(0, lanes * conv.getWords(), i32);
  sums = viewScratch(conv.getWordBytes(), conv.getSumBytes() / 4, i32);
  edge = viewScratch(conv.getWordBytes() + conv.getSumBytes(),
                     conv.getElementsOfRow(), builder.getI8Type());
  clearRest();
  loop("pixel", 0, pixels, lanes, [&](AffineExpr first) { emitPixels(first); });
  return failure(failed);
}

LogicalResult lathe::emitPairConv(OpBuilder &builder, const KernelBody &body,
                                  PairConvOp op) {
  if (!body.scratch && op.getScratchBytes() > 0)
    return op.emitOpError("needs scratch; run lathe-form-kernels first");
  return PairConvEmitter(builder, body, op).emit();
}
