//===- ShrinkChannels.cpp - Remove channels that compute nothing ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// First, what a product multiplies a constant channel by becomes a part of its
// bias, and the weights zero. Then, what nothing needs any more is taken out of
// weights, biases and all tensors in between.
//
//===----------------------------------------------------------------------===//

#include "ChannelAnalysis.h"

#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Dialect/Lathe/Transforms/Passes.h"
#include "lathe/Dialect/Lathe/Transforms/RemovedChannels.h"
#include "lathe/Dialect/Lathe/Transforms/Storage.h"
#include "lathe/Support/HostTensorAttr.h"

namespace lathe {
#define GEN_PASS_DEF_SHRINKCHANNELS
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

namespace {

class ShrinkChannels : public lathe::impl::ShrinkChannelsBase<ShrinkChannels> {
public:
  using ShrinkChannelsBase::ShrinkChannelsBase;

  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    foldConstantChannels();
    removeDeadChannels();
  }

private:
  void foldConstantChannels();
  void removeDeadChannels();
};

/// Rebuilds the ops of a block on the channels that are kept.
class Remover {
public:
  explicit Remover(const ChannelLiveness &liveness) : liveness(liveness) {}

  /// Replaces `op` if one of its tensors loses channels.
  void rebuild(Operation &op);
  /// Erases what was replaced.
  void eraseReplaced();

private:
  Value getNew(Value old) const {
    auto it = replaced.find(old);
    return it == replaced.end() ? old : it->second;
  }
  bool changes(Operation &op) const;
  SmallVector<Value> getTiedOperands(OpBuilder &builder, Operation &op) const;
  SmallVector<Value> getProductOperands(OpBuilder &builder,
                                        WeightedOpInterface op) const;

  const ChannelLiveness &liveness;
  llvm::DenseMap<Value, Value> replaced;
  SmallVector<Operation *> old;
};

} // namespace

//===----------------------------------------------------------------------===//
// Constant channels
//===----------------------------------------------------------------------===//

/// Folds the channels of `data` that are constant into the bias of `constants`.
/// Returns how many.
static int64_t foldInto(WeightedOpInterface op, ArrayRef<IntegerRange> data,
                        ProductConstants &constants) {
  auto canFold = [&](IntegerRange range) {
    return range.isConstant() &&
           (op.usesAllWeights() || range.low == op.getDataZeroPoint());
  };
  llvm::BitVector folded(constants.getNumInputs());
  HostTensor weights = constants.weights;
  SmallVector<int64_t, 0> bias = constants.bias;
  for (int64_t i = 0; i < weights.getNumElements(); ++i) {
    int64_t input = constants.getInput(i);
    int64_t weight = weights.getInt(i);
    if (weight == 0 || !canFold(data[input]))
      continue;
    bias[constants.getOutput(i)] +=
        weight * (data[input].low - op.getDataZeroPoint());
    weights.setInt(i, 0);
    folded.set(input);
  }
  if (!llvm::all_of(bias, [](int64_t value) { return llvm::isInt<32>(value); }))
    return 0;
  constants.weights = std::move(weights);
  constants.bias = std::move(bias);
  return folded.count();
}

static Value createConstant(OpBuilder &builder, Location loc,
                            const HostTensor &tensor) {
  return ConstantOp::create(builder, loc,
                            toElementsAttr(tensor, builder.getContext()));
}

void ShrinkChannels::foldConstantChannels() {
  ChannelRangeAnalysis ranges(getOperation());
  for (auto op : getOperation().getOps<WeightedOpInterface>()) {
    std::optional<ProductConstants> constants = ProductConstants::get(op);
    ArrayRef<IntegerRange> data = ranges.get(op.getData());
    bool hasNarrowSums =
        typeOf(op->getResult(0)).getElementType().isInteger(32);
    if (!constants || data.empty() || !hasNarrowSums)
      continue;
    int64_t count = foldInto(op, data, *constants);
    if (count == 0)
      continue;
    numConstant += count;
    OpBuilder builder(op);
    op.setWeights(
        createConstant(builder, op.getWeights().getLoc(), constants->weights));
    HostTensor bias(ElementKind::I32, {constants->getNumOutputs()});
    for (auto [i, value] : llvm::enumerate(constants->bias))
      bias.setInt(static_cast<int64_t>(i), value);
    Location loc = op.getBias() ? op.getBias().getLoc() : op->getLoc();
    op.setBias(createConstant(builder, loc, bias));
  }
}

