//===- PlanProblem.cpp - A model's placement problem ----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlanProblem.h"
#include "lathe/Partition/ParallelSolver.h"

#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::partition;

//===----------------------------------------------------------------------===//
// Devices
//===----------------------------------------------------------------------===//

std::optional<double> lathe::getMemoryLimit(const NetworkDevice &device) {
  std::optional<uint64_t> ram = device.target.getLargestBytes(MemoryKind::RAM);
  if (!ram)
    return device.memory;
  auto bytes = static_cast<double>(*ram);
  return std::min(bytes, device.memory.value_or(bytes));
}

std::vector<double> lathe::getWeightLimits(const Network &network) {
  std::vector<double> limits;
  for (const NetworkDevice &device : network.devices) {
    auto flash = device.target.getTotalBytes(MemoryKind::Flash);
    limits.push_back(flash
                         ? static_cast<double>(*flash)
                         : device.memory.value_or(PlacementLimits::unlimited));
  }
  return limits;
}

void lathe::addDevices(PlacementProblem &problem, const Network &network) {
  for (const NetworkDevice &device : network.devices) {
    Device &added = problem.devices.emplace_back();
    added.name = device.name;
    added.codecPower = device.activePower;
    added.idlePower = device.idlePower;
  }
  problem.resetLinks();
  for (const NetworkLink &link : network.links)
    problem.link(link.from, link.to) =
        Link{link.bandwidth,     link.roundTripTime, link.sendEnergy,
             link.receiveEnergy, link.sendPower,     link.receivePower};
}

//===----------------------------------------------------------------------===//
// Units and tensors
//===----------------------------------------------------------------------===//

void lathe::addNodes(PlacementProblem &problem, const ModelUnits &units) {
  for (const ModelUnit &unit : units.units)
    problem.nodes.emplace_back().name = unit.name;
}

/// A unit needs its largest tensor in memory, whatever takes the place of what.
static bool hasRoomForUnit(const ModelUnits &units, unsigned unit,
                           const NetworkDevice &device, double byteShare) {
  std::optional<double> limit = getMemoryLimit(device);
  return !limit || llvm::none_of(units.tensors, [&](const UnitTensor &tensor) {
    return (tensor.source == unit ||
            llvm::is_contained(tensor.consumers, unit)) &&
           byteShare * static_cast<double>(tensor.bytes) > *limit;
  });
}

void lathe::addOptions(PlacementProblem &problem, const ModelUnits &units,
                       const Network &network, ArrayRef<UnitTimes> times,
                       partition::Precision precision, double byteShare,
                       llvm::function_ref<bool(unsigned)> isPossible) {
  for (const auto &[index, unit] : llvm::enumerate(units.units)) {
    if (!isPossible(index))
      continue;
    for (const auto &[number, device] : llvm::enumerate(network.devices)) {
      if (!hasRoomForUnit(units, index, device, byteShare))
        continue;
      NodeOption &option = problem.nodes[index].options.emplace_back();
      option.device = number;
      option.precision = precision;
      option.time = times[number].seconds[index];
      option.energy = option.time * device.activePower;
      option.weightBytes = byteShare * static_cast<double>(unit.weightBytes);
    }
  }
}

llvm::Error lathe::checkRoom(const PlacementProblem &problem) {
  for (const PlacementNode &node : problem.nodes)
    if (node.options.empty())
      return llvm::createStringError(
          "no device has room for what '" + node.name +
          "' reads and computes; add one with more memory to the network");
  return llvm::Error::success();
}

void lathe::addTensors(PlacementProblem &problem, const ModelUnits &units,
                       const Network &network) {
  for (const UnitTensor &tensor : units.tensors) {
    PlacementTensor &added = problem.tensors.emplace_back();
    added.name = tensor.name;
    added.source = tensor.source;
    added.inputDevice = network.inputDevice;
    llvm::append_range(added.consumers, tensor.consumers);
    if (!tensor.outputs.empty())
      added.wantedDevices.push_back(network.outputDevice);
    added.bytes = static_cast<double>(tensor.bytes);
  }
}

