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
//===----------------------------------------------------------------------===//

#include "TileEmitter.h"

#include "lathe/Dialect/Lathe/IR/LatheDotOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

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
  if (full != 0)
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
  Values next;
  for (auto [point, sum] : llvm::zip_equal(points, accumulators)) {
    Indices loops = indicesOf(point, bases);
    loops.back() = space.atLane(loops.back(), 0);
    llvm::append_range(loops, reduced);
    Value data = readQuad(loops, used);
    if (!data)
      return llvm::to_vector(accumulators);
    next.push_back(addProducts(sum, data, loops));
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

/// The upper byte of each pair as a number of 16 bits.
Value TileEmitter::shiftRight(Value pairs, bool isUnsigned) {
  auto type = cast<VectorType>(pairs.getType());
  Value amount = arith::ConstantOp::create(
      builder, loc, DenseElementsAttr::get(type, builder.getI16IntegerAttr(8)));
  if (isUnsigned)
    return arith::ShRUIOp::create(builder, loc, pairs, amount);
  return arith::ShRSIOp::create(builder, loc, pairs, amount);
}
