//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ParallelSearch.h"

#include "CostTables.h"
#include "LinearLimit.h"
#include "lathe/Partition/Simulator.h"

#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace lathe::partition;
using llvm::ArrayRef;

/// So many of the placements that addTarget() got are kept, the last ones.
static constexpr unsigned maxTargets = 4;
/// So many placements are improved, one after the other.
static constexpr unsigned maxStarts = 8;

ParallelSearch::ParallelSearch(const PlacementProblem &problem,
                               ParallelObjective objective,
                               const PlacementLimits &limits,
                               const ParallelOptions &options)
    : problem(problem), objective(objective), limits(limits), options(options),
      graph(problem), order(llvm::cantFail(sortTopologically(problem))) {
  codecWeights.push_back(MetricWeights::ofLatency());
  std::vector<LinearLimit> list = makeLinearLimits(problem, limits);
  if (std::isfinite(limits.noise))
    list.push_back(makeNoiseCut(
        problem, std::vector<double>(problem.nodes.size(), 0), limits.noise));
  if (list.empty())
    return;
  MetricWeights thrifty;
  for (const LinearLimit &limit : list)
    addWeights(thrifty, limit.weights, 1 / std::max(limit.bound, 1e-30));
  codecWeights.push_back(std::move(thrifty));
}

double lathe::partition::computePeriod(const PlacementMetrics &metrics) {
  return std::max(*llvm::max_element(metrics.deviceTime),
                  *llvm::max_element(metrics.uplinkTime));
}

/// Infinite if a limit is exceeded or the placement is impossible, or where the
/// loads alone are not below `below`.
double ParallelSearch::measure(const Placement &placement, double below) const {
  auto metrics = evaluate(problem, placement);
  if (!metrics) {
    llvm::consumeError(metrics.takeError());
    return PlacementLimits::unlimited;
  }
  double period = computePeriod(*metrics);
  if (!isWithin(*metrics, limits) || period >= below)
    return PlacementLimits::unlimited;
  if (objective == ParallelObjective::Period)
    return period;
  return llvm::cantFail(simulate(problem, placement)).getMakespan();
}

void ParallelSearch::keep(Found found) {
  auto place = llvm::find_if(
      starts, [&](const Found &other) { return other.value >= found.value; });
  if (place != starts.end() && place->value == found.value)
    return;
  starts.insert(place, std::move(found));
  if (starts.size() > maxStarts)
    starts.pop_back();
}

void ParallelSearch::propose(Placement placement) {
  ++numTrials;
  double worst = starts.size() < maxStarts ? PlacementLimits::unlimited
                                           : starts.back().value;
  double value = measure(placement, worst);
  if (value < worst)
    keep({std::move(placement), value});
}

/// Makes `placement` the current one if it is better; returns whether it is.
bool ParallelSearch::accept(Placement placement) {
  ++numTrials;
  double value = measure(placement, current.value);
  if (value >= current.value)
    return false;
  current = {std::move(placement), value};
  isKnown |= !passed.insert(value).second;
  return true;
}

void ParallelSearch::addTarget(const Placement &placement) {
  llvm::erase(targets, placement.options);
  targets.push_back(placement.options);
  if (targets.size() > maxTargets)
    targets.erase(targets.begin());
}

bool ParallelSearch::isOver() const {
  return numTrials >= lastTrial || isKnown ||
         current.value - lowerBound <= options.targetGap * current.value;
}

Placement ParallelSearch::complete(const Options &nodeOptions,
                                   const MetricWeights &weights) const {
  std::vector<unsigned> labels(graph.getNumVariables());
  for (unsigned variable = 0; variable < labels.size(); ++variable)
    labels[variable] = graph.firstLabel[variable] +
                       (variable < graph.numNodes ? nodeOptions[variable] : 0);
  return makePlacement(problem, graph, weights, nullptr, {}, labels);
}

