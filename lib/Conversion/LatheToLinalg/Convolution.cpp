//===- Convolution.cpp - Sums of products to linalg -----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Convolution, transposed convolution and matrix product: one generic that
// multiplies and accumulates, begun with the bias.
//
//===----------------------------------------------------------------------===//

#include "GenericBuilder.h"
#include "Patterns.h"
#include "lathe/Dialect/Lathe/IR/LatheDotOps.h"
#include "lathe/Dialect/Lathe/IR/LatheWindowOps.h"
#include "lathe/Dialect/Lathe/IR/LatheWinogradOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::detail;

namespace {

/// The dimensions of a convolution's generic, in the order of its getLoops.
struct ConvDims {
  AffineExpr batch;
  SmallVector<AffineExpr> output, window;
  /// Group, output channel in it and input channel in it; null where the op has
  /// no such loop.
  AffineExpr group, channel, reduced;
  unsigned count = 0;

  ConvDims(MLIRContext *context, int64_t spatialRank, bool hasGroup,
           bool hasChannel, bool hasReduced) {
    auto next = [&] { return getAffineDimExpr(count++, context); };
    batch = next();
    for (int64_t i = 0; i < spatialRank; ++i)
      output.push_back(next());
    if (hasGroup)
      group = next();
    if (hasChannel)
      channel = next();
    for (int64_t i = 0; i < spatialRank; ++i)
      window.push_back(next());
    if (hasReduced)
      reduced = next();
  }

  /// A map to `exprs` and those of `channels` that are there; if none is, to
  /// the one channel.
  AffineMap map(SmallVector<AffineExpr> exprs,
                ArrayRef<AffineExpr> channels) const {
    MLIRContext *context = batch.getContext();
    size_t rank = exprs.size();
    for (AffineExpr expr : channels)
      if (expr)
        exprs.push_back(expr);
    if (exprs.size() == rank)
      exprs.push_back(getAffineConstantExpr(0, context));
    return AffineMap::get(count, 0, exprs, context);
  }
};

} // namespace

namespace {
/// What the two factors of an integer product have subtracted.
struct ZeroPoints {
  int64_t lhs = 0, rhs = 0;
};
} // namespace

/// `scalar` less the integer `zeroPoint`.
static Value subtract(ImplicitLocOpBuilder &b, Value scalar,
                      int64_t zeroPoint) {
  if (zeroPoint == 0)
    return scalar;
  Value constant = arith::ConstantOp::create(
      b, b.getIntegerAttr(scalar.getType(), zeroPoint));
  return arith::SubIOp::create(b, scalar, constant);
}

/// Sums the products of the first two `inputs`, less their zero points, over
/// the dimensions beyond the rank of `shape`, on top of `bias` (null for zero),
/// which broadcasts. `element` is the type of the results.
static linalg::GenericOp buildSumOfProducts(ImplicitLocOpBuilder &b,
                                            ArrayRef<GenericInput> inputs,
                                            ZeroPoints zeroPoints, Value bias,
                                            Type element,
                                            ArrayRef<int64_t> shape) {
  Type type = isa<FloatType>(element)
                  ? sumTypeOf(element)
                  : b.getIntegerType(element.getIntOrFloatBitWidth());
  Value init =
      bias ? buildBroadcast(b, bias, shape, type, false)
           : buildFilled(b, shape, cast<TypedAttr>(b.getZeroAttr(type)));
  AffineMap outputMap =
      leadingDims(b.getContext(), inputs[0].map.getNumDims(), shape.size());
  auto body = [&](ImplicitLocOpBuilder &b, ValueRange x) {
    Value lhs = convertScalar(b, x[0], type, inputs[0].isUnsigned);
    Value rhs = convertScalar(b, x[1], type, inputs[1].isUnsigned);
    if (!isa<FloatType>(type)) {
      Value product = arith::MulIOp::create(b, subtract(b, lhs, zeroPoints.lhs),
                                            subtract(b, rhs, zeroPoints.rhs));
      return SmallVector<Value>{arith::AddIOp::create(b, x.back(), product)};
    }
    auto contract = arith::FastMathFlags::contract;
    Value product = arith::MulFOp::create(b, lhs, rhs, contract);
    return SmallVector<Value>{
        arith::AddFOp::create(b, x.back(), product, contract)};
  };
  return buildGeneric(b, inputs, init, outputMap, body);
}

