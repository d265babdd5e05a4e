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

/// matmul(x, w) + constant vector is matmul(x, w, vector).
struct FoldAddIntoBias : OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AddOp op,
                                PatternRewriter &rewriter) const override {
    auto matmul = op.getLhs().getDefiningOp<MatMulOp>();
    ElementsAttr constant;
    if (!matmul || matmul.getBias() || !matmul->hasOneUse() ||
        !matchPattern(op.getRhs(), m_Constant(&constant)) ||
        matmul.getType() != op.getType())
      return failure();
    auto type = cast<RankedTensorType>(op.getRhs().getType());
    int64_t columns = op.getType().getShape().back();
    if (type.getNumElements() != columns || type.getShape().empty() ||
        type.getShape().back() != columns)
      return failure();
    Value bias = rewriter.createOrFold<ReshapeOp>(op.getLoc(), op.getRhs(),
                                                  ArrayRef<int64_t>{columns});
    rewriter.replaceOpWithNewOp<MatMulOp>(op, matmul.getType(), matmul.getLhs(),
                                          matmul.getRhs(), bias);
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
    Value product = MatMulOp::create(rewriter, op.getLoc(), type, flat,
                                     op.getRhs(), op.getBias());
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
  patterns.add<MergeSlices>(context);
}
void ConcatOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  patterns.add<FlattenConcat>(context);
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
