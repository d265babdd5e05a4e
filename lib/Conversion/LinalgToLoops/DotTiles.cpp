//===- DotTiles.cpp - Register tiles of dot products ----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The root of a tile that multiplies bytes (lathe.dot_conv) takes four elements
// of a sum at a time. Its weights lie in memory as the instructions read them;
// the four bytes of the data are loaded as one number, which every lane gets.
//
// A depthwise root (lathe.dot_depthwise) takes four rows of its window at a
// time. The bytes of a channel come together by two shuffles, which
// neighbouring windows share.
//
//===----------------------------------------------------------------------===//

#include "TileEmitter.h"

#include "lathe/Dialect/Lathe/IR/LatheDotOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace lathe;

static constexpr int64_t quad = DotConvOp::quad;

bool TileEmitter::usesDots() const {
  return root && root->hasAttr("lathe.dot") && body.vector > 1;
}

/// Runs the last reduction loop in steps of four iterations, and one for the
/// rest.
TileEmitter::Values TileEmitter::reduceQuads(Points points,
                                             const Indices &bases,
                                             const Indices &reduced,
                                             ValueRange accumulators) {
  auto loop = static_cast<int64_t>(extents.size()) - 1;
  int64_t rest = extents[loop] % quad, full = extents[loop] - rest;
  auto accumulateAt = [&](AffineExpr index, int64_t used, ValueRange carried) {
    Indices inner = reduced;
    inner.push_back(index);
    return accumulateQuad(points, bases, inner, used, carried);
  };
  Values sums = llvm::to_vector(accumulators);
  // A loop of two, or a short one with a rest as over a row of an image's
  // window, takes longer to set up than to run.
  constexpr int64_t mostUnrolled = 64;
  auto numProducts = static_cast<int64_t>(points.size()) * (full / quad);
  bool isShort = rest != 0 || full <= 2 * quad;
  if (full == 0 || (isShort && numProducts <= mostUnrolled))
    for (int64_t first = 0; first < full; first += quad)
      sums = accumulateAt(space.constant(first), quad, sums);
  else
    sums = buildLoop(builder, space, loc, names[loop], builder.getIndexAttr(0),
                     builder.getIndexAttr(full), quad, {0, full - quad}, sums,
                     [&](AffineExpr index, ValueRange carried) {
                       return accumulateAt(index, quad, carried);
                     });
  return rest == 0 ? sums : accumulateAt(space.constant(full), rest, sums);
}

/// Adds the products of the `used` elements from `reduced` on to the sum of
/// each point.
TileEmitter::Values TileEmitter::accumulateQuad(Points points,
                                                const Indices &bases,
                                                const Indices &reduced,
                                                int64_t used,
                                                ValueRange accumulators) {
  prefetchWeights(bases, reduced);
  // Words: the weights of one vector after the other, each for all rows, whose
  // data stay in registers.
  SmallVector<size_t> order =
      llvm::to_vector(llvm::seq<size_t>(0, points.size()));
  Value weights = root.getDpsInputOperand(1)->get();
  if (!getElementTypeOrSelf(weights).isInteger(8))
    llvm::stable_sort(order, [&](size_t a, size_t b) {
      return points[a].offsets.back() < points[b].offsets.back();
    });
  Values next(points.size());
  for (size_t i : order) {
    Indices loops = indicesOf(points[i], bases);
    loops.back() = space.atLane(loops.back(), 0);
    llvm::append_range(loops, reduced);
    Value data = readQuad(loops, used);
    if (!data)
      return llvm::to_vector(accumulators);
    next[i] = addProducts(accumulators[i], data, loops);
  }
  return next;
}

/// The `used` elements of the data from iteration `loops` on as one number.
Value TileEmitter::readQuad(const Indices &loops, int64_t used) {
  OpOperand *input = root.getDpsInputOperand(0);
  Indices elements = loops, at;
  elements.back() = elements.back() + space.lane();
  for (AffineExpr expr : root.getMatchingIndexingMap(input).getResults())
    at.push_back(expr.replaceDims(elements));
  Value bytes = reader.read(input->get(), at, Lanes(quad, used));
  failed |= !bytes;
  if (!bytes)
    return {};
  auto type = VectorType::get(1, builder.getI32Type());
  Value number = vector::BitCastOp::create(builder, loc, type, bytes);
  return vector::ExtractOp::create(builder, loc, number, int64_t(0));
}

