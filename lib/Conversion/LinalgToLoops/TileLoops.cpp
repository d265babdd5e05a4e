//===- TileLoops.cpp - Register tiles around one root ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The parallel loops are cut into segments: full tiles, a rest, and borders
// where windows reach into padding, which run point by point. Inside, every
// point of the tile is unrolled with accumulators in registers (Goto and van de
// Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008; for direct
// convolution Zhang, Franchetti and Low, 2018), then the reduction loops run,
// then what was fused behind the root is computed and stored.
//
//===----------------------------------------------------------------------===//

#include "KernelLoops.h"
#include "WeightPrefetch.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lathe;

namespace {

/// Iterations [low, high) of a loop in tiles of `tile`.
struct Segment {
  int64_t low, high, tile;
};

/// One point of a register tile: an offset along every loop, and the lanes
/// along the vector loop.
struct Point {
  SmallVector<int64_t> offsets;
  Lanes lanes = 1;
};

class TileEmitter {
public:
  TileEmitter(OpBuilder &builder, const KernelBody &body,
              linalg::GenericOp root, ArrayRef<KernelStore> stores)
      : builder(builder), body(body), root(root), stores(stores),
        space(builder.getContext()), reader(builder, space) {
    if (root) {
      extents = root.getStaticLoopRanges();
      names = loopNames(root);
      parallel = root.getNumParallelLoops();
      loc = root.getLoc();
    } else {
      Value tensor = stores[0].tensor;
      extents =
          llvm::to_vector(cast<RankedTensorType>(tensor.getType()).getShape());
      static constexpr StringLiteral defaults[] = {"i0", "i1", "i2", "i3",
                                                   "i4", "i5", "i6", "i7"};
      for (size_t i = 0; i < extents.size(); ++i)
        names.push_back(defaults[std::min<size_t>(i, 7)]);
      parallel = extents.size();
      loc = tensor.getLoc();
    }
    // Unless something else than the elements that are stored can be undefined,
    // as a division by what an unused lane holds.
    Value(stores[0].memref).getParentRegion()->walk([&](linalg::GenericOp op) {
      for (Operation &inner : op.getBody()->without_terminator())
        canOverrun &= isSpeculatable(&inner);
    });
  }

  LogicalResult emit();

private:
  int64_t tileOf(int64_t loop) const;
  SmallVector<Segment> segmentsOf(int64_t loop);
  void emitNest(ArrayRef<int64_t> order, Indices bases,
                SmallVector<int64_t> tile, bool isShared);
  SmallVector<Point> pointsOf(ArrayRef<int64_t> tile) const;
  Indices indicesOf(const Point &point, const Indices &bases) const;
  void emitBody(const Indices &bases, ArrayRef<int64_t> tile);
  SmallVector<Value> initialValues(ArrayRef<Point> points,
                                   const Indices &bases);
  SmallVector<Value> reduce(int64_t loop, ArrayRef<Point> points,
                            const Indices &bases, const Indices &reduced,
                            ValueRange accumulators);
  SmallVector<Value> accumulate(ArrayRef<Point> points, const Indices &bases,
                                const Indices &reduced,
                                ValueRange accumulators);
  std::pair<OpFoldResult, OpFoldResult> clip(int64_t loop,
                                             const Indices &bases);
  void storeResults(const Point &point, const Indices &bases,
                    ValueRange results);
  void prefetchWeights(const Indices &bases, const Indices &reduced);

  /// Calls `visit` for each padded dimension that an operand of the root reads:
  /// the pad, its dimension and the index there in terms of the root's loops.
  void forEachPadded(
      llvm::function_ref<void(tensor::PadOp, int64_t, AffineExpr)> visit);

  OpBuilder &builder;
  const KernelBody &body;
  linalg::GenericOp root;
  ArrayRef<KernelStore> stores;
  IndexSpace space;
  TensorReader reader;
  SmallVector<int64_t> extents;
  SmallVector<StringRef> names;
  int64_t parallel;
  Location loc = builder.getUnknownLoc();
  /// Whether lanes beyond the end of a row may be computed.
  bool canOverrun = true;
  bool failed = false;
};

} // namespace