/// The extents of the parallel loops of `root`.
static SmallVector<int64_t> parallelExtents(LoopNestOpInterface root) {
  SmallVector<int64_t> shape;
  for (const LoopDim &loop : root.getLoops())
    if (!loop.isReduction)
      shape.push_back(loop.extent);
  return shape;
}

/// `sum` in the shape and element type of the op's result.
static Value finish(ImplicitLocOpBuilder &b, Value sum,
                    RankedTensorType result) {
  return buildReshape(b, convertElements(b, sum, result.getElementType()),
                      result.getShape());
}

static bool hasUnsignedElements(TypedValue<RankedTensorType> value) {
  return isUnsigned(value.getType().getElementType());
}

/// What stands for zero in `tensor`: 0 of its element type, or `zeroPoint`.
static TypedAttr zeroOf(Value tensor, int64_t zeroPoint = 0) {
  Type element = tensorTypeOf(tensor).getElementType();
  Builder builder(element.getContext());
  if (auto integer = dyn_cast<IntegerType>(element))
    return builder.getIntegerAttr(integer, APInt(integer.getWidth(), zeroPoint,
                                                 /*isSigned=*/true,
                                                 /*implicitTrunc=*/true));
  return cast<TypedAttr>(builder.getZeroAttr(element));
}

namespace {

struct LowerConv : OpConversionPattern<ConvOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(ConvOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    int64_t spatialRank = op.getSpatialRank(), group = op.getGroup();
    ArrayRef<int64_t> shape = op.getWeight().getType().getShape();
    int64_t inputs = shape[spatialRank], outputs = shape[spatialRank + 1];
    bool hasChannel = group == 1 || outputs != group, hasReduced = inputs != 1;
    ConvDims d(b.getContext(), spatialRank, group > 1, hasChannel, hasReduced);

    // The generic reads the padded tensor itself, whose borders its loops leave
    // out.
    Value input = adaptor.getInput();
    if (group > 1 && hasReduced)
      input = splitDim(b, input, spatialRank + 1, group);
    input = padSpatial(b, input, op.getPads(),
                       zeroOf(input, op.getInputZeroPoint()));
    Value weight = adaptor.getWeight(), bias = adaptor.getBias();
    if (group > 1 && hasChannel) {
      weight = splitDim(b, weight, spatialRank + 1, group);
      bias = bias ? splitDim(b, bias, 0, group) : bias;
    }

    SmallVector<AffineExpr> read = {d.batch};
    for (int64_t i = 0; i < spatialRank; ++i)
      read.push_back(d.output[i] * op.getStrides()[i] +
                     d.window[i] * op.getDilations()[i]);
    SmallVector<AffineExpr> tap(d.window);
    tap.push_back(d.reduced ? d.reduced : b.getAffineConstantExpr(0));
    linalg::GenericOp sum =
        buildSumOfProducts(b,
                           {{input, d.map(read, {d.group, d.reduced}),
                             hasUnsignedElements(op.getInput())},
                            {weight, d.map(tap, {d.group, d.channel}),
                             hasUnsignedElements(op.getWeight())}},
                           {op.getInputZeroPoint(), 0}, bias,
                           op.getType().getElementType(), parallelExtents(op));
    markRoot(op, sum);
    rewriter.replaceOp(op, finish(b, sum.getResult(0), op.getType()));
    return success();
  }
};

