//===- RecognizeLayerNorm.cpp - Normalization from primitive ops ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Dialect/Lathe/Transforms/Composites.h"

using namespace mlir;
using namespace lathe;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// Reads `value` as the mean over the trailing dimensions from the returned one
/// on, which keep extent 1.
static std::optional<int64_t> matchTrailingMean(Value value, Value &of) {
  auto reduce = value.getDefiningOp<ReduceOp>();
  if (!reduce || reduce.getKind() != ReduceKind::Mean ||
      !reduce.getKeepDims() || reduce.getAxes().empty())
    return std::nullopt;
  int64_t rank = reduce.getInput().getType().getRank();
  int64_t first = reduce.getAxes().front();
  if (!llvm::equal(reduce.getAxes(), llvm::seq<int64_t>(first, rank)))
    return std::nullopt;
  of = reduce.getInput();
  return first;
}

/// The operand of a square; null when `value` is none.
static Value matchSquare(Value value) {
  if (auto mul = value.getDefiningOp<MulOp>())
    return mul.getLhs() == mul.getRhs() ? mul.getLhs() : Value();
  if (auto pow = value.getDefiningOp<PowOp>())
    if (getSplatValue(pow.getRhs()) == std::optional<double>(2))
      return pow.getLhs();
  return {};
}

namespace {

/// d / sqrt(mean(d^2) + epsilon).
struct Normalization {
  Value difference;
  double epsilon;
  int64_t axis;
};

} // namespace

/// Reads `denominator` as sqrt(mean(d^2) + epsilon).
static std::optional<Normalization> matchDeviation(Value denominator) {
  auto root = denominator.getDefiningOp<SqrtOp>();
  auto sum = root ? root.getInput().getDefiningOp<AddOp>() : AddOp();
  if (!sum)
    return std::nullopt;
  Value variance = sum.getLhs();
  std::optional<double> epsilon = getSplatValue(sum.getRhs());
  if (!epsilon) {
    variance = sum.getRhs();
    epsilon = getSplatValue(sum.getLhs());
  }
  Value square;
  std::optional<int64_t> axis = matchTrailingMean(variance, square);
  Value difference = axis ? matchSquare(square) : Value();
  if (!epsilon || !difference)
    return std::nullopt;
  return Normalization{difference, *epsilon, *axis};
}

/// Reads a division, or a product with a reciprocal, as a normalization.
static std::optional<Normalization> matchNormalization(Operation *op) {
  auto check = [](Value numerator, Value denominator) {
    std::optional<Normalization> result = matchDeviation(denominator);
    return result && result->difference == numerator ? result : std::nullopt;
  };
  if (auto div = dyn_cast<DivOp>(op))
    return check(div.getLhs(), div.getRhs());
  auto mul = cast<MulOp>(op);
  for (auto [numerator, factor] : {std::pair(mul.getLhs(), mul.getRhs()),
                                   std::pair(mul.getRhs(), mul.getLhs())})
    if (auto inverse = factor.getDefiningOp<ReciprocalOp>())
      if (auto result = check(numerator, inverse.getInput()))
        return result;
  return std::nullopt;
}

/// The tensor whose mean over the dimensions from `axis` on was subtracted to
/// get `difference`; null when none was.
static Value undoMeanSubtraction(Value difference, int64_t axis) {
  auto sub = difference.getDefiningOp<SubOp>();
  if (!sub || sub.getLhs().getType() != sub.getType())
    return {};
  Value averaged;
  std::optional<int64_t> first = matchTrailingMean(sub.getRhs(), averaged);
  return first == std::optional<int64_t>(axis) && averaged == sub.getLhs()
             ? averaged
             : Value();
}

namespace {

/// (x - mean(x)) / sqrt(mean((x - mean(x))^2) + epsilon), and without the
/// subtraction of the mean.
template <typename Op> struct RecognizeLayerNorm : OpRewritePattern<Op> {
  RecognizeLayerNorm(MLIRContext *context, Pass::Statistic &count)
      : OpRewritePattern<Op>(context), count(count) {}

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    std::optional<Normalization> match = matchNormalization(op);
    if (!match)
      return failure();
    Value input = undoMeanSubtraction(match->difference, match->axis);
    bool isRms = !input;
    rewriter.replaceOpWithNewOp<LayerNormOp>(
        op, isRms ? match->difference : input, Value(), Value(), match->axis,
        APFloat(match->epsilon), isRms);
    ++count;
    return success();
  }

  Pass::Statistic &count;
};

/// Takes the constant behind a normalization that has none yet: a product as
/// its scale, a sum as its bias.
template <typename Op> struct AbsorbParameter : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    constexpr bool isScale = std::is_same_v<Op, MulOp>;
    for (bool swapped : {false, true}) {
      Value data = swapped ? op.getRhs() : op.getLhs();
      Value constant = swapped ? op.getLhs() : op.getRhs();
      auto norm = data.getDefiningOp<LayerNormOp>();
      if (!norm || !norm->hasOneUse() || norm.getBias() ||
          (isScale && norm.getScale()) || norm.getType() != op.getType() ||
          !isConstantExpression(constant))
        continue;
      ArrayRef<int64_t> shape =
          norm.getType().getShape().drop_front(norm.getAxis());
      ArrayRef<int64_t> given = typeOf(constant).getShape();
      if (given.take_back(shape.size()) != shape ||
          llvm::any_of(given.drop_back(shape.size()),
                       [](int64_t extent) { return extent != 1; }))
        continue;
      Value parameter =
          rewriter.createOrFold<ReshapeOp>(op.getLoc(), constant, shape);
      rewriter.replaceOpWithNewOp<LayerNormOp>(
          op, norm.getInput(), isScale ? parameter : norm.getScale(),
          isScale ? Value() : parameter, norm.getAxis(), norm.getEpsilon(),
          norm.getRms());
      return success();
    }
    return failure();
  }
};

} // namespace

void lathe::populateLayerNormPatterns(RewritePatternSet &patterns,
                                      Pass::Statistic &count) {
  MLIRContext *context = patterns.getContext();
  patterns.add<RecognizeLayerNorm<DivOp>, RecognizeLayerNorm<MulOp>>(context,
                                                                     count);
  patterns.add<AbsorbParameter<MulOp>, AbsorbParameter<AddOp>>(context);
}
