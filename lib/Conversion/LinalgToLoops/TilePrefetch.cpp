//===- TilePrefetch.cpp - What a tile fetches for later ones --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileEmitter.h"
#include "WeightPrefetch.h"

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
  for (auto [i, index] : llvm::enumerate(reduced)) {
    step = step * extents[parallel + i] + index;
    steps *= extents[parallel + i];
  }
  WeightPrefetch(weights->memref, steps * tileOf(vectorLoop), passes, steps)
      .emit(builder, space, loc, bases[vectorLoop] * steps, pass, step);
}

namespace {

/// The reduction loop whose windows cross the iterations of an outer loop, and
/// how many of its last iterations read rows that no earlier one of the outer
/// loop has read.
struct NewRows {
  int64_t window = -1, count = 0;
};

} // namespace

static NewRows findNewRows(AffineMap map, ArrayRef<int64_t> extents,
                           int64_t parallel, int64_t outer) {
  auto numLoops = static_cast<int64_t>(extents.size());
  for (AffineExpr expr : map.getResults()) {
    if (!expr.isFunctionOfDim(outer))
      continue;
    for (int64_t loop = parallel; loop < numLoops; ++loop)
      if (coefficientOf(expr, loop, numLoops) > 0)
        return {loop,
                std::min(coefficientOf(expr, outer, numLoops), extents[loop])};
  }
  return {};
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

/// Fetches the rows of the input that the tile at the same place in the next
/// row reads for the first time. With few steps for each element, a tile takes
/// less time than these need to come.
void TileEmitter::prefetchNextRows(Points points, const Indices &bases) {
  constexpr int64_t mostSteps = 64, bytesOfLine = 64;
  constexpr unsigned firstLevel = 3;
  int64_t outer = parallel - 3, steps = 1;
  for (int64_t extent : ArrayRef(extents).drop_front(parallel))
    steps *= extent;
  if (body.vector == 1 || outer < 0 || steps > mostSteps)
    return;
  for (OpOperand *operand : root.getDpsInputOperands()) {
    AffineMap map = root.getMatchingIndexingMap(operand);
    NewRows rows = findNewRows(map, extents, parallel, outer);
    if (rows.count <= 0)
      continue;
    Value memref;
    AffineExpr first;
    std::set<int64_t> distances;
    for (const Indices &step : stepsOf(extents, parallel, rows, space))
      for (const Point &point : points) {
        Indices loops = indicesOf(point, bases), at;
        loops[outer] = loops[outer] + 1;
        llvm::append_range(loops, step);
        for (AffineExpr expr : map.getResults())
          at.push_back(space.atLane(expr.replaceDims(loops), 0));
        auto place = reader.locate(operand->get(), at);
        if (!place)
          return;
        if (!memref)
          std::tie(memref, first) = *place;
        if (auto distance = dyn_cast<AffineConstantExpr>(
                space.flatten(place->second - first)))
          distances.insert(distance.getValue());
      }
    if (!memref)
      continue;
    unsigned bits = cast<MemRefType>(memref.getType()).getElementTypeBitWidth();
    std::optional<int64_t> last;
    for (int64_t distance : distances) {
      if (last && (distance - *last) * bits < bytesOfLine * 8)
        continue;
      last = distance;
      buildPrefetch(builder, space, loc, memref, first + distance, firstLevel);
    }
  }
}
