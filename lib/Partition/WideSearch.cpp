//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WideSearch.h"

#include "llvm/ADT/STLExtras.h"
#include <limits>

using namespace lathe::partition;
using llvm::BitVector;

static constexpr double infinity = std::numeric_limits<double>::infinity();

/// Sweeps between two attempts to finish by elimination, at first.
static constexpr unsigned firstInterval = 6;
/// What an elimination that only looks for a good labelling may cost, in cells.
static constexpr double heuristicCells = 300'000;

WideSearch::WideSearch(const PlacementGraph &graph, const CostTables &costs,
                       const BitVector &allowed, const OracleOptions &options)
    : graph(graph), costs(costs), allowed(allowed), options(options),
      dual(graph, costs, allowed), bestSum(infinity), lowerBound(-infinity) {}

/// Differences below this are rounding.
double WideSearch::getTolerance() const { return 1e-10 * std::abs(bestSum); }

void WideSearch::propose(std::vector<unsigned> labels,
                         const BitVector &allowed) {
  double sum = improveLabelling(graph, costs, allowed, labels);
  if (sum >= bestSum)
    return;
  bestSum = sum;
  best = std::move(labels);
}

void WideSearch::dropLabels(BitVector &active) {
  for (unsigned label : active.set_bits())
    if (isClosed(dual.getLabelBounds()[label]))
      active.reset(label);
}

bool lathe::partition::hasLabelForAll(const PlacementGraph &graph,
                                      const BitVector &labels) {
  for (unsigned variable = 0; variable < graph.getNumVariables(); ++variable)
    if (labels.find_first_in(graph.firstLabel[variable],
                             graph.firstLabel[variable + 1]) < 0)
      return false;
  return true;
}

/// Whether the best labelling of `active` labels was found.
bool WideSearch::eliminate(const BitVector &active, double maxCells) {
  EliminationModel model(graph, active, maxCells);
  if (!model.getOrder().complete)
    return false;
  statistics.treewidth = std::max(statistics.treewidth, model.getOrder().width);
  statistics.eliminationCells += model.getOrder().cells;
  std::vector<unsigned> labels = model.minimize(costs, active);
  if (double sum = costs.computeSum(graph, labels); sum < bestSum) {
    bestSum = sum;
    best = std::move(labels);
  }
  return true;
}

/// Looks for a good labelling among the labels of low bounds.
void WideSearch::eliminateBelow(const BitVector &active, double bound) {
  for (double share : {0.5, 0.2, 0.05}) {
    BitVector low(active);
    for (unsigned label : active.set_bits())
      if (dual.getLabelBounds()[label] > bound + share * (bestSum - bound))
        low.reset(label);
    if (!hasLabelForAll(graph, low))
      return;
    if (eliminate(low, heuristicCells)) {
      propose(best, active);
      return;
    }
  }
}

/// Sweeps while that helps. Returns a bound if nothing is left to be searched.
std::optional<double> WideSearch::tighten(BitVector &active, double &bound) {
  unsigned interval = firstInterval;
  unsigned nextAttempt = interval;
  double lastBound = -infinity;
  for (unsigned sweep = 1; sweep <= options.maxSweeps; ++sweep) {
    dual.sweep();
    ++statistics.sweeps;
    bound = std::max(bound, dual.getBound());
    if (isClosed(bound))
      return bestSum;
    if (sweep < nextAttempt)
      continue;
    propose(dual.getLabelling(), active);
    dropLabels(active);
    if (!hasLabelForAll(graph, active))
      return bestSum;
    if (eliminate(active, options.directCells))
      return bestSum;
    eliminateBelow(active, bound);
    dropLabels(active);
    if (!hasLabelForAll(graph, active))
      return bestSum;
    bool stalls = bound - lastBound < 0.02 * (bestSum - bound);
    if (stalls)
      break;
    lastBound = bound;
    dual.setActive(active);
    interval += interval / 2;
    nextAttempt = sweep + interval;
  }
  if (eliminate(active, options.maxCells))
    return bestSum;
  return std::nullopt;
}

/// Returns a lower bound on the labellings of `active` labels, which is that of
/// the best labelling if they have been searched.
double WideSearch::explore(BitVector active, double bound) {
  ++statistics.searchNodes;
  dual.setActive(active);
  if (std::optional<double> closed = tighten(active, bound))
    return *closed;
  if (statistics.searchNodes >= options.maxSearchNodes)
    return bound;
  return branch(active, bound);
}

/// Splits where the labels' bounds differ most from one another, so that most
/// parts are closed soon.
double WideSearch::branch(const BitVector &active, double bound) {
  unsigned chosen = ~0u;
  double widest = -1;
  for (unsigned variable = 0; variable < graph.getNumVariables(); ++variable) {
    auto labels = graph.getLabels(variable, active);
    if (labels.size() < 2)
      continue;
    double sum = 0;
    for (unsigned label : labels)
      sum += std::max(0.0,
                      std::min(dual.getLabelBounds()[label], bestSum) - bound);
    // Neighbours count too: what they cost follows.
    sum += 1e-3 * (bestSum - bound) *
           (graph.inputs[variable].size() + graph.outputs[variable].size());
    if (sum > widest) {
      widest = sum;
      chosen = variable;
    }
  }
  if (chosen == ~0u)
    return bound;
  auto labels = graph.getLabels(chosen, active);
  std::vector<double> bounds(dual.getLabelBounds());
  llvm::sort(labels, [&](unsigned a, unsigned b) {
    return std::pair(bounds[a], a) < std::pair(bounds[b], b);
  });
  double least = infinity;
  for (unsigned label : labels) {
    double part = std::max(bound, bounds[label]);
    if (!isClosed(part) && statistics.searchNodes < options.maxSearchNodes) {
      BitVector rest(active);
      for (unsigned other : labels)
        if (other != label)
          rest.reset(other);
      part = explore(std::move(rest), part);
    }
    least = std::min(least, part);
  }
  return least;
}

void WideSearch::run() {
  forEachPairCut(graph, costs, allowed, [&](std::vector<unsigned> labels) {
    propose(std::move(labels), allowed);
  });
  double bound = explore(allowed, -infinity);
  lowerBound = isClosed(bound) ? bestSum : bound;
}
