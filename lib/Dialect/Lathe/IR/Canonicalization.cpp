//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Algebraic simplifications that always pay.
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IR/LatheDialect.h"

#include "mlir/Dialect/Traits.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace lathe;

namespace {

/// reshape(reshape(x)) is one reshape.
struct MergeReshapes : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<ReshapeOp>();
    if (!inner)
      return failure();
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, inner.getInput(), op.getShape());
    return success();
  }
};

/// transpose(transpose(x)) is one transpose.
struct MergeTransposes : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<TransposeOp>();
    if (!inner)
      return failure();
    SmallVector<int64_t> permutation;
    for (int64_t dim : op.getPermutation())
      permutation.push_back(inner.getPermutation()[dim]);
    rewriter.replaceOpWithNewOp<TransposeOp>(op, inner.getInput(), permutation);
    return success();
  }
};

/// A transpose that only moves dimensions of extent one is a reshape.
struct TransposeToReshape : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransposeOp op,
                                PatternRewriter &rewriter) const override {
    int64_t previous = -1;
    for (int64_t dim : op.getPermutation()) {
      if (op.getInput().getType().getDimSize(dim) == 1)
        continue;
      if (dim < previous)
        return failure();
      previous = dim;
    }
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getInput(),
                                           op.getType().getShape());
    return success();
  }
};

/// slice(slice(x)) is one slice.
struct MergeSlices : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<SliceOp>();
    if (!inner)
      return failure();
    SmallVector<int64_t> offsets, steps;
    for (auto [dim, offset] : llvm::enumerate(op.getOffsets())) {
      offsets.push_back(inner.getOffsets()[dim] +
                        offset * inner.getSteps()[dim]);
      steps.push_back(op.getSteps()[dim] * inner.getSteps()[dim]);
    }
    rewriter.replaceOpWithNewOp<SliceOp>(op, inner.getInput(), offsets,
                                         op.getSizes(), steps);
    return success();
  }
};

/// concat(a, concat(b, c)) along one axis is concat(a, b, c), and empty inputs
/// add nothing.
struct FlattenConcat : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConcatOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<Value> inputs;
    for (Value input : op.getInputs()) {
      auto inner = input.getDefiningOp<ConcatOp>();
      if (inner && inner.getAxis() == op.getAxis() && input.hasOneUse())
        llvm::append_range(inputs, inner.getInputs());
      else if (cast<RankedTensorType>(input.getType()).getNumElements() != 0)
        inputs.push_back(input);
    }
    if (inputs.empty() || llvm::equal(inputs, op.getInputs()))
      return failure();
    rewriter.replaceOpWithNewOp<ConcatOp>(op, inputs, op.getAxis());
    return success();
  }
};

/// A slice of a concatenation that lies in one of its inputs is a slice of that
/// input.
struct SliceOfConcat : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp op,
                                PatternRewriter &rewriter) const override {
    auto concat = op.getInput().getDefiningOp<ConcatOp>();
    if (!concat || op.getType().getNumElements() == 0)
      return failure();
    int64_t axis = concat.getAxis();
    int64_t first = op.getOffsets()[axis];
    int64_t last = first + (op.getSizes()[axis] - 1) * op.getSteps()[axis];
    int64_t begin = 0;
    for (Value input : concat.getInputs()) {
      int64_t end =
          begin + cast<RankedTensorType>(input.getType()).getDimSize(axis);
      if (std::min(first, last) >= begin && std::max(first, last) < end) {
        SmallVector<int64_t> offsets(op.getOffsets());
        offsets[axis] -= begin;
        rewriter.replaceOpWithNewOp<SliceOp>(op, input, offsets, op.getSizes(),
                                             op.getSteps());
        return success();
      }
      begin = end;
    }
    return failure();
  }
};

