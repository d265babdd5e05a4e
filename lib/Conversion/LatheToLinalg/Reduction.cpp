//===- Reduction.cpp - Reductions and normalizations to linalg ------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GenericBuilder.h"
#include "Patterns.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::detail;

namespace {

/// A tensor some of whose dimensions are reduced.
///
/// Reductions run over the parallel dimensions and then the reduced ones, each
/// in the tensor's order; their results have the parallel dimensions only.
struct ReducedTensor {
  MLIRContext *context;
  int64_t rank;
  SmallVector<int64_t> parallel, reduced;
  SmallVector<int64_t> parallelShape;
  /// Elements that are reduced to one.
  int64_t count = 1;

  ReducedTensor(RankedTensorType type, ArrayRef<int64_t> axes)
      : context(type.getContext()), rank(type.getRank()) {
    for (int64_t dim = 0; dim < rank; ++dim) {
      if (llvm::is_contained(axes, dim)) {
        reduced.push_back(dim);
        count *= type.getDimSize(dim);
      } else {
        parallel.push_back(dim);
        parallelShape.push_back(type.getDimSize(dim));
      }
    }
  }

  /// The tensor's element, from the dimensions of a reduction.
  AffineMap inReduction() const {
    SmallVector<AffineExpr> exprs(rank);
    unsigned next = 0;
    for (int64_t dim : llvm::concat<const int64_t>(parallel, reduced))
      exprs[dim] = getAffineDimExpr(next++, context);
    return AffineMap::get(rank, 0, exprs, context);
  }

  /// The reduced tensor's element, from the dimensions of a reduction.
  AffineMap resultInReduction() const {
    return leadingDims(context, rank, parallel.size());
  }

  /// The reduced tensor's element, from the dimensions of the tensor.
  AffineMap resultInTensor() const {
    SmallVector<AffineExpr> exprs;
    for (int64_t dim : parallel)
      exprs.push_back(getAffineDimExpr(dim, context));
    return AffineMap::get(rank, 0, exprs, context);
  }

  AffineMap identity() const {
    return AffineMap::getMultiDimIdentityMap(rank, context);
  }
};

/// Divides by the number of elements that were summed.
Value divideByCount(ImplicitLocOpBuilder &b, Value sum, int64_t count,
                    bool isUnsigned) {
  Value divisor = constantOf(b, sum.getType(), static_cast<double>(count));
  if (isa<FloatType>(sum.getType()))
    return arith::DivFOp::create(b, sum, divisor);
  return isUnsigned ? Value(arith::DivUIOp::create(b, sum, divisor))
                    : Value(arith::DivSIOp::create(b, sum, divisor));
}

struct LowerReduce : OpConversionPattern<ReduceOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(ReduceOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    ReducedTensor r(op.getInput().getType(), op.getAxes());
    bool hasNoSign = isUnsigned(op.getInput().getType().getElementType());
    Type element = tensorTypeOf(adaptor.getInput()).getElementType();
    linalg::GenericOp root = buildReduction(
        b, op.getKind(), r.parallelShape,
        GenericInput{adaptor.getInput(), r.inReduction(), hasNoSign});
    markRoot(op, root);
    Value result = root.getResult(0);
    if (op.getKind() == ReduceKind::Mean) {
      AffineMap identity = b.getMultiDimIdentityMap(r.parallel.size());
      result = buildTensor(
          b, r.parallelShape, element, GenericInput{result, identity},
          [&](ImplicitLocOpBuilder &b, ValueRange x) {
            Value mean = divideByCount(b, x[0], r.count, hasNoSign);
            return convertScalar(b, mean, element, hasNoSign);
          });
    }
    result = convertElements(b, result, element);
    rewriter.replaceOp(op, buildReshape(b, result, op.getType().getShape()));
    return success();
  }
};

