//===- Resize.cpp - Resampling to linalg ----------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Where an output element lies in the input is a rational function of its
// index. The numerator and the denominator are known here, so that the code
// divides integers: exactly, without the rounding errors that shift float
// coordinates, and cheaply where there is no floating-point unit.
//
//===----------------------------------------------------------------------===//

#include "GenericBuilder.h"
#include "Patterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>
#include <numeric>

using namespace mlir;
using namespace lathe;
using namespace lathe::detail;

namespace {

/// A positive rational number.
struct Ratio {
  int64_t numerator, denominator;
};

/// Where output index o lies in the input: (factor * o + offset) / divisor.
struct Coordinate {
  int64_t factor, offset, divisor;

  int64_t floorAt(int64_t o) const {
    return llvm::divideFloorSigned(factor * o + offset, divisor);
  }

  /// The same coordinate, rounded down to a whole number, with small terms.
  Coordinate reduced() const {
    int64_t common = std::gcd(factor, divisor);
    return {factor / common, llvm::divideFloorSigned(offset, common),
            divisor / common};
  }
};

/// A neighbour of the coordinate along one dimension and what it counts.
struct Tap {
  Value index, weight;
};

} // namespace

/// The simplest ratio that a model's `scale`, a float32, stands for, preferably
/// `output` / `input`. Other terms stay below `limit`; the convergents of the
/// continued fraction then miss the scale by less than 1 / limit (Hardy and
/// Wright, An Introduction to the Theory of Numbers, theorem 171).
static Ratio ratioOf(double scale, int64_t output, int64_t input,
                     int64_t limit) {
  auto matches = [&](Ratio ratio) {
    double value = static_cast<double>(ratio.numerator) /
                   static_cast<double>(ratio.denominator);
    return std::abs(value - scale) <= scale * 0x1p-23;
  };
  int64_t common = std::gcd(output, input);
  Ratio extents = {output / common, input / common};
  // No sizes belong to a scale beyond the limit.
  if (matches(extents) || scale > static_cast<double>(limit))
    return extents;
  Ratio previous = {1, 0}, best = {static_cast<int64_t>(scale), 1};
  double rest = scale - std::floor(scale);
  while (!matches(best) && rest * static_cast<double>(limit) > 1) {
    double inverse = 1 / rest;
    int64_t whole = static_cast<int64_t>(inverse);
    Ratio next = {whole * best.numerator + previous.numerator,
                  whole * best.denominator + previous.denominator};
    if (std::max(next.numerator, next.denominator) > limit)
      break;
    previous = best;
    best = next;
    rest = inverse - std::floor(inverse);
  }
  return best.numerator > 0 ? best : extents;
}

/// o * (input - 1) / (length - 1), where the length is `scale` * `input`: with
/// a stated scale not a whole number (onnx/docs/Operators.md, Resize).
static Coordinate alignedCornersOf(double scale, int64_t output,
                                   int64_t input) {
  int64_t limit =
      std::max<int64_t>((int64_t(1) << 28) / output / input, int64_t(1));
  auto [up, down] = ratioOf(scale, output, input, limit);
  if (up * input == output * down)
    up = output, down = input;
  int64_t length = up * input - down;
  if (output == 1 || length <= 0)
    return {0, 0, 1};
  int64_t common = std::gcd((input - 1) * down, length);
  return {(input - 1) * down / common, 0, length / common};
}

static Coordinate coordinateOf(ResizeOp op, int64_t dim) {
  int64_t input = op.getInput().getType().getDimSize(dim);
  int64_t output = op.getType().getDimSize(dim);
  if (op.getCoordinates() == CoordinateMode::AlignCorners)
    return alignedCornersOf(op.getScales()[dim], output, input);
  // Numerators must fit the 32-bit indices of small targets.
  int64_t limit = (int64_t(1) << 28) / std::max(input, output);
  auto [up, down] = ratioOf(op.getScales()[dim], output, input, limit);
  if (op.getCoordinates() == CoordinateMode::Asymmetric)
    return {down, 0, up};
  if (op.getCoordinates() == CoordinateMode::PytorchHalfPixel && output == 1)
    return {0, 0, 1};
  // (o + 1/2) * down / up - 1/2
  return {2 * down, down - up, 2 * up};
}

