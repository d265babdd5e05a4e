//===- PairLoops.cpp - Convolution by 16-bit multiply-accumulates ---------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The loops of lathe.pair_conv. For each row of the result, the rows of the
// input that its windows reach for the first time become 16-bit integers in a
// ring. Then come, for two pixels side by side and four output channels, the
// sums over the rows of the window, each of which is one run of pairs in the
// ring, and what was fused behind the convolution. Without windows, two pixels
// take the ring's place.
//
//===----------------------------------------------------------------------===//

#include "KernelLoops.h"

#include "lathe/Dialect/Lathe/IR/LathePairOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace lathe;

namespace {

class PairEmitter {
public:
  PairEmitter(OpBuilder &builder, const KernelBody &body, PairConvOp op)
      : builder(builder), loc(op.getLoc()), body(body), op(op),
        space(builder.getContext()), reader(builder, space),
        input(op.getInput().getType().getShape()),
        output(op.getType().getShape()), rank(op.getSpatialRank()),
        rows(op.getKernelRows()) {}

  LogicalResult emit();

private:
  using Body = llvm::function_ref<void(AffineExpr)>;
  using Values = SmallVector<Value>;

  /// Pixels of the result next to each other: the first, and how many.
  struct Pixels {
    Indices first;
    int64_t count;
  };
  /// What is computed in registers: so many channels, an even number, of block
  /// `block`.
  struct Tile {
    const Pixels &pixels;
    int64_t channels;
    AffineExpr block;
  };
  /// Of windows in two dimensions: the rows that lie inside of the input, and
  /// the place of the first of them in the ring.
  struct Window {
    Value firstRow, endRow, slot;
  };

  void loop(StringRef name, int64_t low, int64_t high, int64_t step, Body body);
  void loopOverBatch(Indices outer, int64_t dim,
                     llvm::function_ref<void(const Indices &)> body);
  Value index(AffineExpr expr);
  Value number(int64_t value);
  int64_t padBefore(int64_t dim) { return rank == 0 ? 0 : op.getPads()[dim]; }
  int64_t strideOf(int64_t dim) { return rank == 0 ? 1 : op.getStrides()[dim]; }

  void clearPadding();
  void expandPixel(Indices pixel, AffineExpr place);
  void expandRow(const Indices &outer, AffineExpr row);
  void expandRowIfInside(const Indices &outer, AffineExpr row);
  void emitImage(const Indices &outer);
  void emitRow(const Indices &outer, AffineExpr row);
  Window findWindow(AffineExpr top);
  void emitPixels(const Pixels &pixels, const Window &window);
  void emitChannels(const Pixels &pixels, AffineExpr channel, int64_t channels,
                    const Window &window);
  Values sumRows(const Tile &tile, Values sums, const Window &window);
  Values sumRow(const Tile &tile, AffineExpr data, AffineExpr row, Values sums);
  Values addPair(const Tile &tile, AffineExpr data, AffineExpr row,
                 AffineExpr pair, Values sums);
  void store(const Indices &indices, Value value);

  OpBuilder &builder;
  Location loc;
  const KernelBody &body;
  PairConvOp op;
  IndexSpace space;
  TensorReader reader;
  ArrayRef<int64_t> input, output;
  int64_t rank, rows;
  /// Words of 32 bits.
  Value scratch;
  bool failed = false;
};

} // namespace

void PairEmitter::loop(StringRef name, int64_t low, int64_t high, int64_t step,
                       Body body) {
  if (low >= high)
    return;
  buildLoop(builder, space, loc, name, builder.getIndexAttr(low),
            builder.getIndexAttr(high), step, {low, high - step}, {},
            [&](AffineExpr index, ValueRange) -> Values {
              body(index);
              return {};
            });
}

/// Calls `body` for each index of the dimensions from `dim` to the ones with
/// windows, or the last but one without.
void PairEmitter::loopOverBatch(
    Indices outer, int64_t dim,
    llvm::function_ref<void(const Indices &)> body) {
  int64_t last =
      static_cast<int64_t>(output.size()) - 1 - std::max<int64_t>(rank, 1);
  if (dim == last)
    return body(outer);
  loop("i", 0, output[dim], 1, [&](AffineExpr i) {
    Indices next = outer;
    next.push_back(i);
    loopOverBatch(next, dim + 1, body);
  });
}

Value PairEmitter::index(AffineExpr expr) {
  return space.materialize(builder, loc, space.flatten(expr));
}

