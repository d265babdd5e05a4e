//===- TransposeReshape.cpp - Transposes beside reshapes ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A reshape divides into groups of dimensions, each of which holds the same
// elements before and after. A transpose that moves whole groups commutes with
// the reshape; one that does not stays, unless the reshape feeds a product
// with a constant matrix, whose rows can be reordered instead.
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Dialect/Lathe/Transforms/Layout.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace lathe;

std::optional<SmallVector<DimGroup>>
lathe::groupReshape(ArrayRef<int64_t> source, ArrayRef<int64_t> result) {
  if (ShapedType::getNumElements(source) == 0)
    return std::nullopt;
  SmallVector<DimGroup> groups;
  int64_t sourceRank = source.size(), resultRank = result.size();
  int64_t i = 0, j = 0;
  while (i < sourceRank && j < resultRank) {
    DimGroup group{i, i + 1, j, j + 1};
    int64_t left = source[i], right = result[j];
    while (left != right) {
      if (left < right)
        left *= source[group.sourceEnd++];
      else
        right *= result[group.resultEnd++];
    }
    i = group.sourceEnd;
    j = group.resultEnd;
    groups.push_back(group);
  }
  // What is left on one side has extent one.
  if (groups.empty())
    groups.push_back({0, 0, 0, 0});
  groups.back().sourceEnd = sourceRank;
  groups.back().resultEnd = resultRank;
  return groups;
}

bool lathe::keepsOrder(ArrayRef<int64_t> shape, ArrayRef<int64_t> permutation) {
  int64_t previous = -1;
  for (int64_t dim : permutation) {
    if (shape[dim] == 1)
      continue;
    if (dim < previous)
      return false;
    previous = dim;
  }
  return true;
}

/// The order in which the groups lie after a transpose, when it moves each as a
/// whole: `ranges` are the groups' dimensions on the side of the reshape where
/// the transpose is, and `order[d]` is where dimension d of that side comes
/// from (or goes to). Dimensions of extent one follow their group.
static std::optional<SmallVector<int64_t>>
orderOfGroups(ArrayRef<std::pair<int64_t, int64_t>> ranges,
              ArrayRef<int64_t> order, ArrayRef<int64_t> shape) {
  // Ranks among the dimensions that matter, so that neighbours differ by one.
  SmallVector<int64_t> rankOf(order.size(), 0), sorted;
  for (size_t dim = 0; dim < order.size(); ++dim)
    if (shape[dim] != 1)
      sorted.push_back(order[dim]);
  llvm::sort(sorted);
  for (size_t dim = 0; dim < order.size(); ++dim)
    rankOf[dim] = llvm::lower_bound(sorted, order[dim]) - sorted.begin();

  SmallVector<std::pair<int64_t, int64_t>> positions; // (rank, group)
  int64_t lastPosition = -1;
  for (auto [index, range] : llvm::enumerate(ranges)) {
    int64_t first = -1, previous = -1;
    for (int64_t dim = range.first; dim < range.second; ++dim) {
      if (shape[dim] == 1)
        continue;
      if (previous >= 0 && rankOf[dim] != previous + 1)
        return std::nullopt;
      previous = rankOf[dim];
      first = first < 0 ? previous : first;
    }
    // Without a dimension that matters the group stays behind the one before.
    lastPosition = first < 0 ? lastPosition : first;
    positions.push_back({lastPosition, index});
  }
  llvm::sort(positions);
  return llvm::map_to_vector(positions, [](auto &p) { return p.second; });
}

static Value createReshape(PatternRewriter &rewriter, Location loc, Value value,
                           ArrayRef<int64_t> shape) {
  return rewriter.createOrFold<ReshapeOp>(loc, value, shape);
}

namespace {

/// reshape(transpose(x)) is transpose(reshape(x)) when whole groups move. Going
/// down, a transpose meets the one that undoes it.
struct SinkTransposeThroughReshape : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    auto transpose = op.getInput().getDefiningOp<TransposeOp>();
    if (!transpose || !transpose->hasOneUse())
      return failure();
    ArrayRef<int64_t> before = transpose.getType().getShape();
    auto groups = groupReshape(before, op.getShape());
    if (!groups)
      return failure();
    auto ranges = llvm::map_to_vector(*groups, [](const DimGroup &group) {
      return std::make_pair(group.sourceBegin, group.sourceEnd);
    });
    auto order = orderOfGroups(ranges, transpose.getPermutation(), before);
    if (!order)
      return failure();

    SmallVector<int64_t> shape, permutation(op.getShape().size());
    for (int64_t index : *order)
      for (int64_t dim = (*groups)[index].resultBegin;
           dim < (*groups)[index].resultEnd; ++dim) {
        permutation[dim] = shape.size();
        shape.push_back(op.getShape()[dim]);
      }
    Value reshaped =
        createReshape(rewriter, op.getLoc(), transpose.getInput(), shape);
    rewriter.replaceOpWithNewOp<TransposeOp>(op, reshaped, permutation);
    return success();
  }
};