/// The placements with these options, and codecs by each of the weights, or
/// those that the best placement has.
bool ParallelSearch::proposeOptions(const Options &nodeOptions) {
  if (nodeOptions == current.placement.options)
    return false;
  std::vector<Placement> candidates;
  for (const MetricWeights &weights : codecWeights) {
    Placement candidate = complete(nodeOptions, weights);
    Placement kept = candidate;
    for (Crossing &crossing : kept.crossings)
      if (const Crossing *known = findCrossing(
              current.placement, crossing.tensor, crossing.destination))
        crossing.codec = known->codec;
    for (Placement *one : {&kept, &candidate})
      if (!llvm::is_contained(candidates, *one))
        candidates.push_back(std::move(*one));
  }
  return llvm::any_of(candidates, [&](Placement &candidate) {
    return accept(std::move(candidate));
  });
}

/// The best placement's options, but for some nodes that are on `device`, in
/// their precision where that is possible; what cannot be there stays.
ParallelSearch::Options ParallelSearch::makeTarget(ArrayRef<unsigned> nodes,
                                                   unsigned device) const {
  Options target = current.placement.options;
  for (unsigned number : nodes) {
    const PlacementNode &node = problem.nodes[number];
    if (node.pinnedDevice && *node.pinnedDevice != device)
      continue;
    Precision precision = node.options[target[number]].precision;
    std::optional<unsigned> there;
    for (auto [index, option] : llvm::enumerate(node.options))
      if (option.device == device && (!there || option.precision == precision))
        there = index;
    target[number] = there.value_or(target[number]);
  }
  return target;
}

/// Changes neighbours in the order to what they are in a target, many together
/// and then fewer.
bool ParallelSearch::takeParts(ArrayRef<unsigned> lengths) {
  bool changes = false;
  for (size_t length : lengths)
    for (size_t start = 0; start < order.size(); start += length / 2) {
      auto part = ArrayRef(order).drop_front(start).take_front(length);
      for (unsigned device = 0; device < problem.devices.size(); ++device)
        changes |= takePart(part, makeTarget(part, device));
      for (const Options &target : targets)
        changes |= takePart(part, target);
    }
  return changes;
}

bool ParallelSearch::takePart(ArrayRef<unsigned> nodes, const Options &target) {
  if (isOver())
    return false;
  Options changed = current.placement.options;
  for (unsigned node : nodes)
    changed[node] = target[node];
  return proposeOptions(changed);
}

/// Tries the other options of single nodes.
bool ParallelSearch::changeNodes() {
  bool changes = false;
  for (unsigned node : order)
    for (unsigned option = 0;
         option < problem.nodes[node].options.size() && !isOver(); ++option) {
      Options changed = current.placement.options;
      changed[node] = option;
      changes |= proposeOptions(changed);
    }
  return changes;
}

/// Tries the other codecs of single crossings.
bool ParallelSearch::changeCodecs() {
  bool changes = false;
  for (size_t index = 0; index < current.placement.crossings.size(); ++index) {
    const PlacementTensor &tensor =
        problem.tensors[current.placement.crossings[index].tensor];
    for (unsigned codec = 0; codec < getNumCodecs(tensor) && !isOver();
         ++codec) {
      if (codec == current.placement.crossings[index].codec)
        continue;
      Placement changed = current.placement;
      changed.crossings[index].codec = codec;
      changes |= accept(std::move(changed));
    }
  }
  return changes;
}

/// Changes many nodes together while that helps.
void ParallelSearch::descendCoarsely() {
  while (!isOver() && takeParts({64, 16}))
    ;
}

/// Changes the current placement while that helps.
void ParallelSearch::descend() {
  for (bool changes = true; changes && !isOver();) {
    changes = takeParts({64, 16, 4});
    changes |= changeNodes();
    changes |= changeCodecs();
  }
}

/// First all starts with a part of the trials each, then the best of them. What
/// comes to where another one has been goes the same way from there.
void ParallelSearch::improve(double bound) {
  lowerBound = bound;
  unsigned left = options.maxTrials - std::min(options.maxTrials, numTrials);
  auto improveAll = [&](auto getLastTrial, auto changeCurrent) {
    for (Found &start : std::vector<Found>(starts)) {
      current = std::move(start);
      isKnown = false;
      lastTrial = getLastTrial();
      changeCurrent();
      keep(current);
    }
  };
  improveAll([&] { return numTrials + left / 2 / maxStarts; },
             [&] { descendCoarsely(); });
  improveAll([&] { return options.maxTrials; }, [&] { descend(); });
}
