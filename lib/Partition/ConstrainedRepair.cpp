//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Placements within the limits, made from the plans of a mixture: one that
// keeps the limits is moved towards one that does not but is better, part by
// part, as far as the limits allow. Parts are nodes that are connected and on
// different devices, and single nodes that differ in precision alone.
//
//===----------------------------------------------------------------------===//

#include "ConstrainedSearch.h"

#include "CostTables.h"
#include "Weighing.h"

#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/STLExtras.h"
#include <cmath>
#include <map>

using namespace lathe::partition;
using llvm::ArrayRef;

static constexpr unsigned maxParts = 400;
/// Of reduceExcess(): moves, and nodes that are looked at for each.
static constexpr unsigned maxMoves = 60;
static constexpr unsigned movesTried = 16;

/// How far the plan is beyond the limits, in parts of them, and how good it is.
std::pair<double, double>
ConstrainedSearch::getMerit(const PlacementMetrics &metrics,
                            double objective) const {
  double excess = 0;
  auto add = [&](double value, double limit) {
    if (value > limit + 1e-9 * std::abs(limit))
      excess += limit > 0 ? value / limit - 1 : value;
  };
  auto addAll = [&](ArrayRef<double> values, ArrayRef<double> bounds) {
    for (auto [value, bound] : llvm::zip(values, bounds))
      add(value, bound);
  };
  add(metrics.latency, limits.latency);
  add(metrics.getTotalEnergy(), limits.totalEnergy);
  addAll(metrics.energy, limits.energy);
  addAll(metrics.memory, limits.memory);
  add(metrics.noise, limits.noise);
  return {excess, objective};
}

/// The parts in which `to` differs from `from`.
static std::vector<std::vector<unsigned>>
findParts(const PlacementProblem &problem, ArrayRef<unsigned> from,
          ArrayRef<unsigned> to) {
  auto changesDevice = [&](unsigned node) {
    ArrayRef<NodeOption> options = problem.nodes[node].options;
    return options[from[node]].device != options[to[node]].device;
  };
  llvm::EquivalenceClasses<unsigned> classes;
  for (unsigned node = 0; node < from.size(); ++node)
    if (from[node] != to[node])
      classes.insert(node);
  for (const PlacementTensor &tensor : problem.tensors) {
    if (!tensor.source || !changesDevice(*tensor.source))
      continue;
    for (unsigned consumer : tensor.consumers)
      if (changesDevice(consumer))
        classes.unionSets(*tensor.source, consumer);
  }
  std::map<unsigned, std::vector<unsigned>> byLeader;
  for (unsigned node = 0; node < from.size(); ++node)
    if (from[node] != to[node])
      byLeader[classes.getLeaderValue(node)].push_back(node);
  std::vector<std::vector<unsigned>> parts;
  for (auto &entry : byLeader)
    parts.push_back(std::move(entry.second));
  return parts;
}

Placement ConstrainedSearch::makePlan(ArrayRef<unsigned> nodeOptions,
                                      const MetricWeights &weights) const {
  const PlacementGraph &graph = oracle.getGraph();
  std::vector<unsigned> labels(graph.getNumVariables());
  for (unsigned variable = 0; variable < labels.size(); ++variable)
    labels[variable] = graph.firstLabel[variable] +
                       (variable < graph.numNodes ? nodeOptions[variable] : 0);
  return makePlacement(problem, graph, weights, nullptr, {}, labels);
}

/// Moves `options` towards `target` as long as that is better.
void ConstrainedSearch::moveTowards(std::vector<unsigned> options,
                                    ArrayRef<unsigned> target,
                                    const MetricWeights &weights) {
  using Merit = std::pair<double, double>;
  auto getMeritOf = [&](ArrayRef<unsigned> candidate) {
    Placement placement = makePlan(candidate, weights);
    llvm::Expected<PlacementMetrics> metrics = evaluate(problem, placement);
    if (!metrics) {
      llvm::consumeError(metrics.takeError());
      return Merit(infinity, infinity);
    }
    return getMerit(
        *metrics, computeWeightedSum(problem, placement, *metrics, objective));
  };
  auto apply = [&](ArrayRef<unsigned> part) {
    std::vector<unsigned> changed(options);
    for (unsigned node : part)
      changed[node] = target[node];
    return changed;
  };
  auto parts = findParts(problem, options, target);
  if (parts.size() > maxParts)
    parts.resize(maxParts);
  Merit current = getMeritOf(options);
  std::vector<std::pair<Merit, unsigned>> byMerit;
  for (auto [index, part] : llvm::enumerate(parts)) {
    Merit merit = getMeritOf(apply(part));
    // What fits by itself comes first, the best of it at the front; what does
    // not may still help once others have been moved.
    byMerit.emplace_back(merit, index);
  }
  llvm::sort(byMerit);
  for (auto [merit, index] : byMerit) {
    std::vector<unsigned> changed = apply(parts[index]);
    if (Merit next = getMeritOf(changed); next < current) {
      current = next;
      options = std::move(changed);
    }
  }
  if (current.first == 0 && current.second < bestObjective)
    addPlan(makePlan(options, weights));
}

