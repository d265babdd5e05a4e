//===- Data.cpp - Constants and data movement to linalg -------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GenericBuilder.h"
#include "Patterns.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::detail;

/// A copy of the elements of `input` that `exprs` name, into `shape`.
static Value buildMoved(ImplicitLocOpBuilder &b, Value input,
                        ArrayRef<int64_t> shape, ArrayRef<AffineExpr> exprs) {
  AffineMap map = AffineMap::get(shape.size(), 0, exprs, b.getContext());
  return buildTensor(b, shape, tensorTypeOf(input).getElementType(),
                     GenericInput{input, map},
                     [](ImplicitLocOpBuilder &, ValueRange x) { return x[0]; });
}

namespace {

struct LowerConstant : OpConversionPattern<ConstantOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(ConstantOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto splat = dyn_cast<SplatElementsAttr>(op.getValue());
    if (!splat)
      return op.emitOpError("is not a splat: a kernel takes other constants as "
                            "arguments");
    auto type = getTypeConverter()->convertType<RankedTensorType>(op.getType());
    // Sign changes keep the bits.
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(
        op, DenseElementsAttr(splat).bitcast(type.getElementType()));
    return success();
  }
};

struct LowerReshape : OpConversionPattern<ReshapeOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(ReshapeOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    rewriter.replaceOp(op, buildReshape(b, adaptor.getInput(), op.getShape()));
    return success();
  }
};

struct LowerTranspose : OpConversionPattern<TransposeOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(TransposeOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    SmallVector<AffineExpr> exprs(op.getPermutation().size());
    for (auto [dim, from] : llvm::enumerate(op.getPermutation()))
      exprs[from] = b.getAffineDimExpr(dim);
    rewriter.replaceOp(
        op, buildMoved(b, adaptor.getInput(), op.getType().getShape(), exprs));
    return success();
  }
};

/// Takes the part that is read in ascending order, then turns around what the
/// slice reads downwards.
struct LowerSlice : OpConversionPattern<SliceOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(SliceOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    ArrayRef<int64_t> sizes = op.getSizes();
    SmallVector<int64_t> offsets(op.getOffsets()), steps(op.getSteps());
    SmallVector<AffineExpr> exprs;
    bool turns = false;
    for (auto [dim, step] : llvm::enumerate(steps)) {
      exprs.push_back(b.getAffineDimExpr(dim));
      if (step > 0)
        continue;
      if (sizes[dim] > 1) {
        offsets[dim] += (sizes[dim] - 1) * step;
        exprs.back() = (sizes[dim] - 1) - exprs.back();
        turns = true;
      }
      step = -step;
    }
    auto type = getTypeConverter()->convertType<RankedTensorType>(op.getType());
    Value result = adaptor.getInput();
    if (result.getType() != type ||
        llvm::any_of(steps, [](int64_t step) { return step != 1; }))
      result = tensor::ExtractSliceOp::create(
          b, type, result, getAsIndexOpFoldResult(b.getContext(), offsets),
          getAsIndexOpFoldResult(b.getContext(), sizes),
          getAsIndexOpFoldResult(b.getContext(), steps));
    rewriter.replaceOp(op,
                       turns ? buildMoved(b, result, sizes, exprs) : result);
    return success();
  }
};

struct LowerBroadcast : OpConversionPattern<BroadcastOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(BroadcastOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Value input = adaptor.getInput();
    rewriter.replaceOp(op, buildBroadcast(b, input, op.getShape(),
                                          tensorTypeOf(input).getElementType(),
                                          false));
    return success();
  }
};

struct LowerCopy : OpConversionPattern<CopyOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(CopyOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Value input = adaptor.getInput();
    RankedTensorType type = tensorTypeOf(input);
    rewriter.replaceOp(op, buildBroadcast(b, input, type.getShape(),
                                          type.getElementType(), false));
    return success();
  }
};

struct LowerTile : OpConversionPattern<TileOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(TileOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    SmallVector<AffineExpr> exprs;
    for (auto [dim, times] : llvm::enumerate(op.getRepeats())) {
      AffineExpr index = b.getAffineDimExpr(dim);
      int64_t extent = op.getInput().getType().getDimSize(dim);
      exprs.push_back(times == 1 ? index
                                 : index % std::max<int64_t>(extent, 1));
    }
    rewriter.replaceOp(
        op, buildMoved(b, adaptor.getInput(), op.getType().getShape(), exprs));
    return success();
  }
};

struct LowerGather : OpConversionPattern<GatherOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(GatherOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    int64_t axis = op.getAxis(), rank = op.getType().getRank();
    int64_t indexRank = op.getIndices().getType().getRank();
    int64_t extent = op.getInput().getType().getDimSize(axis);
    AffineMap map = b.getMultiDimIdentityMap(rank).getSliceMap(axis, indexRank);
    auto body = [&](ImplicitLocOpBuilder &b, ValueRange x) -> Value {
      SmallVector<Value> indices;
      for (int64_t dim = 0; dim < axis; ++dim)
        indices.push_back(linalg::IndexOp::create(b, dim));
      indices.push_back(buildFromStart(b, x[0], extent));
      for (int64_t dim = axis + indexRank; dim < rank; ++dim)
        indices.push_back(linalg::IndexOp::create(b, dim));
      return tensor::ExtractOp::create(b, adaptor.getInput(), indices);
    };
    rewriter.replaceOp(
        op, buildTensor(b, op.getType().getShape(),
                        tensorTypeOf(adaptor.getInput()).getElementType(),
                        GenericInput{adaptor.getIndices(), map}, body));
    return success();
  }