Value PairEmitter::number(int64_t value) {
  return arith::ConstantOp::create(builder, loc,
                                   builder.getI32IntegerAttr(value));
}

//===----------------------------------------------------------------------===//
// The data as pairs
//===----------------------------------------------------------------------===//

/// Fills the padding beside the rows of the ring, which nothing writes to
/// again.
void PairEmitter::clearPadding() {
  int64_t pixel = op.getPairsOfPixel(), row = op.getPairsOfRow();
  int64_t before = op.getPads()[rank - 1] * pixel;
  int64_t after = op.getPads().back() * pixel;
  if (before + after == 0)
    return;
  loop("kh", 0, rows, 1, [&](AffineExpr slot) {
    auto clear = [&](AffineExpr i) {
      memref::StoreOp::create(builder, loc, number(0), scratch,
                              index(slot * row + i));
    };
    loop("i", 0, before, 1, clear);
    loop("i", row - after, row, 1, clear);
  });
}

/// Writes the channels of `pixel` as pairs, from word `place` on.
void PairEmitter::expandPixel(Indices pixel, AffineExpr place) {
  int64_t channels = input.back(), pairs = channels / 2;
  auto read = [&](AffineExpr channel) -> Value {
    pixel.back() = channel;
    Value byte = reader.read(op.getInput(), pixel, 1);
    failed |= !byte;
    if (failed)
      return number(0);
    Type i32 = builder.getI32Type();
    Value wide = op.getIsUnsigned()
                     ? Value(arith::ExtUIOp::create(builder, loc, i32, byte))
                     : Value(arith::ExtSIOp::create(builder, loc, i32, byte));
    if (op.getZeroPoint() == 0)
      return wide;
    return arith::SubIOp::create(builder, loc, wide, number(op.getZeroPoint()));
  };
  auto write = [&](AffineExpr pair, Value low, Value high) {
    Value word = JoinHalvesOp::create(builder, loc, low, high);
    memref::StoreOp::create(builder, loc, word, scratch, index(place + pair));
  };
  pixel.push_back({});
  loop("c", 0, pairs, 1, [&](AffineExpr pair) {
    Value low = read(pair * 2);
    write(pair, low, read(pair * 2 + 1));
  });
  if (channels % 2 == 1)
    write(space.constant(pairs), read(space.constant(channels - 1)), number(0));
}

/// Brings row `row` of the input into the ring.
void PairEmitter::expandRow(const Indices &outer, AffineExpr row) {
  int64_t width = input[input.size() - 2], pixel = op.getPairsOfPixel();
  AffineExpr start = space.simplify(row % rows, 1) * op.getPairsOfRow() +
                     padBefore(rank - 1) * pixel;
  loop("w", 0, width, 1, [&](AffineExpr w) {
    Indices indices = outer;
    if (rank > 1)
      indices.push_back(row);
    indices.push_back(w);
    expandPixel(indices, start + w * pixel);
  });
}