//===----------------------------------------------------------------------===//
// Dead channels
//===----------------------------------------------------------------------===//

/// The elements `kept` of dimension `axis` of a constant, by ops that are
/// folded later.
static Value select(OpBuilder &builder, Value constant, int64_t axis,
                    ArrayRef<int64_t> kept) {
  if (typeOf(constant).getDimSize(axis) == static_cast<int64_t>(kept.size()))
    return constant;
  HostTensor indices =
      HostTensor::get<int64_t>({static_cast<int64_t>(kept.size())}, kept);
  Location loc = constant.getLoc();
  return GatherOp::create(builder, loc, constant,
                          createConstant(builder, loc, indices), axis);
}

bool Remover::changes(Operation &op) const {
  auto hasDead = [&](Value value) { return liveness.hasDead(value); };
  return op.getNumResults() == 1 && (llvm::any_of(op.getOperands(), hasDead) ||
                                     llvm::any_of(op.getResults(), hasDead));
}

SmallVector<Value> Remover::getTiedOperands(OpBuilder &builder,
                                            Operation &op) const {
  SmallVector<Value> operands;
  for (Value operand : op.getOperands())
    operands.push_back(getNew(operand));
  SmallVector<int64_t> kept = liveness.getKept(op.getResult(0));
  for (unsigned number : cast<ChannelOpInterface>(op).getChannelOperands()) {
    Value &operand = operands[number];
    int64_t axis = typeOf(operand).getRank() - 1;
    if (isConstantExpression(operand) && axis >= 0 &&
        typeOf(operand).getDimSize(axis) > 1)
      operand = select(builder, operand, axis, kept);
  }
  return operands;
}

SmallVector<Value> Remover::getProductOperands(OpBuilder &builder,
                                               WeightedOpInterface op) const {
  SmallVector<int64_t> inputs = liveness.getKept(op.getData());
  SmallVector<int64_t> outputs = liveness.getKept(op->getResult(0));
  Value weights = op.getWeights();
  int64_t rank = typeOf(weights).getRank();
  // A depthwise product has its one input channel in this dimension.
  if (typeOf(weights).getDimSize(rank - 2) > 1)
    weights = select(builder, weights, rank - 2, inputs);
  weights = select(builder, weights, rank - 1, outputs);
  SmallVector<Value> operands = {getNew(op.getData()), weights};
  if (op.getBias())
    operands.push_back(select(builder, op.getBias(), 0, outputs));
  return operands;
}

void Remover::rebuild(Operation &op) {
  if (!changes(op))
    return;
  OpBuilder builder(&op);
  Value result;
  if (auto product = dyn_cast<WeightedOpInterface>(op))
    result = product.buildOnFewerChannels(builder,
                                          getProductOperands(builder, product));
  else
    result = cast<ChannelOpInterface>(op).buildOnChannels(
        builder, getTiedOperands(builder, op));
  result.getDefiningOp()->setDiscardableAttrs(
      op.getDiscardableAttrDictionary());
  // What reads fewer channels is built anew later.
  if (result.getType() == op.getResult(0).getType())
    op.getResult(0).replaceAllUsesWith(result);
  replaced[op.getResult(0)] = result;
  old.push_back(&op);
}

void Remover::eraseReplaced() {
  for (Operation *op : llvm::reverse(old))
    op->erase();
}

/// What products have and take: ops that run other functions are not looked at.
static RemovedChannels countProducts(func::FuncOp function) {
  RemovedChannels counts;
  for (auto op : function.getOps<WeightedOpInterface>()) {
    counts.channels += typeOf(op->getResult(0)).getShape().back();
    counts.weightBytes += getByteSize(typeOf(op.getWeights()));
    if (auto cost = dyn_cast<CostOpInterface>(op.getOperation()))
      counts.macs += cost.getMACs();
  }
  return counts;
}

void ShrinkChannels::removeDeadChannels() {
  ChannelLiveness liveness(getOperation());
  RemovedChannels before = countProducts(getOperation());
  Remover remover(liveness);
  SmallVector<Operation *> ops;
  for (Operation &op : getOperation().getBody().front())
    ops.push_back(&op);
  for (Operation *op : ops)
    remover.rebuild(*op);
  remover.eraseReplaced();
  RemovedChannels after = countProducts(getOperation());
  numMACs += before.macs - after.macs;
  RemovedChannels{before.channels - after.channels, before.macs - after.macs,
                  before.weightBytes - after.weightBytes}
      .addTo(getOperation());
}
