//===- Planner.cpp - Decides which device runs what -----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlannerDetail.h"
#include "RunLengths.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Partition/Export.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::partition;

//===----------------------------------------------------------------------===//
// The problem
//===----------------------------------------------------------------------===//

llvm::Error Planner::addTimes() {
  for (const NetworkDevice &device : network.devices) {
    auto found =
        getUnitTimes(module, units, device, network,
                     [&](unsigned unit) { return units.units[unit].isInt8; });
    if (!found)
      return found.takeError();
    times.push_back(std::move(*found));
  }
  return llvm::Error::success();
}

llvm::Error Planner::addCodecs() {
  if (options.sendsHalves)
    addHalves(problem, units);
  if (!options.runLengthSamples)
    return llvm::Error::success();
  auto times = getCodingTimes(network);
  if (!times)
    return times.takeError();
  auto bytes = measureRunLengths(model, units, *options.runLengthSamples,
                                 options.sendsHalves);
  if (!bytes)
    return bytes.takeError();
  addRunLengths(problem, units, *times, *bytes);
  return llvm::Error::success();
}

/// Finds the units of the model, and states the problem.
llvm::Error Planner::createProblem() {
  if (llvm::Error error = simplifyGraph(module))
    return error;
  model = lookupModel(module);
  if (!model)
    return llvm::createStringError("there is no model to partition");
  auto found = ModelUnits::get(model);
  if (!found)
    return found.takeError();
  units = std::move(*found);
  if (units.units.empty())
    return llvm::createStringError(
        "the model computes nothing that a device could do");
  if (llvm::Error error = addTimes())
    return error;
  weightLimits = getWeightLimits(network);
  addDevices(problem, network);
  addNodes(problem, units);
  addOptions(problem, units, network, times, partition::Precision::F32,
             /*byteShare=*/1, [](unsigned) { return true; });
  addTensors(problem, units, network);
  if (llvm::Error error = checkRoom(problem))
    return error;
  return addCodecs();
}

//===----------------------------------------------------------------------===//
// The solution
//===----------------------------------------------------------------------===//

/// Why no plan is within `limits`.
llvm::Error Planner::explain(PlacementOracle &oracle,
                             const PlacementLimits &limits) {
  auto reason = explainInfeasibility(oracle, limits);
  if (!reason)
    return reason.takeError();
  return llvm::createStringError(
      "no plan keeps the limits: " + *reason +
      (isTightened
           ? "; of memories this is what compiled activations leave for "
             "weights"
           : ""));
}

llvm::Error Planner::minimizeSum(const PlacementLimits &limits) {
  auto oracle = PlacementOracle::create(problem);
  if (!oracle)
    return oracle.takeError();
  if (!objective)
    if (llvm::Error error =
            getObjective(problem, network, options, *oracle, limits)
                .moveInto(objective))
      return error;
  if (!objective)
    return explain(*oracle, limits);
  auto found = solve(*oracle, objective->weights, limits);
  if (!found)
    return found.takeError();
  if (!found->found)
    return explain(*oracle, limits);
  result = std::move(*found);
  result.objective -= objective->offset;
  result.lowerBound -= objective->offset;
  return writeProblem(*objective, limits);
}

llvm::Error Planner::writeProblem(const NormalizedObjective &objective,
                                  const PlacementLimits &limits) {
  planned.problem.clear();
  if (options.format == ProblemFormat::None)
    return llvm::Error::success();
  llvm::raw_string_ostream os(planned.problem);
  double value = result.objective + objective.offset;
  auto setUnit = [&](double steps) {
    planned.problemUnit = value > 0 ? value / steps : 1;
    planned.problemOffset = 0 - objective.offset;
  };
  if (options.format == ProblemFormat::WCSP) {
    // Whole numbers.
    setUnit(1e9);
    auto offset =
        exportWCSP(problem, objective.weights, planned.problemUnit, os);
    if (!offset)
      return offset.takeError();
    planned.problemOffset += *offset;
    return llvm::Error::success();
  }
  // What matters has to be above the solvers' absolute tolerances, such as
  // 1e-7.
  setUnit(1e6);
  MetricWeights weights;
  addWeights(weights, objective.weights, 1 / planned.problemUnit);
  return exportLP(problem, weights, limits, os);
}

llvm::Error Planner::minimizeSideBySide(const PlacementLimits &limits) {
  auto found = solveSideBySide(problem, options.objective, limits);
  if (!found)
    return found.takeError();
  if (!found->found) {
    auto oracle = PlacementOracle::create(problem);
    if (!oracle)
      return oracle.takeError();
    return explain(*oracle, limits);
  }
  result = std::move(*found);
  return llvm::Error::success();
}