WireCodec &lathe::addCodec(PlacementTensor &tensor, llvm::StringRef name,
                           double bytes) {
  if (tensor.codecs.empty() && name != PlanTransfer::rawCodec)
    addCodec(tensor, PlanTransfer::rawCodec, 1);
  WireCodec &codec = tensor.codecs.emplace_back();
  codec.name = name.str();
  codec.bytes = bytes * tensor.bytes;
  return codec;
}

llvm::StringRef lathe::getCodec(const PlacementProblem &problem,
                                const Crossing &crossing) {
  const auto &codecs = problem.tensors[crossing.tensor].codecs;
  if (codecs.empty())
    return PlanTransfer::rawCodec;
  return codecs[crossing.codec].name;
}

void lathe::addHalves(PlacementProblem &problem, const ModelUnits &units) {
  for (auto [tensor, added] : llvm::zip_equal(units.tensors, problem.tensors))
    if (tensor.source && tensor.outputs.empty() &&
        cast<RankedTensorType>(tensor.value.getType()).getElementType().isF32())
      addCodec(added, PlanTransfer::halfCodec, 0.5);
}

//===----------------------------------------------------------------------===//
// Limits and the objective
//===----------------------------------------------------------------------===//

PlacementLimits lathe::getLimits(ArrayRef<double> weightLimits,
                                 const PlanOptions &options) {
  PlacementLimits limits;
  auto isFinite = [](double bytes) { return std::isfinite(bytes); };
  if (llvm::any_of(weightLimits, isFinite))
    limits.memory.assign(weightLimits.begin(), weightLimits.end());
  if (!options.deviceEnergy.empty())
    limits.energy.assign(weightLimits.size(), PlacementLimits::unlimited);
  for (auto [device, joules] : options.deviceEnergy)
    limits.energy[device] = joules;
  return limits;
}

llvm::Expected<SolverResult>
lathe::solveSideBySide(const PlacementProblem &problem, PlanObjective objective,
                       const PlacementLimits &limits) {
  auto found = solveParallel(problem,
                             objective == PlanObjective::Makespan
                                 ? ParallelObjective::Makespan
                                 : ParallelObjective::Period,
                             limits);
  if (!found)
    return found.takeError();
  SolverResult result;
  result.found = found->found;
  if (!result.found)
    return result;
  result.placement = std::move(found->placement);
  if (llvm::Error error =
          evaluate(problem, result.placement).moveInto(result.metrics))
    return std::move(error);
  result.objective = found->value;
  result.lowerBound = found->lowerBound;
  result.optimal = found->getGap() <= 1e-9;
  return result;
}

llvm::Expected<std::optional<NormalizedObjective>>
lathe::getObjective(const PlacementProblem &problem, const Network &network,
                    const PlanOptions &options, PlacementOracle &oracle,
                    const PlacementLimits &limits) {
  if (options.latencyWeight == 1)
    return NormalizedObjective{MetricWeights::ofLatency(), 0};
  if (options.latencyWeight == 0) {
    // Among plans of equal energy, such as those that pass on what costs
    // nothing, a faster one: a watt that is too little to matter.
    double watts = 0;
    for (const NetworkDevice &device : network.devices)
      watts = std::max(watts, device.activePower);
    MetricWeights energy = MetricWeights::ofEnergy(problem);
    addWeights(energy, MetricWeights::ofLatency(), 1e-6 * watts);
    return NormalizedObjective{energy, 0};
  }
  auto extremes = computeExtremes(oracle, limits);
  if (!extremes)
    return extremes.takeError();
  if (!*extremes)
    return std::nullopt;
  return normalize(problem, **extremes, options.latencyWeight,
                   1 - options.latencyWeight);
}
