//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ParallelBound.h"

#include "CostTables.h"

#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace lathe::partition;
using llvm::ArrayRef;
using llvm::SmallVector;

//===----------------------------------------------------------------------===//
// The game
//===----------------------------------------------------------------------===//

void ParallelBound::Loads::mix(const Loads &other, double share) {
  auto mixList = [&](auto &list, const auto &added) {
    for (auto [value, more] : llvm::zip_equal(list, added))
      value += share * (more - value);
  };
  mixList(nodes, other.nodes);
  mixList(steps, other.steps);
  mixList(devices, other.devices);
  mixList(uplinks, other.uplinks);
  mixList(limits, other.limits);
}

ParallelBound::Loads ParallelBound::makeLoads() const {
  size_t numDevices = problem.devices.size();
  Loads loads;
  loads.nodes.assign(problem.nodes.size(), 0);
  loads.steps.assign(steps.size(), 0);
  loads.devices.assign(numDevices, 0);
  loads.uplinks.assign(numDevices, 0);
  loads.limits.assign(linearLimits.size(), 0);
  return loads;
}

std::vector<ParallelBound::Step>
ParallelBound::listSteps(const PlacementProblem &problem) {
  std::vector<Step> steps;
  for (unsigned index = 0; index < problem.tensors.size(); ++index) {
    const PlacementTensor &tensor = problem.tensors[index];
    for (unsigned consumer : tensor.consumers)
      steps.push_back({index, consumer});
    for (unsigned device : tensor.wantedDevices)
      steps.push_back({index, std::nullopt, device});
  }
  return steps;
}

PlacementProblem ParallelBound::splitTensors(const PlacementProblem &problem,
                                             ArrayRef<Step> steps) {
  PlacementProblem split = problem;
  for (const Step &step : steps) {
    PlacementTensor &single =
        split.tensors.emplace_back(problem.tensors[step.tensor]);
    single.consumers.clear();
    single.wantedDevices.clear();
    if (step.consumer)
      single.consumers = {*step.consumer};
    else
      single.wantedDevices = {step.device};
  }
  return split;
}

ParallelBound::ParallelBound(const PlacementProblem &problem,
                             ParallelObjective objective,
                             const PlacementLimits &limits,
                             const OracleOptions &options,
                             const Placement &start)
    : problem(problem), objective(objective), options(options), graph(problem),
      order(llvm::cantFail(sortTopologically(problem))),
      steps(objective == ParallelObjective::Makespan ? listSteps(problem)
                                                     : std::vector<Step>()),
      stepsInto(problem.nodes.size()), split(splitTensors(problem, steps)),
      oracle(llvm::cantFail(PlacementOracle::create(split))) {
  for (auto [index, step] : llvm::enumerate(steps))
    if (step.consumer)
      stepsInto[*step.consumer].push_back(index);
  addLimits(limits, start);
  average = measure(start);
  mixture = answer();
}

/// The noise is limited as a whole if the oracle can do that, else by linear
/// functions below it: one without products, one that is exact for `start`.
void ParallelBound::addLimits(const PlacementLimits &limits,
                              const Placement &start) {
  linearLimits = makeLinearLimits(problem, limits);
  if (std::isfinite(limits.noise) && oracle.hasNarrowNoise(options)) {
    LinearLimit &noise = linearLimits.emplace_back();
    noise.weights.noise = 1;
    noise.weights.noiseTerms = 1;
    noise.bound = limits.noise;
  } else if (std::isfinite(limits.noise)) {
    std::vector<double> quantized(problem.nodes.size(), 0);
    linearLimits.push_back(makeNoiseCut(problem, quantized, limits.noise));
    for (unsigned node = 0; node < quantized.size(); ++node)
      quantized[node] = isQuantized(problem, start, node);
    linearLimits.push_back(makeNoiseCut(problem, quantized, limits.noise));
  }
  // What is far within a limit, or far beyond it, is to differ by as much as
  // loads do.
  for (LinearLimit &limit : linearLimits)
    limit.scale = std::max(
        {limit.bound, 1e-30,
         1e-2 * CostTables(problem, graph, limit.weights).getHighestSum()});
}

/// By how much the oracle's sum counts what a limit limits. Exceeding it by its
/// scale is as bad as a load that is twice the bound.
double ParallelBound::getMultiplier(unsigned limit) const {
  return mixture.limits[limit] * lowerBound / linearLimits[limit].scale;
}

MetricWeights ParallelBound::getWeights() const {
  MetricWeights weights;
  weights.deviceLoad = mixture.devices;
  weights.uplinkLoad = mixture.uplinks;
  for (unsigned limit = 0; limit < linearLimits.size(); ++limit)
    if (double multiplier = getMultiplier(limit); multiplier > 0)
      addWeights(weights, linearLimits[limit].weights, multiplier);
  return weights;
}

PathWeights ParallelBound::getPaths() const {
  PathWeights paths;
  paths.nodeTime = mixture.nodes;
  paths.tensorTime.assign(problem.tensors.size(), 0);
  llvm::append_range(paths.tensorTime, mixture.steps);
  paths.isMetric.assign(split.tensors.size(), false);
  std::fill_n(paths.isMetric.begin(), problem.tensors.size(), true);
  return paths;
}

