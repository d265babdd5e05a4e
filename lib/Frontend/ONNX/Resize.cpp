//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Resampling: Upsample, and Resize with what each version added to it.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "NodeContext.h"
#include "OperatorRegistry.h"

#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

namespace {
/// The extents of a resized tensor and the factors they come from, for all
/// dimensions.
struct Extents {
  SmallVector<int64_t> sizes;
  SmallVector<double> scales;
};

/// How elements are interpolated.
struct Interpolation {
  ResizeMode mode = ResizeMode::Nearest;
  CoordinateMode coordinates = CoordinateMode::Asymmetric;
  RoundingMode rounding = RoundingMode::Floor;
  double cubicCoefficient = -0.75;
  bool excludeOutside = false;
};
} // namespace

static ResizeMode getMode(NodeContext &node) {
  return node.getChoice<ResizeMode>("mode", "nearest",
                                    {{"nearest", ResizeMode::Nearest},
                                     {"linear", ResizeMode::Linear},
                                     {"bilinear", ResizeMode::Linear},
                                     {"cubic", ResizeMode::Cubic}});
}

/// Scales the extents of `axes`; the rest stays.
static std::optional<Extents> scaleExtents(NodeContext &node,
                                           ArrayRef<int64_t> axes,
                                           ArrayRef<double> scales) {
  ArrayRef<int64_t> shape = getShape(node.getInput(0));
  if (scales.size() != axes.size())
    return (void)node.error("there are " + Twine(scales.size()) +
                            " scales for " + Twine(axes.size()) +
                            " dimensions"),
           std::nullopt;
  Extents extents{SmallVector<int64_t>(shape),
                  SmallVector<double>(shape.size(), 1.0)};
  for (auto [axis, scale] : llvm::zip(axes, scales)) {
    double size = std::floor(static_cast<double>(shape[axis]) * scale);
    if (!(scale > 0) || !(size <= INT32_MAX))
      return (void)node.error("a scale is not positive or too large"),
             std::nullopt;
    extents.scales[axis] = scale;
    extents.sizes[axis] = static_cast<int64_t>(size);
  }
  return extents;
}

/// Gives `axes` the extents `sizes`. With the policies that keep the aspect
/// ratio, one factor serves all: the smallest or the largest.
static std::optional<Extents>
setExtents(NodeContext &node, ArrayRef<int64_t> axes, ArrayRef<int64_t> sizes) {
  enum class Policy { Stretch, NotLarger, NotSmaller };
  Policy policy = node.getChoice<Policy>("keep_aspect_ratio_policy", "stretch",
                                         {{"stretch", Policy::Stretch},
                                          {"not_larger", Policy::NotLarger},
                                          {"not_smaller", Policy::NotSmaller}});
  ArrayRef<int64_t> shape = getShape(node.getInput(0));
  bool valid = sizes.size() == axes.size();
  for (size_t i = 0; valid && i < axes.size(); ++i)
    valid = sizes[i] > 0 && sizes[i] <= INT32_MAX && shape[axes[i]] > 0;
  if (!valid)
    return (void)node.error("the sizes must be one positive number for each "
                            "resized dimension"),
           std::nullopt;
  Extents extents{SmallVector<int64_t>(shape),
                  SmallVector<double>(shape.size(), 1.0)};
  SmallVector<double> scales;
  for (auto [axis, size] : llvm::zip(axes, sizes))
    scales.push_back(static_cast<double>(size) /
                     static_cast<double>(shape[axis]));
  for (auto [i, axis] : llvm::enumerate(axes)) {
    extents.scales[axis] = scales[i];
    extents.sizes[axis] = sizes[i];
    if (policy == Policy::Stretch)
      continue;
    double scale = policy == Policy::NotLarger ? *llvm::min_element(scales)
                                               : *llvm::max_element(scales);
    extents.scales[axis] = scale;
    // Halves are rounded up, by the operator's definition.
    extents.sizes[axis] = static_cast<int64_t>(
        std::floor(scale * static_cast<double>(shape[axis]) + 0.5));
  }
  return extents;
}