/// transpose(reshape(transpose(x))) is reshape(transpose(x)) when the outer
/// transpose moves whole groups: two transposes become one.
struct HoistTransposeThroughReshape : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(TransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto reshape = op.getInput().getDefiningOp<ReshapeOp>();
    auto inner = reshape ? reshape.getInput().getDefiningOp<TransposeOp>()
                         : TransposeOp();
    if (!inner || !reshape->hasOneUse())
      return failure();
    ArrayRef<int64_t> source = reshape.getInput().getType().getShape();
    auto groups = groupReshape(source, reshape.getShape());
    if (!groups)
      return failure();
    auto ranges = llvm::map_to_vector(*groups, [](const DimGroup &group) {
      return std::make_pair(group.resultBegin, group.resultEnd);
    });
    auto order =
        orderOfGroups(ranges, invertPermutationVector(op.getPermutation()),
                      reshape.getShape());
    if (!order)
      return failure();

    SmallVector<int64_t> permutation;
    for (int64_t index : *order)
      for (int64_t dim = (*groups)[index].sourceBegin;
           dim < (*groups)[index].sourceEnd; ++dim)
        permutation.push_back(inner.getPermutation()[dim]);
    Value transposed = rewriter.createOrFold<TransposeOp>(
        op.getLoc(), inner.getInput(), permutation);
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, transposed,
                                           op.getType().getShape());
    return success();
  }
};

/// f(reshape(transpose(x))) is reshape(f(transpose(x))) for a function of
/// single elements, so that the reshape reaches the product that absorbs it.
struct SinkReshapeThroughUnary
    : OpInterfaceRewritePattern<ElementwiseOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(ElementwiseOpInterface op,
                                PatternRewriter &rewriter) const override {
    ReshapeOp reshape;
    unsigned position = 0;
    for (OpOperand &operand : op->getOpOperands()) {
      auto type = cast<RankedTensorType>(operand.get().getType());
      if (type.getNumElements() == 1)
        continue;
      if (reshape)
        return failure();
      reshape = operand.get().getDefiningOp<ReshapeOp>();
      position = operand.getOperandNumber();
      if (!reshape)
        return failure();
    }
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    if (!reshape || !reshape->hasOneUse() ||
        !reshape.getInput().getDefiningOp<TransposeOp>() ||
        type.getShape() != reshape.getShape())
      return failure();
    auto source = cast<RankedTensorType>(reshape.getInput().getType());
    IRMapping mapping;
    mapping.map(op->getOperand(position), reshape.getInput());
    // A scalar of higher rank than the source would raise the result's.
    for (Value operand : op->getOperands())
      if (operand != op->getOperand(position) &&
          cast<RankedTensorType>(operand.getType()).getRank() >
              source.getRank())
        return failure();
    Operation *moved = rewriter.clone(*op, mapping);
    moved->getResult(0).setType(type.clone(source.getShape()));
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, moved->getResult(0),
                                           type.getShape());
    return success();
  }
};

/// matmul(reshape(transpose(x)), w): the columns of the left matrix are the
/// elements of x in another order; a constant w has its rows in that order
/// instead. Removes the transpose before the classifier of a CNN.
struct ReorderWeightRows : OpRewritePattern<MatMulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MatMulOp op,
                                PatternRewriter &rewriter) const override {
    auto reshape = op.getLhs().getDefiningOp<ReshapeOp>();
    auto transpose = reshape ? reshape.getInput().getDefiningOp<TransposeOp>()
                             : TransposeOp();
    auto weight = op.getRhs().getType();
    if (!transpose || weight.getRank() != 2 ||
        !isConstantExpression(op.getRhs()))
      return failure();
    ArrayRef<int64_t> before = transpose.getType().getShape();
    auto groups = groupReshape(before, reshape.getShape());
    if (!groups)
      return failure();
    // The group of the last dimension may be permuted, those before may not.
    DimGroup rows = groups->back();
    int64_t first = rows.sourceBegin;
    ArrayRef<int64_t> permutation = transpose.getPermutation();
    if (rows.resultBegin + 1 != rows.resultEnd ||
        !llvm::equal(permutation.take_front(first),
                     llvm::seq<int64_t>(0, first)))
      return failure();

    SmallVector<int64_t> split(before.drop_front(first)), back;
    for (int64_t dim : permutation.drop_front(first))
      back.push_back(dim - first);
    back = invertPermutationVector(back);
    back.push_back(split.size());
    split.push_back(weight.getDimSize(1));
    Location loc = op.getLoc();
    Value unpacked = createReshape(rewriter, loc, op.getRhs(), split);
    Value reordered = TransposeOp::create(rewriter, loc, unpacked, back);
    Value rhs = createReshape(rewriter, loc, reordered, weight.getShape());
    Value lhs =
        createReshape(rewriter, loc, transpose.getInput(), reshape.getShape());
    rewriter.modifyOpInPlace(op, [&] {
      op.getLhsMutable().assign(lhs);
      op.getRhsMutable().assign(rhs);
    });
    return success();
  }
};

} // namespace

void lathe::populateTransposeReshapePatterns(RewritePatternSet &patterns) {
  patterns.add<SinkTransposeThroughReshape, HoistTransposeThroughReshape,
               SinkReshapeThroughUnary, ReorderWeightRows>(
      patterns.getContext());
  TransposeOp::getCanonicalizationPatterns(patterns, patterns.getContext());
  ReshapeOp::getCanonicalizationPatterns(patterns, patterns.getContext());
}
