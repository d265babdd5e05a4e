//===- PropagateLayout.cpp - Move transposes until they cancel ------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A region is a set of ops that can be computed in another layout together:
// ops that LayoutOpInterface lets the permutation through, connected by the
// values between them. Changing the layout of a region removes and adds
// transposes on its border only, so what it is worth follows from the border.
// Every transpose proposes to change the region it feeds, or the one it comes
// from, such that it vanishes; what lowers the number of transposed elements is
// done. At equal cost transposes go down, where reshapes and products absorb
// them. Both the number of elements and, at equal number, the distance to the
// end fall with every change, so that the search ends.
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/Transforms/Layout.h"
#include "lathe/Dialect/Lathe/Transforms/Passes.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

namespace lathe {
#define GEN_PASS_DEF_PROPAGATELAYOUT
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

using Permutation = SmallVector<int64_t>;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

static Permutation identityOf(Value value) {
  return llvm::to_vector(llvm::seq<int64_t>(0, typeOf(value).getRank()));
}

/// The shape with leading dimensions of extent one up to `rank`.
static SmallVector<int64_t> shapeOfRank(Value value, size_t rank) {
  ArrayRef<int64_t> shape = typeOf(value).getShape();
  SmallVector<int64_t> result(rank - shape.size(), 1);
  llvm::append_range(result, shape);
  return result;
}

/// The value that `value` is a transpose of, and by which permutation; itself
/// and the identity for any other value.
static std::pair<Value, Permutation> lookThrough(Value value) {
  if (auto op = value.getDefiningOp<TransposeOp>())
    return {op.getInput(), Permutation(op.getPermutation())};
  return {value, identityOf(value)};
}

/// The transpose of `value` by `permutation` that exists already.
static TransposeOp findTransposed(Value value, ArrayRef<int64_t> permutation) {
  for (Operation *user : value.getUsers())
    if (auto op = dyn_cast<TransposeOp>(user))
      if (op.getPermutation() == permutation)
        return op;
  return {};
}

/// The number of elements that computing transpose(value, permutation) moves.
static int64_t volumeOf(Value value, ArrayRef<int64_t> permutation) {
  if (keepsOrder(shapeOfRank(value, permutation.size()), permutation) ||
      isConstantExpression(value))
    return 0;
  return typeOf(value).getNumElements();
}

namespace {

/// What changing the layout of a region does to the number of elements that
/// transposes on its border move.
struct Change {
  int64_t removedAbove = 0, addedAbove = 0;
  int64_t removedBelow = 0, addedBelow = 0;

  bool pays() const {
    int64_t removed = removedAbove + removedBelow;
    int64_t added = addedAbove + addedBelow;
    // At equal cost transposes go down, and none comes up.
    return added < removed ||
           (added == removed && addedAbove == 0 && removedAbove > 0);
  }
};

/// Ops that change their layout by one permutation together.
class LayoutRegion {
public:
  /// The largest region around `seed`; empty when `seed` takes no part.
  LayoutRegion(Operation *seed, ArrayRef<int64_t> permutation)
      : permutation(permutation),
        inverse(invertPermutationVector(permutation)) {
    add(seed);
    for (size_t next = 0; next < ops.size(); ++next)
      grow(ops[next]);
  }

  bool empty() const { return ops.empty(); }
  size_t size() const { return ops.size(); }
  /// What `apply` would do; nullopt where it cannot be told, because a value of
  /// the region comes back to it in another layout.
  std::optional<Change> evaluate() const;
  void apply();

private:
  void add(Operation *op);
  void grow(Operation *op);
  bool contains(Value value) const {
    return value.getDefiningOp() && ops.contains(value.getDefiningOp());
  }
  /// Whether the operand is permuted when the region is.
  bool isPermuted(OpOperand &operand) const {
    return llvm::is_contained(permutedOperands.lookup(operand.getOwner()),
                              operand.getOperandNumber());
  }
  void evaluateAbove(Value value, Change &change) const;
  void evaluateBelow(Value value, Change &change) const;
  Value permutedOperand(Value value, const IRMapping &mapping) const;

