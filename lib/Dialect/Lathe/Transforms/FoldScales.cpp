//===- FoldScales.cpp - Fold scales and shifts into weights ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// With weights w and bias b of a channel, s * (w x + b) is (s w) x + s b, and
// w (s x + t) + b is (w s) x + (w t + b). The ops that compute the new weights
// are clones of the folded op, so that each weight is rounded as the data was.
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/Transforms/Layout.h"
#include "lathe/Dialect/Lathe/Transforms/Passes.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace lathe {
#define GEN_PASS_DEF_FOLDSCALES
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

namespace {

/// An op that scales or shifts data by constants.
struct AffineStep {
  Operation *op;
  /// The operand that is data, by number.
  unsigned data;
  /// The other operand; null for a negation.
  Value constant;
  bool scales; ///< mul, div, neg, or a sub of the data from the constant
  bool shifts; ///< add or sub

  Value getData() const { return op->getOperand(data); }

  /// The step on `value`, with `vector` for the constant, which broadcasts to
  /// it.
  Value apply(OpBuilder &builder, Value value, Value vector) const {
    IRMapping mapping;
    mapping.map(getData(), value);
    if (constant)
      mapping.map(constant, vector);
    Operation *clone = builder.clone(*op, mapping);
    clone->getResult(0).setType(value.getType());
    return clone->getResult(0);
  }
};

} // namespace

/// Reads `op` as a step on floats that keeps the shape of its data.
static std::optional<AffineStep> matchAffine(Operation *op) {
  if (!isa<AddOp, SubOp, MulOp, DivOp, NegOp>(op) ||
      !isa<FloatType>(typeOf(op->getResult(0)).getElementType()))
    return std::nullopt;
  AffineStep step{op, 0, Value(), !isa<AddOp, SubOp>(op),
                  isa<AddOp, SubOp>(op)};
  if (!isa<NegOp>(op)) {
    step.data = isConstantExpression(op->getOperand(0)) ? 1 : 0;
    step.constant = op->getOperand(1 - step.data);
    if (!isConstantExpression(step.constant) ||
        (isa<DivOp>(op) && step.data == 1))
      return std::nullopt;
    step.scales |= isa<SubOp>(op) && step.data == 1;
  }
  if (step.getData().getType() != op->getResult(0).getType() ||
      isConstantExpression(step.getData()))
    return std::nullopt;
  return step;
}

/// Whether `constant`, broadcast to `rank` dimensions, differs along `axis`
/// only.
static bool isPerChannel(Value constant, int64_t rank, int64_t axis) {
  RankedTensorType type = typeOf(constant);
  int64_t added = rank - type.getRank();
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    if (dim + added != axis && type.getDimSize(dim) != 1)
      return false;
  return true;
}

/// A constant that isPerChannel as a vector of `channels` elements.
static Value toVector(OpBuilder &builder, Value constant, int64_t channels) {
  int64_t count = typeOf(constant).getNumElements();
  Location loc = constant.getLoc();
  Value flat =
      builder.createOrFold<ReshapeOp>(loc, constant, ArrayRef<int64_t>{count});
  return builder.createOrFold<BroadcastOp>(loc, flat,
                                           ArrayRef<int64_t>{channels});
}

/// Where dimension `dim` of the operand of a transpose or reshape is found in
/// its result; -1 where it is merged with others.
static int64_t followDim(Operation *view, int64_t dim) {
  if (auto transpose = dyn_cast<TransposeOp>(view))
    return llvm::find(transpose.getPermutation(), dim) -
           transpose.getPermutation().begin();
  auto reshape = cast<ReshapeOp>(view);
  ArrayRef<int64_t> source = reshape.getInput().getType().getShape();
  auto groups = groupReshape(source, reshape.getShape());
  if (!groups)
    return -1;
  for (const DimGroup &group : *groups) {
    if (dim < group.sourceBegin || dim >= group.sourceEnd)
      continue;
    for (int64_t i = group.sourceBegin; i < group.sourceEnd; ++i)
      if (i != dim && source[i] != 1)
        return -1;
    for (int64_t j = group.resultBegin; j < group.resultEnd; ++j)
      if (reshape.getShape()[j] == source[dim])
        return j;
  }
  return -1;
}

/// The op with constant weights whose result `value` is, seen through `views`
/// (the last one first) that nothing else uses.
static WeightedOpInterface findWeighted(Value value,
                                        SmallVectorImpl<Operation *> &views) {
  while (true) {
    Operation *op = value.getDefiningOp();
    if (!op || !op->hasOneUse())
      return {};
    if (auto weighted = dyn_cast<WeightedOpInterface>(op))
      return isConstantExpression(weighted.getWeights()) &&
                     (!weighted.getBias() ||
                      isConstantExpression(weighted.getBias()))
                 ? weighted
                 : WeightedOpInterface();
    if (!isa<TransposeOp, ReshapeOp>(op))
      return {};
    views.push_back(op);
    value = op->getOperand(0);
  }
}

namespace {

/// Folds a step into the weights of the op before it.
struct FoldIntoProducer : OpInterfaceRewritePattern<ElementwiseOpInterface> {
  FoldIntoProducer(MLIRContext *context, Pass::Statistic &count)
      : OpInterfaceRewritePattern(context), count(count) {}