/// A transposed convolution as a sum over the taps that meet each output.
///
/// Along one spatial dimension, output o gets tap k of the kernel times input
/// (o + pad - k * dilation) / stride where that is whole. With stride s > 1 and
/// a kernel of dilation 1, u = o + pad is met by the taps k = u mod s + s * j,
/// which read input u div s - j: no zeros are multiplied. With stride 1 the
/// same holds with k = j and inputs `dilation` apart. j counts down, so that
/// inputs are read in ascending order.
struct LowerConvTranspose : OpConversionPattern<ConvTransposeOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(ConvTransposeOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    int64_t spatialRank = op.getSpatialRank(), group = op.getGroup();
    ConvDims d(b.getContext(), spatialRank, group > 1, /*hasChannel=*/true,
               /*hasReduced=*/true);
    SmallVector<int64_t> taps;
    SmallVector<LoopDim> loops = op.getLoops();
    for (const LoopDim &loop :
         ArrayRef(loops).drop_back().take_back(spatialRank))
      taps.push_back(loop.extent);

    Value weight = spreadTaps(b, op, adaptor.getWeight());
    SmallVector<int64_t> pads(2 * spatialRank), missing(spatialRank);
    SmallVector<AffineExpr> read = {d.batch}, tap;
    for (int64_t i = 0; i < spatialRank; ++i) {
      int64_t stride = op.getStrides()[i], cut = op.getPads()[i];
      int64_t step = stride == 1 ? op.getDilations()[i] : 1;
      int64_t span = (taps[i] - 1) * step, first = cut / stride - span;
      AffineExpr phase = d.output[i] + cut % stride;
      // The first and last inputs read may lie outside, or inside.
      int64_t low = std::max<int64_t>(-first, 0);
      int64_t last = (op.getType().getDimSize(i + 1) - 1 + cut) / stride;
      pads[i] = low;
      pads[spatialRank + i] = std::max<int64_t>(
          last + 1 - op.getInput().getType().getDimSize(i + 1), 0);
      read.push_back(phase.floorDiv(stride) + d.window[i] * step + first + low);
      AffineExpr countdown = (taps[i] - 1) - d.window[i];
      tap.push_back((d.output[i] + cut) % stride + countdown * stride);
      missing[i] = taps[i] * stride - tensorTypeOf(weight).getDimSize(i);
    }

    Value input = adaptor.getInput(), bias = adaptor.getBias();
    if (group > 1)
      input = splitDim(b, input, spatialRank + 1, group);
    input = padSpatial(b, input, pads, zeroOf(input, op.getInputZeroPoint()));
    weight = padTaps(b, weight, missing);
    if (group > 1) {
      weight = splitDim(b, weight, spatialRank, group);
      bias = bias ? splitDim(b, bias, 0, group) : bias;
    }
    Value window = buildWindow(b, taps, tensorTypeOf(weight).getElementType());
    linalg::GenericOp sum = buildSumOfProducts(
        b,
        {{input, d.map(read, {d.group, d.reduced}),
          hasUnsignedElements(op.getInput())},
         {weight, d.map(tap, {d.group, d.reduced, d.channel}),
          hasUnsignedElements(op.getWeight())},
         {window, AffineMap::get(d.count, 0, d.window, b.getContext())}},
        {op.getInputZeroPoint(), 0}, bias, op.getType().getElementType(),
        parallelExtents(op));
    markRoot(op, sum);
    rewriter.replaceOp(op, finish(b, sum.getResult(0), op.getType()));
    return success();
  }

private:
  /// Puts zeros between the taps along dimensions that are both strided and
  /// dilated, so that their dilation is 1.
  static Value spreadTaps(ImplicitLocOpBuilder &b, ConvTransposeOp op,
                          Value weight) {
    RankedTensorType type = tensorTypeOf(weight);
    SmallVector<int64_t> shape(type.getShape()), gaps(type.getRank(), 1);
    for (int64_t i = 0; i < op.getSpatialRank(); ++i) {
      if (op.getStrides()[i] == 1)
        continue;
      gaps[i] = op.getDilations()[i];
      shape[i] = (shape[i] - 1) * gaps[i] + 1;
    }
    if (shape == type.getShape())
      return weight;
    SmallVector<AffineExpr> exprs;
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      exprs.push_back(b.getAffineDimExpr(dim).floorDiv(gaps[dim]));
    AffineMap map = AffineMap::get(type.getRank(), 0, exprs, b.getContext());
    auto body = [&](ImplicitLocOpBuilder &b, ValueRange x) {
      Value result = x[0], zero = arith::ConstantOp::create(b, zeroOf(weight));
      for (int64_t dim = 0; dim < type.getRank(); ++dim) {
        if (gaps[dim] == 1)
          continue;
        Value index = linalg::IndexOp::create(b, dim);
        Value rest =
            arith::RemUIOp::create(b, index, indexConstant(b, gaps[dim]));
        Value isTap = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, rest,
                                            indexConstant(b, 0));
        result = arith::SelectOp::create(b, isTap, result, zero);
      }
      return result;
    };
    return buildTensor(b, shape, type.getElementType(),
                       GenericInput{weight, map}, body);
  }

  /// Adds zero taps at the end, so that every phase of the stride has as many.
  static Value padTaps(ImplicitLocOpBuilder &b, Value weight,
                       ArrayRef<int64_t> missing) {
    SmallVector<int64_t> low(tensorTypeOf(weight).getRank(), 0), high(low);
    llvm::copy(missing, high.begin());
    if (high == low)
      return weight;
    Value zero = arith::ConstantOp::create(b, zeroOf(weight));
    return buildPad(b, weight, low, high, zero, /*neutral=*/true);
  }
};