  Permutation permutation, inverse;
  llvm::SetVector<Operation *> ops;
  llvm::DenseMap<Operation *, SmallVector<unsigned>> permutedOperands;
};

} // namespace

void LayoutRegion::add(Operation *op) {
  auto layout = dyn_cast_if_present<LayoutOpInterface>(op);
  if (!layout || op->getNumResults() != 1 || ops.contains(op) ||
      typeOf(op->getResult(0)).getRank() !=
          static_cast<int64_t>(permutation.size()) ||
      isConstantExpression(op->getResult(0)))
    return;
  SmallVector<unsigned> operands = layout.getPermutedOperands(permutation);
  if (operands.empty())
    return;
  ops.insert(op);
  permutedOperands[op] = std::move(operands);
}

void LayoutRegion::grow(Operation *op) {
  for (unsigned number : permutedOperands[op])
    add(op->getOperand(number).getDefiningOp());
  for (OpOperand &use : op->getResult(0).getUses()) {
    auto layout = dyn_cast<LayoutOpInterface>(use.getOwner());
    // A user that takes this operand as it is lies beyond the border.
    if (layout && llvm::is_contained(layout.getPermutedOperands(permutation),
                                     use.getOperandNumber()))
      add(use.getOwner());
  }
}

void LayoutRegion::evaluateAbove(Value value, Change &change) const {
  auto [source, existing] = lookThrough(value);
  bool dies = llvm::all_of(value.getUses(),
                           [&](OpOperand &use) { return isPermuted(use); });
  if (dies)
    change.removedAbove += volumeOf(source, existing);
  bool isFullRank =
      typeOf(value).getRank() == static_cast<int64_t>(permutation.size());
  Permutation needed =
      isFullRank ? applyPermutation(existing, permutation) : permutation;
  Value root = isFullRank ? source : value;
  if (!findTransposed(root, needed))
    change.addedAbove += volumeOf(root, needed);
}

void LayoutRegion::evaluateBelow(Value value, Change &change) const {
  SmallVector<Permutation> seen;
  for (OpOperand &use : value.getUses()) {
    if (isPermuted(use))
      continue;
    Permutation existing = identityOf(value);
    if (auto transpose = dyn_cast<TransposeOp>(use.getOwner()))
      existing.assign(transpose.getPermutation().begin(),
                      transpose.getPermutation().end());
    if (llvm::is_contained(seen, existing))
      continue;
    seen.push_back(existing);
    change.removedBelow += volumeOf(value, existing);
    SmallVector<int64_t> stored =
        applyPermutation(typeOf(value).getShape(), permutation);
    if (!keepsOrder(stored, applyPermutation(inverse, existing)))
      change.addedBelow += typeOf(value).getNumElements();
  }
}

std::optional<Change> LayoutRegion::evaluate() const {
  Change change;
  llvm::SetVector<Value> above;
  for (Operation *op : ops) {
    for (unsigned number : permutedOperands.lookup(op))
      if (!contains(op->getOperand(number)))
        above.insert(op->getOperand(number));
    evaluateBelow(op->getResult(0), change);
  }
  for (Value value : above) {
    if (contains(lookThrough(value).first))
      return std::nullopt;
    evaluateAbove(value, change);
  }
  return change;
}

/// transpose(value, permutation), placed where `value` is defined so that every
/// user can share it.
static Value getTransposed(Value value, ArrayRef<int64_t> permutation) {
  auto [source, existing] = lookThrough(value);
  Permutation composed = applyPermutation(existing, permutation);
  if (isIdentityPermutation(composed))
    return source;
  OpBuilder builder(value.getContext());
  builder.setInsertionPointAfterValue(source);
  if (keepsOrder(typeOf(source).getShape(), composed))
    return ReshapeOp::create(
        builder, value.getLoc(), source,
        applyPermutation(typeOf(source).getShape(), composed));
  if (TransposeOp found = findTransposed(source, composed)) {
    if (found->getIterator() != builder.getInsertionPoint())
      found->moveBefore(builder.getInsertionBlock(),
                        builder.getInsertionPoint());
    return found;
  }
  return TransposeOp::create(builder, value.getLoc(), source, composed);
}

Value LayoutRegion::permutedOperand(Value value,
                                    const IRMapping &mapping) const {
  if (Value mapped = mapping.lookupOrNull(value))
    return mapped;
  if (typeOf(value).getRank() != static_cast<int64_t>(permutation.size())) {
    OpBuilder builder(value.getContext());
    builder.setInsertionPointAfterValue(value);
    value = ReshapeOp::create(builder, value.getLoc(), value,
                              shapeOfRank(value, permutation.size()));
  }
  return getTransposed(value, permutation);
}

void LayoutRegion::apply() {
  SmallVector<Operation *> sorted(ops.begin(), ops.end());
  llvm::sort(sorted,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  IRMapping mapping;
  for (Operation *op : sorted) {
    OpBuilder builder(op);
    SmallVector<Value> operands(op->getOperands());
    for (OpOperand &operand : op->getOpOperands()) {
      Value &value = operands[operand.getOperandNumber()];
      if (isPermuted(operand))
        value = permutedOperand(value, mapping);
      else if (Value mapped = mapping.lookupOrNull(value))
        value = getTransposed(mapped, inverse);
    }
    Value result = cast<LayoutOpInterface>(op).buildPermuted(builder, operands,
                                                             permutation);
    mapping.map(op->getResult(0), result);
  }

  for (Operation *op : llvm::reverse(sorted)) {
    Value permuted = mapping.lookup(op->getResult(0));
    for (OpOperand &use :
         llvm::make_early_inc_range(op->getResult(0).getUses())) {
      auto transpose = dyn_cast<TransposeOp>(use.getOwner());
      if (!transpose) {
        use.set(getTransposed(permuted, inverse));
        continue;
      }
      transpose.replaceAllUsesWith(getTransposed(
          permuted, applyPermutation(inverse, transpose.getPermutation())));
      transpose.erase();
    }
    llvm::SetVector<Value> operands(op->operand_begin(), op->operand_end());
    op->erase();
    for (Value operand : operands)
      if (auto transpose = operand.getDefiningOp<TransposeOp>())
        if (transpose->use_empty())
          transpose.erase();
  }
}

namespace {

/// A reduction that drops its dimensions is one that keeps them and a reshape;
/// the first lets permutations through.
struct KeepReducedDims : OpRewritePattern<ReduceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReduceOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getKeepDims() || op.getType().getRank() == 0)
      return failure();
    Value kept = ReduceOp::create(rewriter, op.getLoc(), op.getInput(),
                                  op.getKind(), op.getAxes(), true);
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, kept, op.getType().getShape());
    return success();
  }
};

