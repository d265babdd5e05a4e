//===- ChannelGroups.cpp - Channels that are scaled together --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChannelGroups.h"

#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Dialect/Lathe/IntegerForms/IntegerForms.h"
#include "lathe/Quantization/Patches.h"
#include "lathe/Reference/Evaluator.h"

#include "llvm/ADT/IntEqClasses.h"
#include "llvm/ADT/MapVector.h"
#include <cmath>

using namespace mlir;
using namespace lathe;

std::optional<HostTensor> lathe::readConstant(Value value) {
  return isConstantExpression(value) ? evaluateConstant(value) : std::nullopt;
}

//===----------------------------------------------------------------------===//
// LayerWeights
//===----------------------------------------------------------------------===//

LayerWeights::LayerWeights(WeightedOpInterface op, const HostTensor &weights,
                           int64_t numChannels)
    : op(op), inputs(weights.getShape().take_back(2)[0]),
      outputs(weights.getShape().back()),
      groupOutputs(outputs * inputs / numChannels),
      numTaps(weights.getNumElements() / (inputs * outputs)),
      squares(numChannels, 0), magnitudes(inputs * outputs, 0) {
  for (int64_t i = 0; i < weights.getNumElements(); ++i) {
    double weight = weights.getDouble(i);
    squares[getInput(i)] += weight * weight;
    double &magnitude = magnitudes[i % (inputs * outputs)];
    magnitude = std::max(magnitude, std::fabs(weight));
  }
}

std::vector<double>
LayerWeights::getRoundingSquares(ArrayRef<double> factors) const {
  std::vector<double> sums(outputs / groupOutputs, 0);
  for (int64_t output = 0; output < outputs; ++output) {
    int64_t weightGroup = output / groupOutputs;
    double greatest = 0;
    for (int64_t input = 0; input < inputs; ++input)
      greatest = std::max(greatest, magnitudes[input * outputs + output] /
                                        factors[weightGroup * inputs + input]);
    double step = greatest / 127;
    sums[weightGroup] += static_cast<double>(numTaps) * step * step;
  }
  return sums;
}

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

static bool passesFactors(Operation *op) {
  auto channels = dyn_cast<ChannelFactorOpInterface>(op);
  return channels && channels.passesChannelFactors();
}

/// The op that can multiply its result by factors, if `op` is one.
static ChannelFactorOpInterface getAbsorber(Operation *op) {
  auto channels = dyn_cast<ChannelFactorOpInterface>(op);
  return channels && channels.absorbsChannelFactors()
             ? channels
             : ChannelFactorOpInterface();
}

/// The layer that `op` is, if its weights and bias are constants.
static WeightedOpInterface getLayer(Operation *op) {
  auto layer = dyn_cast<WeightedOpInterface>(op);
  if (!layer || !Patches::get(op) ||
      !isConstantExpression(layer.getWeights()) ||
      (layer.getBias() && !isConstantExpression(layer.getBias())))
    return {};
  return layer;
}

namespace {

class GroupFinder {
public:
  GroupFinder(func::FuncOp model,
              llvm::function_ref<const TensorStatistics *(Value)> getStatistics)
      : model(model), getStatistics(getStatistics) {}

  std::vector<ChannelGroup> find();

private:
  void number();
  void join(Operation *op);
  void fix(Value value);
  void collect(Operation *op);
  ChannelGroup &getGroup(Value value) {
    return groups[classes[numbers[value]]];
  }
  const TensorStatistics *getData(Value data) const;

  func::FuncOp model;
  llvm::function_ref<const TensorStatistics *(Value)> getStatistics;
  llvm::MapVector<Value, unsigned> numbers;
  /// Of values, by their numbers.
  llvm::IntEqClasses classes;
  std::vector<unsigned> fixed;
  /// By class.
  std::vector<ChannelGroup> groups;
};

} // namespace

void GroupFinder::number() {
  auto add = [&](Value value) {
    numbers.insert({value, static_cast<unsigned>(numbers.size())});
  };
  for (Block &block : model.getBody()) {
    llvm::for_each(block.getArguments(), add);
    for (Operation &op : block)
      llvm::for_each(op.getResults(), add);
  }
  classes.grow(numbers.size());
}

/// Leaves the channels of `value` as they are.
void GroupFinder::fix(Value value) {
  if (auto found = numbers.find(value); found != numbers.end())
    fixed.push_back(found->second);
}

void GroupFinder::join(Operation *op) {
  if (passesFactors(op)) {
    for (Value operand : op->getOperands())
      classes.join(numbers[operand], numbers[op->getResult(0)]);
    return;
  }
  if (getLayer(op))
    return;
  if (ChannelFactorOpInterface absorber = getAbsorber(op)) {
    llvm::for_each(op->getOperands(), [&](Value value) { fix(value); });
    return;
  }
  // Whatever this is, within regions too, needs its operands as they are.
  op->walk([&](Operation *inner) {
    llvm::for_each(inner->getOperands(), [&](Value value) { fix(value); });
  });
  llvm::for_each(op->getResults(), [&](Value value) { fix(value); });
}

/// What is to be quantized of what a layer reads, which may have been reshaped.
const TensorStatistics *GroupFinder::getData(Value data) const {
  while (auto reshape = data.getDefiningOp<ReshapeOp>())
    data = reshape.getInput();
  return getStatistics(data);
}

void GroupFinder::collect(Operation *op) {
  if (WeightedOpInterface layer = getLayer(op)) {
    getGroup(op->getResult(0)).producers.push_back(layer);
    ChannelGroup &read = getGroup(layer.getData());
    auto type = cast<RankedTensorType>(layer.getData().getType());
    read.consumers.emplace_back(layer, *readConstant(layer.getWeights()),
                                type.getShape().back());
    read.statisticsOf[op] = getData(layer.getData());
  }
  if (ChannelFactorOpInterface absorber = getAbsorber(op))
    getGroup(op->getResult(0)).absorbers.push_back(absorber);
  if (passesFactors(op)) {
    double &limit = getGroup(op->getResult(0)).limit;
    limit = std::min(limit, cast<ChannelFactorOpInterface>(op).getUpperLimit());
  }
}

std::vector<ChannelGroup> GroupFinder::find() {
  number();
  for (Block &block : model.getBody()) {
    llvm::for_each(block.getArguments(), [&](Value value) { fix(value); });
    for (Operation &op : block)
      join(&op);
  }
  classes.compress();
  groups.resize(classes.getNumClasses());
  for (Block &block : model.getBody())
    for (Operation &op : block)
      collect(&op);
  for (auto [value, index] : numbers) {
    ChannelGroup &group = groups[classes[index]];
    const TensorStatistics *statistics = getStatistics(value);
    if (!statistics)
      continue;
    auto type = cast<RankedTensorType>(value.getType());
    group.members.push_back(statistics);
    group.numChannels = type.getRank() == 0 ? 0 : type.getShape().back();
    if (static_cast<int64_t>(group.numChannels) != statistics->getNumChannels())
      fix(value);
  }
  std::vector<bool> isFixed(groups.size(), false);
  for (unsigned index : fixed)
    isFixed[classes[index]] = true;
  std::vector<ChannelGroup> found;
  for (auto [i, group] : llvm::enumerate(groups))
    if (!isFixed[i] && !group.members.empty() &&
        !(group.producers.empty() && group.absorbers.empty()))
      found.push_back(std::move(group));
  return found;
}

std::vector<ChannelGroup> lathe::findChannelGroups(
    func::FuncOp model,
    llvm::function_ref<const TensorStatistics *(Value)> getStatistics) {
  return GroupFinder(model, getStatistics).find();
}
