//===- FoldPads.cpp - Fold padding into convolutions and pooling ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/Transforms/Layout.h"
#include "lathe/Dialect/Lathe/Transforms/Passes.h"

#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace lathe {
#define GEN_PASS_DEF_FOLDPADS
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

namespace {

/// A constant border of spatial dimensions, and what lies in it.
struct Border {
  SmallVector<int64_t> pads; ///< begins, then ends
  double value;
};

} // namespace

/// Reads a pad of [N, s1 … sk, C] data; nullopt where other than spatial
/// dimensions are padded or the border is not one number.
static std::optional<Border> matchBorder(PadOp pad) {
  int64_t rank = pad.getType().getRank();
  std::optional<double> value =
      pad.getValue() ? getSplatValue(pad.getValue()) : 0.0;
  if (pad.getMode() != PadMode::Constant || !value || rank < 3)
    return std::nullopt;
  Border border{{}, *value};
  for (ArrayRef<int64_t> amounts : {pad.getLow(), pad.getHigh()}) {
    if (amounts.front() != 0 || amounts.back() != 0)
      return std::nullopt;
    llvm::append_range(border.pads, amounts.drop_front().drop_back());
  }
  return border;
}

static SmallVector<int64_t> addPads(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  SmallVector<int64_t> sum;
  for (auto [x, y] : llvm::zip_equal(a, b))
    sum.push_back(x + y);
  return sum;
}

/// Whether no element of `value` is below zero.
static bool isNonNegative(Value value) {
  if (auto clamp = value.getDefiningOp<ClampOp>())
    return !clamp.getMin().isNegative();
  return isa_and_present<ReluOp, SigmoidOp>(value.getDefiningOp());
}

/// Whether a window of the pool may lie in `pads` alone, where the maximum
/// would be the border's value.
template <typename Pool>
static bool mayLeaveInput(Pool pool, ArrayRef<int64_t> pads) {
  size_t rank = pool.getKernel().size();
  for (size_t i = 0; i < rank; ++i) {
    int64_t reach = (pool.getKernel()[i] - 1) * pool.getDilations()[i];
    if (pads[i] > reach || pads[rank + i] > reach)
      return true;
  }
  return false;
}

/// Merges a border of zeros with the convolution's own, which is zero too.
static LogicalResult mergeBorder(ConvOp op, PadOp pad, const Border &border,
                                 PatternRewriter &rewriter) {
  if (border.value != 0)
    return failure();
  rewriter.modifyOpInPlace(op, [&] {
    op.getInputMutable().assign(pad.getInput());
    op.setPads(addPads(op.getPads(), border.pads));
  });
  return success();
}

/// Padding is never picked as the maximum; a border never is either when it
/// holds the least number there is, or zeros around elements not below zero.
static LogicalResult mergeBorder(MaxPoolOp op, PadOp pad, const Border &border,
                                 PatternRewriter &rewriter) {
  auto element = dyn_cast<FloatType>(op.getType().getElementType());
  if (!element)
    return failure();
  double least =
      APFloat::getLargest(element.getFloatSemantics(), /*Negative=*/true)
          .convertToDouble();
  bool neverPicked = border.value <= least ||
                     (border.value == 0 && isNonNegative(pad.getInput()));
  SmallVector<int64_t> pads = addPads(op.getPads(), border.pads);
  if (!neverPicked || mayLeaveInput(op, pads))
    return failure();
  rewriter.modifyOpInPlace(op, [&] {
    op.getInputMutable().assign(pad.getInput());
    op.setPads(pads);
  });
  return success();
}

/// The border's zeros count as elements; of the pool's own padding stays
/// counted what was.
static LogicalResult mergeBorder(AvgPoolOp op, PadOp pad, const Border &border,
                                 PatternRewriter &rewriter) {
  SmallVector<int64_t> pads = addPads(op.getPads(), border.pads);
  if (border.value != 0 || mayLeaveInput(op, pads))
    return failure();
  SmallVector<int64_t> counted = border.pads;
  if (op.getCountIncludePad())
    counted = addPads(counted, op.getCountedPads().value_or(op.getPads()));
  rewriter.modifyOpInPlace(op, [&] {
    op.getInputMutable().assign(pad.getInput());
    op.setPads(pads);
    op.setCountIncludePad(true);
    if (counted == pads)
      op.removeCountedPadsAttr();
    else
      op.setCountedPads(counted);
  });
  return success();
}

namespace {

template <typename Op> struct FoldPad : OpRewritePattern<Op> {
  FoldPad(MLIRContext *context, Pass::Statistic &count)
      : OpRewritePattern<Op>(context), count(count) {}

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    auto pad = op.getInput().template getDefiningOp<PadOp>();
    std::optional<Border> border = pad ? matchBorder(pad) : std::nullopt;
    if (!border || failed(mergeBorder(op, pad, *border, rewriter)))
      return failure();
    ++count;
    return success();
  }

  Pass::Statistic &count;
};

/// reshape(pad(x)) is pad(reshape(x)) when the reshape adds, drops or moves
/// dimensions of extent one only. It stands between where the input has one
/// channel and its change of layout therefore is a reshape.
struct SinkPadThroughReshape : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  /// Finds the only dimension in [begin, end) that is not of extent one; begin
  /// when there is none, -1 when there are several.
  static int64_t onlyDim(ArrayRef<int64_t> shape, int64_t begin, int64_t end) {
    int64_t found = -1;
    for (int64_t dim = begin; dim < end; ++dim) {
      if (shape[dim] == 1)
        continue;
      if (found >= 0)
        return -1;
      found = dim;
    }
    return found >= 0 ? found : begin;
  }

  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    auto pad = op.getInput().getDefiningOp<PadOp>();
    if (!pad || !pad->hasOneUse())
      return failure();
    ArrayRef<int64_t> padded = pad.getType().getShape();
    auto groups = groupReshape(padded, op.getShape());
    if (!groups)
      return failure();
    SmallVector<int64_t> shape(op.getShape()), low(shape.size(), 0), high = low;
    for (const DimGroup &group : *groups) {
      int64_t from = onlyDim(padded, group.sourceBegin, group.sourceEnd);
      int64_t to = onlyDim(shape, group.resultBegin, group.resultEnd);
      for (int64_t dim = group.sourceBegin; dim < group.sourceEnd; ++dim) {
        if (pad.getLow()[dim] == 0 && pad.getHigh()[dim] == 0)
          continue;
        if (dim != from || to < 0)
          return failure();
        shape[to] = pad.getInput().getType().getDimSize(dim);
        low[to] = pad.getLow()[dim];
        high[to] = pad.getHigh()[dim];
      }
    }
    Value input =
        rewriter.createOrFold<ReshapeOp>(op.getLoc(), pad.getInput(), shape);
    rewriter.replaceOpWithNewOp<PadOp>(op, input, pad.getValue(), low, high,
                                       pad.getMode());
    return success();
  }
};

struct FoldPads : lathe::impl::FoldPadsBase<FoldPads> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<SinkPadThroughReshape>(&getContext());
    patterns.add<FoldPad<ConvOp>, FoldPad<MaxPoolOp>, FoldPad<AvgPoolOp>>(
        &getContext(), numFolded);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