void PairEmitter::expandRowIfInside(const Indices &outer, AffineExpr row) {
  int64_t height = input[input.size() - 3];
  IndexRange range = space.rangeOf(row);
  if (range.high < 0 || range.low >= height)
    return;
  if (range.low >= 0 && range.high < height)
    return expandRow(outer, row);
  // As unsigned numbers, negative ones are large.
  Value isInside = arith::CmpIOp::create(
      builder, loc, arith::CmpIPredicate::ult, index(row),
      arith::ConstantIndexOp::create(builder, loc, height));
  auto branch = scf::IfOp::create(builder, loc, isInside,
                                  /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(branch.thenYield());
  expandRow(outer, row);
}

//===----------------------------------------------------------------------===//
// Rows and pixels of the result
//===----------------------------------------------------------------------===//

/// All rows of the result at `outer`, the indices before those with windows.
void PairEmitter::emitImage(const Indices &outer) {
  if (rank == 0)
    return emitRow(outer, space.constant(0));
  clearPadding();
  if (rank == 1) {
    expandRow(outer, space.constant(0));
    return emitRow(outer, space.constant(0));
  }
  int64_t stride = op.getStrides()[0], before = op.getPads()[0];
  // What a row of the result reaches for the first time.
  int64_t fresh = std::min(stride, rows);
  for (int64_t row = 0;
       row < std::min(rows - before - fresh, input[input.size() - 3]); ++row)
    expandRow(outer, space.constant(row));
  loop("oh", 0, output[output.size() - 3], 1, [&](AffineExpr oh) {
    for (int64_t i = rows - fresh; i < rows; ++i)
      expandRowIfInside(outer, oh * stride - before + i);
    emitRow(outer, oh);
  });
}

/// The window whose first row is `top`.
PairEmitter::Window PairEmitter::findWindow(AffineExpr top) {
  int64_t height = input[input.size() - 3];
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  Value all = arith::ConstantIndexOp::create(builder, loc, rows);
  IndexRange range = space.rangeOf(top);
  Window window{zero, all, {}};
  if (range.low < 0)
    window.firstRow = arith::MaxSIOp::create(builder, loc, index(-top), zero);
  if (range.high + rows > height)
    window.endRow =
        arith::MinSIOp::create(builder, loc, index(-top + height), all);
  Value first =
      arith::AddIOp::create(builder, loc, index(top), window.firstRow);
  window.slot = arith::RemUIOp::create(builder, loc, first, all);
  return window;
}

/// Row `oh` of the result.
void PairEmitter::emitRow(const Indices &outer, AffineExpr oh) {
  Window window;
  if (rank > 1)
    window = findWindow(oh * op.getStrides()[0] - op.getPads()[0]);
  int64_t width = output[output.size() - 2];
  int64_t full = width - width % PairConvOp::pixelBlock;
  auto emit = [&](int64_t count) {
    return [&, count](AffineExpr ow) {
      Pixels pixels{outer, count};
      if (rank > 1)
        pixels.first.push_back(oh);
      pixels.first.push_back(ow);
      emitPixels(pixels, window);
    };
  };
  loop("ow", 0, full, PairConvOp::pixelBlock, emit(PairConvOp::pixelBlock));
  loop("ow", full, width, 1, emit(1));
}

void PairEmitter::emitPixels(const Pixels &pixels, const Window &window) {
  if (rank == 0)
    for (int64_t i = 0; i < pixels.count; ++i) {
      Indices pixel = pixels.first;
      pixel.back() = pixel.back() + i;
      expandPixel(pixel, space.constant(i * op.getPairsOfPixel()));
    }
  int64_t channels = op.getChannels(), block = PairConvOp::channelBlock;
  int64_t full = channels - channels % block;
  auto emit = [&](int64_t count) {
    return [&, count](AffineExpr channel) {
      emitChannels(pixels, channel, count, window);
    };
  };
  loop("oc", 0, full, block, emit(block));
  if (full < channels)
    emit(channels - full)(space.constant(full));
}

/// `channels` of a block from `channel` on.
void PairEmitter::emitChannels(const Pixels &pixels, AffineExpr channel,
                               int64_t channels, const Window &window) {
  // Channels share words, two and two.
  Tile tile{pixels, channels + channels % 2,
            space.simplify(
                space.flatten(channel).floorDiv(PairConvOp::channelBlock), 1)};
  Values sums;
  for (int64_t pixel = 0; pixel < pixels.count; ++pixel)
    for (int64_t i = 0; i < tile.channels; ++i)
      sums.push_back(reader.read(op.getBias(), {channel + i}, 1));
  failed |= llvm::is_contained(sums, Value());
  if (failed)
    return;
  sums = sumRows(tile, sums, window);
  for (int64_t pixel = 0; pixel < pixels.count && !failed; ++pixel)
    for (int64_t i = 0; i < channels; ++i) {
      Value sum = sums[pixel * tile.channels + i];
      if (i % 2 == 1) {
        Value even = sums[pixel * tile.channels + i - 1];
        Value both = arith::SubIOp::create(builder, loc, sum, even);
        sum = arith::ShRSIOp::create(builder, loc, both, number(8));
      }
      Indices indices = pixels.first;
      indices.back() = indices.back() + pixel;
      indices.push_back(channel + i);
      store(indices, sum);
    }
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

/// Adds the products of all rows of the window to `sums`: of each pixel, of
/// each channel.
PairEmitter::Values PairEmitter::sumRows(const Tile &tile, Values sums,
                                         const Window &window) {
  AffineExpr data = space.constant(0);
  if (rank > 0)
    data =
        tile.pixels.first.back() * (strideOf(rank - 1) * op.getPairsOfPixel());
  if (rank < 2)
    return sumRow(tile, data, space.constant(0), sums);
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(builder, loc, value);
  };
  // The place in the ring goes round with the row of the window.
  Values carried = sums;
  carried.push_back(window.slot);
  Values done = buildLoop(
      builder, space, loc, "kh", window.firstRow, window.endRow, 1,
      {0, rows - 1}, carried,
      [&](AffineExpr row, ValueRange carried) -> Values {
        Value slot = carried.back();
        AffineExpr place = space.add(slot, {0, rows - 1});
        Values next = sumRow(tile, place * op.getPairsOfRow() + data, row,
                             llvm::to_vector(carried.drop_back()));
        Value following =
            arith::AddIOp::create(builder, loc, slot, constant(1));
        Value isEnd = arith::CmpIOp::create(
            builder, loc, arith::CmpIPredicate::eq, following, constant(rows));
        next.push_back(arith::SelectOp::create(builder, loc, isEnd, constant(0),
                                               following));
        return next;
      });
  done.pop_back();
  return done;
}

/// Adds the products of row `row` of the window, which begins at word `data` of
/// the scratch.
PairEmitter::Values PairEmitter::sumRow(const Tile &tile, AffineExpr data,
                                        AffineExpr row, Values sums) {
  // A loop is worth its registers from here on.
  constexpr int64_t mostUnrolled = 12, unrolled = 8;
  int64_t pairs = op.getPairsOfWindow();
  auto addPairs = [&](AffineExpr first, int64_t count, Values sums) {
    for (int64_t i = 0; i < count; ++i)
      sums = addPair(tile, data + first + i, row, first + i, sums);
    return sums;
  };
  if (pairs <= mostUnrolled)
    return addPairs(space.constant(0), pairs, sums);
  int64_t full = pairs - pairs % unrolled;
  sums = buildLoop(builder, space, loc, "pair", builder.getIndexAttr(0),
                   builder.getIndexAttr(full), unrolled, {0, full - unrolled},
                   sums, [&](AffineExpr pair, ValueRange carried) {
                     return addPairs(pair, unrolled, llvm::to_vector(carried));
                   });
  return addPairs(space.constant(full), pairs - full, sums);
}

/// Adds the products of one pair of elements of each pixel, the first at word
/// `data`, with the weights of all channels, which go from word to word.
PairEmitter::Values PairEmitter::addPair(const Tile &tile, AffineExpr data,
                                         AffineExpr row, AffineExpr pair,
                                         Values sums) {
  int64_t apart = rank == 0 ? op.getPairsOfPixel()
                            : strideOf(rank - 1) * op.getPairsOfPixel();
  Values elements;
  for (int64_t pixel = 0; pixel < tile.pixels.count; ++pixel)
    elements.push_back(memref::LoadOp::create(builder, loc, scratch,
                                              index(data + pixel * apart)));
  auto add = [&](int64_t channel, Value word) {
    for (int64_t pixel = 0; pixel < tile.pixels.count; ++pixel) {
      Value &sum = sums[pixel * tile.channels + channel];
      sum = DualMacOp::create(builder, loc, sum, elements[pixel], word);
    }
  };
  for (int64_t channel = 0; channel < tile.channels; channel += 2) {
    Value word =
        reader.read(op.getWeight(),
                    {tile.block, row, pair, space.constant(channel / 2)}, 1);
    failed |= !word;
    if (failed)
      return sums;
    add(channel + 1, word);
    add(channel, LowBytesOp::create(builder, loc, word));
  }
  return sums;
}

/// Writes what the kernel computes of the convolution's element at `indices`.
void PairEmitter::store(const Indices &indices, Value value) {
  reader.startPoint();
  reader.setKnown(op.getResult(), value);
  for (const KernelStore &target : body.stores) {
    std::optional<Indices> at =
        project(space, op.getResult(), indices, target.tensor, 1);
    Value result = at ? reader.read(target.tensor, *at, 1) : Value();
    failed |= !result;
    if (!failed)
      reader.store(target.tensor.getLoc(), result, target.memref, *at, 1);
  }
}

LogicalResult PairEmitter::emit() {
  int64_t words = op.getScratchBytes() / 4;
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  scratch = memref::ViewOp::create(builder, loc,
                                   MemRefType::get(words, builder.getI32Type()),
                                   body.scratch, zero, ValueRange());
  loopOverBatch({}, 0, [&](const Indices &outer) { emitImage(outer); });
  return failure(failed);
}

LogicalResult lathe::emitPairConv(OpBuilder &builder, const KernelBody &body,
                                  PairConvOp op) {
  if (!body.scratch)
    return op.emitOpError("needs scratch; run lathe-form-kernels first");
  return PairEmitter(builder, body, op).emit();
}
