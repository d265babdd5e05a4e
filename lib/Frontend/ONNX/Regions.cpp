//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Pooling over regions of interest, which are computed at run time, and the
// region in the middle.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "OperatorRegistry.h"
#include "Sampling.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

/// Checks an image [N, C, H, W] and regions of `columns` numbers each.
static LogicalResult checkRegions(NodeContext &node, int64_t columns) {
  Value input = node.getInput(0), regions = node.getInput(1);
  if (getRank(input) != 4 || getRank(regions) != 2 ||
      getShape(regions)[1] != columns)
    return node.error("the input must be [N, C, H, W] and the regions a matrix "
                      "of " +
                      Twine(columns) + " columns");
  if (!isa<FloatType>(getElement(input)) ||
      getElement(regions) != getElement(input))
    return node.error("input and regions must be floats of one type");
  return success();
}

/// An extent of the result, from an attribute.
static bool isExtent(int64_t extent) {
  return extent >= 1 && extent <= INT16_MAX;
}

//===----------------------------------------------------------------------===//
// RoiAlign
//===----------------------------------------------------------------------===//

namespace {

/// Neighbours of a point along one dimension, and whether it is near the input.
struct RegionTaps {
  SampleTaps taps;
  Scalar isNear;
};

/// One dimension of a region that is divided into bins, each sampled at a few
/// points (He et al., Mask R-CNN, 2017, section 3).
struct AlignedDim {
  int64_t extent, bins;
  /// The begin, the extent of a bin, and the number of points in it.
  Scalar begin, step, points;

  /// Neighbours of point `i` of bin `bin`.
  RegionTaps getTaps(Scalar bin, Scalar i) const;
};

struct RoiAlignment {
  double scale, offset;
  bool isMax;
  int64_t sampling;

  AlignedDim getDim(Scalar low, Scalar high, int64_t extent,
                    int64_t bins) const;
};

} // namespace

AlignedDim RoiAlignment::getDim(Scalar low, Scalar high, int64_t extent,
                                int64_t bins) const {
  LoopBuilder &loops = low.getLoops();
  Scalar begin = low * scale - offset;
  Scalar size = (high * scale - offset) - begin;
  // Up to version 10, and without half_pixel later, regions have at least the
  // size of an element.
  if (offset == 0)
    size = loops.max(size, loops.getLike(size, 1));
  Scalar step = size / static_cast<double>(bins);
  Scalar points = sampling > 0 ? loops.getIndex(sampling)
                               : loops.toIndex(loops.apply<math::CeilOp>(step));
  return {extent, bins, begin, step, points};
}

RegionTaps AlignedDim::getTaps(Scalar bin, Scalar i) const {
  LoopBuilder &loops = begin.getLoops();
  Type type = begin.getType();
  double last = static_cast<double>(extent - 1);
  Scalar x = begin + loops.cast(bin, type) * step +
             (loops.cast(i, type) + 0.5) * step / loops.cast(points, type);
  Scalar isNear = (x >= -1) & (x <= last + 1);
  x = loops.clamp(x, loops.getLike(x, 0), loops.getLike(x, last));
  return {getLinearTaps(x, extent), isNear};
}

/// The sum or the maximum over the points of a bin. The maximum is one of the
/// weighted elements, as onnx.reference and ONNX Runtime have it.
static Scalar poolBin(LoopBuilder &loops, bool isMax, const AlignedDim &rows,
                      const AlignedDim &columns, Scalar row, Scalar column,
                      function_ref<Scalar(ArrayRef<Scalar>)> read) {
  Type type = rows.begin.getType();
  Scalar zero = loops.getConstant(type, 0), first = loops.getIndex(0);
  auto combine = [&](Scalar pooled, Scalar value, Scalar isFirst) {
    return isMax ? loops.select(isFirst, value, loops.max(pooled, value))
                 : pooled + value;
  };
  auto getPoint = [&](const SampleTaps &y, const SampleTaps &x) {
    if (!isMax)
      return sumTaps({y, x}, read);
    std::optional<Scalar> largest;
    for (const SampleTap &a : y)
      for (const SampleTap &b : x) {
        Scalar value = a.weight * b.weight * read({a.index, b.index});
        largest = largest ? loops.max(*largest, value) : value;
      }
    return *largest;
  };
  return loops.fold(first, rows.points, zero, [&](Scalar i, Scalar pooled) {
    RegionTaps y = rows.getTaps(row, i);
    return loops.fold(
        first, columns.points, pooled, [&](Scalar j, Scalar pooled) {
          RegionTaps x = columns.getTaps(column, j);
          Scalar value =
              loops.select(y.isNear & x.isNear, getPoint(y.taps, x.taps), zero);
          return combine(pooled, value, (i + j) == 0);
        });
  });
}

