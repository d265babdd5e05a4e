//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/ParallelSolver.h"

#include "CostTables.h"
#include "lathe/Partition/Simulator.h"

#include "llvm/ADT/STLExtras.h"
#include <limits>

using namespace lathe::partition;
using llvm::ArrayRef;
using llvm::Expected;
using llvm::SmallVector;

namespace {

/// A step of a path: from a tensor's source, or from the start, to a consumer,
/// or to a device where the tensor is wanted.
struct Step {
  unsigned tensor;
  std::optional<unsigned> consumer;
  unsigned device = 0; ///< if there is no consumer
};

/// Averages of what placements take, in seconds; or a mixture of paths and
/// loads, in parts of 1.
struct Loads {
  std::vector<double> nodes;
  std::vector<double> steps;
  SmallVector<double> devices;
  SmallVector<double> uplinks;

  Loads(size_t numNodes, size_t numSteps, size_t numDevices)
      : nodes(numNodes, 0), steps(numSteps, 0), devices(numDevices, 0),
        uplinks(numDevices, 0) {}
  void mix(const Loads &other, double share);
};

class ParallelSolver {
public:
  ParallelSolver(const PlacementProblem &problem, ParallelObjective objective,
                 const ParallelOptions &options);
  ParallelResult run();

private:
  void splitTensors();
  Loads makeLoads() const {
    return Loads(problem.nodes.size(), steps.size(), problem.devices.size());
  }
  Placement makeBest(ArrayRef<unsigned> nodeOptions) const;
  void propose(ArrayRef<unsigned> nodeOptions);
  Loads measure(const Placement &placement) const;
  Loads answer(const Loads &average) const;
  double findLongestPath(const Loads &average, Loads &path) const;
  std::vector<unsigned> moveNodes(ArrayRef<unsigned> nodes,
                                  unsigned device) const;
  bool isImprovement(llvm::ArrayRef<unsigned> nodeOptions);
  void improve();
  bool isDone() const {
    return result.value - result.lowerBound <= options.targetGap * result.value;
  }

  const PlacementProblem &problem;
  ParallelObjective objective;
  const ParallelOptions &options;
  PlacementGraph graph;
  std::vector<unsigned> order; ///< of nodes
  std::vector<Step> steps;
  std::vector<SmallVector<unsigned, 4>> stepsInto; ///< of nodes
  /// The problem with a tensor more for each step, so that each consumer's
  /// waiting can count by itself.
  PlacementProblem split;
  ParallelResult result;
};

} // namespace

void Loads::mix(const Loads &other, double share) {
  auto mixList = [&](auto &list, const auto &added) {
    for (auto [value, more] : llvm::zip_equal(list, added))
      value += share * (more - value);
  };
  mixList(nodes, other.nodes);
  mixList(steps, other.steps);
  mixList(devices, other.devices);
  mixList(uplinks, other.uplinks);
}

ParallelSolver::ParallelSolver(const PlacementProblem &problem,
                               ParallelObjective objective,
                               const ParallelOptions &options)
    : problem(problem), objective(objective), options(options), graph(problem),
      order(llvm::cantFail(sortTopologically(problem))),
      stepsInto(problem.nodes.size()), split(problem) {
  result.value = std::numeric_limits<double>::infinity();
  if (objective == ParallelObjective::Makespan)
    splitTensors();
}

void ParallelSolver::splitTensors() {
  for (auto [index, tensor] : llvm::enumerate(problem.tensors)) {
    PlacementTensor single = tensor;
    single.consumers.clear();
    single.wantedDevices.clear();
    for (unsigned consumer : tensor.consumers) {
      stepsInto[consumer].push_back(steps.size());
      steps.push_back({static_cast<unsigned>(index), consumer});
      split.tensors.push_back(single);
      split.tensors.back().consumers = {consumer};
    }
    for (unsigned device : tensor.wantedDevices) {
      steps.push_back({static_cast<unsigned>(index), std::nullopt, device});
      split.tensors.push_back(single);
      split.tensors.back().wantedDevices = {device};
    }
  }
}

Placement ParallelSolver::makeBest(ArrayRef<unsigned> nodeOptions) const {
  std::vector<unsigned> labels;
  for (unsigned variable = 0; variable < graph.getNumVariables(); ++variable)
    labels.push_back(graph.firstLabel[variable] +
                     (variable < graph.numNodes ? nodeOptions[variable] : 0));
  return makePlacement(problem, graph, MetricWeights::ofLatency(), nullptr, {},
                       labels);
}

double lathe::partition::computePeriod(const PlacementMetrics &metrics) {
  return std::max(*llvm::max_element(metrics.deviceTime),
                  *llvm::max_element(metrics.uplinkTime));
}

/// Keeps the placement if it is the best so far.
void ParallelSolver::propose(ArrayRef<unsigned> nodeOptions) {
  ++result.trials;
  Placement placement = makeBest(nodeOptions);
  double value;
  if (objective == ParallelObjective::Period) {
    auto metrics = evaluate(problem, placement);
    if (!metrics)
      return llvm::consumeError(metrics.takeError());
    value = computePeriod(*metrics);
  } else {
    auto simulation = simulate(problem, placement);
    if (!simulation)
      return llvm::consumeError(simulation.takeError());
    value = simulation->getMakespan();
  }
  if (value >= result.value)
    return;
  result.value = value;
  result.placement = std::move(placement);
  result.feasible = true;
}

