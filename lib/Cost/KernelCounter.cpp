//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Executes the loops of a function as far as their bounds and branches depend
// on counters, and multiplies where they do not.
//
//===----------------------------------------------------------------------===//

#include "KernelCounter.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::cost;
using Class = InstructionClass;

FunctionCount lathe::countInstructions(func::FuncOp function,
                                       const InstructionSet &set) {
  return KernelCounter(function, set).count({});
}

FunctionCount KernelCounter::count(ArrayRef<std::optional<int64_t>> arguments) {
  for (auto [argument, value] : llvm::zip(function.getArguments(), arguments))
    values[argument] = value;
  findControls();
  InstructionCounts counts = count(function.front());
  return {counts, dependsOnData};
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

/// The values that `op` needs known.
static SmallVector<Value> getControlOperands(Operation *op) {
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return {loop.getLowerBound(), loop.getUpperBound(), loop.getStep()};
  if (auto branch = dyn_cast<scf::IfOp>(op))
    return {branch.getCondition()};
  if (isa<func::CallOp>(op))
    return llvm::to_vector(
        llvm::make_filter_range(op->getOperands(), [](Value operand) {
          return isa<IndexType>(operand.getType());
        }));
  SmallVector<Value> operands;
  if (auto countable = dyn_cast<CountableOpInterface>(op))
    for (OpOperand &operand : op->getOpOperands())
      if (countable.isCountedBy(operand.getOperandNumber()))
        operands.push_back(operand.get());
  return operands;
}

void KernelCounter::findControls() {
  SmallVector<Value> work;
  function.walk(
      [&](Operation *op) { llvm::append_range(work, getControlOperands(op)); });
  while (!work.empty()) {
    Value value = work.pop_back_val();
    if (!controls.insert(value).second)
      continue;
    Operation *op = value.getDefiningOp();
    if (op && op->getNumRegions() == 0)
      llvm::append_range(work, op->getOperands());
  }
}

/// The value of `op`'s result, from those of its operands, by the op's folder.
std::optional<int64_t> KernelCounter::fold(Operation *op, unsigned result) {
  if (op->getNumRegions() > 0 || !isPure(op))
    return std::nullopt;
  SmallVector<Attribute> operands;
  for (Value operand : op->getOperands()) {
    std::optional<int64_t> value = evaluate(operand);
    if (!value || !operand.getType().isIntOrIndex())
      return std::nullopt;
    operands.push_back(IntegerAttr::get(operand.getType(), *value));
  }
  SmallVector<OpFoldResult> folded;
  if (failed(op->fold(operands, folded)) || folded.size() <= result)
    return std::nullopt;
  auto attribute = dyn_cast<Attribute>(folded[result]);
  if (!attribute)
    return evaluate(cast<Value>(folded[result]));
  auto integer = dyn_cast<IntegerAttr>(attribute);
  return integer ? std::optional(integer.getValue().getSExtValue())
                 : std::nullopt;
}

std::optional<int64_t> KernelCounter::evaluate(Value value) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return constant.getSExtValue();
  if (auto result = dyn_cast<OpResult>(value))
    return fold(result.getOwner(), result.getResultNumber());
  return values.lookup(value);
}

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

InstructionCounts KernelCounter::count(Block &block) {
  InstructionCounts counts = blocks.get(&block);
  for (Operation &op : block)
    counts += countNested(&op);
  return counts;
}

/// What BlockCosts leaves open.
InstructionCounts KernelCounter::countNested(Operation *op) {
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return countFor(loop);
  if (auto branch = dyn_cast<scf::IfOp>(op))
    return countIf(branch);
  if (auto call = dyn_cast<func::CallOp>(op))
    return countCall(call);
  if (op->getNumRegions() > 0) {
    // A loop whose end the data decide. Parallel ones have constant bounds and
    // are nested loops in C.
    double times = 1;
    if (auto parallel = dyn_cast<scf::ParallelOp>(op))
      for (auto [lower, upper, step] :
           llvm::zip_equal(parallel.getLowerBound(), parallel.getUpperBound(),
                           parallel.getStep()))
        times *= static_cast<double>(llvm::divideCeil(
            *evaluate(upper) - *evaluate(lower), *evaluate(step)));
    else
      dependsOnData = true;
    InstructionCounts counts;
    for (Region &region : op->getRegions())
      for (Block &block : region)
        counts += count(block);
    return counts * times;
  }
  SmallVector<Value> controlling = getControlOperands(op);
  if (controlling.empty())
    return {};
  SmallVector<std::optional<int64_t>> operands;
  for (Value operand : op->getOperands())
    operands.push_back(llvm::is_contained(controlling, operand)
                           ? evaluate(operand)
                           : std::nullopt);
  return cast<CountableOpInterface>(op).getInstructions(set, operands);
}

/// Iterations that differ are counted one by one, or if there are too many of
/// them, some at equal distances for all.
InstructionCounts KernelCounter::countFor(scf::ForOp loop) {
  std::optional<int64_t> lower = evaluate(loop.getLowerBound());
  std::optional<int64_t> upper = evaluate(loop.getUpperBound());
  std::optional<int64_t> step = evaluate(loop.getStep());
  if (!lower || !upper || !step) {
    dependsOnData = true;
    return count(*loop.getBody());
  }
  int64_t trips =
      *upper > *lower ? llvm::divideCeil(*upper - *lower, *step) : 0;
  if (trips == 0)
    return {};
  if (!controls.contains(loop.getInductionVar()))
    return count(*loop.getBody()) * static_cast<double>(trips);

  constexpr double maxSamples = 1 << 17, minSamples = 3;
  auto allowed =
      static_cast<int64_t>(std::max(minSamples, maxSamples / samplesAround));
  int64_t samples = std::min(trips, allowed);
  samplesAround *= static_cast<double>(samples);
  InstructionCounts counts;
  for (int64_t i = 0; i < samples; ++i) {
    // The middle of the part that it stands for.
    int64_t iteration = (2 * i + 1) * trips / (2 * samples);
    values[loop.getInductionVar()] = *lower + iteration * *step;
    counts += count(*loop.getBody());
  }
  samplesAround /= static_cast<double>(samples);
  return counts * (static_cast<double>(trips) / static_cast<double>(samples));
}

InstructionCounts KernelCounter::countIf(scf::IfOp branch) {
  // Over the other part, or to it.
  InstructionCounts jump(Class::Branch, 0.5);
  jump += InstructionCounts(Class::ALU, 0.5);
  auto countRegion = [&](Region &region) {
    return region.empty() ? InstructionCounts() : count(region.front());
  };
  if (std::optional<int64_t> condition = evaluate(branch.getCondition()))
    return countRegion(*condition != 0 ? branch.getThenRegion()
                                       : branch.getElseRegion()) +
           jump;
  dependsOnData = true;
  return (countRegion(branch.getThenRegion()) +
          countRegion(branch.getElseRegion())) *
             0.5 +
         jump;
}

InstructionCounts KernelCounter::countCall(func::CallOp call) {
  InstructionCounts counts(Class::Call);
  counts += InstructionCounts(Class::ALU, call.getNumOperands());
  auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(
      call, call.getCalleeAttr());
  if (!callee || callee.isExternal())
    return counts;
  SmallVector<std::optional<int64_t>> arguments;
  for (Value operand : call.getOperands())
    arguments.push_back(isa<IndexType>(operand.getType()) ? evaluate(operand)
                                                          : std::nullopt);
  FunctionCount inner = KernelCounter(callee, set).count(arguments);
  dependsOnData |= inner.dependsOnData;
  return counts + inner.instructions;
}
