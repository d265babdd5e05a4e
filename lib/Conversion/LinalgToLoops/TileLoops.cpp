//===- TileLoops.cpp - Register tiles around one root ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The parallel loops are cut into segments: full tiles, a rest, and borders
// where windows reach into the padding (TileWindows.cpp). Inside, every point
// of the tile is unrolled with accumulators in registers (Goto and van de
// Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008; for direct
// convolution Zhang, Franchetti and Low, 2018), then the reduction loops run,
// then what was fused behind the root is computed and stored.
//
//===----------------------------------------------------------------------===//

#include "TileEmitter.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lathe;

TileEmitter::TileEmitter(OpBuilder &builder, const KernelBody &body,
                         linalg::GenericOp root, ArrayRef<KernelStore> stores)
    : builder(builder), body(body), root(root), stores(stores),
      space(builder.getContext()), reader(builder, space),
      loc(root ? root.getLoc() : stores[0].tensor.getLoc()),
      canOverrun(canComputeUnused(body)), looksUp(usesTables(body)) {
  if (root) {
    extents = root.getStaticLoopRanges();
    names = loopNames(root);
    parallel = root.getNumParallelLoops();
  } else {
    auto type = cast<RankedTensorType>(stores[0].tensor.getType());
    extents = llvm::to_vector(type.getShape());
    static constexpr StringLiteral defaults[] = {"i0", "i1", "i2", "i3",
                                                 "i4", "i5", "i6", "i7"};
    for (size_t i = 0; i < extents.size(); ++i)
      names.push_back(defaults[std::min<size_t>(i, 7)]);
    parallel = extents.size();
  }
}

int64_t TileEmitter::tileOf(int64_t loop) const {
  int64_t tile =
      loop < static_cast<int64_t>(body.tile.size()) ? body.tile[loop] : 1;
  if (loop + 1 == parallel)
    tile = std::max(tile, body.vector);
  return std::clamp<int64_t>(tile, 1, std::max<int64_t>(extents[loop], 1));
}

/// Emits the loops of `order`, outermost first, around the tile. If threads
/// share the outermost, then its longest segment, which holds nearly all of the
/// work; for the others a second team would cost more than it saves.
void TileEmitter::emitNest(ArrayRef<int64_t> order, Indices bases,
                           SmallVector<int64_t> tile, bool isShared) {
  if (order.empty())
    return emitBody(bases, tile);
  int64_t loop = order.front();
  SmallVector<Segment> segments = segmentsOf(loop);
  const Segment *longest =
      llvm::max_element(segments, [](const Segment &a, const Segment &b) {
        return a.high - a.low < b.high - b.low;
      });
  for (const Segment &segment : segments) {
    tile[loop] = segment.tile;
    auto emitInside = [&](AffineExpr index, ValueRange) -> SmallVector<Value> {
      bases[loop] = index;
      emitNest(order.drop_front(), bases, tile, /*isShared=*/false);
      return {};
    };
    if (isShared && &segment == longest)
      buildParallelLoop(builder, space, loc, names[loop], segment.low,
                        segment.high, segment.tile, emitInside);
    else
      buildLoop(builder, space, loc, names[loop],
                builder.getIndexAttr(segment.low),
                builder.getIndexAttr(segment.high), segment.tile,
                {segment.low, segment.high - segment.tile}, {}, emitInside);
  }
}

SmallVector<Point> TileEmitter::pointsOf(ArrayRef<int64_t> tile) const {
  SmallVector<Point> points(1);
  for (int64_t loop = 0; loop < parallel; ++loop) {
    SmallVector<std::pair<int64_t, Lanes>> pieces;
    int64_t width = loop + 1 == parallel ? body.vector : 1;
    for (int64_t offset = 0; offset < tile[loop]; offset += width) {
      int64_t left = tile[loop] - offset;
      if (left >= width) {
        pieces.push_back({offset, width});
        continue;
      }
      // The end of a row is a vector, too: one of the next power of two, or,
      // where the lanes beyond must not be computed, ever smaller ones.
      // Instructions for dot products have whole vectors.
      if (usesDots()) {
        pieces.push_back({offset, Lanes(width, left)});
        continue;
      }
      width = canOverrun ? llvm::PowerOf2Ceil(left)
                         : llvm::bit_floor<uint64_t>(left);
      pieces.push_back({offset, Lanes(width, std::min(left, width))});
    }
    SmallVector<Point> next;
    for (const Point &point : points)
      for (auto [offset, lanes] : pieces) {
        next.push_back(point);
        next.back().offsets.push_back(offset);
        next.back().lanes = lanes;
      }
    points = std::move(next);
  }
  return points;
}

