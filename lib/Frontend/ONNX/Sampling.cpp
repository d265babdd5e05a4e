//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// GridSample and AffineGrid.
//
//===----------------------------------------------------------------------===//

#include "Sampling.h"

#include "Converters.h"
#include "OperatorRegistry.h"

#include "lathe/Support/HostTensorAttr.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

//===----------------------------------------------------------------------===//
// Taps
//===----------------------------------------------------------------------===//

std::pair<Scalar, Scalar> frontend::splitCoordinate(Scalar x, int64_t extent) {
  LoopBuilder &loops = x.getLoops();
  // Beyond the reach of any neighbour all coordinates are alike.
  Scalar near = loops.clamp(x, loops.getLike(x, -4),
                            loops.getLike(x, static_cast<double>(extent + 4)));
  Scalar whole = loops.apply<math::FloorOp>(near);
  return {loops.toIndex(whole), near - whole};
}

Scalar frontend::clampIndex(Scalar index, int64_t extent) {
  LoopBuilder &loops = index.getLoops();
  return loops.clamp(index, loops.getIndex(0), loops.getIndex(extent - 1));
}

/// A tap that counts only if it lies inside.
static SampleTap getTapInside(Scalar index, Scalar weight, int64_t extent) {
  LoopBuilder &loops = index.getLoops();
  Scalar isInside = (index >= 0) & (index < static_cast<double>(extent));
  return {clampIndex(index, extent),
          loops.select(isInside, weight, loops.getLike(weight, 0))};
}

SampleTaps frontend::getLinearTaps(Scalar x, int64_t extent) {
  auto [base, above] = splitCoordinate(x, extent);
  Scalar below = above.getLoops().getLike(above, 1) - above;
  return {getTapInside(base, below, extent),
          getTapInside(base + 1, above, extent)};
}

Scalar frontend::sumTaps(ArrayRef<SampleTaps> dims,
                         function_ref<Scalar(ArrayRef<Scalar>)> read) {
  SmallVector<Scalar> indices;
  auto descend = [&](auto &descend, ArrayRef<SampleTaps> rest) -> Scalar {
    if (rest.empty())
      return read(indices);
    std::optional<Scalar> sum;
    for (const SampleTap &tap : rest.front()) {
      indices.push_back(tap.index);
      Scalar part = descend(descend, rest.drop_front());
      indices.pop_back();
      if (tap.weight.getValue())
        part = tap.weight * part;
      sum = sum ? *sum + part : part;
    }
    return *sum;
  };
  return descend(descend, dims);
}

//===----------------------------------------------------------------------===//
// GridSample
//===----------------------------------------------------------------------===//

namespace {

enum class GridMode { Linear, Nearest, Cubic };
enum class GridPadding { Zeros, Border, Reflection };

/// How GridSample reads one dimension.
struct GridDim {
  GridMode mode;
  GridPadding padding;
  bool alignCorners;
  int64_t extent;

  /// The coordinate in the input of one from -1 to 1, padding applied.
  Scalar getCoordinate(Scalar normalized) const;
  SampleTaps getTaps(Scalar normalized) const;

private:
  Scalar reflect(Scalar x) const;
  SampleTap getTap(Scalar index, Scalar weight) const;
};

} // namespace

/// Mirrors `x` at the borders until it lies between them.
Scalar GridDim::reflect(Scalar x) const {
  LoopBuilder &loops = x.getLoops();
  double low = alignCorners ? 0 : -0.5;
  double range = static_cast<double>(alignCorners ? extent - 1 : extent);
  if (range == 0)
    return loops.getLike(x, 0);
  // The distance from the lower border repeats after twice the range.
  Scalar distance = loops.apply<math::AbsFOp>(x - low);
  Scalar periods = loops.apply<math::FloorOp>(distance / (2 * range));
  Scalar rest = distance - periods * (2 * range);
  return loops.min(rest, loops.getLike(rest, 2 * range) - rest) + low;
}