static LogicalResult convertRoiAlign(NodeContext &node) {
  // The attribute's default was half_pixel from its first version on; before,
  // there was no offset.
  double offset = 0;
  if (node.getOpset() >= 16)
    offset = node.getChoice<double>(
        "coordinate_transformation_mode", "half_pixel",
        {{"half_pixel", 0.5}, {"output_half_pixel", 0.0}});
  bool isMax =
      node.getChoice<bool>("mode", "avg", {{"avg", false}, {"max", true}});
  int64_t height = node.getInt("output_height", 1);
  int64_t width = node.getInt("output_width", 1);
  RoiAlignment alignment{node.getFloat("spatial_scale", 1), offset, isMax,
                         node.getInt("sampling_ratio", 0)};
  if (node.hasFailed() || failed(checkRegions(node, 4)))
    return failure();
  Value input = node.getInput(0), regions = node.getInput(1);
  Value batches = node.getInput(2);
  ArrayRef<int64_t> shape = getShape(input);
  int64_t count = getShape(regions)[0];
  if (getShape(batches) != ArrayRef(count) ||
      !isa<IntegerType>(getElement(batches)))
    return node.error("there must be one batch index for each of the " +
                      Twine(count) + " regions");
  if (!isExtent(height) || !isExtent(width) || alignment.sampling < 0 ||
      alignment.sampling > INT16_MAX)
    return node.error("attributes 'output_height', 'output_width' and "
                      "'sampling_ratio' must be positive and small");
  LoopBuilder loops(node, "RoiAlign", {input, regions, batches},
                    RankedTensorType::get({count, shape[1], height, width},
                                          getElement(input)));
  Memory from = loops.getInput(0);
  loops.forEach(count, [&](Scalar region) {
    auto getBound = [&](int64_t i) {
      return loops.getInput(1).load({region, loops.getIndex(i)});
    };
    Scalar batch =
        loops.toIndexWithin(loops.getInput(2).load({region}), shape[0]);
    AlignedDim columns =
        alignment.getDim(getBound(0), getBound(2), shape[3], width);
    AlignedDim rows =
        alignment.getDim(getBound(1), getBound(3), shape[2], height);
    Scalar points = loops.max(rows.points * columns.points, loops.getIndex(1));
    Scalar divisor = loops.cast(points, from.getComputeType());
    loops.forShape({shape[1], height, width}, [&](ArrayRef<Scalar> at) {
      Scalar pooled =
          poolBin(loops, isMax, rows, columns, at[1], at[2],
                  [&](ArrayRef<Scalar> place) {
                    return from.load({batch, at[0], place[0], place[1]});
                  });
      loops.getOutput(0).store({region, at[0], at[1], at[2]},
                               isMax ? pooled : pooled / divisor);
    });
  });
  return node.setResults(loops.finish());
}

//===----------------------------------------------------------------------===//
// MaxRoiPool
//===----------------------------------------------------------------------===//

namespace {
/// One dimension of a region whose bounds are rounded to elements, and whose
/// bins overlap where they do not divide evenly (Girshick, Fast R-CNN, 2015,
/// section 2.1).
struct PooledDim {
  PooledDim(Scalar low, Scalar high, double scale, int64_t extent, int64_t bins)
      : extent(extent) {
    LoopBuilder &loops = low.getLoops();
    // Halves are rounded away from zero, as C's round does.
    auto round = [&](Scalar x) {
      Scalar half =
          loops.select(x < 0, loops.getLike(x, -0.5), loops.getLike(x, 0.5));
      return loops.apply<math::TruncOp>(x * scale + half);
    };
    begin = round(low);
    Scalar size = round(high) - begin + 1;
    step = loops.max(size, loops.getLike(size, 1)) / static_cast<double>(bins);
  }

  /// The first element of a bin, or the one behind its last.
  Scalar getBound(Scalar bin, bool isUpper) const {
    LoopBuilder &loops = bin.getLoops();
    Scalar at = loops.cast(isUpper ? bin + 1 : bin, step.getType()) * step;
    at = isUpper ? loops.apply<math::CeilOp>(at)
                 : loops.apply<math::FloorOp>(at);
    at = loops.clamp(at + begin, loops.getLike(at, 0),
                     loops.getLike(at, static_cast<double>(extent)));
    return loops.toIndex(at);
  }

