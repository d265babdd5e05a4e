//===- WinogradLoops.cpp - Convolution by Winograd's algorithm ------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// F(4x4, 3x3) of A. Lavin and S. Gray, "Fast Algorithms for Convolutional
// Neural Networks", 2015. For a block of tiles: the patches of the input become
// V, 36 matrices [tiles, C]. Then, for as many output channels as the register
// tile has: the 36 products M with the filter, and the tiles of the result from
// these, with what was fused behind the convolution. V stays in a cache, M in
// the first or second level, and the filter is read in the order of its memory.
//
// Of bytes, V is of 16-bit integers, which dot products multiply in pairs of
// channels, and M of 32-bit ones (see lathe.winograd_conv for why that is
// exact).
//
//===----------------------------------------------------------------------===//

#include "KernelLoops.h"
#include "WeightPrefetch.h"

#include "lathe/Dialect/Lathe/IR/LatheDotOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lathe;

namespace {

constexpr int64_t tile = WinogradConvOp::tile, patch = WinogradConvOp::patch;
constexpr int64_t positions = patch * patch;

/// Arithmetic on elements or vectors: of floats, which may be contracted to
/// multiply-adds, or of integers, which wrap around.
class VectorMath {
public:
  VectorMath(OpBuilder &builder, Location loc) : builder(builder), loc(loc) {}

  Value add(Value a, Value b) {
    if (isFloat(a))
      return arith::AddFOp::create(builder, loc, a, b, contract);
    return arith::AddIOp::create(builder, loc, a, b);
  }
  Value sub(Value a, Value b) {
    if (isFloat(a))
      return arith::SubFOp::create(builder, loc, a, b, contract);
    return arith::SubIOp::create(builder, loc, a, b);
  }
  Value mul(Value a, Value b) {
    if (isFloat(a))
      return arith::MulFOp::create(builder, loc, a, b, contract);
    return arith::MulIOp::create(builder, loc, a, b);
  }
  /// a + factor * b
  Value addScaled(Value a, int64_t factor, Value b) {
    Value scaled = scale(std::abs(factor), b);
    return factor < 0 ? sub(a, scaled) : add(a, scaled);
  }
  /// An integer divided by a power of two.
  Value shiftRight(Value a, int64_t bits) {
    return arith::ShRSIOp::create(builder, loc, a, constant(a.getType(), bits));
  }
  Value constant(Type type, int64_t number) {
    Type element = getElementTypeOrSelf(type);
    bool isFloat = isa<FloatType>(element);
    TypedAttr value =
        isFloat ? TypedAttr(builder.getFloatAttr(element, double(number)))
                : builder.getIntegerAttr(element, number);
    if (auto vector = dyn_cast<VectorType>(type))
      value = SplatElementsAttr::get(vector, Attribute(value));
    return arith::ConstantOp::create(builder, loc, value);
  }

private:
  static constexpr auto contract = arith::FastMathFlags::contract;

  static bool isFloat(Value value) {
    return isa<FloatType>(getElementTypeOrSelf(value.getType()));
  }
  /// Vectors of integers have shifts, but slow products or none.
  Value scale(int64_t factor, Value a) {
    if (isFloat(a))
      return mul(a, constant(a.getType(), factor));
    assert(llvm::isPowerOf2_64(factor) && "the transforms have no others");
    return arith::ShLIOp::create(builder, loc, a,
                                 constant(a.getType(), llvm::Log2_64(factor)));
  }