Scalar GridDim::getCoordinate(Scalar normalized) const {
  LoopBuilder &loops = normalized.getLoops();
  double size = static_cast<double>(extent);
  Scalar x = alignCorners ? (normalized + 1) / 2 * (size - 1)
                          : ((normalized + 1) * size - 1) / 2;
  if (mode == GridMode::Nearest)
    x = loops.apply<math::RoundEvenOp>(x);
  if (padding == GridPadding::Border)
    return loops.clamp(x, loops.getLike(x, 0), loops.getLike(x, size - 1));
  return padding == GridPadding::Reflection ? reflect(x) : x;
}

SampleTap GridDim::getTap(Scalar index, Scalar weight) const {
  if (padding == GridPadding::Zeros)
    return getTapInside(index, weight, extent);
  if (padding == GridPadding::Reflection) {
    LoopBuilder &loops = index.getLoops();
    index = loops.toIndex(reflect(loops.cast(index, weight.getType())));
  }
  return {clampIndex(index, extent), weight};
}

/// The weights of cubic convolution with a = -3/4 (R. Keys, Cubic convolution
/// interpolation for digital image processing, 1981) for the elements at
/// distances 1 + t, t, 1 - t and 2 - t.
static SmallVector<Scalar> getCubicWeights(Scalar t) {
  constexpr double a = -0.75;
  auto near = [](Scalar x) { return (x * (a + 2) - (a + 3)) * x * x + 1; };
  auto far = [](Scalar x) { return ((x * a - 5 * a) * x + 8 * a) * x - 4 * a; };
  Scalar other = t.getLoops().getLike(t, 1) - t;
  return {far(t + 1), near(t), near(other), far(other + 1)};
}

SampleTaps GridDim::getTaps(Scalar normalized) const {
  LoopBuilder &loops = normalized.getLoops();
  auto [base, above] = splitCoordinate(getCoordinate(normalized), extent);
  Scalar one = loops.getLike(above, 1);
  SmallVector<Scalar> weights;
  switch (mode) {
  case GridMode::Nearest:
    weights = {one};
    break;
  case GridMode::Linear:
    weights = {one - above, above};
    break;
  case GridMode::Cubic:
    weights = getCubicWeights(above);
    base = base - 1;
    break;
  }
  SampleTaps taps;
  for (auto [i, weight] : llvm::enumerate(weights))
    taps.push_back(getTap(base + static_cast<double>(i), weight));
  return taps;
}

static LogicalResult convertGridSample(NodeContext &node) {
  Value input = node.getInput(0), grid = node.getInput(1);
  // 'bilinear' and 'bicubic' before version 20.
  auto mode = node.getChoice<GridMode>("mode", "linear",
                                       {{"linear", GridMode::Linear},
                                        {"bilinear", GridMode::Linear},
                                        {"nearest", GridMode::Nearest},
                                        {"cubic", GridMode::Cubic},
                                        {"bicubic", GridMode::Cubic}});
  auto padding =
      node.getChoice<GridPadding>("padding_mode", "zeros",
                                  {{"zeros", GridPadding::Zeros},
                                   {"border", GridPadding::Border},
                                   {"reflection", GridPadding::Reflection}});
  bool alignCorners = node.getBool("align_corners", false);
  ArrayRef<int64_t> shape = getShape(input), points = getShape(grid);
  int64_t rank = static_cast<int64_t>(shape.size()) - 2;
  if (rank < 1 || points.size() != shape.size() || points[0] != shape[0] ||
      points.back() != rank)
    return node.error("a grid of shape " + formatShape(points) +
                      " does not hold coordinates for an input of shape " +
                      formatShape(shape));
  if (!isa<FloatType>(getElement(input)) || !isa<FloatType>(getElement(grid)))
    return node.error("input and grid must be floats");
  // The taps of all dimensions are written out.
  int64_t mostDimensions = mode == GridMode::Cubic ? 3 : 6;
  if (rank > mostDimensions)
    return node.error("more than " + Twine(mostDimensions) +
                      " spatial dimensions are not supported in this mode");
  SmallVector<int64_t> result(shape.take_front(2));
  llvm::append_range(result, points.drop_front().drop_back());
  LoopBuilder loops(node, "GridSample", {input, grid},
                    RankedTensorType::get(result, getElement(input)));
  Memory from = loops.getInput(0), at = loops.getInput(1);
  loops.forShape(points.drop_back(), [&](ArrayRef<Scalar> point) {
    SmallVector<SampleTaps> dims;
    for (int64_t d = 0; d < rank; ++d) {
      GridDim dim{mode, padding, alignCorners, shape[d + 2]};
      // A point holds the last dimension's coordinate first.
      SmallVector<Scalar> place(point);
      place.push_back(loops.getIndex(rank - 1 - d));
      dims.push_back(
          dim.getTaps(loops.cast(at.load(place), from.getComputeType())));
    }
    loops.forEach(shape[1], [&](Scalar channel) {
      auto prefix = [&](ArrayRef<Scalar> rest) {
        SmallVector<Scalar> place = {point.front(), channel};
        llvm::append_range(place, rest);
        return place;
      };
      Scalar sample = sumTaps(dims, [&](ArrayRef<Scalar> indices) {
        return from.load(prefix(indices));
      });
      loops.getOutput(0).store(prefix(point.drop_front()), sample);
    });
  });
  return node.setResults(loops.finish());
}