/// A tensor of `problem` crosses in one form, for all of its steps together.
Placement
ParallelBound::chooseCodecs(const std::vector<unsigned> &nodeOptions) const {
  std::vector<unsigned> labels(graph.getNumVariables());
  for (unsigned variable = 0; variable < labels.size(); ++variable)
    labels[variable] = graph.firstLabel[variable] +
                       (variable < graph.numNodes ? nodeOptions[variable] : 0);
  PathWeights paths = getPaths();
  // Among equals the fastest.
  paths.tensorTime.assign(problem.tensors.size(), 1e-9);
  for (auto [step, weight] : llvm::zip_equal(steps, mixture.steps))
    paths.tensorTime[step.tensor] += weight;
  return makePlacement(problem, graph, getWeights(), &paths, {}, labels);
}

/// The mixture without limits, of which no placement has more than its value,
/// and the limits, which are not exceeded, bound that value.
void ParallelBound::raise(double oracleBound) {
  double ofLimits = 0;
  double sum = oracleBound;
  for (auto [index, limit] : llvm::enumerate(linearLimits)) {
    ofLimits += mixture.limits[index];
    sum -= getMultiplier(index) * limit.bound;
  }
  if (ofLimits < 1 - 1e-6)
    lowerBound = std::max(lowerBound, sum / (1 - ofLimits));
}

Placement ParallelBound::play() {
  OracleResult found = oracle.minimize(getWeights(), getPaths(), options);
  ++numCalls;
  Placement placement = chooseCodecs(found.placement.options);
  raise(found.lowerBound);
  // Later answers weigh more than the first ones, which are far off.
  double share = 2.0 / (numCalls + 2);
  average.mix(measure(placement), share);
  mixture.mix(answer(), share);
  return placement;
}

//===----------------------------------------------------------------------===//
// Paths and loads
//===----------------------------------------------------------------------===//

/// What waiting for a tensor takes (s).
double ParallelBound::measureStep(const Step &step,
                                  const Placement &placement) const {
  const PlacementTensor &tensor = problem.tensors[step.tensor];
  NodeOption source = getSourceOption(problem, tensor, placement.options);
  unsigned device = step.device;
  if (step.consumer)
    device = problem.nodes[*step.consumer]
                 .options[placement.options[*step.consumer]]
                 .device;
  if (device == source.device)
    return 0;
  return computeCrossingCost(
             problem, tensor, source.precision, source.device, device,
             findCrossing(placement, step.tensor, device)->codec)
      ->getTime();
}

ParallelBound::Loads ParallelBound::measure(const Placement &placement) const {
  Loads loads = makeLoads();
  PlacementMetrics metrics = llvm::cantFail(evaluate(problem, placement));
  loads.devices = metrics.deviceTime;
  loads.uplinks = metrics.uplinkTime;
  for (auto [index, node] : llvm::enumerate(problem.nodes))
    loads.nodes[index] = node.options[placement.options[index]].time;
  for (auto [index, step] : llvm::enumerate(steps))
    loads.steps[index] = measureStep(step, placement);
  for (auto [index, limit] : llvm::enumerate(linearLimits))
    loads.limits[index] =
        (computeWeightedSum(problem, placement, metrics, limit.weights) -
         limit.bound) /
        limit.scale;
  return loads;
}

/// Marks the nodes and steps of a path that is longest on average; returns its
/// length.
double ParallelBound::findLongestPath(Loads &path) const {
  std::vector<double> ends(problem.nodes.size(), 0);
  std::vector<std::optional<unsigned>> before(problem.nodes.size());
  auto getArrival = [&](unsigned step) {
    auto source = problem.tensors[steps[step].tensor].source;
    return (source ? ends[*source] : 0) + average.steps[step];
  };
  double longest = 0;
  std::optional<unsigned> lastNode;
  std::optional<unsigned> lastStep;
  for (unsigned node : order) {
    for (unsigned step : stepsInto[node])
      if (double arrival = getArrival(step); arrival > ends[node]) {
        ends[node] = arrival;
        before[node] = step;
      }
    ends[node] += average.nodes[node];
    if (ends[node] > longest) {
      longest = ends[node];
      lastNode = node;
    }
  }
  for (unsigned step = 0; step < steps.size(); ++step)
    if (!steps[step].consumer && getArrival(step) > longest) {
      longest = getArrival(step);
      lastStep = step;
      lastNode = problem.tensors[steps[step].tensor].source;
    }
  if (lastStep)
    path.steps[*lastStep] = 1;
  while (lastNode) {
    path.nodes[*lastNode] = 1;
    std::optional<unsigned> step = before[*lastNode];
    if (!step)
      break;
    path.steps[*step] = 1;
    lastNode = problem.tensors[steps[*step].tensor].source;
  }
  return longest;
}

/// What is largest on average: a path, a device, an uplink or a limit, which
/// where it is just kept is as large as the bound.
ParallelBound::Loads ParallelBound::answer() const {
  Loads chosen = makeLoads();
  double largest = 0;
  if (objective == ParallelObjective::Makespan)
    largest = findLongestPath(chosen);
  auto consider = [&](ArrayRef<double> loads, SmallVector<double> Loads::*list,
                      double scale, double offset) {
    for (auto [index, load] : llvm::enumerate(loads)) {
      if (offset + scale * load <= largest)
        continue;
      largest = offset + scale * load;
      chosen = makeLoads();
      (chosen.*list)[index] = 1;
    }
  };
  consider(average.devices, &Loads::devices, 1, 0);
  consider(average.uplinks, &Loads::uplinks, 1, 0);
  consider(average.limits, &Loads::limits, lowerBound, lowerBound);
  return chosen;
}