/// `sum` and the products of the quad `data` with the weights at `loops`.
Value TileEmitter::addProducts(Value sum, Value data, const Indices &loops) {
  OpOperand *weights = root.getDpsInputOperand(1);
  Indices at;
  for (AffineExpr expr : root.getMatchingIndexingMap(weights).getResults())
    at.push_back(expr.replaceDims(loops));
  auto lanes = cast<VectorType>(sum.getType());
  int64_t width = lanes.getNumElements();
  Value all = vector::BroadcastOp::create(builder, loc, lanes, data);
  auto isUnsigned = root->getAttrOfType<BoolAttr>("lathe.dot").getValue();
  auto multiply = [&](Value sum, Value data, int64_t offset,
                      bool isUnsigned) -> Value {
    auto type = cast<VectorType>(data.getType());
    Indices place = at;
    place.back() = place.back() + offset + space.lane();
    Value factors =
        reader.read(weights->get(), place, Lanes(type.getNumElements()));
    return DotOp::create(builder, loc, sum, data, factors, isUnsigned);
  };
  auto weightsType = cast<RankedTensorType>(weights->get().getType());
  if (weightsType.getElementType().isInteger(8)) {
    auto type = VectorType::get(quad * width, builder.getI8Type());
    return multiply(sum, vector::BitCastOp::create(builder, loc, type, all), 0,
                    isUnsigned);
  }
  // Even and odd bytes as numbers of 16 bits.
  auto type = VectorType::get(2 * width, builder.getI16Type());
  Value pairs = vector::BitCastOp::create(builder, loc, type, all);
  Value odd = shiftRight(pairs, isUnsigned);
  Value even = pairs;
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(type, builder.getI16IntegerAttr(value)));
  };
  if (isUnsigned)
    even = arith::AndIOp::create(builder, loc, pairs, constant(0xff));
  else
    even = shiftRight(arith::ShLIOp::create(builder, loc, pairs, constant(8)),
                      isUnsigned);
  sum = multiply(sum, even, 0, false);
  return multiply(sum, odd, weightsType.getShape().back() / 2, false);
}

bool TileEmitter::usesRowDots() const {
  return usesDots() && root->hasAttr("lathe.dot_rows");
}

/// Runs the last two reduction loops, the rows and columns of a window,
/// unrolled for one point after the other, so that only the columns of one
/// window are in registers.
TileEmitter::Values TileEmitter::reduceRows(Points points, const Indices &bases,
                                            const Indices &reduced,
                                            ValueRange accumulators) {
  auto rowLoop = static_cast<int64_t>(extents.size()) - 2;
  Type element = getElementTypeOrSelf(root.getDpsInputOperand(1)->get());
  // Rows of a dot product.
  int64_t step = element.isInteger(8) ? quad : 2;
  Values next;
  for (auto [point, accumulator] : llvm::zip_equal(points, accumulators)) {
    Value sum = accumulator;
    Indices loops = indicesOf(point, bases);
    llvm::append_range(loops, reduced);
    loops.resize(extents.size());
    for (int64_t row = 0; row < extents[rowLoop]; row += step)
      for (int64_t column = 0; column < extents[rowLoop + 1]; ++column) {
        loops[rowLoop] = space.constant(row);
        loops[rowLoop + 1] = space.constant(column);
        Value data = readRows(loops, step, point.lanes);
        Value factors = data ? readRowWeights(loops, step, point.lanes) : data;
        failed |= !factors;
        if (failed)
          return llvm::to_vector(accumulators);
        auto isUnsigned = root->getAttrOfType<BoolAttr>("lathe.dot").getValue();
        sum = DotOp::create(builder, loc, sum, data, factors,
                            isUnsigned && step == quad);
      }
    next.push_back(sum);
  }
  return next;
}

/// The weights of `step` rows from `loops` on.
Value TileEmitter::readRowWeights(Indices loops, int64_t step, Lanes lanes) {
  OpOperand *weights = root.getDpsInputOperand(1);
  loops[parallel - 1] = space.atLane(loops[parallel - 1], 0);
  Indices at;
  for (AffineExpr expr : root.getMatchingIndexingMap(weights).getResults())
    at.push_back(expr.replaceDims(loops));
  at.back() = at.back() + space.lane();
  return reader.read(weights->get(), at,
                     Lanes(step * lanes.width, step * lanes.used));
}