private:
  /// `index`, which counts from the end if negative, as an index from the
  /// start.
  static Value buildFromStart(ImplicitLocOpBuilder &b, Value index,
                              int64_t extent) {
    index = arith::IndexCastOp::create(b, b.getIndexType(), index);
    Value fromEnd = arith::AddIOp::create(b, index, indexConstant(b, extent));
    Value isNegative = arith::CmpIOp::create(b, arith::CmpIPredicate::slt,
                                             index, indexConstant(b, 0));
    return arith::SelectOp::create(b, isNegative, fromEnd, index);
  }
};

struct LowerPad : OpConversionPattern<PadOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(PadOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Value result;
    switch (op.getMode()) {
    case PadMode::Constant:
      result = buildPad(b, adaptor.getInput(), op.getLow(), op.getHigh(),
                        buildValue(b, op, adaptor), /*neutral=*/false);
      break;
    case PadMode::Wrap:
      result = buildWrapped(b, op, adaptor.getInput());
      break;
    case PadMode::Edge:
    case PadMode::Reflect:
      result = buildMirrored(b, op, adaptor.getInput());
      break;
    }
    rewriter.replaceOp(op, result);
    return success();
  }

private:
  /// The scalar that the border holds.
  static Value buildValue(ImplicitLocOpBuilder &b, PadOp op,
                          OpAdaptor adaptor) {
    Type element = tensorTypeOf(adaptor.getInput()).getElementType();
    Value value = adaptor.getValue();
    if (!value)
      return arith::ConstantOp::create(b,
                                       cast<TypedAttr>(b.getZeroAttr(element)));
    SmallVector<Value> indices;
    for (int64_t dim = 0; dim < tensorTypeOf(value).getRank(); ++dim)
      indices.push_back(indexConstant(b, 0));
    return b.createOrFold<tensor::ExtractOp>(value, indices);
  }

  static Value buildWrapped(ImplicitLocOpBuilder &b, PadOp op, Value input) {
    ArrayRef<int64_t> shape = op.getType().getShape();
    SmallVector<AffineExpr> exprs;
    for (int64_t dim = 0; dim < op.getType().getRank(); ++dim) {
      AffineExpr index = b.getAffineDimExpr(dim);
      int64_t extent = tensorTypeOf(input).getDimSize(dim);
      if (shape[dim] != extent) {
        // The first element of the border, counted from zero upwards.
        int64_t first = (extent - op.getLow()[dim] % extent) % extent;
        index = (index + first) % extent;
      }
      exprs.push_back(index);
    }
    return buildMoved(b, input, shape, exprs);
  }

  static Value buildMirrored(ImplicitLocOpBuilder &b, PadOp op, Value input) {
    RankedTensorType type = tensorTypeOf(input);
    auto body = [&](ImplicitLocOpBuilder &b, ValueRange) -> Value {
      SmallVector<Value> indices;
      for (int64_t dim = 0; dim < type.getRank(); ++dim)
        indices.push_back(buildSource(b, op, dim));
      return tensor::ExtractOp::create(b, input, indices);
    };
    return buildTensor(b, op.getType().getShape(), type.getElementType(), {},
                       body);
  }

  /// Where along `dim` the element at the generic's index is read.
  static Value buildSource(ImplicitLocOpBuilder &b, PadOp op, int64_t dim) {
    int64_t low = op.getLow()[dim], high = op.getHigh()[dim];
    int64_t extent = op.getInput().getType().getDimSize(dim);
    Value index = linalg::IndexOp::create(b, dim);
    if (low > 0)
      index = arith::SubIOp::create(b, index, indexConstant(b, low));
    if (op.getMode() == PadMode::Edge)
      return clampIndex(b, index, -low, extent - 1 + high, extent);
    if (low > 0) // before the start: |index|
      index = arith::MaxSIOp::create(
          b, index, arith::SubIOp::create(b, indexConstant(b, 0), index));
    if (high > 0) // beyond the end: as far before it
      index = arith::MinSIOp::create(
          b, index,
          arith::SubIOp::create(b, indexConstant(b, 2 * (extent - 1)), index));
    return index;
  }
};

} // namespace

void lathe::detail::populateDataPatterns(const TypeConverter &converter,
                                         RewritePatternSet &patterns) {
  patterns.add<LowerBroadcast, LowerConstant, LowerCopy, LowerGather, LowerPad,
               LowerReshape, LowerSlice, LowerTile, LowerTranspose>(
      converter, patterns.getContext());
}
