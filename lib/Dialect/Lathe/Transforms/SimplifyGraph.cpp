//===- SimplifyGraph.cpp - Fewer ops for the same graph -------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/Transforms/Composites.h"
#include "lathe/Dialect/Lathe/Transforms/Passes.h"

#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

#include <cmath>

namespace lathe {
#define GEN_PASS_DEF_SIMPLIFYGRAPH
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

static constexpr double infinity = std::numeric_limits<double>::infinity();

namespace {

/// min(max(x, low), high) with low <= high.
struct Limits {
  double low = -infinity, high = infinity;

  double apply(double x) const { return std::min(std::max(x, low), high); }
};

} // namespace

/// Whether every element of a tensor with `element` type is a double.
static bool isExactAsDouble(Type element) {
  return isa<FloatType>(element) ||
         (element.isInteger() && element.getIntOrFloatBitWidth() <= 32);
}

/// Reads `op` as limits of its first operand; sets `input`.
static std::optional<Limits> matchLimits(Operation *op, Value &input) {
  if (!op)
    return std::nullopt;
  if (auto relu = dyn_cast<ReluOp>(op)) {
    input = relu.getInput();
    return Limits{0, infinity};
  }
  if (auto clamp = dyn_cast<ClampOp>(op)) {
    input = clamp.getInput();
    Limits limits{clamp.getMin().convertToDouble(),
                  clamp.getMax().convertToDouble()};
    return limits.low <= limits.high ? std::optional(limits) : std::nullopt;
  }
  if (!isa<MinOp, MaxOp>(op))
    return std::nullopt;
  bool isRight = getSplatValue(op->getOperand(1)).has_value();
  std::optional<double> limit = getSplatValue(op->getOperand(isRight ? 1 : 0));
  input = op->getOperand(isRight ? 0 : 1);
  if (!limit || std::isnan(*limit) ||
      input.getType() != op->getResult(0).getType() ||
      !isExactAsDouble(
          cast<RankedTensorType>(input.getType()).getElementType()))
    return std::nullopt;
  return isa<MinOp>(op) ? Limits{-infinity, *limit} : Limits{*limit, infinity};
}

static void replaceByLimits(Operation *op, Value input, Limits limits,
                            PatternRewriter &rewriter) {
  if (limits.low == 0 && limits.high == infinity)
    rewriter.replaceOpWithNewOp<ReluOp>(op, input);
  else
    rewriter.replaceOpWithNewOp<ClampOp>(op, input, APFloat(limits.low),
                                         APFloat(limits.high));
}

namespace {

/// A minimum or maximum with a number is a limit; [0, infinity) is relu.
template <typename Op> struct NormalizeLimit : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    Value input;
    std::optional<Limits> limits = matchLimits(op, input);
    if (!limits || (std::is_same_v<Op, ClampOp> &&
                    (limits->low != 0 || limits->high != infinity)))
      return failure();
    replaceByLimits(op, input, *limits, rewriter);
    return success();
  }
};

/// Limits of limits are one.
template <typename Op> struct MergeLimits : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    Value middle, input;
    std::optional<Limits> outer = matchLimits(op, middle);
    if (!outer || !middle.hasOneUse())
      return failure();
    std::optional<Limits> inner = matchLimits(middle.getDefiningOp(), input);
    if (!inner)
      return failure();
    Limits merged{outer->apply(inner->low), outer->apply(inner->high)};
    replaceByLimits(op, input, merged, rewriter);
    return success();
  }
};

/// The mean over a window that is the whole image is a reduction.
struct GlobalPoolToReduce : OpRewritePattern<AvgPoolOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AvgPoolOp op,
                                PatternRewriter &rewriter) const override {
    auto type = op.getInput().getType();
    ArrayRef<int64_t> image = type.getShape().drop_front().drop_back();
    bool isWhole =
        llvm::equal(op.getKernel(), image) &&
        llvm::all_of(op.getPads(), [](int64_t pad) { return pad == 0; }) &&
        llvm::all_of_zip(op.getKernel(), op.getDilations(),
                         [](int64_t kernel, int64_t dilation) {
                           return kernel == 1 || dilation == 1;
                         });
    if (!isWhole || !isa<FloatType>(type.getElementType()))
      return failure();
    auto axes = llvm::to_vector(llvm::seq<int64_t>(1, op.getSpatialRank() + 1));
    rewriter.replaceOpWithNewOp<ReduceOp>(op, op.getInput(), ReduceKind::Mean,
                                          axes, /*keep_dims=*/true);
    return success();
  }
};

struct SimplifyGraph : lathe::impl::SimplifyGraphBase<SimplifyGraph> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    RewritePatternSet patterns(context);
    patterns.add<NormalizeLimit<MinOp>, NormalizeLimit<MaxOp>,
                 NormalizeLimit<ClampOp>, MergeLimits<ReluOp>,
                 MergeLimits<ClampOp>, GlobalPoolToReduce>(context);
    populateGeluPatterns(patterns, numGelu);
    populateLayerNormPatterns(patterns, numLayerNorm);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
