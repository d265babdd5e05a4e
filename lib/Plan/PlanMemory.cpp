//===- PlanMemory.cpp - Components that fit their devices -----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlannerDetail.h"
#include "lathe/Driver/Loader.h"

#include <map>

using namespace mlir;
using namespace lathe;
using namespace lathe::partition;

/// The unit of `component` with the most bytes in what it reads and computes.
static unsigned getLargestUnit(const ModelUnits &units,
                               const lathe::Component &component) {
  auto getBytes = [&](unsigned unit) {
    int64_t bytes = 0;
    for (const UnitTensor &tensor : units.tensors)
      if (tensor.source == unit || llvm::is_contained(tensor.consumers, unit))
        bytes += tensor.bytes;
    return bytes;
  };
  return *llvm::max_element(component.units, [&](unsigned a, unsigned b) {
    return getBytes(a) < getBytes(b);
  });
}

void Planner::excludeLargestUnit(const lathe::Component &component) {
  unsigned unit = getLargestUnit(units, component);
  llvm::erase_if(problem.nodes[unit].options, [&](const NodeOption &option) {
    return option.device == component.device;
  });
}

llvm::Expected<CodeOptions> lathe::chooseCode(ModuleOp component,
                                              const NetworkDevice &device) {
  CodeOptions code;
  // C has one thread.
  if (device.target.backend == TargetBackend::LLVM)
    code.threads = device.threads;
  auto objective = chooseObjective(component, device.target, code, {});
  if (!objective)
    return objective.takeError();
  code.objective = *objective;
  return code;
}

/// What `component` takes once it is compiled.
llvm::Expected<Footprint>
Planner::measure(const lathe::Component &component) const {
  const NetworkDevice &device = network.devices[component.device];
  OwningOpRef<ModuleOp> part =
      extractComponent(model, units, component, "part");
  auto code = chooseCode(*part, device);
  if (!code)
    return code.takeError();
  if (llvm::Error error = lowerToKernels(*part, device.target, *code))
    return std::move(error);
  return getFootprint(lookupModel(*part));
}

namespace {

/// What the components of a device take together: one runs at a time.
struct DeviceNeed {
  double activations = 0, weights = 0;
  /// The one with the most activations.
  const lathe::Component *largest = nullptr;
};

} // namespace

/// Compiles the components of devices with limits on their memory. Where they
/// do not fit, the device may have fewer bytes of weights or, if activations
/// alone are too many, loses the largest unit of a component. Returns whether
/// there is such a device: the plan that was looked at is none any more then.
llvm::Expected<bool> Planner::tightenLimits() {
  std::vector<lathe::Component> components = getComponents();
  std::map<unsigned, DeviceNeed> needs;
  for (const lathe::Component &component : components) {
    if (!getMemoryLimit(network.devices[component.device]))
      continue;
    auto footprint = measure(component);
    if (!footprint)
      return footprint.takeError();
    DeviceNeed &need = needs[component.device];
    need.weights += static_cast<double>(footprint->weights);
    auto activations = static_cast<double>(footprint->getRam());
    if (need.largest && activations <= need.activations)
      continue;
    need.activations = activations;
    need.largest = &component;
  }
  bool changes = false;
  for (const auto &[device, need] : needs) {
    const TargetDescription &target = network.devices[device].target;
    double limit = *getMemoryLimit(network.devices[device]);
    std::optional<uint64_t> flash = target.getTotalBytes(MemoryKind::Flash);
    double room =
        flash ? static_cast<double>(*flash) : limit - need.activations;
    if (need.activations <= limit && need.weights <= room)
      continue;
    changes = true;
    double counted = result.metrics.memory[device];
    if (need.activations > limit || room <= 0 || counted <= 0) {
      excludeLargestUnit(*need.largest);
      continue;
    }
    // Compiled weights may take more than those of the graph, which the solver
    // counts: as much less of these, beyond its tolerance in any case.
    weightLimits[device] = counted * std::min(room / need.weights, 1 - 1e-6);
  }
  return changes;
}