//===----------------------------------------------------------------------===//
// AffineGrid
//===----------------------------------------------------------------------===//

/// The coordinates of the points of a grid over `extents`, each from -1 to 1
/// and the last dimension's first, followed by 1: one column for each point.
static HostTensor makeBaseGrid(ArrayRef<int64_t> extents, ElementKind kind,
                               bool alignCorners) {
  int64_t rank = extents.size(), points = ShapedType::getNumElements(extents);
  HostTensor base(kind, {rank + 1, points});
  auto getCoordinate = [&](int64_t i, int64_t extent) {
    double x = static_cast<double>(i), size = static_cast<double>(extent);
    if (!alignCorners)
      return (2 * x + 1) / size - 1;
    return extent > 1 ? 2 * x / (size - 1) - 1 : -1.0;
  };
  for (int64_t point = 0; point < points; ++point) {
    int64_t rest = point;
    for (int64_t row = 0; row < rank; ++row) {
      int64_t extent = extents[rank - 1 - row];
      base.setDouble(row * points + point,
                     getCoordinate(rest % extent, extent));
      rest /= extent;
    }
    base.setDouble(rank * points + point, 1);
  }
  return base;
}

static LogicalResult convertAffineGrid(NodeContext &node) {
  Value theta = node.getInput(0);
  bool alignCorners = node.getBool("align_corners", false);
  auto size = node.getIntegers(1, "size");
  if (!size)
    return failure();
  ArrayRef<int64_t> shape = getShape(theta);
  int64_t rank = static_cast<int64_t>(size->size()) - 2;
  if ((rank != 2 && rank != 3) ||
      shape != ArrayRef<int64_t>({(*size)[0], rank, rank + 1}))
    return node.error("the size must be [N, C, H, W] or [N, C, D, H, W], and "
                      "theta one matrix of " +
                      Twine(rank) + " rows for each of the batch");
  ArrayRef<int64_t> extents = ArrayRef(*size).drop_front(2);
  std::optional<int64_t> points = getNumElements(extents);
  std::optional<ElementKind> kind = getElementKind(getElement(theta));
  if (!points || *points == 0 || !kind)
    return node.error("a grid over " + formatShape(extents) +
                      " points is empty or too large");
  if (failed(node.checkTable(double(*points) * double(rank + 1))))
    return failure();
  Value base = node.createConstant(makeBaseGrid(extents, *kind, alignCorners));
  Value rows = node.createReshape(theta, {shape[0] * rank, rank + 1});
  Value product = node.create<MatMulOp>(rows, base, Value());
  Value split = node.createReshape(product, {shape[0], rank, *points});
  SmallVector<int64_t> result = {shape[0]};
  llvm::append_range(result, extents);
  result.push_back(rank);
  return node.setResults(
      node.createReshape(node.createTranspose(split, {0, 2, 1}), result));
}

void lathe::frontend::addSampling(OperatorRegistry &registry) {
  registry.add("GridSample", {16}, 2, convertGridSample);
  registry.add("AffineGrid", {20}, 2, convertAffineGrid).needs("the size");
}