  LogicalResult matchAndRewrite(ElementwiseOpInterface op,
                                PatternRewriter &rewriter) const override {
    std::optional<AffineStep> step = matchAffine(op);
    SmallVector<Operation *> views;
    WeightedOpInterface weighted =
        step ? findWeighted(step->getData(), views) : WeightedOpInterface();
    if (!weighted)
      return failure();
    RankedTensorType product = typeOf(weighted->getResult(0));
    int64_t axis = product.getRank() - 1;
    for (Operation *view : llvm::reverse(views)) {
      axis = followDim(view, axis);
      if (axis < 0)
        return failure();
    }
    int64_t rank = typeOf(op->getResult(0)).getRank();
    if (step->constant && !isPerChannel(step->constant, rank, axis))
      return failure();

    // The constant may be defined behind the op it is folded into.
    rewriter.moveOpBefore(weighted, op);
    for (Operation *view : llvm::reverse(views))
      rewriter.moveOpBefore(view, op);
    rewriter.setInsertionPoint(weighted);
    fold(*step, weighted, product.getShape().back(), rewriter);
    rewriter.replaceOp(op, step->getData());
    ++count;
    return success();
  }

private:
  static void fold(const AffineStep &step, WeightedOpInterface weighted,
                   int64_t channels, PatternRewriter &rewriter) {
    Location loc = step.op->getLoc();
    Value vector, weights = weighted.getWeights(), bias = weighted.getBias();
    if (step.constant)
      vector = toVector(rewriter, step.constant, channels);
    if (step.scales && step.shifts)
      weights = NegOp::create(rewriter, loc, weights);
    else if (step.scales)
      weights = step.apply(
          rewriter, weights,
          vector ? weighted.spreadOutputChannels(rewriter, vector) : Value());
    if (!bias && step.shifts)
      bias = createSplat(rewriter, loc, typeOf(vector), 0);
    if (bias)
      bias = step.apply(rewriter, bias, vector);
    rewriter.modifyOpInPlace(weighted, [&] {
      weighted.setWeights(weights);
      if (bias)
        weighted.setBias(bias);
      weighted->setLoc(rewriter.getFusedLoc({weighted->getLoc(), loc}));
    });
  }

  Pass::Statistic &count;
};

/// Folds a step into the weights of the op behind it.
struct FoldIntoConsumer : OpInterfaceRewritePattern<WeightedOpInterface> {
  FoldIntoConsumer(MLIRContext *context, Pass::Statistic &count)
      : OpInterfaceRewritePattern(context), count(count) {}

  LogicalResult matchAndRewrite(WeightedOpInterface op,
                                PatternRewriter &rewriter) const override {
    Operation *producer = op.getData().getDefiningOp();
    if (!producer || !producer->hasOneUse() ||
        !isConstantExpression(op.getWeights()))
      return failure();
    std::optional<AffineStep> step = matchAffine(producer);
    // Padding is zero before and after a scale, but not after a shift.
    if (!step || (step->shifts && (step->scales || !op.usesAllWeights())))
      return failure();
    RankedTensorType type = typeOf(op.getData());
    if (step->constant &&
        !isPerChannel(step->constant, type.getRank(), type.getRank() - 1))
      return failure();
    if (step->shifts && op.getBias() && !isConstantExpression(op.getBias()))
      return failure();

    Value spread;
    if (step->constant)
      spread = op.spreadInputChannels(
          rewriter, toVector(rewriter, step->constant, type.getShape().back()));
    Value weights = op.getWeights(), bias = op.getBias();
    if (step->shifts)
      bias = shiftBias(*step, op, spread, rewriter);
    else
      weights = step->apply(rewriter, weights, spread);
    rewriter.modifyOpInPlace(op, [&] {
      op.setData(step->getData());
      op.setWeights(weights);
      if (bias)
        op.setBias(bias);
      op->setLoc(rewriter.getFusedLoc({producer->getLoc(), op->getLoc()}));
    });
    ++count;
    return success();
  }

private:
  /// The bias plus or minus the sum of the shift's products with the weights.
  static Value shiftBias(const AffineStep &step, WeightedOpInterface op,
                         Value spread, PatternRewriter &rewriter) {
    Location loc = step.op->getLoc();
    Value products = MulOp::create(rewriter, loc, op.getWeights().getType(),
                                   op.getWeights(), spread);
    auto axes =
        llvm::to_vector(llvm::seq<int64_t>(0, typeOf(products).getRank() - 1));
    Value sum = ReduceOp::create(rewriter, loc, products, ReduceKind::Sum, axes,
                                 /*keep_dims=*/false);
    Value bias = op.getBias();
    if (!bias)
      bias = createSplat(rewriter, loc, typeOf(sum), 0);
    return step.apply(rewriter, bias, sum);
  }

  Pass::Statistic &count;
};

struct FoldScales : lathe::impl::FoldScalesBase<FoldScales> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FoldIntoProducer>(&getContext(), numFoldedBack);
    patterns.add<FoldIntoConsumer>(&getContext(), numFoldedAhead);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