  OpBuilder &builder;
  Location loc;
};

/// One dimension of the input's transform, B^T d.
std::array<Value, patch> transformInput(VectorMath math, ArrayRef<Value> d) {
  Value even = math.addScaled(d[4], -4, d[2]);
  Value odd = math.addScaled(d[3], -4, d[1]);
  Value far = math.sub(d[4], d[2]), near = math.sub(d[3], d[1]);
  return {math.addScaled(far, 4, math.sub(d[0], d[2])),
          math.add(even, odd),
          math.sub(even, odd),
          math.addScaled(far, 2, near),
          math.addScaled(far, -2, near),
          math.addScaled(math.sub(d[5], d[3]), -4, near)};
}

/// One dimension of the output's transform, A^T m, where `last` is the last
/// factor in it.
std::array<Value, tile> transformOutput(VectorMath math, int64_t last,
                                        ArrayRef<Value> m) {
  Value sum = math.add(m[1], m[2]), difference = math.sub(m[1], m[2]);
  Value farSum = math.add(m[3], m[4]), farDifference = math.sub(m[3], m[4]);
  Value most = math.addScaled(difference, 8, farDifference);
  return {math.add(math.add(m[0], sum), farSum),
          math.addScaled(difference, 2, farDifference),
          math.addScaled(sum, 4, farSum),
          last == 1 ? math.add(m[5], most) : math.addScaled(most, last, m[5])};
}

/// Transforms both dimensions of a square of values, rows first.
template <size_t Small, size_t Large, typename Fn>
SmallVector<Value> transformSquare(ArrayRef<Value> values, Fn transform) {
  std::array<std::array<Value, Large>, Small> half;
  for (size_t column = 0; column < Large; ++column) {
    SmallVector<Value> taken;
    for (size_t row = 0; row < Large; ++row)
      taken.push_back(values[row * Large + column]);
    std::array<Value, Small> done = transform(taken);
    for (size_t row = 0; row < Small; ++row)
      half[row][column] = done[row];
  }
  SmallVector<Value> result;
  for (const auto &row : half)
    llvm::append_range(result, transform(ArrayRef<Value>(row)));
  return result;
}

/// Iterations [low, high) of a loop in steps of `step`.
struct Range {
  int64_t low, high, step;
};

/// [0, extent) in full steps and a rest.
SmallVector<Range, 2> cut(int64_t extent, int64_t step) {
  int64_t full = extent / step * step;
  SmallVector<Range, 2> ranges;
  if (full > 0)
    ranges.push_back({0, full, step});
  if (full < extent)
    ranges.push_back({full, extent, extent - full});
  return ranges;
}

class WinogradEmitter {
public:
  WinogradEmitter(OpBuilder &builder, const KernelBody &body, WinogradConvOp op)
      : builder(builder), loc(op.getLoc()), body(body), op(op),
        space(builder.getContext()), reader(builder, space),
        input(op.getInput().getType().getShape()),
        output(op.getType().getShape()), channelBlock(op.getChannelBlock()),
        sumType(op.getType().getElementType()),
        dataType(op.isInteger() ? builder.getI16Type() : sumType) {}

  LogicalResult emit();

private:
  /// A block of tiles of image `n` whose first is at (`row`, `column`).
  struct Block {
    AffineExpr n, row, column;
    int64_t height, width;

    int64_t size() const { return height * width; }
  };
  /// A part of M at `position`: from tile `row` of the block and channel
  /// `column` of the group, so many of each.
  struct Product {
    AffineExpr group, position, row, column;
    int64_t rows, columns;
    /// Which of so many products with the position's matrix it is.
    AffineExpr pass;
    int64_t passes;
  };
  using Body = llvm::function_ref<void(AffineExpr)>;

  void loop(StringRef name, Range range, Body body);
  void loopOverTiles(const Block &block,
                     llvm::function_ref<void(AffineExpr row, AffineExpr column,
                                             AffineExpr number)>
                         body);
  void emitShares();
  void emitRows(AffineExpr share, Range range);
  void emitBlock(const Block &block);
  void emitPatches(const Block &block);
  void emitPatch(ArrayRef<AffineExpr> pixel, AffineExpr number, int64_t width,
                 AffineExpr channel);
  void emitProducts(AffineExpr group, int64_t tiles);
  void emitProduct(const Product &product);
  Value multiply(Value sum, Value data, Value weights);
  void emitTiles(const Block &block, AffineExpr group, int64_t channels);
  void emitTile(ArrayRef<AffineExpr> pixel, AffineExpr number, int64_t width,
                AffineExpr channel, AffineExpr inGroup);
  Value readInput(ArrayRef<AffineExpr> indices, int64_t width, bool isInside);
  Value widen(Value bytes);
  Value divideByScale(Value sum);
  void store(ArrayRef<AffineExpr> indices, Value value, int64_t width);

  Value viewScratch(Value start, ArrayRef<int64_t> shape, Type element,
                    int64_t planeBytes);
  /// `index` lies in [0, extent): null if that is known to be so.
  Value isWithin(AffineExpr index, int64_t extent) {
    return lathe::isWithin(builder, space, loc, index, extent);
  }
  Value both(Value a, Value b) { return lathe::both(builder, loc, a, b); }
  void buildIf(Value condition, llvm::function_ref<void()> then,
               llvm::function_ref<void()> otherwise = nullptr) {
    lathe::buildIf(builder, loc, condition, then, otherwise);
  }

