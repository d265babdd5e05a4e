//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Resampling.h"

#include "LoopBuilder.h"

#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

namespace {

/// The neighbours of an output element along one dimension: consecutive input
/// elements from `first` on. No weights: the element lies outside the input.
struct Taps {
  int64_t first = 0;
  SmallVector<double, 4> weights;
};

/// The neighbours of all output elements along one dimension.
struct Table {
  /// For each output element, or -1 if it lies outside the input.
  std::vector<int32_t> firsts;
  /// As many for each output element.
  std::vector<float> weights;
  int64_t width = 1;

  bool hasOutside() const { return llvm::is_contained(firsts, -1); }
};

} // namespace

static double getCoordinate(const ResampledDim &dim, Transformation mode,
                            int64_t i) {
  double x = static_cast<double>(i), last = static_cast<double>(dim.from - 1);
  double length = dim.scale * static_cast<double>(dim.from);
  double halfPixel = (x + 0.5) / dim.scale - 0.5;
  switch (mode) {
  case Transformation::HalfPixel:
    return halfPixel;
  case Transformation::HalfPixelSymmetric:
    // The centers of input and output meet, although the output's extent is
    // rounded.
    return halfPixel + static_cast<double>(dim.from) / 2 *
                           (1 - static_cast<double>(dim.to) / length);
  case Transformation::PytorchHalfPixel:
    return dim.to > 1 ? halfPixel : 0;
  case Transformation::AlignCorners:
    return dim.to > 1 && length > 1 ? x * last / (length - 1) : 0;
  case Transformation::Asymmetric:
    return x / dim.scale;
  case Transformation::HalfPixelForNearest:
    return (x + 0.5) / dim.scale;
  case Transformation::CropAndResize:
    if (dim.to > 1 && length > 1)
      return dim.begin * last + x * (dim.end - dim.begin) * last / (length - 1);
    return dim.begin * last + (dim.end - dim.begin) * last / 2;
  }
  llvm_unreachable("a transformation is one of the seven above");
}

static double roundCoordinate(RoundingMode mode, double x) {
  switch (mode) {
  case RoundingMode::RoundPreferFloor:
    return std::ceil(x - 0.5);
  case RoundingMode::RoundPreferCeil:
    return std::floor(x + 0.5);
  case RoundingMode::Floor:
    return std::floor(x);
  case RoundingMode::Ceil:
    return std::ceil(x);
  }
  llvm_unreachable("a mode is one of the four above");
}

/// The weight of an element at `distance`: a triangle, or cubic convolution (R.
/// Keys, Cubic convolution interpolation for digital image processing, 1981,
/// equation 15 has a = -1/2).
static double getWeight(const Interpolation &how, double distance) {
  double t = std::fabs(distance), a = how.cubicCoefficient;
  if (how.mode == ResizeMode::Linear)
    return std::max(1 - t, 0.0);
  if (t <= 1)
    return ((a + 2) * t - (a + 3)) * t * t + 1;
  if (t < 2)
    return ((a * t - 5 * a) * t + 8 * a) * t - 4 * a;
  return 0;
}

/// Against aliasing the weight function is stretched to the distance between
/// output elements.
static double getStretch(const ResampledDim &dim, const Interpolation &how) {
  return how.antialias ? std::min(dim.scale, 1.0) : 1.0;
}

/// How far away the neighbours of an element are at most.
static double getReach(const ResampledDim &dim, const Interpolation &how) {
  return (how.mode == ResizeMode::Linear ? 1 : 2) / getStretch(dim, how);
}

/// Weights of the neighbours of `x`, some of which may lie outside the input.
static Taps getUnboundedTaps(const ResampledDim &dim, const Interpolation &how,
                             double x) {
  if (how.mode == ResizeMode::Nearest)
    return {static_cast<int64_t>(roundCoordinate(how.rounding, x)), {1.0}};
  double stretch = getStretch(dim, how), reach = getReach(dim, how);
  int64_t before = static_cast<int64_t>(std::floor(-reach)) + 1;
  Taps taps{static_cast<int64_t>(std::floor(x)) + before, {}};
  double sum = 0;
  for (int64_t i = taps.first, e = taps.first + 2 - 2 * before; i < e; ++i) {
    bool outside = i < 0 || i >= dim.from;
    double weight = getWeight(how, stretch * (static_cast<double>(i) - x));
    taps.weights.push_back(outside && how.excludeOutside ? 0 : weight);
    sum += taps.weights.back();
  }
  if ((how.antialias || how.excludeOutside) && sum != 0)
    for (double &weight : taps.weights)
      weight /= sum;
  return taps;
}