/// The data at `loops` and in the rows below, `step` in all, those of each
/// channel side by side and as wide as the weights; rows that the window does
/// not have are anything that a weight of zero takes.
Value TileEmitter::readRows(const Indices &loops, int64_t step, Lanes lanes) {
  auto rowLoop = static_cast<int64_t>(extents.size()) - 2;
  OpOperand *input = root.getDpsInputOperand(0);
  auto row = cast<AffineConstantExpr>(loops[rowLoop]).getValue();
  Values rows;
  for (int64_t i = row; i < std::min(row + step, extents[rowLoop]); ++i) {
    Indices place = loops, at;
    place[rowLoop] = space.constant(i);
    for (AffineExpr expr : root.getMatchingIndexingMap(input).getResults())
      at.push_back(expr.replaceDims(place));
    rows.push_back(reader.read(input->get(), at, lanes));
    if (!rows.back())
      return {};
  }
  return step == quad ? joinQuads(rows) : joinPairs(rows);
}

/// One row, or two side by side, as numbers of 16 bits.
Value TileEmitter::joinPairs(ArrayRef<Value> rows) {
  auto isUnsigned = root->getAttrOfType<BoolAttr>("lathe.dot").getValue();
  auto extend = [&](Type element, Value value) -> Value {
    auto type = cast<VectorType>(value.getType()).clone(element);
    if (isUnsigned)
      return arith::ExtUIOp::create(builder, loc, type, value);
    return arith::ExtSIOp::create(builder, loc, type, value);
  };
  int64_t width = cast<VectorType>(rows[0].getType()).getNumElements();
  auto type = VectorType::get(2 * width, builder.getI16Type());
  if (rows.size() == 1)
    return vector::BitCastOp::create(builder, loc, type,
                                     extend(builder.getI32Type(), rows[0]));
  Value pairs = vector::InterleaveOp::create(builder, loc, rows[0], rows[1]);
  return extend(builder.getI16Type(), pairs);
}

/// Up to four rows of bytes side by side; missing ones are zero.
Value TileEmitter::joinQuads(Values rows) {
  auto rowType = cast<VectorType>(rows[0].getType());
  int64_t width = rowType.getNumElements();
  while (rows.size() < static_cast<size_t>(quad))
    rows.push_back(
        arith::ConstantOp::create(builder, loc, builder.getZeroAttr(rowType)));
  auto concat = [&](Value a, Value b) -> Value {
    int64_t size = 2 * cast<VectorType>(a.getType()).getNumElements();
    return vector::ShuffleOp::create(
        builder, loc, a, b, llvm::to_vector(llvm::seq<int64_t>(0, size)));
  };
  Value bytes = concat(concat(rows[0], rows[1]), concat(rows[2], rows[3]));
  // First numbers of four bytes, so that each four of them that the rows have
  // at the same place meet, then the bytes among these.
  auto numbers = VectorType::get(width, builder.getI32Type());
  auto type = cast<VectorType>(bytes.getType());
  SmallVector<int64_t> numberOrder, byteOrder;
  for (int64_t place = 0; place < width / quad; ++place)
    for (int64_t i = 0; i < quad; ++i)
      numberOrder.push_back(i * (width / quad) + place);
  for (int64_t byte = 0; byte < quad * width; ++byte)
    byteOrder.push_back(byte / 16 * 16 + byte % 4 * 4 + byte % 16 / 4);
  Value mixed = vector::BitCastOp::create(builder, loc, numbers, bytes);
  mixed = vector::ShuffleOp::create(builder, loc, mixed, mixed, numberOrder);
  mixed = vector::BitCastOp::create(builder, loc, type, mixed);
  return vector::ShuffleOp::create(builder, loc, mixed, mixed, byteOrder);
}

/// The upper byte of each pair as a number of 16 bits.
Value TileEmitter::shiftRight(Value pairs, bool isUnsigned) {
  auto type = cast<VectorType>(pairs.getType());
  Value amount = arith::ConstantOp::create(
      builder, loc, DenseElementsAttr::get(type, builder.getI16IntegerAttr(8)));
  if (isUnsigned)
    return arith::ShRUIOp::create(builder, loc, pairs, amount);
  return arith::ShRSIOp::create(builder, loc, pairs, amount);
}
