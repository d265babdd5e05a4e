//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reference model of resize, after the definition of ONNX's Resize (opset 19):
// one dimension after the other, each output element a weighted sum of the
// input elements around its coordinate, the border repeated.
//
//===----------------------------------------------------------------------===//

#include "Models.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::reference;

/// Where output element `i` of `to` lies among `from` input elements.
static double coordinate(CoordinateMode mode, int64_t i, double scale,
                         int64_t from, int64_t to) {
  double x = static_cast<double>(i);
  switch (mode) {
  case CoordinateMode::HalfPixel:
    return (x + 0.5) / scale - 0.5;
  case CoordinateMode::PytorchHalfPixel:
    return to > 1 ? (x + 0.5) / scale - 0.5 : 0;
  case CoordinateMode::AlignCorners: {
    // What a stated scale makes of the extent, before it is rounded down.
    double exact = static_cast<double>(to);
    double length = scale * static_cast<double>(from);
    if (std::fabs(length - exact) <= exact * 0x1p-23)
      length = exact;
    return to > 1 && length > 1
               ? x * static_cast<double>(from - 1) / (length - 1)
               : 0;
  }
  case CoordinateMode::Asymmetric:
    return x / scale;
  }
  llvm_unreachable("a mode is one of the four above");
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

/// Weight of an element at `distance` from the coordinate in cubic convolution
/// with coefficient `a` (R. Keys, Cubic convolution interpolation for digital
/// image processing, 1981, equation 15 has a = -1/2).
static double cubicWeight(double distance, double a) {
  double t = std::fabs(distance);
  if (t <= 1)
    return ((a + 2) * t - (a + 3)) * t * t + 1;
  if (t < 2)
    return ((a * t - 5 * a) * t + 8 * a) * t - 4 * a;
  return 0;
}

static int64_t clampIndex(double index, int64_t extent) {
  return static_cast<int64_t>(
      minimum(maximum(index, 0.0), static_cast<double>(extent - 1)));
}

namespace {

/// An input element and its part in an output element.
struct Tap {
  int64_t index;
  double weight;
};

/// One dimension of a resize.
struct Axis {
  ResizeOp op;
  int64_t from, to;
  double scale;

  double coordinateOf(int64_t i) {
    return coordinate(op.getCoordinates(), i, scale, from, to);
  }

  bool isIdentity() const { return from == to && scale == 1; }

  int64_t nearest(int64_t i) {
    if (isIdentity())
      return i;
    return clampIndex(roundCoordinate(op.getRounding(), coordinateOf(i)), from);
  }

  SmallVector<Tap, 4> taps(int64_t i) {
    double x = coordinateOf(i), base = std::floor(x);
    bool isCubic = op.getMode() == ResizeMode::Cubic;
    SmallVector<Tap, 4> taps;
    double sum = 0;
    for (int64_t k = isCubic ? -1 : 0; k <= (isCubic ? 2 : 1); ++k) {
      double at = base + static_cast<double>(k);
      bool outside = at < 0 || at > static_cast<double>(from - 1);
      double weight =
          isCubic
              ? cubicWeight(x - at, op.getCubicCoefficient().convertToDouble())
              : 1 - std::fabs(x - at);
      if (outside && op.getExcludeOutside())
        weight = 0;
      taps.push_back({clampIndex(at, from), weight});
      sum += weight;
    }
    if (op.getExcludeOutside() && sum != 0)
      for (Tap &tap : taps)
        tap.weight /= sum;
    return taps;
  }
};

struct ResizeModel
    : EvaluableOpInterface::ExternalModel<ResizeModel, ResizeOp> {
  LogicalResult evaluate(Operation *op, ArrayRef<HostTensor> operands,
                         SmallVectorImpl<HostTensor> &results) const;
};

} // namespace

/// Resamples dimension `dim` of `x`, whose shape is `shape`; updates both.
static void resample(Axis axis, size_t dim, SmallVector<int64_t> &shape,
                     std::vector<double> &x) {
  int64_t outer = ShapedType::getNumElements(ArrayRef(shape).take_front(dim));
  int64_t inner =
      ShapedType::getNumElements(ArrayRef(shape).drop_front(dim + 1));
  std::vector<double> result(outer * axis.to * inner, 0);
  for (int64_t i = 0; i < axis.to; ++i)
    for (Tap tap : axis.taps(i))
      for (int64_t o = 0; o < outer; ++o) {
        const double *from = &x[(o * axis.from + tap.index) * inner];
        double *to = &result[(o * axis.to + i) * inner];
        for (int64_t j = 0; j < inner; ++j)
          to[j] += tap.weight * from[j];
      }
  shape[dim] = axis.to;
  x = std::move(result);
}

LogicalResult
ResizeModel::evaluate(Operation *op, ArrayRef<HostTensor> operands,
                      SmallVectorImpl<HostTensor> &results) const {
  auto resize = cast<ResizeOp>(op);
  const HostTensor &input = operands[0];
  if (input.getNumElements() == 0)
    return op->emitOpError("cannot resample an empty tensor");
  SmallVector<Axis> axes;
  for (auto [from, to, scale] :
       llvm::zip(input.getShape(), resize.getSizes(), resize.getScales()))
    axes.push_back({resize, from, to, scale});

  HostTensor result = makeResult(resize.getResult());
  if (resize.getMode() == ResizeMode::Nearest) {
    IndexTables tables;
    for (Axis axis : axes) {
      std::vector<int64_t> &table = tables.emplace_back();
      for (int64_t i = 0; i < axis.to; ++i)
        table.push_back(axis.nearest(i));
    }
    selectElements(input, tables, result);
  } else {
    SmallVector<int64_t> shape(input.getShape());
    std::vector<double> x = widen<double>(input);
    for (auto [dim, axis] : llvm::enumerate(axes))
      if (!axis.isIdentity())
        resample(axis, dim, shape, x);
    store(ArrayRef(x), result);
  }
  results.push_back(std::move(result));
  return success();
}

void reference::registerResizeModel(MLIRContext *context) {
  ResizeOp::attachInterface<ResizeModel>(*context);
}