llvm::Error Planner::solveProblem() {
  PlacementLimits limits = getLimits(weightLimits, options);
  llvm::Error error = options.objective == PlanObjective::Latency
                          ? minimizeSum(limits)
                          : minimizeSideBySide(limits);
  if (error)
    return error;
  deviceOf.clear();
  for (const auto &[node, option] :
       llvm::zip_equal(problem.nodes, result.placement.options))
    deviceOf.push_back(node.options[option].device);
  // Components are few where that costs little of the makespan or, where it is
  // what counts, nothing.
  double tolerance = options.objective == PlanObjective::Makespan ? 1e-9 : 0.01;
  return chooseComponents(problem, result.placement, tolerance).moveInto(parts);
}

std::vector<lathe::Component> Planner::getComponents() const {
  std::vector<lathe::Component> components;
  for (const partition::Component &found : parts) {
    lathe::Component &component = components.emplace_back();
    component.device = found.device;
    component.units = found.nodes;
    llvm::sort(component.units);
  }
  lathe::addTensors(units, components, [&](unsigned tensor, unsigned device) {
    return llvm::any_of(result.placement.crossings, [&](const Crossing &other) {
      return other.tensor == tensor && other.destination == device &&
             PlanTransfer::isHalf(getCodec(problem, other));
    });
  });
  return components;
}

/// Solves the problem for as little memory as what is compiled leaves.
llvm::Error Planner::solveWithinMemory() {
  if (llvm::Error error = solveProblem())
    return error;
  lowerBound = result.lowerBound;
  // Each round rules the plan out that it looked at, so there is a last one.
  for (;;) {
    auto changes = tightenLimits();
    if (!changes)
      return changes.takeError();
    if (!*changes)
      return llvm::Error::success();
    isTightened = true;
    if (llvm::Error error = checkRoom(problem))
      return error;
    if (llvm::Error error = solveProblem())
      return error;
  }
}

//===----------------------------------------------------------------------===//
// The plan
//===----------------------------------------------------------------------===//

/// What the plan says of the model and of what was minimized.
void Planner::describeObjective() {
  Plan &plan = planned.plan;
  plan.model = model.getSymName().str();
  plan.network = network.name;
  plan.inputDevice = network.inputDevice;
  plan.outputDevice = network.outputDevice;
  for (const UnitTensor &tensor : units.tensors) {
    if (!tensor.source)
      plan.inputs.push_back(tensor.name);
    if (!tensor.outputs.empty())
      plan.outputs.push_back(tensor.name);
  }
  plan.objectiveName = getName(options.objective).str();
  plan.latencyWeight = options.latencyWeight;
  plan.energyWeight = 1 - options.latencyWeight;
  plan.latencySeconds = result.metrics.latency;
  plan.joules = result.metrics.getTotalEnergy();
  plan.objective = result.objective;
  plan.bound = std::min(lowerBound, plan.objective);
  plan.isOptimal = result.optimal && isProved(plan);
}

llvm::Expected<PlannedModel> Planner::plan() {
  if (llvm::Error error = createProblem())
    return std::move(error);
  if (llvm::Error error = solveWithinMemory())
    return std::move(error);
  describeObjective();
  if (llvm::Error error = describeRun())
    return std::move(error);
  if (options.hasBook)
    if (llvm::Error error = writeBook())
      return std::move(error);
  describeDevices();
  describeTransfers();
  describeComponents(planned.plan.model);
  return std::move(planned);
}

llvm::StringRef lathe::getName(PlanObjective objective) {
  switch (objective) {
  case PlanObjective::Latency:
    return "latency";
  case PlanObjective::Makespan:
    return "makespan";
  case PlanObjective::Throughput:
    return "throughput";
  }
  llvm_unreachable("no objective");
}

bool lathe::isProved(const Plan &plan) {
  return plan.bound >= plan.objective * (1 - 1e-9);
}

/// Plans `module` as it is, or with its images as bytes: to make bytes of an
/// image takes time, which is lost where it stays.
static llvm::Expected<PlannedModel> planWithImages(ModuleOp module,
                                                   const Network &network,
                                                   const PlanOptions &options) {
  OwningOpRef<ModuleOp> copy = cast<ModuleOp>(module->clone());
  for (const ByteImage &image : options.byteImages)
    passAsBytes(lookupModel(*copy), image);
  Planner plainPlanner(module, network, options);
  Planner bytePlanner(*copy, network, options);
  auto plain = plainPlanner.plan();
  bytePlanner.minimizeLike(plainPlanner);
  auto asBytes = bytePlanner.plan();
  // Limits may leave only one of them.
  if (!asBytes) {
    llvm::consumeError(asBytes.takeError());
    return plain;
  }
  if (!plain) {
    llvm::consumeError(plain.takeError());
    return asBytes;
  }
  double bound = std::min(plain->plan.bound, asBytes->plan.bound);
  auto &chosen =
      asBytes->plan.objective < plain->plan.objective ? asBytes : plain;
  chosen->plan.bound = bound;
  chosen->plan.isOptimal &= isProved(chosen->plan);
  return std::move(chosen);
}

llvm::Expected<PlannedModel> lathe::planModel(ModuleOp module,
                                              const Network &network,
                                              const PlanOptions &options) {
  return options.byteImages.empty() ? Planner(module, network, options).plan()
                                    : planWithImages(module, network, options);
}