/// Higher prices make plans that are further within the limits.
void ConstrainedSearch::raisePrices(const Node &node) {
  for (double factor : {1.02, 1.1, 1.3, 2.0, 5.0}) {
    if (best || result.oracleCalls >= options.maxOracleCalls)
      return;
    Node dearer = node;
    for (double &multiplier : dearer.multipliers)
      multiplier *= factor;
    unsigned plan = 0;
    askOracle(dearer, plan);
  }
}

/// Moves one node at a time, of those that take most of what is beyond the
/// limits, the one that comes nearest to them for what it costs.
void ConstrainedSearch::reduceExcess(unsigned start,
                                     const MetricWeights &weights) {
  Placement placement = plans[start].placement;
  PlacementMetrics metrics = plans[start].metrics;
  std::pair<double, double> current = getMerit(metrics, plans[start].objective);
  for (unsigned step = 0; step < maxMoves && current.first > 0; ++step) {
    MetricWeights excess;
    for (const LinearLimit &limit : linearLimits)
      if (computeWeightedSum(problem, placement, metrics, limit.weights) >
          limit.bound)
        addWeights(excess, limit.weights, 1 / limit.scale);
    excess = withoutIdlePower(problem, excess);
    std::vector<std::pair<double, unsigned>> dearest;
    for (auto [node, option] : llvm::enumerate(placement.options))
      dearest.emplace_back(
          -weighOption(problem.nodes[node].options[option], node, excess),
          node);
    llvm::sort(dearest);
    dearest.resize(std::min<size_t>(dearest.size(), movesTried));
    std::optional<Placement> found;
    std::pair<double, double> nearer;
    PlacementMetrics nearerMetrics;
    double bestGain = 0;
    for (auto [key, node] : dearest)
      for (unsigned option = 0; option < problem.nodes[node].options.size();
           ++option) {
        std::vector<unsigned> moved = placement.options;
        moved[node] = option;
        Placement candidate = makePlan(moved, weights);
        auto next = evaluate(problem, candidate);
        if (!next) {
          llvm::consumeError(next.takeError());
          continue;
        }
        auto merit = getMerit(
            *next, computeWeightedSum(problem, candidate, *next, objective));
        double gain = current.first - merit.first;
        double price = std::max(merit.second - current.second,
                                1e-9 * std::abs(current.second));
        if (gain <= 1e-9 || gain <= bestGain * price)
          continue;
        bestGain = gain / price;
        nearer = merit;
        nearerMetrics = *next;
        found = std::move(candidate);
      }
    if (!found)
      return;
    placement = std::move(*found);
    metrics = std::move(nearerMetrics);
    current = nearer;
  }
  if (current.first == 0)
    addPlan(std::move(placement));
}

void ConstrainedSearch::repair(const Node &node, const Mixture &mixture) {
  if (best && result.searchNodes % repairInterval != 1)
    return;
  if (result.searchNodes % repairInterval == 1)
    raisePrices(node);
  MetricWeights weights = objective;
  for (auto [limit, multiplier] :
       llvm::zip_equal(linearLimits, node.multipliers))
    addWeights(weights, limit.weights, multiplier / limit.scale);
  // From the best within the limits, or the one that is least beyond them.
  auto isBetter = [&](unsigned a, unsigned b) {
    return getMerit(plans[a].metrics, plans[a].objective) <
           getMerit(plans[b].metrics, plans[b].objective);
  };
  unsigned start = best.value_or(mixture.front().first);
  for (auto [plan, share] : mixture)
    if (isBetter(plan, start))
      start = plan;
  if (!best && result.searchNodes % repairInterval == 1)
    reduceExcess(start, weights);
  if (best)
    start = *best;
  std::vector<unsigned> from = plans[start].placement.options;
  for (auto [plan, share] : Mixture(mixture))
    if (plan != start)
      moveTowards(from, std::vector<unsigned>(plans[plan].placement.options),
                  weights);
}