/// The coordinate whose floor is `c` rounded by `mode`.
static Coordinate rounded(Coordinate c, RoundingMode mode) {
  switch (mode) {
  case RoundingMode::Floor:
    return c;
  case RoundingMode::Ceil:
    return {c.factor, c.offset + c.divisor - 1, c.divisor};
  case RoundingMode::RoundPreferFloor: // ceil(c - 1/2)
    return {2 * c.factor, 2 * c.offset + c.divisor - 1, 2 * c.divisor};
  case RoundingMode::RoundPreferCeil: // floor(c + 1/2)
    return {2 * c.factor, 2 * c.offset + c.divisor, 2 * c.divisor};
  }
  llvm_unreachable("a rounding mode is one of the four above");
}

namespace {

struct LowerResize : OpConversionPattern<ResizeOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(ResizeOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    if (llvm::any_of(op.getScales(), [](double s) { return !(s > 0); }))
      return op.emitOpError("has a scale that is not positive");
    Value input = adaptor.getInput();
    if (op.getMode() == ResizeMode::Nearest) {
      rewriter.replaceOp(op, buildNearest(b, op, input));
      return success();
    }
    Type element = tensorTypeOf(input).getElementType();
    if (element.isInteger(1) || element.isInteger(64))
      return op.emitOpError("cannot interpolate elements of type ")
             << op.getInput().getType().getElementType();
    rewriter.replaceOp(op, buildInterpolated(b, op, input));
    return success();
  }

private:
  static bool isResampled(ResizeOp op, int64_t dim) {
    return op.getScales()[dim] != 1 ||
           op.getType().getDimSize(dim) !=
               op.getInput().getType().getDimSize(dim);
  }

  /// Reads the nearest element through an affine map, or through indices where
  /// the coordinate leaves the input.
  static Value buildNearest(ImplicitLocOpBuilder &b, ResizeOp op, Value input) {
    RankedTensorType type = tensorTypeOf(input);
    ArrayRef<int64_t> shape = op.getType().getShape();
    SmallVector<Coordinate> sources;
    SmallVector<AffineExpr> exprs;
    bool isAffine = true;
    for (int64_t dim = 0; dim < type.getRank(); ++dim) {
      Coordinate source = {1, 0, 1};
      if (isResampled(op, dim))
        source = rounded(coordinateOf(op, dim), op.getRounding()).reduced();
      sources.push_back(source);
      exprs.push_back((b.getAffineDimExpr(dim) * source.factor + source.offset)
                          .floorDiv(source.divisor));
      // A bare dimension states that both extents are equal.
      bool isPlain = exprs.back() == b.getAffineDimExpr(dim);
      isAffine &= source.floorAt(0) >= 0 &&
                  source.floorAt(shape[dim] - 1) < type.getDimSize(dim) &&
                  (!isPlain || shape[dim] == type.getDimSize(dim));
    }
    if (isAffine) {
      AffineMap map = AffineMap::get(shape.size(), 0, exprs, b.getContext());
      return buildTensor(
          b, shape, type.getElementType(), GenericInput{input, map},
          [](ImplicitLocOpBuilder &, ValueRange x) { return x[0]; });
    }
    auto body = [&](ImplicitLocOpBuilder &b, ValueRange) -> Value {
      SmallVector<Value> indices;
      for (auto [dim, source] : llvm::enumerate(sources)) {
        Value index = buildFloor(b, source, dim).first;
        indices.push_back(clampIndex(b, index, source.floorAt(0),
                                     source.floorAt(shape[dim] - 1),
                                     type.getDimSize(dim)));
      }
      return tensor::ExtractOp::create(b, input, indices);
    };
    return buildTensor(b, shape, type.getElementType(), {}, body);
  }

