//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ConstrainedSearch.h"

#include "CostTables.h"

#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace lathe::partition;
using llvm::ArrayRef;
using llvm::BitVector;

/// How much multipliers may be, at first and at last: parts of the highest
/// objective for exceeding a limit by as much as it is.
static constexpr double firstPenalty = 10;
static constexpr double highestPenalty = 1e12;
/// So many limits are enough where precisions are not whole.
static constexpr unsigned maxLimits = 50;

ConstrainedSearch::ConstrainedSearch(PlacementOracle &oracle,
                                     const MetricWeights &objective,
                                     const PlacementLimits &limits,
                                     const SolverOptions &options)
    : oracle(oracle), problem(oracle.getProblem()), objective(objective),
      limits(limits), options(options) {
  for (LinearLimit &limit : makeLinearLimits(problem, limits))
    addLimit(std::move(limit));
  if (std::isfinite(limits.noise)) {
    noiseHull = NoiseHull::create(problem, limits.noise);
    // Cuts are better for few nodes, the products themselves for many.
    hasWholeNoise = !noiseHull && oracle.hasNarrowNoise(options.oracle);
    addLimit(makeNoiseLimit());
  }
  objectiveLimit =
      CostTables(problem, oracle.getGraph(), objective).getHighestSum();
}

LinearLimit ConstrainedSearch::makeNoiseLimit() const {
  if (!hasWholeNoise)
    return makeNoiseCut(problem, std::vector<double>(problem.nodes.size(), 0),
                        limits.noise);
  LinearLimit limit;
  limit.weights.noise = 1;
  limit.weights.noiseTerms = 1;
  limit.bound = limits.noise;
  return limit;
}

double ConstrainedSearch::getTolerance() const {
  return 1e-9 * std::abs(bestObjective);
}

bool ConstrainedSearch::isClosed(double bound) const {
  if (!best)
    return bound > objectiveLimit;
  return bound >=
         bestObjective - std::max(getTolerance(),
                                  options.targetGap * std::abs(bestObjective));
}

/// Violations are counted in the limit itself, or where that is 0 in what the
/// metric can be at most.
void ConstrainedSearch::addLimit(LinearLimit limit) {
  if (limit.scale <= 0)
    limit.scale = limit.bound;
  if (limit.scale <= 0)
    limit.scale = std::max(
        1e-30,
        CostTables(problem, oracle.getGraph(), limit.weights).getHighestSum());
  linearLimits.push_back(std::move(limit));
  for (Node &node : open)
    node.multipliers.push_back(0);
}

unsigned ConstrainedSearch::addPlan(Placement placement) {
  auto same = llvm::find_if(
      plans, [&](const Plan &plan) { return plan.placement == placement; });
  if (same != plans.end())
    return same - plans.begin();
  Plan plan;
  plan.metrics = llvm::cantFail(evaluate(problem, placement));
  plan.objective =
      computeWeightedSum(problem, placement, plan.metrics, objective);
  plan.isWithinLimits = isWithin(plan.metrics, limits);
  plan.placement = std::move(placement);
  if (plan.isWithinLimits && plan.objective < bestObjective) {
    best = plans.size();
    bestObjective = plan.objective;
  }
  plans.push_back(std::move(plan));
  return plans.size() - 1;
}

bool ConstrainedSearch::isInDomain(const Placement &placement,
                                   const PlacementDomain &domain) const {
  for (auto [node, option] : llvm::enumerate(placement.options))
    if (!domain.options[oracle.getFirstOption(node) + option])
      return false;
  return llvm::none_of(domain.excludedCrossings, [&](const Crossing &excluded) {
    return llvm::is_contained(placement.crossings, excluded);
  });
}

MasterPlan ConstrainedSearch::makeMasterPlan(unsigned number) const {
  const Plan &plan = plans[number];
  MasterPlan entry{plan.objective, {}};
  for (const LinearLimit &limit : linearLimits) {
    double sum = computeWeightedSum(problem, plan.placement, plan.metrics,
                                    limit.weights);
    double violation = (sum - limit.bound) / limit.scale;
    // What is within the limits is beyond none of their consequences but by
    // rounding.
    entry.violations.push_back(plan.isWithinLimits ? std::min(violation, 0.0)
                                                   : violation);
  }
  return entry;
}

/// Asks for the least Lagrangian at the node's multipliers. Returns the bound
/// that it gives, infinite if the domain is empty.
double ConstrainedSearch::askOracle(Node &node, unsigned &plan) {
  MetricWeights weights = objective;
  double constant = 0;
  for (auto [limit, multiplier] :
       llvm::zip_equal(linearLimits, node.multipliers)) {
    if (multiplier == 0)
      continue;
    addWeights(weights, limit.weights, multiplier / limit.scale);
    constant -= multiplier * limit.bound / limit.scale;
  }
  ++result.oracleCalls;
  OracleResult answer = oracle.minimize(weights, node.domain, options.oracle);
  if (!answer.feasible)
    return infinity;
  plan = addPlan(std::move(answer.placement));
  return answer.lowerBound + constant;
}

