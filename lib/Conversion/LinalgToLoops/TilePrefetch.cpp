//===- TilePrefetch.cpp - What a tile fetches for later ones --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileEmitter.h"
#include "WeightPrefetch.h"

#include "lathe/Dialect/Lathe/IR/LatheDotOps.h"

#include "llvm/Support/MathExtras.h"

#include <set>

using namespace mlir;
using namespace lathe;

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
  // The elements of a step are of one reduction, or of four.
  int64_t grain = usesDots() ? DotConvOp::quad : 1;
  for (auto [i, index] : llvm::enumerate(reduced)) {
    bool isLast = i + 1 == reduced.size();
    int64_t extent =
        llvm::divideCeil(extents[parallel + i], isLast ? grain : 1);
    step = step * extent + (isLast ? index.floorDiv(grain) : index);
    steps *= extent;
  }
  int64_t elements = steps * grain;
  WeightPrefetch(weights->memref, elements * tileOf(vectorLoop), passes, steps)
      .emit(builder, space, loc, bases[vectorLoop] * elements, pass, step);
}

namespace {

/// The rows of an operand that the next tile along loop `outer` is the first to
/// read: those of the last `count` iterations of reduction loop `window`.
struct NewRows {
  int64_t outer, window, count;
};

} // namespace

/// The rows that come new with the next tile of the loop outside of the row
/// loop. Both have windows; none if there are not two such loops.
static std::optional<NewRows>
findNewRows(AffineMap map, ArrayRef<int64_t> extents, int64_t parallel,
            llvm::function_ref<int64_t(int64_t)> tileOf) {
  auto numLoops = static_cast<int64_t>(extents.size());
  SmallVector<NewRows> found;
  for (int64_t outer = 0; outer < parallel; ++outer)
    for (AffineExpr expr : map.getResults())
      for (int64_t window = parallel; window < numLoops; ++window) {
        int64_t dilation = coefficientOf(expr, window, numLoops);
        int64_t stride = coefficientOf(expr, outer, numLoops);
        if (dilation <= 0 || stride <= 0)
          continue;
        int64_t count = llvm::divideCeil(stride * tileOf(outer), dilation);
        found.push_back({outer, window, std::min(count, extents[window])});
      }
  if (found.size() < 2)
    return std::nullopt;
  return found[found.size() - 2];
}

/// The indices of the reduction loops, of `extents`, in all steps that read
/// `rows`.
static SmallVector<Indices> stepsOf(ArrayRef<int64_t> extents, int64_t parallel,
                                    NewRows rows, const IndexSpace &space) {
  SmallVector<Indices> steps(1);
  for (int64_t loop = parallel; loop < static_cast<int64_t>(extents.size());
       ++loop) {
    int64_t first = loop == rows.window ? extents[loop] - rows.count : 0;
    SmallVector<Indices> longer;
    for (const Indices &step : steps)
      for (int64_t i = first; i < extents[loop]; ++i) {
        longer.push_back(step);
        longer.back().push_back(space.constant(i));
      }
    steps = std::move(longer);
  }
  return steps;
}

/// Fetches the rows of the input that the tile at the same place further down
/// reads for the first time. With few steps for each element, a tile takes less
/// time than these need to come.
void TileEmitter::prefetchNextRows(Points points, const Indices &bases) {
  constexpr int64_t mostSteps = 64;
  int64_t steps = 1;
  for (int64_t extent : ArrayRef(extents).drop_front(parallel))
    steps *= extent;
  if (body.vector == 1 || steps > mostSteps)
    return;
  for (OpOperand *operand : root.getDpsInputOperands()) {
    AffineMap map = root.getMatchingIndexingMap(operand);
    auto rows = findNewRows(map, extents, parallel,
                            [&](int64_t loop) { return tileOf(loop); });
    if (!rows)
      continue;
    SmallVector<Indices> places;
    for (const Indices &step : stepsOf(extents, parallel, *rows, space))
      for (const Point &point : points) {
        Indices loops = indicesOf(point, bases);
        loops[rows->outer] = loops[rows->outer] + tileOf(rows->outer);
        llvm::append_range(loops, step);
        Indices &at = places.emplace_back();
        for (AffineExpr expr : map.getResults())
          at.push_back(space.atLane(expr.replaceDims(loops), 0));
      }
    prefetchLines(operand->get(), places);
  }
}

/// Fetches each line of memory that elements of `tensor` at `places` lie in, as
/// far as their distance is known.
void TileEmitter::prefetchLines(Value tensor, ArrayRef<Indices> places) {
  constexpr int64_t bitsOfLine = 64 * 8;
  constexpr unsigned firstLevel = 3;
  Value memref;
  AffineExpr first;
  std::set<int64_t> distances;
  for (const Indices &at : places) {
    auto place = reader.locate(tensor, at);
    if (!place)
      return;
    if (!memref)
      std::tie(memref, first) = *place;
    if (auto distance =
            dyn_cast<AffineConstantExpr>(space.flatten(place->second - first)))
      distances.insert(distance.getValue());
  }
  int64_t line =
      bitsOfLine / cast<MemRefType>(memref.getType()).getElementTypeBitWidth();
  std::optional<int64_t> last;
  for (int64_t distance : distances) {
    if (last && distance - *last < line)
      continue;
    last = distance;
    buildPrefetch(builder, space, loc, memref, first + distance, firstLevel);
  }
}