/// What nodes, steps, devices and uplinks take.
Loads ParallelSolver::measure(const Placement &placement) const {
  Loads loads = makeLoads();
  PlacementMetrics metrics = llvm::cantFail(evaluate(problem, placement));
  loads.devices = metrics.deviceTime;
  loads.uplinks = metrics.uplinkTime;
  for (auto [index, node] : llvm::enumerate(problem.nodes))
    loads.nodes[index] = node.options[placement.options[index]].time;
  for (size_t index = 0; index < steps.size(); ++index) {
    const Step &step = steps[index];
    const PlacementTensor &tensor = problem.tensors[step.tensor];
    NodeOption source = getSourceOption(problem, tensor, placement.options);
    unsigned device = step.device;
    if (step.consumer)
      device = problem.nodes[*step.consumer]
                   .options[placement.options[*step.consumer]]
                   .device;
    if (device == source.device)
      continue;
    const Crossing *crossing =
        llvm::find_if(placement.crossings, [&](const Crossing &other) {
          return other.tensor == step.tensor && other.destination == device;
        }).base();
    loads.steps[index] =
        computeCrossingCost(problem, tensor, source.precision, source.device,
                            device, crossing->codec)
            ->getTime();
  }
  return loads;
}

/// Marks the nodes and steps of a longest path; returns its length.
double ParallelSolver::findLongestPath(const Loads &average,
                                       Loads &path) const {
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

/// What is largest on average: a path, a device or an uplink.
Loads ParallelSolver::answer(const Loads &average) const {
  Loads chosen = makeLoads();
  double largest = 0;
  if (objective == ParallelObjective::Makespan)
    largest = findLongestPath(average, chosen);
  auto consider = [&](ArrayRef<double> loads,
                      SmallVector<double> Loads::*list) {
    for (auto [device, load] : llvm::enumerate(loads)) {
      if (load <= largest)
        continue;
      largest = load;
      chosen = makeLoads();
      (chosen.*list)[device] = 1;
    }
  };
  consider(average.devices, &Loads::devices);
  consider(average.uplinks, &Loads::uplinks);
  return chosen;
}

/// The best placement with some neighbours in the order on `device`, in their
/// precision where that is possible; what cannot be there stays.
std::vector<unsigned> ParallelSolver::moveNodes(ArrayRef<unsigned> nodes,
                                                unsigned device) const {
  std::vector<unsigned> moved = result.placement.options;
  for (unsigned node : nodes) {
    const PlacementNode &entry = problem.nodes[node];
    if (entry.pinnedDevice && *entry.pinnedDevice != device)
      continue;
    Precision precision = entry.options[moved[node]].precision;
    std::optional<unsigned> there;
    for (auto [number, option] : llvm::enumerate(entry.options))
      if (option.device == device && (!there || option.precision == precision))
        there = number;
    moved[node] = there.value_or(moved[node]);
  }
  return moved;
}

/// Whether the placement with these options is better than the best so far.
bool ParallelSolver::isImprovement(ArrayRef<unsigned> nodeOptions) {
  if (nodeOptions == ArrayRef<unsigned>(result.placement.options))
    return false;
  double before = result.value;
  propose(nodeOptions);
  return result.value < before;
}

/// Moves neighbours in the order together, many and then fewer, and then tries
/// the options of single nodes, while that helps.
void ParallelSolver::improve() {
  auto isOver = [&] { return result.trials >= options.maxTrials || isDone(); };
  bool changes = true;
  while (changes && !isOver()) {
    changes = false;
    for (size_t length : {64, 16, 4})
      for (size_t start = 0; start < order.size() && !isOver();
           start += length / 2)
        for (unsigned device = 0; device < problem.devices.size(); ++device)
          changes |= isImprovement(moveNodes(
              ArrayRef(order).drop_front(start).take_front(length), device));
    for (unsigned node : order)
      for (auto [number, option] :
           llvm::enumerate(problem.nodes[node].options)) {
        if (isOver())
          return;
        std::vector<unsigned> moved = result.placement.options;
        moved[node] = number;
        changes |= isImprovement(moved);
      }
  }
}

ParallelResult ParallelSolver::run() {
  PlacementOracle oracle = llvm::cantFail(PlacementOracle::create(split));
  OracleResult first =
      llvm::cantFail(PlacementOracle::create(problem))
          .minimize(MetricWeights::ofLatency(), options.oracle);
  if (!first.feasible)
    return std::move(result);
  propose(first.placement.options);
  Loads average = measure(makeBest(first.placement.options));
  Loads mixture = answer(average);
  while (result.oracleCalls < options.maxOracleCalls && !isDone()) {
    MetricWeights weights;
    weights.deviceLoad = mixture.devices;
    weights.uplinkLoad = mixture.uplinks;
    PathWeights paths;
    paths.nodeTime = mixture.nodes;
    paths.tensorTime.assign(problem.tensors.size(), 0);
    llvm::append_range(paths.tensorTime, mixture.steps);
    paths.isMetric.assign(split.tensors.size(), false);
    std::fill_n(paths.isMetric.begin(), problem.tensors.size(), true);
    OracleResult plan = oracle.minimize(weights, paths, options.oracle);
    ++result.oracleCalls;
    result.lowerBound = std::max(result.lowerBound, plan.lowerBound);
    propose(plan.placement.options);
    // Later answers weigh more than the first ones, which are far off.
    double share = 2.0 / (result.oracleCalls + 2);
    average.mix(measure(makeBest(plan.placement.options)), share);
    mixture.mix(answer(average), share);
  }
  improve();
  result.lowerBound = std::min(result.lowerBound, result.value);
  return std::move(result);
}

Expected<ParallelResult>
lathe::partition::solveParallel(const PlacementProblem &problem,
                                ParallelObjective objective,
                                const ParallelOptions &options) {
  if (llvm::Error error = verify(problem))
    return error;
  return ParallelSolver(problem, objective, options).run();
}
