//===- PlanRunner.cpp - All components of a plan on this machine ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RunLengths.h"
#include "lathe/Driver/Artifact.h"
#include "lathe/Plan/Plan.h"

#include "llvm/Support/Path.h"

using namespace lathe;

/// What arrives of `tensor` at `device` under `name`.
static llvm::Expected<HostTensor> send(const Plan &plan, unsigned device,
                                       llvm::StringRef name,
                                       const HostTensor &tensor) {
  bool isCoded =
      llvm::any_of(plan.transfers, [&](const PlanTransfer &transfer) {
        return transfer.to == device && transfer.isRunLength() &&
               transfer.getPassedName() == name;
      });
  if (!isCoded)
    return tensor;
  if (auto decoded = decodeRunLengths(encodeRunLengths(tensor), tensor))
    return *decoded;
  return llvm::createStringError("tensor '" + name +
                                 "' was lost on its way in a run-length code");
}

/// Adds the outputs of `component` of `plan` to `tensors`, from which it reads.
static llvm::Error runComponent(const Plan &plan,
                                const PlanComponent &component,
                                llvm::StringRef path, NamedTensors &tensors) {
  llvm::SmallString<128> folder(path);
  llvm::sys::path::append(folder, component.name);
  auto artifact = Artifact::load(folder);
  if (!artifact)
    return artifact.takeError();
  auto target = getTarget(artifact->target);
  if (!target) {
    llvm::consumeError(target.takeError());
    return llvm::createStringError(
        "component '" + component.name + "' was compiled for '" +
        artifact->target +
        "', which lathe has no description of; run its folder by itself, with "
        "the file that has it as --target");
  }
  NamedTensors inputs;
  for (const CompiledModel::Tensor &input : artifact->inputs) {
    const HostTensor *tensor = tensors.find(input.name);
    if (!tensor)
      return llvm::createStringError("component '" + component.name +
                                     "' needs tensor '" + input.name +
                                     "', which none before it gives");
    auto arrived = send(plan, component.device, input.name, *tensor);
    if (!arrived)
      return arrived.takeError();
    inputs.set(input.name, *arrived);
  }
  auto run = runArtifact(*artifact, *target, inputs);
  if (!run)
    return run.takeError();
  for (const auto &[name, tensor] : run->outputs)
    tensors.set(name, tensor);
  return llvm::Error::success();
}

llvm::Expected<NamedTensors> lathe::runPlan(const Plan &plan,
                                            llvm::StringRef path,
                                            const NamedTensors &inputs) {
  NamedTensors tensors;
  for (const auto &[name, tensor] : inputs)
    tensors.set(name.empty() && plan.inputs.size() == 1 ? plan.inputs.front()
                                                        : name,
                tensor);
  for (const std::string &name : plan.inputs)
    if (!tensors.find(name))
      return llvm::createStringError("input '" + name +
                                     "' is missing; give it with --input");
  for (const PlanComponent &component : plan.components)
    if (llvm::Error error = runComponent(plan, component, path, tensors))
      return std::move(error);
  NamedTensors outputs;
  for (const std::string &name : plan.outputs)
    if (const HostTensor *tensor = tensors.find(name)) {
      auto arrived = send(plan, plan.outputDevice, name, *tensor);
      if (!arrived)
        return arrived.takeError();
      outputs.set(name, *arrived);
    }
  return outputs;
}