struct LowerMatMul : OpConversionPattern<MatMulOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(MatMulOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    ArrayRef<int64_t> shape = op.getType().getShape();
    unsigned rank = shape.size();
    AffineExpr m = b.getAffineDimExpr(rank - 2),
               n = b.getAffineDimExpr(rank - 1), k = b.getAffineDimExpr(rank);
    auto operand = [&](Value tensor, TypedValue<RankedTensorType> original,
                       AffineExpr row, AffineExpr column) {
      AffineMap batch = broadcastMap(
          b.getContext(), tensorTypeOf(tensor).getShape().drop_back(2),
          shape.drop_back(2), rank + 1);
      SmallVector<AffineExpr> exprs(batch.getResults());
      exprs.append({row, column});
      return GenericInput{tensor,
                          AffineMap::get(rank + 1, 0, exprs, b.getContext()),
                          hasUnsignedElements(original)};
    };
    linalg::GenericOp sum = buildSumOfProducts(
        b,
        {operand(adaptor.getLhs(), op.getLhs(), m, k),
         operand(adaptor.getRhs(), op.getRhs(), k, n)},
        {op.getLhsZeroPoint(), op.getRhsZeroPoint()}, adaptor.getBias(),
        op.getType().getElementType(), shape);
    markRoot(op, sum);
    rewriter.replaceOp(op, finish(b, sum.getResult(0), op.getType()));
    return success();
  }
};

/// Products of bytes whose weights are packed in quads. The loops that read
/// whole quads know them by the attribute `lathe.dot`, which says whether the
/// data are unsigned.
struct LowerDotConv : OpConversionPattern<DotConvOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(DotConvOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    int64_t batch = op.getBatchRank(), rank = op.getSpatialRank();
    int64_t group = op.getGroup(), numLoops = op.getLoops().size();
    bool ofWindow = op.hasQuadsOfWindow();
    auto dim = [&](int64_t number) { return b.getAffineDimExpr(number); };
    int64_t channel = batch + rank + (group > 1), window = channel + 1;

    Value input = adaptor.getInput(), bias = adaptor.getBias();
    SmallVector<AffineExpr> read, tap;
    for (int64_t i = 0; i < batch; ++i)
      read.push_back(dim(i));
    for (int64_t i = 0; i < rank; ++i)
      read.push_back(dim(batch + i) * op.getStrides()[i] +
                     dim(window + i) * op.getDilations()[i]);
    if (group > 1) {
      input = splitDim(b, input, batch + rank, group);
      read.push_back(dim(batch + rank));
      bias = bias ? splitDim(b, bias, 0, group) : bias;
    }
    if (ofWindow) {
      SmallVector<int64_t> shape(tensorTypeOf(input).getShape().drop_back());
      input = buildReshape(b, input, shape);
    } else {
      read.push_back(dim(numLoops - 1));
    }
    input = padLeading(b, input, op);

    AffineExpr width = b.getAffineConstantExpr(op.getPanelWidth());
    AffineExpr element = dim(numLoops - 1) % 4;
    AffineExpr column = dim(channel) % width;
    tap.push_back(group > 1 ? dim(batch + rank) : b.getAffineConstantExpr(0));
    tap.push_back(dim(channel).floorDiv(width));
    for (int64_t i = window; i + 1 < numLoops; ++i)
      tap.push_back(dim(i));
    tap.push_back(dim(numLoops - 1).floorDiv(4));
    bool isWords = op.getWeight().getType().getElementType().isInteger(16);
    tap.push_back(isWords ? element % 2 * (width * 2) + column * 2 +
                                element.floorDiv(2)
                          : column * 4 + element);
    auto mapOf = [&](ArrayRef<AffineExpr> exprs) {
      return AffineMap::get(numLoops, 0, exprs, b.getContext());
    };
    SmallVector<GenericInput> inputs = {
        {input, mapOf(read), hasUnsignedElements(op.getInput())},
        {adaptor.getWeight(), mapOf(tap)}};
    if (ofWindow) // no operand has a dimension of this loop alone
      inputs.push_back({buildWindow(b, op.getKernel().back(), b.getI8Type()),
                        mapOf(dim(numLoops - 1))});
    linalg::GenericOp sum = buildSumOfProducts(
        b, inputs, {}, bias, b.getI32Type(), parallelExtents(op));
    sum->setAttr("lathe.dot",
                 b.getBoolAttr(hasUnsignedElements(op.getInput())));
    markRoot(op, sum);
    rewriter.replaceOp(op, finish(b, sum.getResult(0), op.getType()));
    return success();
  }