  /// Whole part and remainder, over the divisor, of `source` at the index of
  /// the generic's dimension `dim`.
  static std::pair<Value, Value> buildFloor(ImplicitLocOpBuilder &b,
                                            Coordinate source, int64_t dim) {
    Value index = linalg::IndexOp::create(b, dim);
    if (source.factor != 1)
      index = arith::MulIOp::create(b, index, indexConstant(b, source.factor));
    // Shifted by whole numbers to where an unsigned division rounds down.
    int64_t shift = source.offset < 0
                        ? llvm::divideCeil(-source.offset, source.divisor)
                        : 0;
    int64_t offset = source.offset + shift * source.divisor;
    if (offset != 0)
      index = arith::AddIOp::create(b, index, indexConstant(b, offset));
    Value divisor = indexConstant(b, source.divisor);
    Value whole = arith::DivUIOp::create(b, index, divisor);
    Value rest = arith::RemUIOp::create(b, index, divisor);
    if (shift != 0)
      whole = arith::SubIOp::create(b, whole, indexConstant(b, shift));
    return {whole, rest};
  }

  static Value buildInterpolated(ImplicitLocOpBuilder &b, ResizeOp op,
                                 Value input) {
    RankedTensorType type = tensorTypeOf(input);
    Type element = type.getElementType();
    bool hasNoSign = isUnsigned(op.getInput().getType().getElementType());
    // f32 holds integers of 16 bits exactly, f64 those of 32.
    Type number = isa<FloatType>(element) ? sumTypeOf(element)
                  : element.isInteger(32) ? Type(b.getF64Type())
                                          : Type(b.getF32Type());
    auto read = [&](ImplicitLocOpBuilder &b, ArrayRef<Value> indices) -> Value {
      Value value = tensor::ExtractOp::create(b, input, indices);
      if (isa<FloatType>(element))
        return convertScalar(b, value, number, false);
      return hasNoSign ? Value(arith::UIToFPOp::create(b, number, value))
                       : Value(arith::SIToFPOp::create(b, number, value));
    };
    auto body = [&](ImplicitLocOpBuilder &b, ValueRange) -> Value {
      SmallVector<SmallVector<Tap>> taps;
      for (int64_t dim = 0; dim < type.getRank(); ++dim)
        taps.push_back(buildTaps(b, op, dim, number));
      SmallVector<Value> indices;
      Value sum = buildWeightedSum(b, taps, indices, read);
      return isa<FloatType>(element)
                 ? convertScalar(b, sum, element, false)
                 : buildToInteger(b, sum, element, hasNoSign);
    };
    return buildTensor(b, op.getType().getShape(), element, {}, body);
  }

  /// Truncates `value`, which cubic weights may carry beyond the range of
  /// `type`, to an integer.
  static Value buildToInteger(ImplicitLocOpBuilder &b, Value value, Type type,
                              bool isUnsigned) {
    unsigned width = type.getIntOrFloatBitWidth();
    Type number = value.getType();
    double low = isUnsigned ? 0 : -std::ldexp(1.0, width - 1);
    double high = std::ldexp(1.0, isUnsigned ? width : width - 1) - 1;
    value =
        combine(b, ReduceKind::Max, constantOf(b, number, low), value, false);
    value =
        combine(b, ReduceKind::Min, constantOf(b, number, high), value, false);
    return isUnsigned ? Value(arith::FPToUIOp::create(b, type, value))
                      : Value(arith::FPToSIOp::create(b, type, value));
  }

  /// The neighbours along `dim`; a null weight is one.
  static SmallVector<Tap> buildTaps(ImplicitLocOpBuilder &b, ResizeOp op,
                                    int64_t dim, Type number) {
    if (!isResampled(op, dim))
      return {{linalg::IndexOp::create(b, dim), Value()}};
    Coordinate source = coordinateOf(op, dim);
    auto [whole, rest] = buildFloor(b, source, dim);
    Value numerator = arith::UIToFPOp::create(
        b, number, arith::IndexCastOp::create(b, b.getI32Type(), rest));
    Value fraction = arith::DivFOp::create(
        b, numerator,
        constantOf(b, number, static_cast<double>(source.divisor)));
    bool isCubic = op.getMode() == ResizeMode::Cubic;
    SmallVector<Value> weights =
        isCubic ? buildCubicWeights(b, fraction,
                                    op.getCubicCoefficient().convertToDouble())
                : buildLinearWeights(b, fraction);
    int64_t extent = op.getInput().getType().getDimSize(dim);
    if (isCubic && op.getExcludeOutside())
      excludeOutside(b, whole, weights, extent);

    int64_t low = source.floorAt(0);
    int64_t high = source.floorAt(op.getType().getDimSize(dim) - 1);
    SmallVector<Tap> taps;
    for (auto [i, weight] : llvm::enumerate(weights)) {
      int64_t shift = static_cast<int64_t>(i) - (isCubic ? 1 : 0);
      Value index = whole;
      if (shift != 0)
        index = arith::AddIOp::create(b, index, indexConstant(b, shift));
      taps.push_back(
          {clampIndex(b, index, low + shift, high + shift, extent), weight});
    }
    return taps;
  }

