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
#include "OperatorRegistry.h"
#include "Resampling.h"

#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

/// The dimensions of a resized tensor.
using Dims = SmallVector<ResampledDim>;

static ResizeMode getMode(NodeContext &node) {
  return node.getChoice<ResizeMode>("mode", "nearest",
                                    {{"nearest", ResizeMode::Nearest},
                                     {"linear", ResizeMode::Linear},
                                     {"bilinear", ResizeMode::Linear},
                                     {"cubic", ResizeMode::Cubic}});
}

static Dims getUnchanged(ArrayRef<int64_t> shape) {
  return llvm::map_to_vector(
      shape, [](int64_t extent) { return ResampledDim{extent, extent, 1.0}; });
}

/// Scales the extents of `axes`; the rest stays.
static std::optional<Dims> scaleExtents(NodeContext &node,
                                        ArrayRef<int64_t> axes,
                                        ArrayRef<double> scales) {
  ArrayRef<int64_t> shape = getShape(node.getInput(0));
  if (scales.size() != axes.size())
    return (void)node.error("there are " + Twine(scales.size()) +
                            " scales for " + Twine(axes.size()) +
                            " dimensions"),
           std::nullopt;
  Dims dims = getUnchanged(shape);
  for (auto [axis, scale] : llvm::zip(axes, scales)) {
    double size = std::floor(static_cast<double>(shape[axis]) * scale);
    if (!(scale > 0) || !(size <= INT32_MAX))
      return (void)node.error("a scale is not positive or too large"),
             std::nullopt;
    dims[axis].scale = scale;
    dims[axis].to = static_cast<int64_t>(size);
  }
  return dims;
}

/// Gives `axes` the extents `sizes`. With the policies that keep the aspect
/// ratio, one factor serves all: the smallest or the largest.
static std::optional<Dims> setExtents(NodeContext &node, ArrayRef<int64_t> axes,
                                      ArrayRef<int64_t> sizes) {
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
  Dims dims = getUnchanged(shape);
  SmallVector<double> scales;
  for (auto [axis, size] : llvm::zip(axes, sizes))
    scales.push_back(static_cast<double>(size) /
                     static_cast<double>(shape[axis]));
  for (auto [i, axis] : llvm::enumerate(axes)) {
    dims[axis].scale = scales[i];
    dims[axis].to = sizes[i];
    if (policy == Policy::Stretch)
      continue;
    double scale = policy == Policy::NotLarger ? *llvm::min_element(scales)
                                               : *llvm::max_element(scales);
    dims[axis].scale = scale;
    // Halves are rounded up, by the operator's definition.
    dims[axis].to = static_cast<int64_t>(
        std::floor(scale * static_cast<double>(shape[axis]) + 0.5));
  }
  return dims;
}

/// The transformation as lathe.resize has it; none where it needs tables.
static std::optional<CoordinateMode>
getClosedForm(const Interpolation &how, ArrayRef<ResampledDim> dims) {
  if (how.antialias && how.mode != ResizeMode::Nearest &&
      llvm::any_of(dims, [](const auto &dim) { return dim.scale < 1; }))
    return std::nullopt;
  switch (how.transformation) {
  case Transformation::HalfPixelSymmetric:
    // The same as half pixel unless an extent is rounded.
    if (llvm::any_of(dims, [](const auto &dim) {
          return dim.scale * static_cast<double>(dim.from) !=
                 static_cast<double>(dim.to);
        }))
      return std::nullopt;
    return CoordinateMode::HalfPixel;
  case Transformation::HalfPixel:
    return CoordinateMode::HalfPixel;
  case Transformation::PytorchHalfPixel:
    return CoordinateMode::PytorchHalfPixel;
  case Transformation::AlignCorners:
    return CoordinateMode::AlignCorners;
  case Transformation::Asymmetric:
    return CoordinateMode::Asymmetric;
  case Transformation::HalfPixelForNearest:
  case Transformation::CropAndResize:
    return std::nullopt;
  }
  llvm_unreachable("a transformation is one of the seven above");
}