private:
  /// `input` [batch…, spatial…, ...] with the padding of `op`.
  static Value padLeading(ImplicitLocOpBuilder &b, Value input, DotConvOp op) {
    SmallVector<int64_t> low(op.getBatchRank(), 0), high(low);
    int64_t rank = op.getSpatialRank();
    llvm::append_range(low, op.getPads().take_front(rank));
    llvm::append_range(high, op.getPads().drop_front(rank));
    low.resize(tensorTypeOf(input).getRank(), 0);
    high.resize(low.size(), 0);
    Value zero = arith::ConstantOp::create(b, zeroOf(input));
    return buildPad(b, input, low, high, zero, /*neutral=*/true);
  }
};

/// Depthwise sums of bytes whose weights are packed in quads of rows, which the
/// attribute `lathe.dot_rows` says beside `lathe.dot`.
struct LowerDotDepthwise : OpConversionPattern<DotDepthwiseOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(DotDepthwiseOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    int64_t rank = op.getSpatialRank();
    ConvDims d(b.getContext(), rank, /*hasGroup=*/true, /*hasChannel=*/false,
               /*hasReduced=*/false);
    SmallVector<AffineExpr> read = {d.batch};
    for (int64_t i = 0; i < rank; ++i)
      read.push_back(d.output[i] * op.getStrides()[i] +
                     d.window[i] * op.getDilations()[i]);
    SmallVector<AffineExpr> tap(ArrayRef(d.window).drop_back(2));
    AffineExpr row = d.window[rank - 2];
    tap.push_back(row.floorDiv(DotDepthwiseOp::quad));
    tap.push_back(d.window.back());
    AffineExpr place = row % DotDepthwiseOp::quad;
    bool isWords = op.getWeight().getType().getElementType().isInteger(16);
    int64_t channels = op.getInput().getType().getShape().back();
    AffineExpr element =
        isWords ? place.floorDiv(2) * (2 * channels) + d.group * 2 + place % 2
                : d.group * DotDepthwiseOp::quad + place;
    bool isUnsigned = hasUnsignedElements(op.getInput());
    Value window = buildWindow(b, op.getKernel(), b.getI8Type());
    linalg::GenericOp sum = buildSumOfProducts(
        b,
        {{adaptor.getInput(), d.map(read, {d.group}), isUnsigned},
         {adaptor.getWeight(), d.map(tap, {element})},
         {window, AffineMap::get(d.count, 0, d.window, b.getContext())}},
        {}, adaptor.getBias(), b.getI32Type(), parallelExtents(op));
    sum->setAttr("lathe.dot", b.getBoolAttr(isUnsigned));
    sum->setAttr("lathe.dot_rows", b.getUnitAttr());
    markRoot(op, sum);
    rewriter.replaceOp(op, finish(b, sum.getResult(0), op.getType()));
    return success();
  }
};

/// Data lose their sign, and nothing else changes.
struct EraseWinogradSigns : OpConversionPattern<WinogradConvOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(WinogradConvOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<WinogradConvOp>(
        op, adaptor.getInput(), adaptor.getFilter(), adaptor.getBias(),
        op.getPads(), op.getChannels(), op.getBlock(), op.getShares(),
        op.hasUnsignedInput());
    return success();
  }
};

/// As with Winograd's algorithm.
template <typename Op> struct EraseWindowSign : OpConversionPattern<Op> {
  using OpConversionPattern<Op>::OpConversionPattern;

  LogicalResult
  matchAndRewrite(Op op, typename Op::Adaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<Op>(op, op->getResultTypes(),
                                    adaptor.getOperands(), op->getAttrs());
    return success();
  }
};

} // namespace

void lathe::detail::populateConvolutionPatterns(const TypeConverter &converter,
                                                RewritePatternSet &patterns) {
  patterns.add<LowerConv, LowerConvTranspose, LowerDotConv, LowerDotDepthwise,
               EraseWinogradSigns, EraseWindowSign<WindowConvOp>,
               EraseWindowSign<PlaneDepthwiseOp>, LowerMatMul>(
      converter, patterns.getContext());
}