  static SmallVector<Value> buildLinearWeights(ImplicitLocOpBuilder &b,
                                               Value fraction) {
    Value one = constantOf(b, fraction.getType(), 1);
    return {arith::SubFOp::create(b, one, fraction), fraction};
  }

  /// Cubic convolution with coefficient a (Keys, "Cubic convolution
  /// interpolation for digital image processing", 1981, equation 15 with
  /// a = -1/2): for neighbours at distances 1 + t, t, 1 - t and 2 - t.
  static SmallVector<Value> buildCubicWeights(ImplicitLocOpBuilder &b,
                                              Value fraction, double a) {
    Type type = fraction.getType();
    auto number = [&](double value) { return constantOf(b, type, value); };
    auto mul = [&](Value x, Value y) -> Value {
      return arith::MulFOp::create(b, x, y);
    };
    auto add = [&](Value x, Value y) -> Value {
      return arith::AddFOp::create(b, x, y);
    };
    // ((a + 2) x - (a + 3)) x^2 + 1 for x <= 1
    auto near = [&](Value x) {
      Value slope = add(mul(number(a + 2), x), number(-(a + 3)));
      return add(mul(slope, mul(x, x)), number(1));
    };
    // ((a x - 5 a) x + 8 a) x - 4 a for 1 <= x <= 2
    auto far = [&](Value x) {
      Value slope = add(mul(number(a), x), number(-5 * a));
      Value curve = add(mul(slope, x), number(8 * a));
      return add(mul(curve, x), number(-4 * a));
    };
    Value other = arith::SubFOp::create(b, number(1), fraction);
    return {far(add(fraction, number(1))), near(fraction), near(other),
            far(add(other, number(1)))};
  }

  /// Drops neighbours outside the input and lets the others sum to one.
  static void excludeOutside(ImplicitLocOpBuilder &b, Value whole,
                             MutableArrayRef<Value> weights, int64_t extent) {
    Value total;
    for (auto [i, weight] : llvm::enumerate(weights)) {
      Value index = arith::AddIOp::create(
          b, whole, indexConstant(b, static_cast<int64_t>(i) - 1));
      // Negative indices are large unsigned ones.
      Value isInside = arith::CmpIOp::create(b, arith::CmpIPredicate::ult,
                                             index, indexConstant(b, extent));
      weight = arith::SelectOp::create(b, isInside, weight,
                                       constantOf(b, weight.getType(), 0));
      total = total ? Value(arith::AddFOp::create(b, total, weight)) : weight;
    }
    for (Value &weight : weights)
      weight = arith::DivFOp::create(b, weight, total);
  }

  /// Sums over the taps of dimension `indices.size()` and those after it.
  static Value buildWeightedSum(
      ImplicitLocOpBuilder &b, ArrayRef<SmallVector<Tap>> taps,
      SmallVectorImpl<Value> &indices,
      function_ref<Value(ImplicitLocOpBuilder &, ArrayRef<Value>)> read) {
    if (indices.size() == taps.size())
      return read(b, indices);
    Value sum;
    for (const Tap &tap : taps[indices.size()]) {
      indices.push_back(tap.index);
      Value value = buildWeightedSum(b, taps, indices, read);
      indices.pop_back();
      if (tap.weight)
        value = arith::MulFOp::create(b, value, tap.weight,
                                      arith::FastMathFlags::contract);
      sum = sum ? Value(arith::AddFOp::create(b, sum, value,
                                              arith::FastMathFlags::contract))
                : value;
    }
    return sum;
  }
};

} // namespace

void lathe::detail::populateResizePatterns(const TypeConverter &converter,
                                           RewritePatternSet &patterns) {
  patterns.add<LowerResize>(converter, patterns.getContext());
}