/// A generic with two results: the best element so far and its index.
struct LowerArgReduce : OpConversionPattern<ArgReduceOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(ArgReduceOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    int64_t axis = op.getAxis();
    ReducedTensor r(op.getInput().getType(), axis);
    Type element = tensorTypeOf(adaptor.getInput()).getElementType();
    Type type = isa<FloatType>(element) ? sumTypeOf(element) : element;
    bool hasNoSign = isUnsigned(op.getInput().getType().getElementType());

    Value best = buildFilled(b, r.parallelShape,
                             neutralElement(op.getKind(), type, hasNoSign));
    Value index = buildFilled(b, r.parallelShape, b.getI64IntegerAttr(0));
    auto body = [&](ImplicitLocOpBuilder &b, ValueRange x) {
      Value value = convertScalar(b, x[0], type, hasNoSign);
      Value isBetter = buildIsBetter(b, op, value, x[1], hasNoSign);
      Value position = arith::IndexCastOp::create(
          b, b.getI64Type(), linalg::IndexOp::create(b, r.parallel.size()));
      return SmallVector<Value>{
          arith::SelectOp::create(b, isBetter, value, x[1]),
          arith::SelectOp::create(b, isBetter, position, x[2])};
    };
    linalg::GenericOp root =
        buildGeneric(b, GenericInput{adaptor.getInput(), r.inReduction()},
                     {best, index}, r.resultInReduction(), body);
    markRoot(op, root);
    rewriter.replaceOp(
        op, buildReshape(b, root.getResult(1), op.getType().getShape()));
    return success();
  }

private:
  /// Whether `value` replaces `best`: of equal ones the last only if asked.
  static Value buildIsBetter(ImplicitLocOpBuilder &b, ArgReduceOp op,
                             Value value, Value best, bool isUnsigned) {
    using F = arith::CmpFPredicate;
    using I = arith::CmpIPredicate;
    if (op.getKind() == ReduceKind::Min)
      std::swap(value, best);
    bool orEqual = op.getSelectLast();
    if (isa<FloatType>(value.getType()))
      return arith::CmpFOp::create(b, orEqual ? F::OGE : F::OGT, value, best);
    if (isUnsigned)
      return arith::CmpIOp::create(b, orEqual ? I::uge : I::ugt, value, best);
    return arith::CmpIOp::create(b, orEqual ? I::sge : I::sgt, value, best);
  }
};

struct LowerSoftmax : OpConversionPattern<SoftmaxOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(SoftmaxOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    int64_t axis = op.getAxis();
    ReducedTensor r(op.getInput().getType(), axis);
    ArrayRef<int64_t> shape = op.getType().getShape();
    Value input = adaptor.getInput();
    Type element = tensorTypeOf(input).getElementType();
    Type type = sumTypeOf(element);

    Value max = buildReduction(b, ReduceKind::Max, r.parallelShape,
                               GenericInput{input, r.inReduction()})
                    .getResult(0);
    // The logarithm needs the distances themselves, softmax their powers of e.
    bool isLog = op.getLog();
    Value terms = buildTensor(
        b, shape, type, {{input, r.identity()}, {max, r.resultInTensor()}},
        [&](ImplicitLocOpBuilder &b, ValueRange x) -> Value {
          Value wide = convertScalar(b, x[0], type, false);
          Value distance = arith::SubFOp::create(b, wide, x[1]);
          return isLog ? distance : Value(math::ExpOp::create(b, distance));
        });
    linalg::GenericOp sum = buildReduction(
        b, ReduceKind::Sum, r.parallelShape,
        GenericInput{terms, r.inReduction()},
        [&](ImplicitLocOpBuilder &b, ValueRange x) -> Value {
          return isLog ? Value(math::ExpOp::create(b, x[0])) : x[0];
        });
    markRoot(op, sum);
    Value result = buildTensor(
        b, shape, element,
        {{terms, r.identity()}, {sum.getResult(0), r.resultInTensor()}},
        [&](ImplicitLocOpBuilder &b, ValueRange x) {
          Value value = isLog ? Value(arith::SubFOp::create(
                                    b, x[0], math::LogOp::create(b, x[1])))
                              : Value(arith::DivFOp::create(b, x[0], x[1]));
          return convertScalar(b, value, element, false);
        });
    rewriter.replaceOp(op, result);
    return success();
  }
};