Indices TileEmitter::indicesOf(const Point &point, const Indices &bases) const {
  Indices indices;
  for (auto [base, offset] : llvm::zip(bases, point.offsets))
    indices.push_back(base + offset);
  if (point.lanes.width > 1)
    indices.back() = indices.back() + space.lane();
  return indices;
}

SmallVector<Value> TileEmitter::initialValues(ArrayRef<Point> points,
                                              const Indices &bases) {
  SmallVector<Value> values;
  for (const Point &point : points) {
    Indices indices = indicesOf(point, bases);
    indices.resize(extents.size(), space.constant(0));
    for (OpOperand &init : root.getDpsInitsMutable()) {
      Indices at;
      for (AffineExpr expr : root.getMatchingIndexingMap(&init).getResults())
        at.push_back(expr.replaceDims(indices));
      Value value = reader.read(init.get(), at, point.lanes);
      failed |= !value;
      values.push_back(reader.broadcast(loc, value, point.lanes.width));
    }
  }
  return values;
}

SmallVector<Value> TileEmitter::reduce(int64_t loop, ArrayRef<Point> points,
                                       const Indices &bases,
                                       const Indices &reduced,
                                       ValueRange accumulators) {
  if (loop == static_cast<int64_t>(extents.size()))
    return accumulate(points, bases, reduced, accumulators);
  auto numLoops = static_cast<int64_t>(extents.size());
  if (usesRowDots() && loop + 2 == numLoops)
    return reduceRows(points, bases, reduced, accumulators);
  if (usesDots() && !usesRowDots() && loop + 1 == numLoops)
    return reduceQuads(points, bases, reduced, accumulators);
  if (!haveOneWindow(loop, points, bases))
    return reduceUnrolled(loop, points, bases, reduced, accumulators);
  auto [low, high] = clip(loop, points.front(), bases);
  return buildLoop(builder, space, loc, names[loop], low, high, 1,
                   {0, extents[loop] - 1}, accumulators,
                   [&](AffineExpr index, ValueRange carried) {
                     Indices inner = reduced;
                     inner.push_back(index);
                     return reduce(loop + 1, points, bases, inner, carried);
                   });
}

SmallVector<Value> TileEmitter::accumulate(ArrayRef<Point> points,
                                           const Indices &bases,
                                           const Indices &reduced,
                                           ValueRange accumulators) {
  unsigned results = root.getNumResults();
  prefetchWeights(bases, reduced);
  SmallVector<Value> next;
  for (auto [i, point] : llvm::enumerate(points)) {
    Indices loops = indicesOf(point, bases);
    llvm::append_range(loops, reduced);
    SmallVector<Value> arguments;
    for (OpOperand *input : root.getDpsInputOperands()) {
      if (root.getMatchingBlockArgument(input).use_empty()) {
        arguments.push_back({}); // states the window's shape only
        continue;
      }
      Indices at;
      for (AffineExpr expr : root.getMatchingIndexingMap(input).getResults())
        at.push_back(expr.replaceDims(loops));
      arguments.push_back(reader.read(input->get(), at, point.lanes));
      failed |= !arguments.back();
    }
    llvm::append_range(arguments, accumulators.slice(i * results, results));
    if (failed)
      return llvm::to_vector(accumulators);
    llvm::append_range(
        next, reader.inlineRegion(root, loops, arguments, point.lanes));
  }
  for (size_t i = 0; i < next.size(); ++i)
    next[i] = reader.broadcast(loc, next[i], points[i / results].lanes.width);
  return next;
}