/// The inverse of KeepReducedDims, for what is left when layouts are settled.
struct DropReducedDims : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    auto reduce = op.getInput().getDefiningOp<ReduceOp>();
    if (!reduce || !reduce.getKeepDims() || !reduce->hasOneUse())
      return failure();
    SmallVector<int64_t> shape;
    for (auto [dim, extent] : llvm::enumerate(reduce.getType().getShape()))
      if (!llvm::is_contained(reduce.getAxes(), static_cast<int64_t>(dim)))
        shape.push_back(extent);
    if (shape != op.getShape())
      return failure();
    rewriter.replaceOpWithNewOp<ReduceOp>(op, reduce.getInput(),
                                          reduce.getKind(), reduce.getAxes(),
                                          /*keep_dims=*/false);
    return success();
  }
};

struct PropagateLayout : lathe::impl::PropagateLayoutBase<PropagateLayout> {
  using PropagateLayoutBase::PropagateLayoutBase;

  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    int64_t before = countTransposes();
    if (before == 0)
      return;
    RewritePatternSet local(&getContext()), final(&getContext());
    local.add<KeepReducedDims>(&getContext());
    populateTransposeReshapePatterns(local);
    populateTransposeReshapePatterns(final);
    final.add<DropReducedDims>(&getContext());
    FrozenRewritePatternSet localPatterns(std::move(local));
    do {
      if (failed(applyPatternsGreedily(getOperation(), localPatterns)))
        return signalPassFailure();
    } while (changeRegions());
    if (failed(applyPatternsGreedily(getOperation(), std::move(final))))
      return signalPassFailure();
    numRemoved += before - countTransposes();
  }

private:
  /// The transposes of data that is not constant.
  SmallVector<TransposeOp> findTransposes() {
    SmallVector<TransposeOp> transposes;
    for (auto op : getOperation().getBody().front().getOps<TransposeOp>())
      if (!isConstantExpression(op.getInput()))
        transposes.push_back(op);
    return transposes;
  }

  int64_t countTransposes() { return findTransposes().size(); }

  /// Changes the layout around `op` when that pays.
  bool changeAround(TransposeOp op) {
    // What it feeds is computed in the layout before it, or what it comes from
    // in the layout after.
    Permutation undo = invertPermutationVector(op.getPermutation());
    LayoutRegion after(op.getInput().getDefiningOp(), op.getPermutation());
    if (tryChange(after))
      return true;
    for (Operation *user : op->getUsers()) {
      LayoutRegion before(user, undo);
      if (tryChange(before))
        return true;
    }
    return false;
  }

  bool tryChange(LayoutRegion &region) {
    if (region.empty())
      return false;
    std::optional<Change> change = region.evaluate();
    if (!change || !change->pays())
      return false;
    numMoved += region.size();
    region.apply();
    return true;
  }

  bool changeRegions() {
    bool changed = false;
    // A change erases and makes transposes, so the list is found anew.
    auto step = [&] {
      return llvm::any_of(findTransposes(),
                          [&](TransposeOp op) { return changeAround(op); });
    };
    while (step())
      changed = true;
    return changed;
  }
};

} // namespace