  OpBuilder &builder;
  Location loc;
  const KernelBody &body;
  WinogradConvOp op;
  IndexSpace space;
  TensorReader reader;
  ArrayRef<int64_t> input, output;
  int64_t channelBlock;
  /// The elements of M and of V.
  Type sumType, dataType;
  /// V and M, memrefs [36, tiles, channels], and V as what one product takes.
  Value patches, factors, products;
  bool failed = false;
};

} // namespace

//===----------------------------------------------------------------------===//
// Loops and conditions
//===----------------------------------------------------------------------===//

void WinogradEmitter::loop(StringRef name, Range range, Body body) {
  buildLoop(builder, space, loc, name, builder.getIndexAttr(range.low),
            builder.getIndexAttr(range.high), range.step,
            {range.low, range.high - range.step}, {},
            [&](AffineExpr index, ValueRange) -> SmallVector<Value> {
              body(index);
              return {};
            });
}

void WinogradEmitter::loopOverTiles(
    const Block &block,
    llvm::function_ref<void(AffineExpr, AffineExpr, AffineExpr)> body) {
  loop("i", {0, block.height, 1}, [&](AffineExpr i) {
    loop("j", {0, block.width, 1}, [&](AffineExpr j) {
      body(block.row + i, block.column + j, i * block.width + j);
    });
  });
}

/// The matrices `shape` [36, tiles, channels] at byte `start` of the scratch.
Value WinogradEmitter::viewScratch(Value start, ArrayRef<int64_t> shape,
                                   Type element, int64_t planeBytes) {
  int64_t plane = planeBytes * 8 / element.getIntOrFloatBitWidth();
  Value flat = memref::ViewOp::create(
      builder, loc, MemRefType::get(shape[0] * plane, element), body.scratch,
      start, ValueRange());
  int64_t strides[] = {plane, shape[2], 1};
  auto type = MemRefType::get(
      shape, element, StridedLayoutAttr::get(builder.getContext(), 0, strides));
  return memref::ReinterpretCastOp::create(builder, loc, type, flat, 0, shape,
                                           strides);
}

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

/// The blocks of tiles; threads share the full rows of them.
void WinogradEmitter::emitShares() {
  int64_t shares = op.getShares();
  Range full{0, 0, 1}, rest{0, 0, 1};
  for (Range range : cut(op.getNumTiles(0), op.getBlock()[0]))
    (range.step == op.getBlock()[0] ? full : rest) = range;
  if (shares == 1 || !body.parallel) {
    for (Range range : {full, rest})
      if (range.low < range.high)
        emitRows(space.constant(0), range);
    return;
  }
  buildParallelLoop(builder, space, loc, "share", 0, shares, 1,
                    [&](AffineExpr share, ValueRange) -> SmallVector<Value> {
                      emitRows(share, full);
                      return {};
                    });
  if (rest.low < rest.high)
    emitRows(space.constant(0), rest);
}

/// The blocks whose rows of tiles are in `range`; of several, those that are
/// the share's.
void WinogradEmitter::emitRows(AffineExpr share, Range range) {
  int64_t inputPlane = op.getInputPlaneBytes();
  int64_t outputPlane = op.getOutputPlaneBytes();
  int64_t most = op.getTilesInBlock(), channels = op.getInputChannels();
  AffineExpr start = share * (positions * (inputPlane + outputPlane));
  auto at = [&](int64_t offset) {
    return space.materialize(builder, loc, space.flatten(start + offset));
  };
  Value first = at(0);
  patches =
      viewScratch(first, {positions, most, channels}, dataType, inputPlane);
  factors = patches;
  if (op.isInteger())
    factors = viewScratch(first, {positions, most, channels / 2},
                          builder.getI32Type(), inputPlane);
  products = viewScratch(at(positions * inputPlane),
                         {positions, most, channelBlock}, sumType, outputPlane);
  auto emitColumns = [&](AffineExpr row) {
    for (Range columns : cut(op.getNumTiles(1), op.getBlock()[1]))
      loop("column", columns, [&](AffineExpr column) {
        loop("n", {0, output[0], 1}, [&](AffineExpr n) {
          emitBlock({n, row, column, range.step, columns.step});
        });
      });
  };
  if (isa<AffineConstantExpr>(share))
    return loop("row", range, emitColumns);
  // Block k of all belongs to share k * shares / blocks.
  int64_t blocks = (range.high - range.low) / range.step;
  int64_t shares = op.getShares();
  auto boundOf = [&](AffineExpr number) -> OpFoldResult {
    return space.materialize(builder, loc,
                             space.flatten(number * blocks).floorDiv(shares));
  };
  buildLoop(builder, space, loc, "block", boundOf(share), boundOf(share + 1), 1,
            {0, blocks - 1}, {},
            [&](AffineExpr block, ValueRange) -> SmallVector<Value> {
              emitColumns(block * range.step + range.low);
              return {};
            });
}