/// Mean and variance in two passes, which is exact where the mean is large
/// against the deviation; then the normalization.
struct LowerLayerNorm : OpConversionPattern<LayerNormOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(LayerNormOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    RankedTensorType shapeOf = op.getType();
    ReducedTensor r(shapeOf, llvm::to_vector(llvm::seq<int64_t>(
                                 op.getAxis(), shapeOf.getRank())));
    Value input = adaptor.getInput();
    Type element = tensorTypeOf(input).getElementType();
    Type type = sumTypeOf(element);

    Value mean;
    SmallVector<GenericInput> deviating = {{input, r.inReduction()}};
    if (!op.getRms()) {
      mean = buildMean(b, r, input, type);
      deviating.push_back({mean, r.resultInReduction()});
    }
    // The value or, with a mean in x[1], its distance from that.
    auto deviation = [&](ImplicitLocOpBuilder &b, ValueRange x) -> Value {
      Value wide = convertScalar(b, x[0], type, false);
      return mean ? Value(arith::SubFOp::create(b, wide, x[1])) : wide;
    };
    linalg::GenericOp squares =
        buildReduction(b, ReduceKind::Sum, r.parallelShape, deviating,
                       [&](ImplicitLocOpBuilder &b, ValueRange x) -> Value {
                         Value distance = deviation(b, x);
                         return arith::MulFOp::create(b, distance, distance);
                       });
    markRoot(op, squares);
    Value factor = buildFactor(b, r, squares.getResult(0),
                               op.getEpsilon().convertToDouble());

    SmallVector<GenericInput> inputs = {{input, r.identity()}};
    if (mean)
      inputs.push_back({mean, r.resultInTensor()});
    inputs.push_back({factor, r.resultInTensor()});
    AffineMap trailing = r.identity().getMinorSubMap(r.reduced.size());
    for (Value parameter : {adaptor.getScale(), adaptor.getBias()})
      if (parameter)
        inputs.push_back({parameter, trailing});
    Value result = buildTensor(
        b, shapeOf.getShape(), element, inputs,
        [&](ImplicitLocOpBuilder &b, ValueRange x) {
          unsigned next = mean ? 2 : 1;
          Value y = arith::MulFOp::create(b, deviation(b, x), x[next++]);
          if (adaptor.getScale())
            y = arith::MulFOp::create(b, y,
                                      convertScalar(b, x[next++], type, false));
          if (adaptor.getBias())
            y = arith::AddFOp::create(b, y,
                                      convertScalar(b, x[next++], type, false));
          return convertScalar(b, y, element, false);
        });
    rewriter.replaceOp(op, result);
    return success();
  }

private:
  static Value buildMean(ImplicitLocOpBuilder &b, const ReducedTensor &r,
                         Value input, Type type) {
    Value sum = buildReduction(b, ReduceKind::Sum, r.parallelShape,
                               GenericInput{input, r.inReduction()})
                    .getResult(0);
    AffineMap identity = b.getMultiDimIdentityMap(r.parallel.size());
    return buildTensor(b, r.parallelShape, type, GenericInput{sum, identity},
                       [&](ImplicitLocOpBuilder &b, ValueRange x) {
                         return divideByCount(b, x[0], r.count, false);
                       });
  }

  /// 1 / sqrt(sum of squares / count + epsilon)
  static Value buildFactor(ImplicitLocOpBuilder &b, const ReducedTensor &r,
                           Value squares, double epsilon) {
    AffineMap identity = b.getMultiDimIdentityMap(r.parallel.size());
    Type type = tensorTypeOf(squares).getElementType();
    return buildTensor(
        b, r.parallelShape, type, GenericInput{squares, identity},
        [&](ImplicitLocOpBuilder &b, ValueRange x) -> Value {
          Value variance = divideByCount(b, x[0], r.count, false);
          Value sum =
              arith::AddFOp::create(b, variance, constantOf(b, type, epsilon));
          return arith::DivFOp::create(b, constantOf(b, type, 1),
                                       math::SqrtOp::create(b, sum));
        });
  }
};

} // namespace

void lathe::detail::populateReductionPatterns(const TypeConverter &converter,
                                              RewritePatternSet &patterns) {
  patterns.add<LowerArgReduce, LowerLayerNorm, LowerReduce, LowerSoftmax>(
      converter, patterns.getContext());
}
