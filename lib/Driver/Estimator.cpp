//===- Estimator.cpp - What a model costs on a microcontroller ------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/Estimator.h"

#include "lathe/Conversion/LoopsToLLVM/TimedKernels.h"
#include "lathe/Cost/KernelCost.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Support/RunPasses.h"

using namespace mlir;
using namespace lathe;

/// What `counts` cost on `target`, which has a table.
static CostEstimate getCost(const InstructionCounts &counts,
                            const TargetDescription &target) {
  CostEstimate cost;
  cost.instructions = counts.getInstructions(*target.costs, target.floatUnit);
  cost.cycles = counts.getCycles(*target.costs, target.floatUnit);
  if (target.clock)
    cost.seconds = cost.cycles / target.clock->value;
  if (cost.seconds && target.activePower)
    cost.joules = *cost.seconds * target.activePower->value;
  return cost;
}

/// Adds what the kernels cost, each function counted once.
static void addKernels(ModuleOp module, const TargetDescription &target,
                       ModelEstimate &estimate) {
  InstructionSet set(target);
  llvm::StringMap<FunctionCount> functions;
  InstructionCounts total;
  for (func::CallOp call : getTimedCalls(module)) {
    auto [it, isNew] = functions.try_emplace(call.getCallee());
    if (isNew)
      it->second = countInstructions(
          module.lookupSymbol<func::FuncOp>(call.getCallee()), set);
    InstructionCounts counts = it->second.instructions;
    counts += InstructionCounts(InstructionClass::Call);
    KernelEstimate kernel{
        describeKernel(call), counts, {}, it->second.dependsOnData};
    if (target.costs)
      kernel.cost = getCost(counts, target);
    estimate.kernels.push_back(std::move(kernel));
    total += counts;
  }
  if (target.costs)
    estimate.cost = getCost(total, target);
}

llvm::Expected<ModelEstimate>
lathe::estimateModel(ModuleOp module, const TargetDescription &target,
                     const CodeOptions &code) {
  if (!lookupModel(module))
    return llvm::make_error<DiagnosedError>();
  CodeOptions options = code;
  auto objective = chooseObjective(module, target, code, {});
  if (!objective)
    return objective.takeError();
  options.objective = *objective;
  if (llvm::Error error = lowerToKernels(module, target, options))
    return std::move(error);
  ModelEstimate estimate;
  estimate.objective = *objective;
  estimate.footprint = getFootprint(lookupModel(module));
  if (llvm::Error error = lowerToLoops(module))
    return std::move(error);
  addKernels(module, target, estimate);
  return estimate;
}

std::optional<MemoryFit> lathe::getFit(const TargetDescription &target,
                                       MemoryKind kind, int64_t needed) {
  std::optional<uint64_t> available = kind == MemoryKind::RAM
                                          ? target.getLargestBytes(kind)
                                          : target.getTotalBytes(kind);
  if (!available)
    return std::nullopt;
  return MemoryFit{needed, static_cast<int64_t>(*available)};
}
