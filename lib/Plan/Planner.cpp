//===- Planner.cpp - Decides which device runs what -----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Plan/Planner.h"
#include "lathe/Driver/Compiler.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Partition/Components.h"
#include "lathe/Partition/Export.h"
#include "lathe/Partition/Frontier.h"
#include "lathe/Partition/NormalizedObjective.h"
#include "lathe/Partition/ParallelSolver.h"
#include "lathe/Partition/Simulator.h"
#include "lathe/Plan/UnitTimes.h"
#include "lathe/Target/Common/CNames.h"

#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::partition;

namespace {

/// Makes a plan of a model.
class Planner {
public:
  Planner(ModuleOp module, const Network &network, const PlanOptions &options)
      : module(module), network(network), options(options) {}

  llvm::Expected<PlannedModel> plan();

private:
  llvm::Error addTimes();
  void addDevices();
  void addNodes();
  void addTensors();
  PlacementLimits getLimits() const;
  llvm::Expected<NormalizedObjective>
  getObjective(PlacementOracle &oracle, const PlacementLimits &limits);
  llvm::Error explain(PlacementOracle &oracle, const PlacementLimits &limits);
  llvm::Error minimizeSum(const PlacementLimits &limits);
  llvm::Error minimizeParallel(const PlacementLimits &limits);
  llvm::Error writeProblem(const NormalizedObjective &objective,
                           const PlacementLimits &limits);
  llvm::Error solveProblem();
  std::vector<lathe::Component> getComponents() const;
  /// The activations of units that the memory of `device` holds.
  std::optional<double> getActivationLimit(unsigned device) const;
  bool hasRoomForUnit(unsigned unit, unsigned device) const;
  llvm::Expected<bool> excludeWhatDoesNotFit();
  void describeDevices();
  void describeTransfers();
  void describeComponents(StringRef name);
  llvm::Error describeRun();
  void drawUnits();
  void drawTasks(const SimulationResult &run);
  llvm::Error drawFrontier();

  ModuleOp module;
  const Network &network;
  const PlanOptions &options;
  func::FuncOp model;
  ModelUnits units;
  std::vector<UnitTimes> times;
  PlacementProblem problem;
  SolverResult result;
  /// Bytes of weights that each device may have.
  std::vector<double> weightLimits;
  /// The first solution's, which no memory for activations limited but that of
  /// single units.
  double lowerBound = 0;
  std::vector<unsigned> deviceOf;
  PlannedModel planned;
};

} // namespace

//===----------------------------------------------------------------------===//
// The problem
//===----------------------------------------------------------------------===//

llvm::Error Planner::addTimes() {
  for (const NetworkDevice &device : network.devices) {
    auto found = getUnitTimes(module, units, device, network);
    if (!found)
      return found.takeError();
    times.push_back(std::move(*found));
  }
  return llvm::Error::success();
}

void Planner::addDevices() {
  for (const NetworkDevice &device : network.devices) {
    Device &added = problem.devices.emplace_back();
    added.name = device.name;
    std::optional<uint64_t> flash =
        device.target.getTotalBytes(MemoryKind::Flash);
    weightLimits.push_back(
        flash ? static_cast<double>(*flash)
              : device.memory.value_or(PlacementLimits::unlimited));
    added.codecPower = device.activePower;
  }
  problem.resetLinks();
  for (const NetworkLink &link : network.links)
    problem.link(link.from, link.to) =
        Link{link.bandwidth, link.roundTripTime, link.getSendEnergy(),
             link.getReceiveEnergy()};
}

void Planner::addNodes() {
  for (const auto &[index, unit] : llvm::enumerate(units.units)) {
    PlacementNode &node = problem.nodes.emplace_back();
    node.name = unit.name;
    for (const auto &[number, device] : llvm::enumerate(network.devices)) {
      if (!hasRoomForUnit(index, number))
        continue;
      NodeOption &option = node.options.emplace_back();
      option.device = number;
      option.time = times[number].seconds[index];
      option.energy = option.time * device.activePower;
      option.weightBytes = static_cast<double>(unit.weightBytes);
    }
  }
}

/// The number of the codec "f16" where there are codecs.
static constexpr unsigned halfCodec = 1;

/// Whether a component encodes `tensor`, and others decode it: the model's
/// caller gives and takes what the model does.
static bool canCrossAsHalf(const UnitTensor &tensor) {
  return tensor.source && tensor.outputs.empty() &&
         cast<RankedTensorType>(tensor.value.getType())
             .getElementType()
             .isF32();
}

static WireCodec getCodec(llvm::StringRef name, double bytes) {
  WireCodec codec;
  codec.name = name.str();
  codec.bytes = bytes;
  return codec;
}