void TileEmitter::forEachPadded(
    llvm::function_ref<void(tensor::PadOp, int64_t, AffineExpr)> visit) {
  if (!root)
    return;
  for (OpOperand *operand : root.getDpsInputOperands()) {
    auto pad = operand->get().getDefiningOp<tensor::PadOp>();
    if (!pad || !pad->hasAttr("lathe.neutral"))
      continue;
    AffineMap map = root.getMatchingIndexingMap(operand);
    for (int64_t dim = 0; dim < static_cast<int64_t>(map.getNumResults());
         ++dim)
      if (pad.getStaticLow()[dim] != 0 || pad.getStaticHigh()[dim] != 0)
        visit(pad, dim, map.getResult(dim));
  }
}

/// The coefficient of dimension `loop` in the linear expression `expr`.
static int64_t coefficientOf(AffineExpr expr, int64_t loop, int64_t loops) {
  AffineExpr dim = getAffineDimExpr(loop, expr.getContext());
  AffineExpr step =
      simplifyAffineExpr(expr.replace(dim, dim + 1) - expr, loops, 0);
  auto constant = dyn_cast<AffineConstantExpr>(step);
  return constant ? constant.getValue() : 0;
}

/// What `expr`, which must depend on `loop` alone then, is at iteration `at` if
/// the other loops are at their first.
static int64_t valueAt(AffineExpr expr, int64_t loop, int64_t loops,
                       int64_t at) {
  MLIRContext *context = expr.getContext();
  SmallVector<AffineExpr> dims(loops, getAffineConstantExpr(0, context));
  dims[loop] = getAffineConstantExpr(at, context);
  return cast<AffineConstantExpr>(
             simplifyAffineExpr(expr.replaceDims(dims), 0, 0))
      .getValue();
}

int64_t TileEmitter::tileOf(int64_t loop) const {
  int64_t tile =
      loop < static_cast<int64_t>(body.tile.size()) ? body.tile[loop] : 1;
  if (loop + 1 == parallel)
    tile = std::max(tile, body.vector);
  return std::clamp<int64_t>(tile, 1, std::max<int64_t>(extents[loop], 1));
}