/// Neighbouring slices of one tensor that are joined again are one slice.
struct ConcatOfSlices : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;

  /// Whether `second` begins where `first` ends along `axis` and agrees with it
  /// along the other dimensions.
  static bool continues(SliceOp first, SliceOp second, int64_t axis) {
    if (first.getInput() != second.getInput())
      return false;
    for (int64_t dim = 0; dim < first.getType().getRank(); ++dim) {
      int64_t expected = first.getOffsets()[dim];
      if (dim == axis)
        expected += first.getSizes()[dim] * first.getSteps()[dim];
      if (second.getOffsets()[dim] != expected ||
          second.getSteps()[dim] != first.getSteps()[dim])
        return false;
    }
    return true;
  }

  LogicalResult matchAndRewrite(ConcatOp op,
                                PatternRewriter &rewriter) const override {
    int64_t axis = op.getAxis();
    SmallVector<Value> inputs;
    for (Value input : op.getInputs()) {
      auto slice = input.getDefiningOp<SliceOp>();
      auto before =
          inputs.empty() ? SliceOp() : inputs.back().getDefiningOp<SliceOp>();
      if (!slice || !before || !continues(before, slice, axis)) {
        inputs.push_back(input);
        continue;
      }
      SmallVector<int64_t> sizes(before.getSizes());
      sizes[axis] += slice.getSizes()[axis];
      inputs.back() =
          SliceOp::create(rewriter, op.getLoc(), before.getInput(),
                          before.getOffsets(), sizes, before.getSteps());
    }
    if (inputs.size() == op.getInputs().size())
      return failure();
    rewriter.replaceOpWithNewOp<ConcatOp>(op, inputs, axis);
    return success();
  }
};

/// neg(neg(x)) is x.
struct DoubleNeg : OpRewritePattern<NegOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(NegOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<NegOp>();
    if (!inner || inner.getInput().getType() != op.getType())
      return failure();
    rewriter.replaceOp(op, inner.getInput());
    return success();
  }
};

/// Whether every value of type `from` is one of type `to`.
static bool isLossless(Type from, Type to) {
  if (auto source = dyn_cast<FloatType>(from)) {
    auto target = dyn_cast<FloatType>(to);
    return target && APFloat::isRepresentableBy(source.getFloatSemantics(),
                                                target.getFloatSemantics());
  }
  auto source = dyn_cast<IntegerType>(from);
  if (!source)
    return false;
  // The sign of a signed integer needs a bit; bool is unsigned.
  bool isSigned = !source.isUnsigned() && source.getWidth() > 1;
  unsigned digits = source.getWidth() - isSigned;
  if (auto target = dyn_cast<FloatType>(to))
    return digits <= APFloat::semanticsPrecision(target.getFloatSemantics()) &&
           static_cast<int>(digits) <=
               APFloat::semanticsMaxExponent(target.getFloatSemantics());
  auto target = dyn_cast<IntegerType>(to);
  if (!target || target.getWidth() == 1)
    return false;
  return target.isUnsigned() ? !isSigned && digits <= target.getWidth()
                             : digits <= target.getWidth() - 1;
}

/// cast(cast(x)) is one cast when the inner one loses nothing.
struct MergeCasts : OpRewritePattern<CastOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(CastOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<CastOp>();
    if (!inner)
      return failure();
    Type from = inner.getInput().getType().getElementType();
    Type between = inner.getType().getElementType();
    // Integers out of range wrap around, floats do not.
    bool saturates = from.isInteger() && isa<FloatType>(between) &&
                     op.getTo().isInteger() && !isLossless(from, op.getTo());
    if (!isLossless(from, between) || saturates)
      return failure();
    rewriter.replaceOpWithNewOp<CastOp>(op, inner.getInput(), op.getTo());
    return success();
  }
};

/// select with one condition for all elements is one of the choices.
struct ConstantCondition : OpRewritePattern<SelectOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SelectOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<double> condition = getSplatValue(op.getCondition());
    if (!condition)
      return failure();
    Value choice = *condition != 0 ? op.getOnTrue() : op.getOnFalse();
    if (choice.getType() != op.getType())
      choice = BroadcastOp::create(rewriter, op.getLoc(), choice,
                                   op.getType().getShape());
    rewriter.replaceOp(op, choice);
    return success();
  }
};