/// Builds the op, channels last where the batch and the channels stay.
static LogicalResult resize(NodeContext &node, Extents extents,
                            const Interpolation &how) {
  if (node.hasFailed())
    return failure();
  Value input = node.getInput(0);
  ArrayRef<int64_t> shape = getShape(input);
  bool spatial = shape.size() >= 3 && extents.sizes[0] == shape[0] &&
                 extents.sizes[1] == shape[1];
  if (spatial) {
    input = node.toChannelsLast(input);
    std::rotate(extents.sizes.begin() + 1, extents.sizes.begin() + 2,
                extents.sizes.end());
    std::rotate(extents.scales.begin() + 1, extents.scales.begin() + 2,
                extents.scales.end());
  }
  Value resized = node.create<ResizeOp>(
      input, extents.sizes, extents.scales, how.mode, how.coordinates,
      how.rounding, llvm::APFloat(how.cubicCoefficient), how.excludeOutside);
  return node.setResults(spatial ? node.toChannelsFirst(resized) : resized);
}

static SmallVector<int64_t> getAllAxes(NodeContext &node) {
  return llvm::to_vector(llvm::seq<int64_t>(0, getRank(node.getInput(0))));
}

/// Resize before version 11, and Upsample, for which the scales are attributes
/// before version 9.
static LogicalResult convertUpsample(NodeContext &node) {
  Interpolation how;
  how.mode = getMode(node);
  SmallVector<double> scales =
      node.getOpset() < 9
          ? node.getFloats("scales")
          : node.getNumbers(1, "scales").value_or(SmallVector<double>());
  if (node.hasFailed())
    return failure();
  std::optional<Extents> extents = scaleExtents(node, getAllAxes(node), scales);
  return extents ? resize(node, *extents, how) : failure();
}

static Interpolation getInterpolation(NodeContext &node) {
  Interpolation how;
  how.mode = getMode(node);
  how.coordinates = node.getChoice<CoordinateMode>(
      "coordinate_transformation_mode", "half_pixel",
      {{"half_pixel", CoordinateMode::HalfPixel},
       {"pytorch_half_pixel", CoordinateMode::PytorchHalfPixel},
       {"align_corners", CoordinateMode::AlignCorners},
       {"asymmetric", CoordinateMode::Asymmetric}});
  how.rounding = node.getChoice<RoundingMode>(
      "nearest_mode", "round_prefer_floor",
      {{"round_prefer_floor", RoundingMode::RoundPreferFloor},
       {"round_prefer_ceil", RoundingMode::RoundPreferCeil},
       {"floor", RoundingMode::Floor},
       {"ceil", RoundingMode::Ceil}});
  how.cubicCoefficient = node.getFloat("cubic_coeff_a", -0.75);
  how.excludeOutside = node.getBool("exclude_outside", false);
  node.getFloat("extrapolation_value", 0); // Of tf_crop_and_resize only.
  if (node.getBool("antialias", false))
    (void)node.error("antialiasing is not supported");
  return how;
}

/// An input that is there and not empty: before version 13, an empty tensor
/// stood for an input left out.
static bool isStated(Value input) {
  return input && getType(input).getNumElements() > 0;
}

static LogicalResult convertResize(NodeContext &node) {
  Interpolation how = getInterpolation(node);
  SmallVector<int64_t> axes = node.getInts("axes", getAllAxes(node));
  for (int64_t &axis : axes)
    axis = node.normalizeAxis(axis, getRank(node.getInput(0)));
  std::optional<Extents> extents;
  if (isStated(node.getInput(3))) {
    auto sizes = node.getIntegers(3, "sizes");
    if (sizes && !node.hasFailed())
      extents = setExtents(node, axes, *sizes);
  } else if (isStated(node.getInput(2))) {
    node.getString("keep_aspect_ratio_policy", "stretch");
    auto scales = node.getNumbers(2, "scales");
    if (scales && !node.hasFailed())
      extents = scaleExtents(node, axes, *scales);
  } else {
    return node.error("it has neither scales nor sizes");
  }
  return extents ? resize(node, *extents, how) : failure();
}

void lathe::frontend::addResize(OperatorRegistry &registry) {
  registry.add("Upsample", {7, 8}, 1, convertUpsample);
  // Deprecated from version 10 on.
  registry.add("Upsample", {9, 9}, 2, convertUpsample);
  registry.add("Resize", {10, 10}, 2, convertUpsample);
  registry.add("Resize", {11}, {1, 4}, convertResize);
}