/// Raises the node's bound as far as multipliers can. Returns the mixture of
/// plans that the bound belongs to, none if nothing of the node is left.
std::optional<ConstrainedSearch::Mixture>
ConstrainedSearch::tighten(Node &node) {
  std::vector<unsigned> numbers;
  std::vector<MasterPlan> columns;
  for (unsigned plan = 0; plan < plans.size(); ++plan)
    if (isInDomain(plans[plan].placement, node.domain))
      numbers.push_back(plan);
  auto fillColumns = [&] {
    columns.clear();
    for (unsigned plan : numbers)
      columns.push_back(makeMasterPlan(plan));
  };
  fillColumns();
  double maxMultiplier = firstPenalty * std::max(objectiveLimit, 1e-30);
  double highestMultiplier = maxMultiplier * (highestPenalty / firstPenalty);
  // New functions below the noise are looked for early.
  double tolerance = 1e-3;
  double lastTolerance = std::max(1e-10, options.targetGap / 20);
  while (true) {
    MasterSolution master;
    if (!columns.empty()) {
      master = solveMaster(columns, linearLimits.size(), maxMultiplier);
      node.multipliers = master.multipliers;
    }
    unsigned plan = 0;
    double bound = askOracle(node, plan);
    node.bound = std::max(node.bound, bound);
    if (bound == infinity || isClosed(node.bound))
      return std::nullopt;
    bool isNew = !llvm::is_contained(numbers, plan);
    if (isNew) {
      numbers.push_back(plan);
      columns.push_back(makeMasterPlan(plan));
    }
    bool outOfCalls = result.oracleCalls >= options.maxOracleCalls;
    if (columns.size() == 1 && !outOfCalls && isNew)
      continue;
    double left = master.value - node.bound;
    bool converged = !isNew || left <= tolerance * std::abs(master.value);
    if (!converged && !outOfCalls)
      continue;
    // The mixture buys what is beyond a limit. At a higher price it does not,
    // or the bound closes the node.
    if (converged && master.excess > 1e-9 &&
        maxMultiplier < highestMultiplier) {
      maxMultiplier *= 100;
      continue;
    }
    if (master.shares.empty())
      return Mixture{{plan, 1.0}};
    Mixture mixture;
    for (auto [number, share] : llvm::zip(numbers, master.shares))
      if (share > 1e-9)
        mixture.emplace_back(number, share);
    if (!outOfCalls && addNoiseCut(mixture)) {
      node.multipliers.push_back(0);
      fillColumns();
      continue;
    }
    if (outOfCalls || tolerance <= lastTolerance)
      return mixture;
    tolerance = lastTolerance;
  }
}

std::vector<double>
ConstrainedSearch::getQuantized(const Mixture &mixture) const {
  std::vector<double> shares(problem.nodes.size(), 0);
  for (auto [plan, share] : mixture)
    for (unsigned node = 0; node < shares.size(); ++node)
      if (isQuantized(problem, plans[plan].placement, node))
        shares[node] += share;
  // Rounding would choose another side of a product.
  for (double &share : shares)
    if (std::abs(share - std::round(share)) < 1e-9)
      share = std::round(share);
  return shares;
}

/// Whether the mixture is beyond a new linear function below the noise, or
/// beyond an inequality that all sets of quantized nodes within the limit keep.
bool ConstrainedSearch::addNoiseCut(const Mixture &mixture) {
  if (!std::isfinite(limits.noise) || hasWholeNoise)
    return false;
  // One for whole precisions is needed, or the search would not come to an end.
  std::vector<double> quantized = getQuantized(mixture);
  bool isWhole =
      llvm::all_of(quantized, [](double q) { return q == 0 || q == 1; });
  if (!isWhole && linearLimits.size() >= maxLimits)
    return false;
  if (noiseHull) {
    if (std::optional<LinearLimit> cut = noiseHull->separate(quantized)) {
      addLimit(std::move(*cut));
      return true;
    }
  }
  LinearLimit cut = makeNoiseCut(problem, quantized, limits.noise);
  double sum = 0;
  for (auto [plan, share] : mixture)
    sum += share * computeWeightedSum(problem, plans[plan].placement,
                                      plans[plan].metrics, cut.weights);
  if (sum <= cut.bound + (isWhole ? 1e-9 : 1e-5) * limits.noise)
    return false;
  addLimit(std::move(cut));
  return true;
}

static bool isWorse(double boundA, unsigned a, double boundB, unsigned b) {
  return std::pair(boundA, a) > std::pair(boundB, b);
}

void ConstrainedSearch::push(const Node &parent, PlacementDomain domain) {
  open.push_back(
      {parent.bound, numNodes++, std::move(domain), parent.multipliers});
  std::push_heap(open.begin(), open.end(), [](const Node &a, const Node &b) {
    return isWorse(a.bound, a.number, b.bound, b.number);
  });
}

SolverResult ConstrainedSearch::run() {
  Node root{-infinity, numNodes++, oracle.getWholeDomain(), {}};
  root.multipliers.assign(linearLimits.size(), 0);
  open.push_back(std::move(root));
  while (!open.empty() && result.oracleCalls < options.maxOracleCalls) {
    std::pop_heap(open.begin(), open.end(), [](const Node &a, const Node &b) {
      return isWorse(a.bound, a.number, b.bound, b.number);
    });
    Node node = std::move(open.back());
    open.pop_back();
    ++result.searchNodes;
    if (!isClosed(node.bound)) {
      if (std::optional<Mixture> mixture = tighten(node)) {
        repair(node, *mixture);
        if (!isClosed(node.bound)) {
          branch(node, *mixture);
          continue;
        }
      }
    }
    // Nothing is within the limits, or not better than the best by more than
    // the gap.
    if (best && node.bound < bestObjective - getTolerance())
      lowestLeft = std::min(lowestLeft, node.bound);
  }
  for (const Node &node : open)
    lowestLeft = std::min(lowestLeft, node.bound);

  result.found = best.has_value();
  result.lowerBound = std::min(lowestLeft, bestObjective);
  if (best) {
    if (result.lowerBound >= bestObjective - getTolerance())
      result.lowerBound = bestObjective;
    result.placement = plans[*best].placement;
    result.metrics = plans[*best].metrics;
    result.objective = bestObjective;
    result.optimal = result.lowerBound == bestObjective;
  }
  return std::move(result);
}
