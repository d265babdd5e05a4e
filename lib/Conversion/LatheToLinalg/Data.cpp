//===- Data.cpp - Constants and data movement to linalg -------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GenericBuilder.h"
#include "Patterns.h"

#include "lathe/Dialect/Lathe/IR/TableLookup.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

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

struct LowerSlice : OpConversionPattern<SliceOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(SliceOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    RankedTensorType input = tensorTypeOf(adaptor.getInput());
    SmallVector<AffineExpr> exprs;
    bool hasMap = true;
    for (int64_t dim = 0; dim < input.getRank(); ++dim) {
      AffineExpr index = b.getAffineDimExpr(dim);
      exprs.push_back(index * op.getSteps()[dim] + op.getOffsets()[dim]);
      // A bare dimension in a map states that the extents are equal.
      hasMap &=
          exprs.back() != index || op.getSizes()[dim] == input.getDimSize(dim);
    }
    bool ascends = llvm::all_of(op.getSteps(), [](int64_t s) { return s > 0; });
    rewriter.replaceOp(
        op, hasMap    ? buildMoved(b, adaptor.getInput(), op.getSizes(), exprs)
            : ascends ? buildSlice(b, op, adaptor.getInput())
                      : buildRead(b, op, adaptor.getInput()));
    return success();
  }

private:
  static Value buildSlice(ImplicitLocOpBuilder &b, SliceOp op, Value input) {
    auto attributes = [&](ArrayRef<int64_t> values) {
      return getAsIndexOpFoldResult(b.getContext(), values);
    };
    return tensor::ExtractSliceOp::create(b, input, attributes(op.getOffsets()),
                                          attributes(op.getSizes()),
                                          attributes(op.getSteps()));
  }

  /// Reads the elements by their indices.
  static Value buildRead(ImplicitLocOpBuilder &b, SliceOp op, Value input) {
    auto body = [&](ImplicitLocOpBuilder &b, ValueRange) -> Value {
      SmallVector<Value> indices;
      for (auto [dim, step] : llvm::enumerate(op.getSteps())) {
        Value index = linalg::IndexOp::create(b, dim);
        if (step != 1)
          index = arith::MulIOp::create(b, index, indexConstant(b, step));
        if (int64_t offset = op.getOffsets()[dim])
          index = arith::AddIOp::create(b, index, indexConstant(b, offset));
        indices.push_back(index);
      }
      return tensor::ExtractOp::create(b, input, indices);
    };
    return buildTensor(b, op.getSizes(), tensorTypeOf(input).getElementType(),
                       {}, body);
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
    bool isInBounds = op->hasAttr(inBoundsAttrName);
    auto body = [&](ImplicitLocOpBuilder &b, ValueRange x) -> Value {
      SmallVector<Value> indices;
      for (int64_t dim = 0; dim < axis; ++dim)
        indices.push_back(linalg::IndexOp::create(b, dim));
      indices.push_back(
          isInBounds ? arith::IndexCastOp::create(b, b.getIndexType(), x[0])
                     : buildFromStart(b, x[0], extent));
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
  /// start. One that is out of range, which ONNX calls an error, becomes one
  /// that is not: whatever an input holds, no byte outside the tensor is read.
  static Value buildFromStart(ImplicitLocOpBuilder &b, Value index,
                              int64_t extent) {
    index = arith::IndexCastOp::create(b, b.getIndexType(), index);
    Value fromEnd = arith::AddIOp::create(b, index, indexConstant(b, extent));
    Value isNegative = arith::CmpIOp::create(b, arith::CmpIPredicate::slt,
                                             index, indexConstant(b, 0));
    Value fromStart = arith::SelectOp::create(b, isNegative, fromEnd, index);
    Value notBefore = arith::MaxSIOp::create(b, fromStart, indexConstant(b, 0));
    return arith::MinSIOp::create(b, notBefore, indexConstant(b, extent - 1));
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
      result = buildBordered(b, op, adaptor);
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
  static Value buildBordered(ImplicitLocOpBuilder &b, PadOp op,
                             OpAdaptor adaptor) {
    Value input = adaptor.getInput(), value = adaptor.getValue();
    Type element = tensorTypeOf(input).getElementType();
    TypedAttr border;
    SplatElementsAttr splat;
    if (!value)
      border = cast<TypedAttr>(b.getZeroAttr(element));
    else if (matchPattern(value, m_Constant(&splat)))
      border = splat.getSplatValue<TypedAttr>();
    else
      return buildComputedBorder(b, op, input, value);
    Value scalar = arith::ConstantOp::create(b, border);
    return buildPad(b, input, op.getLow(), op.getHigh(), scalar,
                    /*neutral=*/false);
  }

  /// A border that is only known at run time: chosen for each element.
  static Value buildComputedBorder(ImplicitLocOpBuilder &b, PadOp op,
                                   Value input, Value value) {
    ArrayRef<int64_t> shape = op.getType().getShape();
    SmallVector<AffineExpr> first(tensorTypeOf(value).getRank(),
                                  b.getAffineConstantExpr(0));
    AffineMap map = AffineMap::get(shape.size(), 0, first, b.getContext());
    auto body = [&](ImplicitLocOpBuilder &b, ValueRange x) -> Value {
      SmallVector<Value> indices;
      Value inside;
      for (auto [dim, extent] :
           llvm::enumerate(tensorTypeOf(input).getShape())) {
        int64_t low = op.getLow()[dim];
        Value index = linalg::IndexOp::create(b, dim);
        if (shape[dim] == extent) {
          indices.push_back(index);
          continue;
        }
        index = arith::SubIOp::create(b, index, indexConstant(b, low));
        // Negative indices are large unsigned ones.
        Value holds = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, index,
                                            indexConstant(b, extent));
        inside =
            inside ? Value(arith::AndIOp::create(b, inside, holds)) : holds;
        indices.push_back(
            clampIndex(b, index, -low, shape[dim] - low - 1, extent));
      }
      Value element = tensor::ExtractOp::create(b, input, indices);
      return inside ? Value(arith::SelectOp::create(b, inside, element, x[0]))
                    : element;
    };
    return buildTensor(b, shape, tensorTypeOf(input).getElementType(),
                       GenericInput{value, map}, body);
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
