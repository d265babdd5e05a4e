//===- TileWindows.cpp - Windows of a tile that reach into the padding ----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Inside of the input there is nothing to check. A loop without a tile, such as
// that over rows, clips its windows as it runs. Tiles at the border lie at
// constant places, so their windows are unrolled, and each step takes the
// points that it has an input for.
//
//===----------------------------------------------------------------------===//

#include "TileEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lathe;

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

int64_t lathe::coefficientOf(AffineExpr expr, int64_t loop, int64_t loops) {
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

/// The iterations of `loop` whose windows lie inside the input.
std::pair<int64_t, int64_t> TileEmitter::interiorOf(int64_t loop) {
  int64_t extent = extents[loop];
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
  return {first, std::max(end, first)};
}

/// Whether a tile of `loop` whose place is known may have windows that reach
/// into the padding: one short reduction loop runs over these, so that it can
/// be unrolled and leave out what lies in the padding.
bool TileEmitter::canUnrollWindows(int64_t loop) {
  constexpr int64_t longest = 7;
  bool result = true;
  forEachPadded([&](tensor::PadOp pad, int64_t dim, AffineExpr index) {
    if (!index.isFunctionOfDim(loop))
      return;
    int64_t windows = 0;
    for (int64_t other = 0; other < static_cast<int64_t>(extents.size());
         ++other) {
      if (other == loop || !index.isFunctionOfDim(other))
        continue;
      ++windows;
      result &= other >= parallel && extents[other] <= longest &&
                coefficientOf(index, other, extents.size()) > 0;
    }
    result &= windows == 1 && coefficientOf(index, loop, extents.size()) > 0;
  });
  return result;
}

/// The segments of a loop over a padded tensor: before, in and behind what is
/// not padding.
static SmallVector<Segment> segmentsOfPad(tensor::PadOp pad, int64_t loop,
                                          int64_t tile) {
  int64_t extent = pad.getResultType().getDimSize(loop);
  int64_t low = pad.getStaticLow()[loop];
  int64_t high = extent - pad.getStaticHigh()[loop];
  SmallVector<Segment> segments;
  for (auto [first, end] : {std::pair(int64_t(0), low), std::pair(low, high),
                            std::pair(high, extent)}) {
    int64_t full = first + (end - first) / tile * tile;
    for (Segment segment :
         {Segment{first, full, tile}, Segment{full, end, end - full}})
      if (segment.low < segment.high)
        segments.push_back(segment);
  }
  return segments;
}

SmallVector<Segment> TileEmitter::segmentsOf(int64_t loop) {
  int64_t extent = extents[loop], tile = tileOf(loop);
  if (!root && body.vector > 1)
    if (auto pad = stores[0].tensor.getDefiningOp<tensor::PadOp>())
      return segmentsOfPad(pad, loop, tile);
  if (tile == 1)
    return {{0, extent, 1}};
  auto [first, end] = interiorOf(loop);
  SmallVector<Segment> segments;
  for (int64_t low = 0; low < extent; low += tile) {
    int64_t high = std::min(low + tile, extent);
    bool isInside = low >= first && high <= end && high - low == tile;
    if (isInside && !segments.empty() && segments.back().low >= first &&
        segments.back().tile == tile)
      segments.back().high = high;
    else
      segments.push_back({low, high, high - low});
  }
  // Each of them is code of its own. Wide padding is left to a loop.
  constexpr size_t mostSegments = 6;
  if (canUnrollWindows(loop) && segments.size() <= mostSegments)
    return segments;
  segments.clear();
  int64_t full = (end - first) / tile * tile;
  for (Segment segment :
       {Segment{0, first, 1}, Segment{first, first + full, tile},
        Segment{first + full, end, end - first - full},
        Segment{end, extent, 1}})
    if (segment.low < segment.high)
      segments.push_back(segment);
  return segments;
}

/// Whether the windows of all `points` begin at the same place along `loop`, or
/// none of them reaches into the padding.
bool TileEmitter::haveOneWindow(int64_t loop, ArrayRef<Point> points,
                                const Indices &bases) {
  bool result = true;
  forEachPadded([&](tensor::PadOp pad, int64_t dim, AffineExpr index) {
    int64_t step = coefficientOf(index, loop, extents.size());
    if (step <= 0)
      return;
    int64_t size = pad.getSourceType().getDimSize(dim);
    llvm::SmallSetVector<AffineExpr, 16> firsts;
    bool isInside = true;
    for (const Point &point : points) {
      Indices at = indicesOf(point, bases);
      at.resize(extents.size(), space.constant(0));
      AffineExpr first =
          space.flatten(index.replaceDims(at)) - pad.getStaticLow()[dim];
      IndexRange range = space.rangeOf(first);
      isInside &=
          range.low >= 0 && range.high + step * (extents[loop] - 1) < size;
      firsts.insert(first);
    }
    result &= isInside || firsts.size() == 1;
  });
  return result;
}

/// Whether what `point` would read in the last iteration of `reduced`, that of
/// `loop`, lies in the padding.
bool TileEmitter::isInPadding(int64_t loop, const Point &point,
                              const Indices &bases, const Indices &reduced) {
  bool result = false;
  forEachPadded([&](tensor::PadOp pad, int64_t dim, AffineExpr index) {
    if (!index.isFunctionOfDim(loop))
      return;
    Indices at = indicesOf(point, bases);
    llvm::append_range(at, reduced);
    at.resize(extents.size(), space.constant(0));
    IndexRange range =
        space.rangeOf(index.replaceDims(at) - pad.getStaticLow()[dim]);
    result |=
        range.high < 0 || range.low >= pad.getSourceType().getDimSize(dim);
    reader.setUnpadded(pad);
  });
  return result;
}

/// As `reduce` of a tile at a constant place, some of whose windows reach into
/// the padding: each iteration of `loop` takes the points that read the input.
SmallVector<Value> TileEmitter::reduceUnrolled(int64_t loop,
                                               ArrayRef<Point> points,
                                               const Indices &bases,
                                               const Indices &reduced,
                                               ValueRange accumulators) {
  size_t results = root.getNumResults();
  SmallVector<Value> sums = llvm::to_vector(accumulators);
  for (int64_t i = 0; i < extents[loop]; ++i) {
    Indices inner = reduced;
    inner.push_back(space.constant(i));
    SmallVector<Point> taken;
    SmallVector<size_t> places;
    SmallVector<Value> carried;
    for (auto [number, point] : llvm::enumerate(points)) {
      if (isInPadding(loop, point, bases, inner))
        continue;
      taken.push_back(point);
      for (size_t place = number * results; place < (number + 1) * results;
           ++place) {
        places.push_back(place);
        carried.push_back(sums[place]);
      }
    }
    if (taken.empty())
      continue;
    SmallVector<Value> next = reduce(loop + 1, taken, bases, inner, carried);
    for (auto [place, value] : llvm::zip_equal(places, next))
      sums[place] = value;
  }
  return sums;
}

std::pair<OpFoldResult, OpFoldResult>
TileEmitter::clip(int64_t loop, const Point &point, const Indices &bases) {
  OpFoldResult low = builder.getIndexAttr(0);
  OpFoldResult high = builder.getIndexAttr(extents[loop]);
  forEachPadded([&](tensor::PadOp pad, int64_t dim, AffineExpr index) {
    int64_t step = coefficientOf(index, loop, extents.size());
    if (step <= 0)
      return;
    // Index of the window's first element in the source, which has `size`.
    Indices at = indicesOf(point, bases);
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