/// Builds the op, channels last where the batch and the channels stay.
static LogicalResult resize(NodeContext &node, ArrayRef<ResampledDim> stated,
                            const Interpolation &how) {
  if (node.hasFailed())
    return failure();
  Value input = node.getInput(0);
  SmallVector<ResampledDim> dims(stated);
  std::optional<CoordinateMode> coordinates = getClosedForm(how, dims);
  bool spatial =
      dims.size() >= 3 && dims[0].isIdentity() && dims[1].isIdentity();
  if (spatial) {
    input = node.toChannelsLast(input);
    std::rotate(dims.begin() + 1, dims.begin() + 2, dims.end());
  }
  Value resized;
  if (coordinates) {
    SmallVector<int64_t> sizes;
    SmallVector<double> scales;
    for (const ResampledDim &dim : dims) {
      sizes.push_back(dim.to);
      scales.push_back(dim.scale);
    }
    resized = node.create<ResizeOp>(
        input, sizes, scales, how.mode, *coordinates, how.rounding,
        llvm::APFloat(how.cubicCoefficient), how.excludeOutside);
  } else {
    resized = resampleByTables(node, input, dims, how);
  }
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
  std::optional<Dims> dims = scaleExtents(node, getAllAxes(node), scales);
  return dims ? resize(node, *dims, how) : failure();
}

static Interpolation getInterpolation(NodeContext &node) {
  Interpolation how;
  how.mode = getMode(node);
  how.transformation = node.getChoice<Transformation>(
      "coordinate_transformation_mode", "half_pixel",
      {{"half_pixel", Transformation::HalfPixel},
       {"half_pixel_symmetric", Transformation::HalfPixelSymmetric},
       {"pytorch_half_pixel", Transformation::PytorchHalfPixel},
       {"align_corners", Transformation::AlignCorners},
       {"asymmetric", Transformation::Asymmetric},
       {"tf_half_pixel_for_nn", Transformation::HalfPixelForNearest},
       {"tf_crop_and_resize", Transformation::CropAndResize}});
  how.rounding = node.getChoice<RoundingMode>(
      "nearest_mode", "round_prefer_floor",
      {{"round_prefer_floor", RoundingMode::RoundPreferFloor},
       {"round_prefer_ceil", RoundingMode::RoundPreferCeil},
       {"floor", RoundingMode::Floor},
       {"ceil", RoundingMode::Ceil}});
  how.cubicCoefficient = node.getFloat("cubic_coeff_a", -0.75);
  how.excludeOutside = node.getBool("exclude_outside", false);
  how.extrapolation = node.getFloat("extrapolation_value", 0);
  how.antialias = node.getBool("antialias", false);
  return how;
}

/// An input that is there and not empty: before version 13, an empty tensor
/// stood for an input left out.
static bool isStated(Value input) {
  return input && getType(input).getNumElements() > 0;
}

/// Reads the region of the input that is resized: the begins of `axes`, then
/// the ends.
static LogicalResult readRegion(NodeContext &node, ArrayRef<int64_t> axes,
                                Dims &dims) {
  if (!isStated(node.getInput(1)))
    return node.error("tf_crop_and_resize needs the region of interest, input "
                      "1");
  auto region = node.getNumbers(1, "region of interest");
  if (!region)
    return failure();
  if (region->size() != 2 * axes.size())
    return node.error("the region of interest has " + Twine(region->size()) +
                      " bounds for " + Twine(axes.size()) + " dimensions");
  for (auto [i, axis] : llvm::enumerate(axes)) {
    dims[axis].begin = (*region)[i];
    dims[axis].end = (*region)[axes.size() + i];
  }
  return success();
}

static LogicalResult convertResize(NodeContext &node) {
  Interpolation how = getInterpolation(node);
  SmallVector<int64_t> axes = node.getInts("axes", getAllAxes(node));
  for (int64_t &axis : axes)
    axis = node.normalizeAxis(axis, getRank(node.getInput(0)));
  std::optional<Dims> dims;
  if (isStated(node.getInput(3))) {
    auto sizes = node.getIntegers(3, "sizes");
    if (sizes && !node.hasFailed())
      dims = setExtents(node, axes, *sizes);
  } else if (isStated(node.getInput(2))) {
    node.getString("keep_aspect_ratio_policy", "stretch");
    auto scales = node.getNumbers(2, "scales");
    if (scales && !node.hasFailed())
      dims = scaleExtents(node, axes, *scales);
  } else {
    return node.error("it has neither scales nor sizes");
  }
  if (!dims || (how.transformation == Transformation::CropAndResize &&
                failed(readRegion(node, axes, *dims))))
    return failure();
  return resize(node, *dims, how);
}

void lathe::frontend::addResize(OperatorRegistry &registry) {
  registry.add("Upsample", {7, 8}, 1, convertUpsample);
  // Deprecated from version 10 on.
  registry.add("Upsample", {9, 9}, 2, convertUpsample);
  registry.add("Resize", {10, 10}, 2, convertUpsample);
  registry.add("Resize", {11}, {1, 4}, convertResize)
      .needs("sizes, scales and region");
}