/// An elementwise op broadcasts its operands itself, unless `broadcast` alone
/// gives the result its shape.
struct DropBroadcast : OpRewritePattern<BroadcastOp> {
  using OpRewritePattern::OpRewritePattern;

  static bool isRedundant(OpOperand &use, Value input) {
    Operation *op = use.getOwner();
    if (!isa<ElementwiseOpInterface>(op))
      return false;
    SmallVector<int64_t> shape;
    for (OpOperand &operand : op->getOpOperands()) {
      Value value = operand.get() == use.get() ? input : operand.get();
      SmallVector<int64_t> joined;
      if (!OpTrait::util::getBroadcastedShape(
              shape, cast<RankedTensorType>(value.getType()).getShape(),
              joined))
        return false;
      shape = std::move(joined);
    }
    return cast<RankedTensorType>(op->getResult(0).getType()).getShape() ==
           ArrayRef<int64_t>(shape);
  }

  LogicalResult matchAndRewrite(BroadcastOp op,
                                PatternRewriter &rewriter) const override {
    bool changed = false;
    for (OpOperand &use : llvm::make_early_inc_range(op->getUses())) {
      if (!isRedundant(use, op.getInput()))
        continue;
      rewriter.modifyOpInPlace(use.getOwner(), [&] { use.set(op.getInput()); });
      changed = true;
    }
    return success(changed);
  }
};

/// Replaces a binary op whose right operand is the neutral element `Neutral`.
template <typename Op, int Neutral>
struct DropNeutralRhs : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    if (op.getLhs().getType() != op.getType() ||
        getSplatValue(op.getRhs()) != std::optional<double>(Neutral))
      return failure();
    rewriter.replaceOp(op, op.getLhs());
    return success();
  }
};

/// Puts a constant operand of a commutative op on the right.
template <typename Op> struct ConstantToRhs : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    if (!matchPattern(op.getLhs(), m_Constant()) ||
        matchPattern(op.getRhs(), m_Constant()))
      return failure();
    rewriter.replaceOpWithNewOp<Op>(op, op.getType(), op.getRhs(), op.getLhs());
    return success();
  }
};

/// Division by a constant power of two is multiplication by its inverse, which
/// is exact.
struct DivByPowerOfTwo : OpRewritePattern<DivOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(DivOp op,
                                PatternRewriter &rewriter) const override {
    SplatElementsAttr splat;
    if (!matchPattern(op.getRhs(), m_Constant(&splat)) ||
        !isa<FloatType>(splat.getElementType()))
      return failure();
    APFloat inverse(splat.getSplatValue<APFloat>());
    if (!splat.getSplatValue<APFloat>().getExactInverse(&inverse))
      return failure();
    Value constant =
        ConstantOp::create(rewriter, op.getLoc(),
                           DenseElementsAttr::get(splat.getType(), inverse));
    rewriter.replaceOpWithNewOp<MulOp>(op, op.getType(), op.getLhs(), constant);
    return success();
  }
};

/// x^2, x^0.5 and x^-1 without `pow`.
struct SimplifyPow : OpRewritePattern<PowOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(PowOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<double> exponent = getSplatValue(op.getRhs());
    Value base = op.getLhs();
    bool isFloat = isa<FloatType>(op.getType().getElementType());
    if (!exponent || base.getType() != op.getType())
      return failure();
    if (*exponent == 1)
      rewriter.replaceOp(op, base);
    else if (*exponent == 2)
      rewriter.replaceOpWithNewOp<MulOp>(op, base, base);
    else if (*exponent == 0.5 && isFloat)
      rewriter.replaceOpWithNewOp<SqrtOp>(op, base);
    else if (*exponent == -1 && isFloat)
      rewriter.replaceOpWithNewOp<ReciprocalOp>(op, base);
    else
      return failure();
    return success();
  }
};

