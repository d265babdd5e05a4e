//===- Pooling.cpp - Reductions of windows to linalg ----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GenericBuilder.h"
#include "Patterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::detail;

/// Reduces the windows of a pooling op over (n, o…, c, k…).
template <typename Pool>
static linalg::GenericOp buildWindows(ImplicitLocOpBuilder &b, Pool op,
                                      Value input, ReduceKind kind) {
  RankedTensorType type = tensorTypeOf(input);
  Type element = type.getElementType();
  bool isUnsignedInput = isUnsigned(op.getInput().getType().getElementType());
  int64_t spatialRank = op.getSpatialRank();
  SmallVector<AffineExpr> read = {b.getAffineDimExpr(0)}, window;
  for (int64_t i = 0; i < spatialRank; ++i) {
    window.push_back(b.getAffineDimExpr(spatialRank + 2 + i));
    read.push_back(b.getAffineDimExpr(i + 1) * op.getStrides()[i] +
                   window.back() * op.getDilations()[i]);
  }
  read.push_back(b.getAffineDimExpr(spatialRank + 1));
  unsigned count = 2 * spatialRank + 2;
  MLIRContext *context = b.getContext();
  Value padded = padSpatial(b, input, op.getPads(),
                            neutralElement(kind, element, isUnsignedInput));
  linalg::GenericOp reduced = buildReduction(
      b, kind, op.getType().getShape(),
      {{padded, AffineMap::get(count, 0, read, context), isUnsignedInput},
       {buildWindow(b, op.getKernel(), element),
        AffineMap::get(count, 0, window, context)}});
  markRoot(op, reduced);
  return reduced;
}

namespace {

struct LowerMaxPool : OpConversionPattern<MaxPoolOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(MaxPoolOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    linalg::GenericOp max =
        buildWindows(b, op, adaptor.getInput(), ReduceKind::Max);
    rewriter.replaceOp(
        op, convertElements(b, max.getResult(0),
                            tensorTypeOf(adaptor.getInput()).getElementType()));
    return success();
  }
};

/// How many elements of the window at each position of one spatial dimension
/// an average counts: those at [low, high) of the input's coordinates.
struct CountedSpan {
  int64_t kernel, stride, dilation, pad, low, high;

  /// Positions in the window from the first to one past the last that counts,
  /// at output `position`.
  std::pair<int64_t, int64_t> range(int64_t position) const {
    int64_t start = position * stride - pad;
    auto firstFrom = [&](int64_t bound) {
      int64_t k = llvm::divideCeilSigned(bound - start, dilation);
      return std::clamp<int64_t>(k, 0, kernel);
    };
    return {firstFrom(low), firstFrom(high)};
  }

  /// The count if it is the same at all `outputs` positions.
  std::optional<int64_t> constant(int64_t outputs) const {
    auto [first, last] = range(0);
    for (int64_t o = 1; o < outputs; ++o) {
      auto [otherFirst, otherLast] = range(o);
      if (otherLast - otherFirst != last - first)
        return std::nullopt;
    }
    return last - first;
  }

  /// The count at output `position`, an index.
  Value build(ImplicitLocOpBuilder &b, Value position) const {
    Value scaled = arith::MulIOp::create(b, position, indexConstant(b, stride));
    // k counts from ceil((bound - start) / dilation), with the numerator kept
    // above zero because arith's plain division rounds towards it.
    auto firstFrom = [&](int64_t bound) -> Value {
      Value distance =
          arith::SubIOp::create(b, indexConstant(b, bound + pad), scaled);
      distance = arith::MaxSIOp::create(b, distance, indexConstant(b, 0));
      if (dilation != 1) {
        distance =
            arith::AddIOp::create(b, distance, indexConstant(b, dilation - 1));
        distance =
            arith::DivUIOp::create(b, distance, indexConstant(b, dilation));
      }
      return arith::MinSIOp::create(b, distance, indexConstant(b, kernel));
    };
    Value last = firstFrom(high);
    return arith::SubIOp::create(b, last, firstFrom(low));
  }
};

struct LowerAvgPool : OpConversionPattern<AvgPoolOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(AvgPoolOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Value sum =
        buildWindows(b, op, adaptor.getInput(), ReduceKind::Sum).getResult(0);
    RankedTensorType type = tensorTypeOf(sum);
    Type element = tensorTypeOf(adaptor.getInput()).getElementType();
    bool isUnsignedInput = isUnsigned(op.getInput().getType().getElementType());
    auto body = [&](ImplicitLocOpBuilder &b, ValueRange x) {
      Value count = buildCount(b, op, type.getElementType());
      Value mean;
      if (isa<FloatType>(type.getElementType()))
        mean = arith::DivFOp::create(b, x[0], count);
      else if (isUnsignedInput)
        mean = arith::DivUIOp::create(b, x[0], count);
      else
        mean = arith::DivSIOp::create(b, x[0], count);
      return convertScalar(b, mean, element, isUnsignedInput);
    };
    GenericInput read{sum, b.getMultiDimIdentityMap(type.getRank())};
    rewriter.replaceOp(op,
                       buildTensor(b, type.getShape(), element, read, body));
    return success();
  }

private:
  static CountedSpan spanOf(AvgPoolOp op, int64_t i) {
    int64_t rank = op.getSpatialRank();
    CountedSpan span{op.getKernel()[i],
                     op.getStrides()[i],
                     op.getDilations()[i],
                     op.getPads()[i],
                     0,
                     op.getInput().getType().getDimSize(i + 1)};
    if (op.getCountIncludePad()) {
      ArrayRef<int64_t> counted = op.getCountedPads().value_or(op.getPads());
      span.low -= counted[i];
      span.high += counted[rank + i];
    }
    return span;
  }

  /// The divisor of the element that the generic's indices name, of `type`.
  static Value buildCount(ImplicitLocOpBuilder &b, AvgPoolOp op, Type type) {
    int64_t fixed = 1;
    Value varying;
    for (int64_t i = 0; i < op.getSpatialRank(); ++i) {
      CountedSpan span = spanOf(op, i);
      if (auto count = span.constant(op.getType().getDimSize(i + 1))) {
        fixed *= *count;
        continue;
      }
      Value count = span.build(b, linalg::IndexOp::create(b, i + 1));
      varying =
          varying ? Value(arith::MulIOp::create(b, varying, count)) : count;
    }
    if (!varying)
      return constantOf(b, type, static_cast<double>(fixed));
    if (fixed != 1)
      varying = arith::MulIOp::create(b, varying, indexConstant(b, fixed));
    if (!isa<FloatType>(type))
      return arith::IndexCastOp::create(b, type, varying);
    Value integer = arith::IndexCastOp::create(b, b.getI32Type(), varying);
    return arith::SIToFPOp::create(b, type, integer);
  }
};

} // namespace

void lathe::detail::populatePoolingPatterns(const TypeConverter &converter,
                                            RewritePatternSet &patterns) {
  patterns.add<LowerAvgPool, LowerMaxPool>(converter, patterns.getContext());
}