void WinogradEmitter::emitBlock(const Block &block) {
  emitPatches(block);
  for (Range channels : cut(output[3], channelBlock))
    loop("oc", channels, [&](AffineExpr channel) {
      AffineExpr group =
          space.simplify(space.flatten(channel).floorDiv(channelBlock),
                         /*lanes=*/1);
      emitProducts(group, block.size());
      emitTiles(block, channel, channels.step);
    });
}

//===----------------------------------------------------------------------===//
// The input
//===----------------------------------------------------------------------===//

/// Data of 8 bits in 16, and floats as they are.
Value WinogradEmitter::widen(Value bytes) {
  if (!op.isInteger())
    return bytes;
  Type type = dataType;
  if (auto vector = dyn_cast<VectorType>(bytes.getType()))
    type = vector.clone(dataType);
  if (op.hasUnsignedInput())
    return arith::ExtUIOp::create(builder, loc, type, bytes);
  return arith::ExtSIOp::create(builder, loc, type, bytes);
}

/// The element or vector at `indices` of the input, zero in the padding.
Value WinogradEmitter::readInput(ArrayRef<AffineExpr> indices, int64_t width,
                                 bool isInside) {
  auto load = [&] {
    Value value = reader.read(op.getInput(), indices, width);
    failed |= !value;
    return value ? widen(value) : value;
  };
  Value condition;
  if (!isInside)
    condition =
        both(isWithin(indices[1], input[1]), isWithin(indices[2], input[2]));
  if (!condition)
    return load();
  TypedAttr zero = builder.getZeroAttr(
      width > 1 ? Type(VectorType::get(width, dataType)) : dataType);
  auto choice = scf::IfOp::create(builder, loc, zero.getType(), condition,
                                  /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(choice.thenBlock());
  if (Value value = load())
    scf::YieldOp::create(builder, loc, value);
  builder.setInsertionPointToStart(choice.elseBlock());
  scf::YieldOp::create(
      builder, loc, arith::ConstantOp::create(builder, loc, zero).getResult());
  return choice.getResult(0);
}

/// Transforms the patch whose first pixel is `pixel` (n, h, w) into row
/// `number` of V, `width` channels of it.
void WinogradEmitter::emitPatch(ArrayRef<AffineExpr> pixel, AffineExpr number,
                                int64_t width, AffineExpr channel) {
  AffineExpr lanes = width > 1 ? channel + space.lane() : channel;
  auto transform = [&](bool isInside) {
    SmallVector<Value> values;
    for (int64_t p = 0; p < positions; ++p)
      values.push_back(readInput(
          {pixel[0], pixel[1] + p / patch, pixel[2] + p % patch, lanes}, width,
          isInside));
    if (failed)
      return;
    VectorMath math(builder, loc);
    values = transformSquare<patch, patch>(
        values, [&](ArrayRef<Value> d) { return transformInput(math, d); });
    for (auto [p, value] : llvm::enumerate(values))
      reader.store(loc, value, patches,
                   {space.constant(static_cast<int64_t>(p)), number, lanes},
                   width);
  };
  // Most patches lie inside, where there is nothing to check.
  Value isInside;
  for (int64_t dim : {1, 2})
    for (int64_t end : {int64_t(0), patch - 1})
      isInside = both(isInside, isWithin(pixel[dim] + end, input[dim]));
  buildIf(isInside, [&] { transform(true); }, [&] { transform(false); });
}

void WinogradEmitter::emitPatches(const Block &block) {
  loopOverTiles(block, [&](AffineExpr row, AffineExpr column, AffineExpr t) {
    AffineExpr pixel[] = {block.n, row * tile - op.getPads()[0],
                          column * tile - op.getPads()[1]};
    // As many channels as a vector holds of elements of V.
    int64_t width = body.vector * op.getChannelsInProduct(), begin = 0;
    for (; begin < input[3]; width /= 2) {
      int64_t end = begin + (input[3] - begin) / width * width;
      if (begin == end)
        continue;
      loop("c", {begin, end, width}, [&, width](AffineExpr channel) {
        emitPatch(pixel, t, width, channel);
      });
      begin = end;
    }
  });
}

//===----------------------------------------------------------------------===//
// The products
//===----------------------------------------------------------------------===//

/// M = V U for all positions and a group of output channels.
void WinogradEmitter::emitProducts(AffineExpr group, int64_t tiles) {
  int64_t most = std::max<int64_t>(body.tile[1], 1);
  int64_t rows = llvm::divideCeil(tiles, llvm::divideCeil(tiles, most));
  int64_t columns = std::clamp(body.tile[2], body.vector, channelBlock);
  columns -= columns % body.vector;
  int64_t down = llvm::divideCeil(tiles, rows);
  int64_t across = llvm::divideCeil(channelBlock, columns);
  loop("p", {0, positions, 1}, [&](AffineExpr position) {
    for (Range o : cut(channelBlock, columns))
      loop("o", o, [&](AffineExpr column) {
        for (Range t : cut(tiles, rows))
          loop("t", t, [&](AffineExpr row) {
            AffineExpr pass =
                column.floorDiv(columns) * down + row.floorDiv(rows);
            emitProduct({group, position, row, column, t.step, o.step, pass,
                         across * down});
          });
      });
  });
}

/// `sum` and the products of `data`, one number for all lanes, with `weights`.
Value WinogradEmitter::multiply(Value sum, Value data, Value weights) {
  auto type = cast<VectorType>(sum.getType());
  Value all = vector::BroadcastOp::create(builder, loc, type, data);
  if (op.isInteger()) {
    all = vector::BitCastOp::create(builder, loc, weights.getType(), all);
    return DotOp::create(builder, loc, sum, all, weights,
                         /*is_unsigned=*/false);
  }
  VectorMath math(builder, loc);
  return math.add(sum, math.mul(all, weights));
}

/// The register tile, summed over all input channels.
void WinogradEmitter::emitProduct(const Product &product) {
  int64_t width = body.vector, vectors = product.columns / width;
  auto type = VectorType::get(width, sumType);
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  SmallVector<Value> sums(product.rows * vectors, zero);
  auto columnOf = [&](int64_t vector) {
    return product.column + vector * width;
  };
  int64_t joined = op.getChannelsInProduct();
  int64_t steps = op.getInputChannels() / joined;
  int64_t matrix = op.getInputChannels() * channelBlock;
  WeightPrefetch prefetch(findMemory(op.getFilter()), matrix, product.passes,
                          steps);
  auto accumulate = [&](AffineExpr c, ValueRange carried) {
    prefetch.emit(builder, space, loc,
                  (product.group * positions + product.position) * matrix,
                  product.pass, c);
    SmallVector<Value> next, weights;
    for (int64_t vector = 0; vector < vectors; ++vector)
      weights.push_back(reader.read(op.getFilter(),
                                    {product.group, product.position, c,
                                     columnOf(vector) * joined + space.lane()},
                                    width * joined));
    failed |= llvm::is_contained(weights, Value());
    if (failed)
      return llvm::to_vector(carried);
    for (int64_t row = 0; row < product.rows; ++row) {
      Value data = reader.load(loc, factors,
                               {product.position, product.row + row, c}, 1);
      for (int64_t vector = 0; vector < vectors; ++vector)
        next.push_back(
            multiply(carried[row * vectors + vector], data, weights[vector]));
    }
    return next;
  };
  sums = buildLoop(builder, space, loc, "c", builder.getIndexAttr(0),
                   builder.getIndexAttr(steps), 1, {0, steps - 1}, sums,
                   accumulate);
  for (int64_t row = 0; row < product.rows; ++row)
    for (int64_t vector = 0; vector < vectors; ++vector)
      reader.store(loc, sums[row * vectors + vector], products,
                   {product.position, product.row + row,
                    columnOf(vector) + space.lane()},
                   width);
}

//===----------------------------------------------------------------------===//
// The result
//===----------------------------------------------------------------------===//

/// Writes what the kernel computes of the convolution's element at `indices`.
void WinogradEmitter::store(ArrayRef<AffineExpr> indices, Value value,
                            int64_t width) {
  reader.startPoint();
  reader.setKnown(op.getResult(), value);
  for (const KernelStore &target : body.stores) {
    std::optional<Indices> at = project(
        space, op.getResult(), llvm::to_vector(indices), target.tensor, width);
    Value result = at ? reader.read(target.tensor, *at, width) : Value();
    failed |= !result;
    if (!failed)
      reader.store(target.tensor.getLoc(), result, target.memref, *at, width);
  }
}

/// A sum from what the transforms make of it: of integers 24 * 24 times it,
/// modulo 2^32.
Value WinogradEmitter::divideByScale(Value sum) {
  if (!op.isInteger())
    return sum;
  constexpr int64_t inverseOfNine = 0x38e38e39;
  static_assert(uint32_t(inverseOfNine) * 9 == 1);
  VectorMath math(builder, loc);
  Value times64 = math.mul(sum, math.constant(sum.getType(), inverseOfNine));
  return math.shiftRight(times64, 6);
}

/// The tile whose first pixel is `pixel` from row `number` of M: `width`
/// channels, which begin at `inGroup` of it and at `channel` of the result.
void WinogradEmitter::emitTile(ArrayRef<AffineExpr> pixel, AffineExpr number,
                               int64_t width, AffineExpr channel,
                               AffineExpr inGroup) {
  AffineExpr lane = width > 1 ? space.lane() : space.constant(0);
  SmallVector<Value> values;
  for (int64_t p = 0; p < positions; ++p)
    values.push_back(reader.load(
        loc, products, {space.constant(p), number, inGroup + lane}, width));
  VectorMath math(builder, loc);
  int64_t last = op.isInteger() ? 4 : 1;
  values = transformSquare<tile, patch>(values, [&](ArrayRef<Value> m) {
    return transformOutput(math, last, m);
  });
  for (Value &value : values)
    value = divideByScale(value);
  if (Value bias = op.getBias()) {
    Value addend =
        reader.broadcast(loc, reader.read(bias, channel + lane, width), width);
    for (Value &value : values)
      value = math.add(value, addend);
  }
  auto storeAll = [&](bool isInside) {
    for (auto [i, value] : llvm::enumerate(values)) {
      auto number = static_cast<int64_t>(i);
      AffineExpr h = pixel[1] + number / tile, w = pixel[2] + number % tile;
      Value condition;
      if (!isInside)
        condition = both(isWithin(h, output[1]), isWithin(w, output[2]));
      buildIf(condition, [&, value = value] {
        store({pixel[0], h, w, channel + lane}, value, width);
      });
    }
  };
  Value isInside = both(isWithin(pixel[1] + (tile - 1), output[1]),
                        isWithin(pixel[2] + (tile - 1), output[2]));
  buildIf(isInside, [&] { storeAll(true); }, [&] { storeAll(false); });
}

/// Output channels [`channel`, `channel` + `channels`) of a block.
void WinogradEmitter::emitTiles(const Block &block, AffineExpr channel,
                                int64_t channels) {
  loopOverTiles(block, [&](AffineExpr row, AffineExpr column, AffineExpr t) {
    AffineExpr pixel[] = {block.n, row * tile, column * tile};
    int64_t width = body.vector;
    for (int64_t begin = 0; begin < channels; begin += width) {
      while (width > channels - begin)
        width /= 2;
      emitTile(pixel, t, width, channel + begin, space.constant(begin));
    }
  });
}

LogicalResult WinogradEmitter::emit() {
  emitShares();
  return failure(failed);
}

LogicalResult lathe::emitWinograd(OpBuilder &builder, const KernelBody &body,
                                  WinogradConvOp op) {
  if (!body.scratch)
    return op.emitOpError("needs scratch; run lathe-form-kernels first");
  if (body.tile.size() != 4)
    return op.emitOpError("needs a strategy; run lathe-select-strategy first");
  return WinogradEmitter(builder, body, op).emit();
}
