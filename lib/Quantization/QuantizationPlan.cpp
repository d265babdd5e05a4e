//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Dialect/Lathe/IntegerForms/IntegerForms.h"
#include "lathe/Quantization/QuantizeGraph.h"

#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;
using namespace lathe;

//===----------------------------------------------------------------------===//
// Kinds of ops
//===----------------------------------------------------------------------===//

/// Whether `value` is data that the model computes, in float.
static bool isActivation(Value value) {
  return lathe::impl::elementTypeOf(value).isF32() &&
         !isConstantExpression(value);
}

static bool isLimit(Operation *op) {
  auto quantization = dyn_cast_if_present<QuantizationOpInterface>(op);
  return quantization && quantization.isLimit();
}

/// The number of constant weights that `op` multiplies by.
static int64_t countWeights(Operation *op) {
  auto weighted = dyn_cast<WeightedOpInterface>(op);
  if (!weighted || !isConstantExpression(weighted.getWeights()))
    return 0;
  return cast<RankedTensorType>(weighted.getWeights().getType())
      .getNumElements();
}

/// The one activation among the operands of `op`; null for none or several.
static Value getOnlyActivation(Operation *op) {
  Value only;
  for (Value operand : op->getOperands()) {
    if (!isActivation(operand) || operand == only)
      continue;
    if (only)
      return {};
    only = operand;
  }
  return only;
}

//===----------------------------------------------------------------------===//
// Functions of one tensor
//===----------------------------------------------------------------------===//

namespace {

/// Ops that together compute a function of one tensor.
struct FunctionOps {
  llvm::SmallSetVector<Operation *, 8> ops;
  Value source;

  explicit operator bool() const { return source != nullptr; }
  bool haveOnlyLimits() const { return llvm::all_of(ops, isLimit); }
};

} // namespace

/// Adds the activations that `op` reads to `leaves`; false if it is not a
/// function of elements at the same place.
static bool addOperands(Operation *op, llvm::SmallSetVector<Value, 4> &leaves) {
  if (!isa<RealFunctionOpInterface>(op))
    return false;
  for (Value operand : op->getOperands()) {
    if (getSplatValue(operand))
      continue;
    if (!isActivation(operand) ||
        operand.getType() != op->getResult(0).getType())
      return false;
    leaves.insert(operand);
  }
  return true;
}

/// The most ops that end in `last` and make a function of one tensor, read by
/// nothing else. None if `last` is no such function itself.
static FunctionOps findFunction(Operation *last) {
  constexpr unsigned maxOps = 24;
  FunctionOps current, best;
  llvm::SmallSetVector<Value, 4> leaves;
  current.ops.insert(last);
  if (!addOperands(last, leaves))
    return {};
  while (true) {
    if (leaves.size() == 1) {
      best = current;
      best.source = leaves.front();
    }
    // Takes in a leaf that nothing outside reads.
    bool grew = false;
    for (Value leaf : leaves) {
      Operation *op = leaf.getDefiningOp();
      if (!op || current.ops.size() == maxOps ||
          !llvm::all_of(op->getUsers(), [&](Operation *user) {
            return current.ops.contains(user);
          }))
        continue;
      llvm::SmallSetVector<Value, 4> grown;
      for (Value other : leaves)
        if (other != leaf)
          grown.insert(other);
      // A limit belongs to the op before it, which it costs nothing.
      if (isLimit(op) && leaves.size() == 1)
        continue;
      if (!addOperands(op, grown))
        continue;
      leaves = std::move(grown);
      current.ops.insert(op);
      grew = true;
      break;
    }
    if (!grew)
      return best;
  }
}

//===----------------------------------------------------------------------===//
// QuantizationPlan
//===----------------------------------------------------------------------===//

namespace lathe {

class PlanBuilder {
public:
  PlanBuilder(func::FuncOp model, PlanScope scope,
              ArrayRef<unsigned> realOutputs)
      : model(model), scope(scope), realOutputs(realOutputs) {
    model.walk([&](CostOpInterface op) { totalMACs += op.getMACs(); });
    model.walk(
        [&](WeightedOpInterface op) { totalWeights += countWeights(op); });
  }

  QuantizationPlan build();

private:
  void visit(Operation *op);
  void visitFunction(const FunctionOps &function, Value result);
  void add(Value value);
  bool staysReal(OpOperand &output) const;
  bool isRealOnly(Value value) const;
  bool staysReal(Operation *op) const;