void Planner::addTensors() {
  for (const UnitTensor &tensor : units.tensors) {
    PlacementTensor &added = problem.tensors.emplace_back();
    added.name = tensor.name;
    added.source = tensor.source;
    added.inputDevice = network.inputDevice;
    llvm::append_range(added.consumers, tensor.consumers);
    if (!tensor.outputs.empty())
      added.wantedDevices.push_back(network.outputDevice);
    added.bytes = static_cast<double>(tensor.bytes);
    if (options.wire == WireForm::F16 && canCrossAsHalf(tensor))
      added.codecs = {getCodec("raw", added.bytes),
                      getCodec("f16", added.bytes / 2)};
  }
}

//===----------------------------------------------------------------------===//
// The solution
//===----------------------------------------------------------------------===//

PlacementLimits Planner::getLimits() const {
  PlacementLimits limits;
  auto isFinite = [](double bytes) { return std::isfinite(bytes); };
  if (llvm::any_of(weightLimits, isFinite))
    limits.memory.assign(weightLimits.begin(), weightLimits.end());
  if (!options.deviceEnergy.empty())
    limits.energy.assign(network.devices.size(), PlacementLimits::unlimited);
  for (auto [device, joules] : options.deviceEnergy)
    limits.energy[device] = joules;
  return limits;
}

/// Latency and energy by the options' weights.
llvm::Expected<NormalizedObjective>
Planner::getObjective(PlacementOracle &oracle, const PlacementLimits &limits) {
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
    return explain(oracle, limits);
  return normalize(problem, **extremes, options.latencyWeight,
                   1 - options.latencyWeight);
}

/// Why no plan is within `limits`.
llvm::Error Planner::explain(PlacementOracle &oracle,
                             const PlacementLimits &limits) {
  auto reason = explainInfeasibility(oracle, limits);
  if (!reason)
    return reason.takeError();
  return llvm::createStringError("no plan keeps the limits: " + *reason);
}