/// matmul(x, w) + constant vector is matmul(x, w, vector), also where a reshape
/// that keeps the rows is between.
struct FoldAddIntoBias : OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AddOp op,
                                PatternRewriter &rewriter) const override {
    Value product = op.getLhs();
    auto reshape = product.getDefiningOp<ReshapeOp>();
    if (reshape && reshape->hasOneUse())
      product = reshape.getInput();
    auto matmul = product.getDefiningOp<MatMulOp>();
    ElementsAttr constant;
    if (!matmul || matmul.getBias() || !matmul->hasOneUse() ||
        !matchPattern(op.getRhs(), m_Constant(&constant)) ||
        op.getLhs().getType() != op.getType() || op.getType().getRank() == 0)
      return failure();
    auto type = cast<RankedTensorType>(op.getRhs().getType());
    int64_t columns = op.getType().getShape().back();
    if (matmul.getType().getShape().back() != columns ||
        type.getNumElements() != columns || type.getShape().empty() ||
        type.getShape().back() != columns)
      return failure();
    Value bias = rewriter.createOrFold<ReshapeOp>(op.getLoc(), op.getRhs(),
                                                  ArrayRef<int64_t>{columns});
    Value sum =
        MatMulOp::create(rewriter, op.getLoc(), matmul.getType(),
                         matmul.getLhs(), matmul.getRhs(), bias,
                         matmul.getLhsZeroPoint(), matmul.getRhsZeroPoint());
    rewriter.replaceOp(op, rewriter.createOrFold<ReshapeOp>(
                               op.getLoc(), sum, op.getType().getShape()));
    return success();
  }
};

/// A batch of row vectors times one matrix is one product: [a, b, M, K] x [K,
/// N] is [a * b * M, K] x [K, N].
struct CollapseBatch : OpRewritePattern<MatMulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MatMulOp op,
                                PatternRewriter &rewriter) const override {
    auto lhs = op.getLhs().getType(), rhs = op.getRhs().getType();
    if (lhs.getRank() == 2 || rhs.getRank() != 2)
      return failure();
    int64_t depth = lhs.getShape().back();
    int64_t rows = ShapedType::getNumElements(lhs.getShape().drop_back());
    Value flat = ReshapeOp::create(rewriter, op.getLoc(), op.getLhs(),
                                   ArrayRef<int64_t>{rows, depth});
    auto type = op.getType().clone({rows, op.getType().getShape().back()});
    Value product = MatMulOp::create(
        rewriter, op.getLoc(), type, flat, op.getRhs(), op.getBias(),
        op.getLhsZeroPoint(), op.getRhsZeroPoint());
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, product,
                                           op.getType().getShape());
    return success();
  }
};

} // namespace

void ReshapeOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                            MLIRContext *context) {
  patterns.add<MergeReshapes>(context);
}
void TransposeOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                              MLIRContext *context) {
  patterns.add<MergeTransposes, TransposeToReshape>(context);
}
void SliceOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                          MLIRContext *context) {
  patterns.add<MergeSlices, SliceOfConcat>(context);
}
void ConcatOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  patterns.add<FlattenConcat, ConcatOfSlices>(context);
}
void BroadcastOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                              MLIRContext *context) {
  patterns.add<DropBroadcast>(context);
}
void NegOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                        MLIRContext *context) {
  patterns.add<DoubleNeg>(context);
}
void CastOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                         MLIRContext *context) {
  patterns.add<MergeCasts>(context);
}
void SelectOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  patterns.add<ConstantCondition>(context);
}
void AddOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                        MLIRContext *context) {
  patterns.add<ConstantToRhs<AddOp>, DropNeutralRhs<AddOp, 0>, FoldAddIntoBias>(
      context);
}
void SubOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                        MLIRContext *context) {
  patterns.add<DropNeutralRhs<SubOp, 0>>(context);
}
void MulOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                        MLIRContext *context) {
  patterns.add<ConstantToRhs<MulOp>, DropNeutralRhs<MulOp, 1>>(context);
}
void DivOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                        MLIRContext *context) {
  patterns.add<DropNeutralRhs<DivOp, 1>, DivByPowerOfTwo>(context);
}
void PowOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                        MLIRContext *context) {
  patterns.add<SimplifyPow>(context);
}
void MatMulOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  patterns.add<CollapseBatch>(context);
}
