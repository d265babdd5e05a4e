//===- ChannelAnalysis.cpp - What channels hold and who needs them --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChannelAnalysis.h"

#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Reference/Evaluator.h"
#include "lathe/Support/HostTensorAttr.h"

#include <numeric>

using namespace mlir;
using namespace lathe;

static bool hasChannels(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getRank() > 0;
}

static int64_t getNumChannels(Value value) {
  return typeOf(value).getShape().back();
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

ProductConstants::ProductConstants(HostTensor weights, int64_t numInputs)
    : weights(std::move(weights)),
      inputs(this->weights.getShape().take_back(2)[0]), numInputs(numInputs),
      outputs(this->weights.getShape().back()),
      groupOutputs(outputs / (numInputs / inputs)) {}

std::optional<ProductConstants> ProductConstants::get(WeightedOpInterface op) {
  Operation *product = op.getOperation();
  RankedTensorType type = typeOf(op.getWeights());
  if (!type.getElementType().isInteger() || type.getRank() < 2)
    return std::nullopt;
  if (auto matmul = dyn_cast<MatMulOp>(product);
      matmul && matmul.getRhsZeroPoint() != 0)
    return std::nullopt;
  int64_t inputs = type.getShape().take_back(2)[0],
          outputs = type.getShape().back();
  int64_t numInputs = getNumChannels(op.getData());
  if (inputs == 0 || numInputs % inputs != 0 ||
      getNumChannels(product->getResult(0)) != outputs ||
      outputs % (numInputs / inputs) != 0)
    return std::nullopt;
  std::optional<HostTensor> weights = evaluateConstant(op.getWeights());
  if (!weights)
    return std::nullopt;
  ProductConstants constants(*weights, numInputs);
  constants.bias.assign(outputs, 0);
  if (Value bias = op.getBias()) {
    std::optional<HostTensor> known = evaluateConstant(bias);
    if (!known)
      return std::nullopt;
    for (int64_t i = 0; i < outputs; ++i)
      constants.bias[i] = known->getInt(i);
  }
  return constants;
}

//===----------------------------------------------------------------------===//
// Ranges
//===----------------------------------------------------------------------===//

ChannelRangeAnalysis::ChannelRangeAnalysis(func::FuncOp function) {
  for (BlockArgument argument : function.getArguments())
    ranges[argument] = getTypeRanges(argument.getType());
  for (Operation &op : function.getBody().front())
    visit(op);
}

/// The ranges of a constant that has few enough elements to go through.
static ChannelRanges getConstantRanges(Operation &op) {
  constexpr int64_t maxElements = 1 << 16;
  ChannelRanges ranges = getTypeRanges(op.getResult(0).getType());
  auto constant = dyn_cast<ConstantOp>(op);
  if (ranges.empty() || !constant ||
      constant.getType().getNumElements() > maxElements)
    return ranges;
  std::optional<HostTensor> values = toHostTensor(constant.getValue());
  auto count = static_cast<int64_t>(ranges.size());
  for (int64_t i = 0; values && i < values->getNumElements(); ++i) {
    IntegerRange value = {values->getInt(i), values->getInt(i)};
    IntegerRange &range = ranges[i % count];
    range = i < count ? value : range.hull(value);
  }
  return ranges;
}

void ChannelRangeAnalysis::visit(Operation &op) {
  for (Value result : op.getResults())
    ranges[result] = getTypeRanges(result.getType());
  if (op.getNumResults() != 1)
    return;
  if (op.hasTrait<OpTrait::ConstantLike>()) {
    ranges[op.getResult(0)] = getConstantRanges(op);
  } else if (auto product = dyn_cast<WeightedOpInterface>(op)) {
    ranges[op.getResult(0)] = getProductRanges(product);
  } else if (auto channels = dyn_cast<ChannelOpInterface>(op)) {
    SmallVector<ChannelRanges> operands;
    for (Value operand : op.getOperands())
      operands.push_back(ranges[operand]);
    ranges[op.getResult(0)] = channels.getChannelRanges(operands);
  }
}

/// The sums of all products that a window can hold; where it may reach beyond
/// the data, any of them may be missing.
ChannelRanges
ChannelRangeAnalysis::getProductRanges(WeightedOpInterface op) const {
  ChannelRanges sums = getTypeRanges(op->getResult(0).getType());
  ArrayRef<IntegerRange> data = get(op.getData());
  std::optional<ProductConstants> constants = ProductConstants::get(op);
  if (sums.empty() || data.empty() || !constants)
    return sums;
  ChannelRanges centered(data);
  for (IntegerRange &range : centered) {
    range = {range.low - op.getDataZeroPoint(),
             range.high - op.getDataZeroPoint()};
    if (!op.usesAllWeights())
      range = range.hull({0, 0});
  }
  ChannelRanges known;
  for (int64_t bias : constants->bias)
    known.push_back({bias, bias});
  for (int64_t i = 0; i < constants->weights.getNumElements(); ++i) {
    int64_t weight = constants->weights.getInt(i);
    const IntegerRange &factor = centered[constants->getInput(i)];
    IntegerRange &sum = known[constants->getOutput(i)];
    sum.low += weight * (weight < 0 ? factor.high : factor.low);
    sum.high += weight * (weight < 0 ? factor.low : factor.high);
  }
  // Sums wrap around.
  for (auto [range, sum] : llvm::zip_equal(sums, known))
    if (sum.low >= range.low && sum.high <= range.high)
      range = sum;
  return sums;
}

//===----------------------------------------------------------------------===//
// Liveness
//===----------------------------------------------------------------------===//

ChannelLiveness::ChannelLiveness(func::FuncOp function) {
  Block &block = function.getBody().front();
  auto insert = [&](Value value) {
    if (hasChannels(value))
      classes.insert(value);
  };
  llvm::for_each(block.getArguments(), insert);
  for (Operation &op : block) {
    llvm::for_each(op.getResults(), insert);
    tie(op);
  }
  for (const auto &leader : classes) {
    if (!leader->isLeader())
      continue;
    int64_t count = 0;
    for (Value member : classes.members(*leader))
      count = std::gcd(count, getNumChannels(member));
    live[leader->getData()].resize(count);
  }
  for (Value argument : block.getArguments())
    if (hasChannels(argument))
      keepAll(argument);
  for (Operation &op : block)
    collect(op);
  bool changes = true;
  while (changes) {
    changes = false;
    for (const Product &product : llvm::reverse(products))
      changes |= markInputs(product);
  }
}

/// A depthwise product keeps channels as an elementwise op does.
void ChannelLiveness::tie(Operation &op) {
  auto join = [&](Value operand) {
    // What is broadcast has no channels of its own.
    if (hasChannels(operand) && hasChannels(op.getResult(0)) &&
        (getNumChannels(operand) > 1 || getNumChannels(op.getResult(0)) == 1))
      classes.unionSets(operand, op.getResult(0));
  };
  if (auto product = dyn_cast<WeightedOpInterface>(op)) {
    std::optional<ProductConstants> constants = ProductConstants::get(product);
    if (constants && constants->isDepthwise())
      join(product.getData());
    return;
  }
  if (auto channels = dyn_cast<ChannelOpInterface>(op))
    for (unsigned number : channels.getChannelOperands())
      if (!isConstantExpression(op.getOperand(number)))
        join(op.getOperand(number));
}

llvm::BitVector &ChannelLiveness::getLive(Value value) {
  return live.find(classes.getLeaderValue(value))->second;
}

/// Keeps what ops need that neither keep channels apart nor multiply them by
/// constants.
void ChannelLiveness::collect(Operation &op) {
  for (Value result : op.getResults())
    if (hasChannels(result) &&
        (op.getNumResults() > 1 || isConstantExpression(result)))
      keepAll(result);
  auto keep = [&](Value operand) {
    if (hasChannels(operand))
      keepAll(operand);
  };
  auto keepOperandsAndResults = [&] {
    llvm::for_each(op.getOperands(), keep);
    llvm::for_each(op.getResults(), keep);
  };
  if (auto product = dyn_cast<WeightedOpInterface>(op)) {
    std::optional<ProductConstants> constants = ProductConstants::get(product);
    // Groups have to stay of equal size.
    if (!constants || constants->isGrouped())
      keepOperandsAndResults();
    else if (!constants->isDepthwise())
      products.push_back({product, std::move(*constants)});
    return;
  }
  SmallVector<unsigned> tied;
  if (auto channels = dyn_cast<ChannelOpInterface>(op))
    tied = channels.getChannelOperands();
  for (OpOperand &operand : op.getOpOperands())
    if (!llvm::is_contained(tied, operand.getOperandNumber()))
      keep(operand.get());
  if (tied.empty())
    llvm::for_each(op.getResults(), keep);
}

/// Marks the input channels with a weight for a live output. True if one was
/// not marked before.
bool ChannelLiveness::markInputs(const Product &product) {
  WeightedOpInterface op = product.op;
  const llvm::BitVector outputs = getLive(op->getResult(0));
  llvm::BitVector &inputs = getLive(op.getData());
  unsigned before = inputs.count();
  const HostTensor &weights = product.constants.weights;
  for (int64_t i = 0; i < weights.getNumElements(); ++i)
    if (outputs[product.constants.getOutput(i) % outputs.size()] &&
        weights.getInt(i) != 0)
      inputs.set(product.constants.getInput(i) % inputs.size());
  return inputs.count() != before;
}

SmallVector<int64_t> ChannelLiveness::getKept(Value value) const {
  const llvm::BitVector &mask =
      live.find(classes.getLeaderValue(value))->second;
  SmallVector<int64_t> kept;
  for (int64_t c = 0; c < getNumChannels(value); ++c) {
    unsigned channel = c % mask.size();
    // No tensor is left without channels.
    if (mask[channel] || (mask.none() && channel == 0))
      kept.push_back(c);
  }
  return kept;
}

bool ChannelLiveness::hasDead(Value value) const {
  return hasChannels(value) && classes.contains(value) &&
         static_cast<int64_t>(getKept(value).size()) < getNumChannels(value);
}