llvm::Error Planner::minimizeSum(const PlacementLimits &limits) {
  auto oracle = PlacementOracle::create(problem);
  if (!oracle)
    return oracle.takeError();
  auto objective = getObjective(*oracle, limits);
  if (!objective)
    return objective.takeError();
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

/// The engine for devices that work side by side knows no limits.
llvm::Error Planner::minimizeParallel(const PlacementLimits &limits) {
  auto found =
      solveParallel(problem, options.objective == PlanObjective::Makespan
                                 ? ParallelObjective::Makespan
                                 : ParallelObjective::Period);
  if (!found)
    return found.takeError();
  result = SolverResult();
  result.placement = std::move(found->placement);
  auto metrics = evaluate(problem, result.placement);
  if (!metrics)
    return metrics.takeError();
  if (!isWithin(*metrics, limits))
    return llvm::createStringError(
        "the plan of the best " +
        llvm::Twine(options.objective == PlanObjective::Makespan
                        ? "makespan"
                        : "throughput") +
        " exceeds a limit, which only --objective=latency takes into account");
  result.metrics = std::move(*metrics);
  result.objective = found->value;
  result.lowerBound = found->lowerBound;
  result.optimal = found->getGap() <= 1e-9;
  return llvm::Error::success();
}

llvm::Error Planner::solveProblem() {
  for (const PlacementNode &node : problem.nodes)
    if (node.options.empty())
      return llvm::createStringError(
          "no device has room for what '" + node.name +
          "' reads and computes; add one with more memory to the network");
  PlacementLimits limits = getLimits();
  llvm::Error error = options.objective == PlanObjective::Latency
                          ? minimizeSum(limits)
                          : minimizeParallel(limits);
  if (error)
    return error;
  deviceOf.clear();
  for (const auto &[node, option] :
       llvm::zip_equal(problem.nodes, result.placement.options))
    deviceOf.push_back(node.options[option].device);
  return llvm::Error::success();
}

std::vector<lathe::Component> Planner::getComponents() const {
  std::vector<lathe::Component> components;
  for (const partition::Component &found :
       computeComponents(problem, result.placement.options)) {
    lathe::Component &component = components.emplace_back();
    component.device = found.device;
    component.units = found.nodes;
    llvm::sort(component.units);
  }
  lathe::addTensors(units, components, [&](unsigned tensor, unsigned device) {
    return llvm::any_of(result.placement.crossings, [&](const Crossing &other) {
      return other.tensor == tensor && other.destination == device &&
             other.codec == halfCodec;
    });
  });
  return components;
}

//===----------------------------------------------------------------------===//
// Memory for activations
//===----------------------------------------------------------------------===//

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

//===----------------------------------------------------------------------===//
// The plan
//===----------------------------------------------------------------------===//

void Planner::describeDevices() {
  for (const auto &[index, device] : llvm::enumerate(network.devices)) {
    PlanDevice &described = planned.plan.devices.emplace_back();
    described.name = device.name;
    described.target = device.target.name;
    described.timesFrom = times[index].source;
    described.isMeasured = times[index].isMeasured;
    described.computeSeconds = result.metrics.deviceTime[index];
    described.joules = result.metrics.energy[index];
    described.weightBytes = static_cast<int64_t>(result.metrics.memory[index]);
  }
}

void Planner::describeTransfers() {
  for (const Crossing &crossing : result.placement.crossings) {
    const UnitTensor &tensor = units.tensors[crossing.tensor];
    unsigned from =
        tensor.source ? deviceOf[*tensor.source] : network.inputDevice;
    const NetworkLink &link = *network.findLink(from, crossing.destination);
    bool isHalf = crossing.codec == halfCodec;
    int64_t bytes = isHalf ? tensor.bytes / 2 : tensor.bytes;
    planned.plan.transfers.push_back(
        {tensor.name, from, crossing.destination, isHalf ? "f16" : "raw", bytes,
         static_cast<double>(bytes) / link.bandwidth + link.roundTripTime});
  }
}

void Planner::describeComponents(StringRef name) {
  CNameScope names;
  for (const lathe::Component &component : getComponents()) {
    PlanComponent &described = planned.plan.components.emplace_back();
    described.device = component.device;
    // Its functions have names of C, and its folder the same.
    described.name = names.claim(
        (name + "_" + network.devices[component.device].name).str());
    for (unsigned unit : component.units) {
      described.units.push_back(units.units[unit].name);
      described.computeSeconds += times[component.device].seconds[unit];
    }
    for (const PassedTensor &passed : component.inputs)
      described.inputs.push_back(passed.getName(units));
    for (const PassedTensor &passed : component.outputs)
      described.outputs.push_back(passed.getName(units));
    planned.components.push_back(
        extractComponent(model, units, component, described.name));
  }
}

/// What happens when devices work side by side.
llvm::Error Planner::describeRun() {
  constexpr unsigned numRequests = 16;
  auto one = simulate(problem, result.placement);
  if (!one)
    return one.takeError();
  auto many = simulate(problem, result.placement, {numRequests});
  if (!many)
    return many.takeError();
  planned.plan.makespanSeconds = one->getMakespan();
  planned.plan.requestsPerSecond = many->getThroughput();
  if (!options.draws)
    return llvm::Error::success();
  drawUnits();
  drawTasks(*one);
  return drawFrontier();
}

void Planner::drawUnits() {
  PlanPicture &picture = planned.picture;
  for (auto [unit, device] : llvm::zip_equal(units.units, deviceOf))
    picture.units.push_back({unit.name, device, 0, 0});
  // Sources come before what reads them.
  for (const UnitTensor &tensor : units.tensors)
    for (unsigned reader :
         tensor.source ? tensor.consumers : std::vector<unsigned>()) {
      picture.edges.push_back({*tensor.source, reader});
      unsigned &depth = picture.units[reader].depth;
      depth = std::max(depth, picture.units[*tensor.source].depth + 1);
    }
  std::map<unsigned, unsigned> lanes;
  for (PlanPicture::Unit &unit : picture.units)
    unit.lane = lanes[unit.depth]++;
}

void Planner::drawTasks(const SimulationResult &run) {
  std::map<std::pair<unsigned, bool>, size_t> last;
  std::vector<PlanPicture::Task> &tasks = planned.picture.tasks;
  for (const SimulatedTask &task : run.tasks) {
    bool isUplink = task.kind == TaskKind::Send;
    auto [it, isFirst] =
        last.try_emplace({task.device, isUplink}, tasks.size());
    if (!isFirst && tasks[it->second].end >= task.start) {
      tasks[it->second].end = task.end;
      continue;
    }
    it->second = tasks.size();
    tasks.push_back({task.device, isUplink, task.start, task.end});
  }
}

llvm::Error Planner::drawFrontier() {
  auto oracle = PlacementOracle::create(problem);
  if (!oracle)
    return oracle.takeError();
  auto points = computeFrontier(*oracle, getLimits());
  if (!points)
    return points.takeError();
  for (const FrontierPoint &point : *points)
    planned.picture.frontier.push_back({point.latency, point.energy});
  return llvm::Error::success();
}

llvm::Expected<PlannedModel> Planner::plan() {
  if (llvm::Error error = simplifyGraph(module))
    return std::move(error);
  model = lookupModel(module);
  if (!model)
    return llvm::createStringError("there is no model to partition");
  auto found = ModelUnits::get(model);
  if (!found)
    return found.takeError();
  units = std::move(*found);
  if (llvm::Error error = addTimes())
    return std::move(error);
  addDevices();
  addNodes();
  addTensors();
  if (llvm::Error error = solveProblem())
    return std::move(error);
  lowerBound = result.lowerBound;
  // Each round takes a unit from a device.
  for (;;) {
    auto excludes = excludeWhatDoesNotFit();
    if (!excludes)
      return excludes.takeError();
    if (!*excludes)
      break;
    if (llvm::Error error = solveProblem())
      return std::move(error);
  }
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
  plan.isOptimal = result.optimal && lowerBound >= plan.objective;
  if (llvm::Error error = describeRun())
    return std::move(error);
  describeDevices();
  describeTransfers();
  describeComponents(plan.model);
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

llvm::Expected<PlannedModel> lathe::planModel(ModuleOp module,
                                              const Network &network,
                                              const PlanOptions &options) {
  return Planner(module, network, options).plan();
}