SmallVector<Segment> TileEmitter::segmentsOf(int64_t loop) {
  int64_t extent = extents[loop], tile = tileOf(loop);
  if (tile == 1)
    return {{0, extent, 1}};
  // The interior, where every window lies inside the input.
  int64_t first = 0, end = extent;
  forEachPadded([&](tensor::PadOp pad, int64_t dim, AffineExpr index) {
    if (!index.isFunctionOfDim(loop))
      return;
    int64_t reach = 0; // how far the window extends beyond its first element
    bool isClipped = false;
    for (int64_t other = parallel; other < static_cast<int64_t>(extents.size());
         ++other) {
      int64_t step = coefficientOf(index, other, extents.size());
      reach += step * (extents[other] - 1);
      isClipped |= step > 0;
    }
    int64_t low = pad.getStaticLow()[dim];
    int64_t last = pad.getSourceType().getDimSize(dim) - 1 + low - reach;
    int64_t step = coefficientOf(index, loop, extents.size());
    if (step > 0) {
      first = std::max(first, llvm::divideCeilSigned(low, step));
      end = std::min(end, llvm::divideFloorSigned(last, step) + 1);
    } else if (step == 0 && isClipped) {
      // The quotient by a transposed convolution's stride, which never falls.
      auto at = [&](int64_t i) {
        return valueAt(index, loop, extents.size(), i);
      };
      while (first < extent && at(first) < low)
        ++first;
      while (end > first && at(end - 1) > last)
        --end;
    }
  });
  first = std::min(first, extent);
  end = std::max(end, first);
  int64_t full = (end - first) / tile * tile;
  SmallVector<Segment> segments;
  for (Segment segment :
       {Segment{0, first, 1}, Segment{first, first + full, tile},
        Segment{first + full, end, end - first - full},
        Segment{end, extent, 1}})
    if (segment.low < segment.high)
      segments.push_back(segment);
  return segments;
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

std::pair<OpFoldResult, OpFoldResult> TileEmitter::clip(int64_t loop,
                                                        const Indices &bases) {
  OpFoldResult low = builder.getIndexAttr(0);
  OpFoldResult high = builder.getIndexAttr(extents[loop]);
  forEachPadded([&](tensor::PadOp pad, int64_t dim, AffineExpr index) {
    int64_t step = coefficientOf(index, loop, extents.size());
    if (step <= 0)
      return;
    // Index of the window's first element in the source, which has `size`.
    Indices at = bases;
    at.resize(extents.size(), space.constant(0));
    AffineExpr first = index.replaceDims(at) - pad.getStaticLow()[dim];
    int64_t size = pad.getSourceType().getDimSize(dim);
    IndexRange range = space.rangeOf(first);
    // The number of steps before `distance` is covered, at least zero.
    auto stepsTo = [&](AffineExpr distance) -> Value {
      Value value = space.materialize(builder, loc, distance);
      Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
      value = arith::MaxSIOp::create(builder, loc, value, zero);
      if (step == 1)
        return value;
      Value round = arith::ConstantIndexOp::create(builder, loc, step - 1);
      value = arith::AddIOp::create(builder, loc, value, round);
      Value divisor = arith::ConstantIndexOp::create(builder, loc, step);
      return arith::DivUIOp::create(builder, loc, value, divisor);
    };
    // The attribute names the variable in C.
    auto named = [&](Value value, StringRef suffix) {
      value.getDefiningOp()->setAttr(
          "lathe.name", builder.getStringAttr(names[loop] + suffix));
      return OpFoldResult(value);
    };
    if (range.low < 0)
      low = named(stepsTo(space.flatten(-first)), "_begin");
    if (range.high + step * (extents[loop] - 1) >= size) {
      Value limit = arith::ConstantIndexOp::create(builder, loc, extents[loop]);
      Value steps = stepsTo(space.constant(size) - first);
      high = named(arith::MinSIOp::create(builder, loc, steps, limit), "_end");
    }
    reader.setUnpadded(pad);
  });
  return {low, high};
}

SmallVector<Value> TileEmitter::reduce(int64_t loop, ArrayRef<Point> points,
                                       const Indices &bases,
                                       const Indices &reduced,
                                       ValueRange accumulators) {
  if (loop == static_cast<int64_t>(extents.size()))
    return accumulate(points, bases, reduced, accumulators);
  auto [low, high] = clip(loop, bases);
  return buildLoop(builder, space, loc, names[loop], low, high, 1,
                   {0, extents[loop] - 1}, accumulators,
                   [&](AffineExpr index, ValueRange carried) {
                     Indices inner = reduced;
                     inner.push_back(index);
                     return reduce(loop + 1, points, bases, inner, carried);
                   });
}

/// Fetches a part of the weights that the next iteration of the vector loop
/// reads. The loops inside of it pass over those of this one.
void TileEmitter::prefetchWeights(const Indices &bases,
                                  const Indices &reduced) {
  int64_t vectorLoop = parallel - 1;
  if (body.vector == 1 || !llvm::is_contained(body.order, vectorLoop))
    return;
  std::optional<PackedWeights> weights = findPackedWeights(root);
  if (!weights || tileOf(vectorLoop) % weights->panelWidth != 0)
    return;
  AffineExpr pass = space.constant(0), step = space.constant(0);
  int64_t passes = 1, steps = 1;
  auto *inner = llvm::find(body.order, vectorLoop) + 1;
  for (int64_t loop : llvm::make_range(inner, body.order.end())) {
    if (loop >= parallel)
      continue;
    int64_t tiles = llvm::divideCeil(extents[loop], tileOf(loop));
    pass = pass * tiles + bases[loop].floorDiv(tileOf(loop));
    passes *= tiles;
  }
  for (auto [i, index] : llvm::enumerate(reduced)) {
    step = step * extents[parallel + i] + index;
    steps *= extents[parallel + i];
  }
  WeightPrefetch(weights->memref, steps * tileOf(vectorLoop), passes, steps)
      .emit(builder, space, loc, bases[vectorLoop] * steps, pass, step);
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

void TileEmitter::emitBody(const Indices &bases, ArrayRef<int64_t> tile) {
  SmallVector<Point> points = pointsOf(tile);
  SmallVector<Value> values;
  unsigned results = root ? root.getNumResults() : 0;
  if (root) {
    values = initialValues(points, bases);
    if (!failed)
      values = reduce(parallel, points, bases, {}, values);
  }
  if (failed)
    return;
  for (auto [i, point] : llvm::enumerate(points))
    storeResults(point, bases, ValueRange(values).slice(i * results, results));
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