void TileEmitter::storeResults(const Point &point, const Indices &bases,
                               ValueRange results) {
  Indices indices = indicesOf(point, bases);
  reader.startPoint();
  if (root)
    for (auto [result, value] : llvm::zip(root.getResults(), results))
      reader.setKnown(result, value);
  for (const KernelStore &store : stores) {
    Indices at = indices;
    if (root) {
      std::optional<Indices> projected;
      for (Value result : root.getResults())
        if (!projected)
          projected =
              project(space, result, indices, store.tensor, point.lanes);
      at = *projected;
    }
    Value value = reader.read(store.tensor, at, point.lanes);
    failed |= !value;
    if (!failed)
      reader.store(store.tensor.getLoc(), value, store.memref, at, point.lanes);
  }
}

/// How many of `points`, the first at least, are stored as one vector: 512 bits
/// of bytes where these are looked up in tables, which takes as long for 16.
size_t TileEmitter::countStoredWith(Points points) const {
  constexpr int64_t mostLanes = 64;
  int64_t width = points[0].lanes.width;
  size_t count = 1;
  auto follows = [&](const Point &point) {
    SmallVector<int64_t> offsets = points[0].offsets;
    offsets.back() += static_cast<int64_t>(count) * width;
    return point.offsets == offsets && point.lanes.width == width &&
           point.lanes.used == width;
  };
  if (!looksUp || points[0].lanes.used != width || width < 16)
    return 1;
  while (count < points.size() && follows(points[count]) &&
         static_cast<int64_t>(count + 1) * width <= mostLanes)
    ++count;
  return llvm::bit_floor(count);
}

/// `vectors` of one type, a power of two of them, as one.
Value TileEmitter::join(ValueRange vectors) {
  if (vectors.size() == 1)
    return vectors[0];
  Value low = join(vectors.take_front(vectors.size() / 2));
  Value high = join(vectors.drop_front(vectors.size() / 2));
  int64_t size = 2 * cast<VectorType>(low.getType()).getNumElements();
  return vector::ShuffleOp::create(
      builder, loc, low, high, llvm::to_vector(llvm::seq<int64_t>(0, size)));
}

void TileEmitter::emitBody(const Indices &bases, ArrayRef<int64_t> tile) {
  SmallVector<Point> all = pointsOf(tile);
  Points points(all);
  SmallVector<Value> values;
  unsigned results = root ? root.getNumResults() : 0;
  if (root) {
    prefetchNextRows(points, bases);
    values = initialValues(points, bases);
    if (!failed)
      values = reduce(parallel, points, bases, {}, values);
  }
  if (failed)
    return;
  for (size_t first = 0; first < points.size();) {
    size_t count = results <= 1 ? countStoredWith(points.drop_front(first)) : 1;
    Point point = points[first];
    point.lanes.width *= static_cast<int64_t>(count);
    point.lanes.used *= static_cast<int64_t>(count);
    ValueRange sums =
        ValueRange(values).slice(first * results, count * results);
    if (count > 1 && root)
      storeResults(point, bases, join(sums));
    else
      storeResults(point, bases, sums);
    first += count;
  }
}

LogicalResult TileEmitter::emit() {
  SmallVector<int64_t> order;
  for (int64_t loop : body.order)
    if (loop < parallel)
      order.push_back(loop);
  if (static_cast<int64_t>(order.size()) != parallel)
    order = llvm::to_vector(llvm::seq<int64_t>(0, parallel));
  Indices bases(parallel, space.constant(0));
  emitNest(order, bases, SmallVector<int64_t>(parallel, 1), body.parallel);
  return failure(failed);
}

LogicalResult lathe::emitTiles(OpBuilder &builder, const KernelBody &body) {
  if (!body.reductions.empty())
    return TileEmitter(builder, body, body.reductions[0], body.stores).emit();
  for (const KernelStore &store : body.stores)
    if (failed(TileEmitter(builder, body, {}, store).emit()))
      return failure();
  return success();
}