  int64_t extent;
  Scalar begin, step;
};
} // namespace

static LogicalResult convertMaxRoiPool(NodeContext &node) {
  SmallVector<int64_t> pooled = node.getInts("pooled_shape");
  double scale = node.getFloat("spatial_scale", 1);
  if (node.hasFailed() || failed(checkRegions(node, 5)))
    return failure();
  if (pooled.size() != 2 || !llvm::all_of(pooled, isExtent))
    return node.error("attribute 'pooled_shape' must be two positive numbers");
  Value input = node.getInput(0), regions = node.getInput(1);
  ArrayRef<int64_t> shape = getShape(input);
  int64_t count = getShape(regions)[0];
  LoopBuilder loops(
      node, "MaxRoiPool", {input, regions},
      RankedTensorType::get({count, shape[1], pooled[0], pooled[1]},
                            getElement(input)));
  Memory from = loops.getInput(0);
  loops.forEach(count, [&](Scalar region) {
    auto getBound = [&](int64_t i) {
      return loops.getInput(1).load({region, loops.getIndex(i)});
    };
    Scalar batch = loops.toIndexWithin(
        loops.cast(getBound(0), node.getBuilder().getI64Type()), shape[0]);
    PooledDim columns(getBound(1), getBound(3), scale, shape[3], pooled[1]);
    PooledDim rows(getBound(2), getBound(4), scale, shape[2], pooled[0]);
    loops.forShape({shape[1], pooled[0], pooled[1]}, [&](ArrayRef<Scalar> at) {
      Scalar top = rows.getBound(at[1], false);
      Scalar left = columns.getBound(at[2], false);
      Scalar zero = loops.getConstant(from.getComputeType(), 0);
      // Bins without elements hold zero.
      Scalar largest = loops.fold(
          top, rows.getBound(at[1], true), zero, [&](Scalar y, Scalar best) {
            return loops.fold(left, columns.getBound(at[2], true), best,
                              [&](Scalar x, Scalar best) {
                                Scalar value = from.load({batch, at[0], y, x});
                                Scalar isFirst = (y == top) & (x == left);
                                return loops.select(isFirst | (value > best),
                                                    value, best);
                              });
          });
      loops.getOutput(0).store({region, at[0], at[1], at[2]}, largest);
    });
  });
  return node.setResults(loops.finish());
}

//===----------------------------------------------------------------------===//
// CenterCropPad
//===----------------------------------------------------------------------===//

/// The middle of the input where the stated extent is smaller, zeros around it
/// where it is larger; an odd element goes to the end.
static LogicalResult convertCenterCropPad(NodeContext &node) {
  Value input = node.getInput(0);
  ArrayRef<int64_t> shape = getShape(input);
  auto all = llvm::to_vector(llvm::seq<int64_t>(0, shape.size()));
  SmallVector<int64_t> axes = node.getInts("axes", all);
  auto extents = node.getIntegers(1, "shape");
  node.normalizeAxes(axes, shape.size());
  if (node.hasFailed())
    return failure();
  if (extents->size() != axes.size())
    return node.error("there are " + Twine(extents->size()) + " extents for " +
                      Twine(axes.size()) + " dimensions");
  SmallVector<int64_t> offsets(shape.size(), 0), sizes(shape);
  SmallVector<int64_t> low = offsets, high = offsets, steps(shape.size(), 1);
  for (auto [stated, extent] : llvm::zip(axes, *extents)) {
    int64_t axis = node.normalizeAxis(stated, shape.size());
    if (extent < 0 || extent > INT32_MAX)
      return node.error("an extent is negative or too large");
    if (extent < shape[axis]) {
      offsets[axis] = (shape[axis] - extent) / 2;
      sizes[axis] = extent;
    } else {
      low[axis] = (extent - shape[axis]) / 2;
      high[axis] = extent - shape[axis] - low[axis];
    }
  }
  Value middle = node.create<SliceOp>(input, offsets, sizes, steps);
  return node.setResults(
      node.create<PadOp>(middle, Value(), low, high, PadMode::Constant));
}

void lathe::frontend::addRegions(OperatorRegistry &registry) {
  registry.add("RoiAlign", {10}, 3, convertRoiAlign);
  registry.add("MaxRoiPool", {1}, 2, convertMaxRoiPool);
  registry.add("CenterCropPad", {18}, 2, convertCenterCropPad)
      .needs("the shape");
}
