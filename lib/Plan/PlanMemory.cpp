//===- PlanMemory.cpp - Components that fit their devices -----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlannerDetail.h"
#include "lathe/Driver/Compiler.h"
#include "lathe/Driver/Loader.h"

#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::partition;

std::optional<double> Planner::getActivationLimit(unsigned device) const {
  const NetworkDevice &described = network.devices[device];
  if (std::optional<uint64_t> ram =
          described.target.getLargestBytes(MemoryKind::RAM))
    return static_cast<double>(*ram);
  return described.memory;
}

/// A unit needs its largest tensor in memory, whatever takes the place of what.
bool Planner::hasRoomForUnit(unsigned unit, unsigned device) const {
  std::optional<double> limit = getActivationLimit(device);
  return !limit || llvm::none_of(units.tensors, [&](const UnitTensor &tensor) {
    return (tensor.source == unit ||
            llvm::is_contained(tensor.consumers, unit)) &&
           static_cast<double>(tensor.bytes) > *limit;
  });
}

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

/// Compiles the components of devices with little memory. Those that do not fit
/// are left fewer bytes for weights or, where these are in a memory of their
/// own, lose their largest unit. Returns whether there are such.
llvm::Expected<bool> Planner::excludeWhatDoesNotFit() {
  bool excludes = false;
  for (const lathe::Component &component : getComponents()) {
    const NetworkDevice &device = network.devices[component.device];
    std::optional<double> limit = getActivationLimit(component.device);
    if (!limit)
      continue;
    OwningOpRef<ModuleOp> part =
        extractComponent(model, units, component, "part");
    CodeOptions code;
    auto objective = chooseObjective(*part, device.target, code, {});
    if (!objective)
      return objective.takeError();
    code.objective = *objective;
    if (llvm::Error error = lowerToKernels(*part, device.target, code))
      return std::move(error);
    Footprint footprint = getFootprint(lookupModel(*part));
    // Weights of a board are in its flash; elsewhere they share the memory.
    bool isBoard = device.target.isBoard();
    auto activations = static_cast<double>(footprint.getRam());
    auto weights = static_cast<double>(isBoard ? 0 : footprint.weights);
    if (activations + weights <= *limit)
      continue;
    excludes = true;
    double &weightLimit = weightLimits[component.device];
    if (!isBoard && activations < weightLimit) {
      weightLimit =
          std::min(*limit - activations, std::nextafter(weightLimit, 0));
      continue;
    }
    unsigned unit = getLargestUnit(units, component);
    llvm::erase_if(problem.nodes[unit].options, [&](const NodeOption &option) {
      return option.device == component.device;
    });
  }
  return excludes;
}