/// The taps of output element `i`. Those outside the input count for its first
/// or last element, as if the border were repeated.
static Taps getTaps(const ResampledDim &dim, const Interpolation &how,
                    int64_t i) {
  double x = getCoordinate(dim, how.transformation, i);
  if (how.transformation == Transformation::CropAndResize &&
      !(x >= 0 && x <= static_cast<double>(dim.from - 1)))
    return {};
  // Far outside, where the border alone is met.
  double reach = static_cast<double>(dim.from + dim.to) + 4;
  Taps unbounded = getUnboundedTaps(dim, how, std::clamp(x, -reach, 2 * reach));
  auto clamp = [&](int64_t at) {
    return std::clamp<int64_t>(at, 0, dim.from - 1);
  };
  int64_t count = unbounded.weights.size();
  Taps taps{clamp(unbounded.first), {}};
  taps.weights.assign(clamp(unbounded.first + count - 1) - taps.first + 1, 0);
  for (auto [offset, weight] : llvm::enumerate(unbounded.weights))
    taps.weights[clamp(unbounded.first + static_cast<int64_t>(offset)) -
                 taps.first] += weight;
  return taps;
}

static Table makeTable(const ResampledDim &dim, const Interpolation &how) {
  SmallVector<Taps> all;
  Table table;
  for (int64_t i = 0; i < dim.to; ++i) {
    all.push_back(getTaps(dim, how, i));
    table.width = std::max<int64_t>(table.width, all.back().weights.size());
  }
  for (const Taps &taps : all) {
    // Rows have one width; what fills them up must not leave the input.
    int64_t first = std::min(taps.first, dim.from - table.width);
    SmallVector<float> row(table.width, 0);
    for (auto [offset, weight] : llvm::enumerate(taps.weights))
      row[taps.first - first + offset] = static_cast<float>(weight);
    llvm::append_range(table.weights, row);
    table.firsts.push_back(taps.weights.empty() ? -1
                                                : static_cast<int32_t>(first));
  }
  return table;
}

/// The type that elements are weighted in.
static Type getSumType(Type element) {
  if (element.isF64())
    return element;
  if (element.isInteger(32) || element.isInteger(64))
    return Float64Type::get(element.getContext());
  return Float32Type::get(element.getContext());
}

/// Resamples the middle of three dimensions.
static Value applyTable(NodeContext &node, Value input, const Table &table,
                        const Interpolation &how, Type resultElement) {
  ArrayRef<int64_t> shape = getShape(input);
  int64_t to = table.firsts.size();
  Value firsts =
      node.createConstant(HostTensor::get<int32_t>({to}, table.firsts));
  Value weights = node.createConstant(
      HostTensor::get<float>({to, table.width}, table.weights));
  LoopBuilder loops(
      node, "Resize", {input, firsts, weights},
      RankedTensorType::get({shape[0], to, shape[2]}, resultElement));
  Memory from = loops.getInput(0), result = loops.getOutput(0);
  bool isNearest = how.mode == ResizeMode::Nearest;
  Type sumType =
      isNearest ? from.getComputeType() : getSumType(getElement(input));
  auto getSum = [&](Scalar outer, Scalar i, Scalar first, Scalar inner) {
    auto read = [&](Scalar k) {
      return from.load({outer, loops.toIndex(first) + k, inner});
    };
    if (isNearest)
      return read(loops.getIndex(0));
    return loops.fold(loops.getIndex(0), loops.getIndex(table.width),
                      loops.getConstant(sumType, 0), [&](Scalar k, Scalar sum) {
                        Scalar weight = loops.getInput(2).load({i, k});
                        return sum + loops.cast(read(k), sumType) *
                                         loops.cast(weight, sumType);
                      });
  };
  loops.forShape(result.getShape(), [&](ArrayRef<Scalar> at) {
    Scalar first = loops.getInput(1).load({at[1]});
    if (!table.hasOutside())
      return result.store(at, getSum(at[0], at[1], first, at[2]));
    loops.when(
        first >= 0,
        [&] { result.store(at, getSum(at[0], at[1], first, at[2])); },
        [&] {
          result.store(at, loops.getConstant(sumType, how.extrapolation));
        });
  });
  return node.hasFailed() ? Value() : loops.finish().front();
}

Value lathe::frontend::resampleByTables(NodeContext &node, Value input,
                                        ArrayRef<ResampledDim> dims,
                                        const Interpolation &how) {
  if (node.hasFailed())
    return {};
  SmallVector<int64_t> shape(getShape(input)), resampled;
  Type element = getElement(input);
  for (auto [d, dim] : llvm::enumerate(dims))
    if (!dim.isIdentity())
      resampled.push_back(d);
  for (int64_t d : resampled) {
    ArrayRef<int64_t> extents(shape);
    Value flat = node.createReshape(
        input, {ShapedType::getNumElements(extents.take_front(d)), shape[d],
                ShapedType::getNumElements(extents.drop_front(d + 1))});
    double taps = 2 * getReach(dims[d], how) + 2;
    if (node.hasFailed() || failed(node.checkTable(double(dims[d].to) * taps)))
      return {};
    // Between two dimensions nothing is rounded to integers.
    bool isLast = d == resampled.back() || how.mode == ResizeMode::Nearest;
    Value result = applyTable(node, flat, makeTable(dims[d], how), how,
                              isLast ? element : getSumType(element));
    shape[d] = dims[d].to;
    input = node.createReshape(result, shape);
  }
  return input;
}