  func::FuncOp model;
  PlanScope scope;
  ArrayRef<unsigned> realOutputs;
  llvm::DenseSet<Value> needed;
  /// Results within a function, or cut off by a limit behind them.
  llvm::DenseSet<Value> internal;
  /// Ops of functions found already.
  llvm::DenseSet<Operation *> visited;
  /// Ops between the last products and the outputs.
  llvm::DenseSet<Operation *> tail;
  int64_t totalMACs = 0, totalWeights = 0;
};

} // namespace lathe

/// Quantizes `value`, where it is computed and not where it is moved.
void PlanBuilder::add(Value value) {
  while (true) {
    if (!isActivation(value))
      return;
    Operation *op = value.getDefiningOp();
    if (!op || !movesElements(op))
      break;
    Value source = getOnlyActivation(op);
    if (!source)
      break;
    value = source;
  }
  needed.insert(value);
}

void PlanBuilder::visitFunction(const FunctionOps &function, Value result) {
  for (Operation *op : function.ops) {
    visited.insert(op);
    if (op->getResult(0) != result)
      internal.insert(op->getResult(0));
  }
  add(result);
  Operation *producer = function.source.getDefiningOp();
  bool limitsProducer =
      function.haveOnlyLimits() && producer && function.source.hasOneUse() &&
      isa<IntegerFormOpInterface>(producer) && !movesElements(producer);
  if (limitsProducer)
    internal.insert(function.source);
  else
    add(function.source);
}

bool PlanBuilder::staysReal(OpOperand &output) const {
  return scope == PlanScope::Products ||
         llvm::is_contained(realOutputs, output.getOperandNumber());
}

/// Whether nothing but real outputs, and ops that stay real, read `value`.
bool PlanBuilder::isRealOnly(Value value) const {
  return llvm::all_of(value.getUses(), [&](OpOperand &use) {
    return use.getOwner()->hasTrait<OpTrait::IsTerminator>()
               ? staysReal(use)
               : tail.contains(use.getOwner());
  });
}

/// Whether `op` belongs to what a model does with the results of its last
/// products: decoding, scaling, joining. In 8 bits that would cost accuracy and
/// save nothing.
bool PlanBuilder::staysReal(Operation *op) const {
  constexpr int64_t smallShare = 200;
  if (!isRealOnly(op->getResult(0)))
    return false;
  auto cost = dyn_cast<CostOpInterface>(op);
  return (!cost || cost.getMACs() <= totalMACs / smallShare) &&
         countWeights(op) <= totalWeights / smallShare;
}

void PlanBuilder::visit(Operation *op) {
  if (visited.contains(op) || op->getNumResults() != 1 ||
      !isActivation(op->getResult(0)))
    return;
  if (staysReal(op)) {
    tail.insert(op);
    return;
  }
  Value result = op->getResult(0);
  if (FunctionOps function = findFunction(op))
    return visitFunction(function, result);
  if (!isa<IntegerFormOpInterface>(op))
    return;
  bool isConcat = movesElements(op) && !getOnlyActivation(op);
  // What is only moved needs nothing itself.
  if (movesElements(op) && !isConcat)
    return;
  if (!internal.contains(result) && !isRealOnly(result))
    add(result);
  for (Value operand : op->getOperands())
    add(operand);
}

QuantizationPlan PlanBuilder::build() {
  for (Block &block : model.getBody()) {
    for (OpOperand &output : block.getTerminator()->getOpOperands())
      if (!staysReal(output))
        add(output.get());
    for (Operation &op : llvm::reverse(block))
      visit(&op);
  }

  QuantizationPlan plan;
  auto take = [&](Value value) {
    if (needed.contains(value) && !internal.contains(value))
      plan.values.insert(value);
  };
  for (Block &block : model.getBody()) {
    llvm::for_each(block.getArguments(), take);
    for (Operation &op : block)
      llvm::for_each(op.getResults(), take);
  }
  // Parts of a tensor that are read as that tensor alone are written in place
  // if they have its parameters. From the end, so that a concatenation that is
  // part of another knows already.
  for (Value value : llvm::reverse(plan.values)) {
    Value moved = value;
    while (moved.hasOneUse() && movesElements(*moved.user_begin()) &&
           getOnlyActivation(*moved.user_begin()))
      moved = (*moved.user_begin())->getResult(0);
    if (!moved.hasOneUse() || !movesElements(*moved.user_begin()))
      continue;
    Value concat = (*moved.user_begin())->getResult(0);
    if (plan.values.contains(concat))
      plan.joined[value] = plan.getParameterSource(concat);
  }
  return plan;
}

QuantizationPlan QuantizationPlan::get(func::FuncOp model, PlanScope scope,
                                       ArrayRef<unsigned> realOutputs) {
  return PlanBuilder(model, scope, realOutputs).build();
}
