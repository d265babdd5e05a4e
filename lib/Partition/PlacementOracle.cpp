//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/PlacementOracle.h"

#include "CostTables.h"
#include "EliminationModel.h"
#include "WideSearch.h"

#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace lathe::partition;
using llvm::ArrayRef;
using llvm::BitVector;
using llvm::Expected;

MetricWeights MetricWeights::ofLatency() {
  MetricWeights weights;
  weights.latency = 1;
  return weights;
}

MetricWeights MetricWeights::ofEnergy(const PlacementProblem &problem) {
  MetricWeights weights;
  weights.energy.assign(problem.devices.size(), 1);
  return weights;
}

double OracleResult::getGap() const {
  if (optimal || objective == lowerBound)
    return 0;
  return (objective - lowerBound) / std::abs(objective);
}

struct PlacementOracle::Implementation {
  explicit Implementation(const PlacementProblem &problem)
      : problem(problem), graph(problem) {}

  /// One of all labels, so that its order serves all calls.
  struct CachedModel {
    std::optional<EliminationModel> model;
    double maxCells = 0;
  };

  const EliminationModel &getModel(const OracleOptions &options,
                                   bool noiseTerms) {
    double maxCells = noiseTerms
                          ? std::min(options.directCells, options.maxCells)
                          : options.maxCells;
    CachedModel &cached = models[noiseTerms];
    if (!cached.model ||
        (!cached.model->getOrder().complete && maxCells > cached.maxCells)) {
      cached.model.emplace(graph, graph.allLabels, maxCells, noiseTerms);
      cached.maxCells = maxCells;
    }
    return *cached.model;
  }

  const PlacementProblem &problem;
  PlacementGraph graph;
  CachedModel models[2]; ///< without and with the noise's products
};

PlacementOracle::PlacementOracle(std::unique_ptr<Implementation> implementation)
    : implementation(std::move(implementation)) {}
PlacementOracle::PlacementOracle(PlacementOracle &&other) = default;
PlacementOracle::~PlacementOracle() = default;

Expected<PlacementOracle>
PlacementOracle::create(const PlacementProblem &problem) {
  if (llvm::Error error = verify(problem))
    return error;
  return PlacementOracle(std::make_unique<Implementation>(problem));
}

const PlacementProblem &PlacementOracle::getProblem() const {
  return implementation->problem;
}

const PlacementGraph &PlacementOracle::getGraph() const {
  return implementation->graph;
}

unsigned PlacementOracle::getFirstOption(unsigned node) const {
  return implementation->graph.firstLabel[node];
}

/// Whether elimination of all labels is the fastest way.
static bool isNarrow(const EliminationOrder &order,
                     const OracleOptions &options) {
  return order.complete &&
         (order.width <= 1 || order.cells <= options.directCells);
}

bool PlacementOracle::hasNarrowNoise(const OracleOptions &options) {
  return isNarrow(
      implementation->getModel(options, /*noiseTerms=*/true).getOrder(),
      options);
}

PlacementDomain PlacementOracle::getWholeDomain() const {
  PlacementDomain domain;
  domain.options = implementation->graph.allLabels;
  domain.options.resize(implementation->graph.getNumOptions());
  return domain;
}

OracleResult PlacementOracle::minimize(const MetricWeights &weights,
                                       const OracleOptions &options) {
  return minimize(weights, getWholeDomain(), options);
}

OracleResult PlacementOracle::minimize(const MetricWeights &weights,
                                       const PlacementDomain &domain,
                                       const OracleOptions &options) {
  return minimize(weights, nullptr, domain, options);
}

OracleResult PlacementOracle::minimize(const MetricWeights &weights,
                                       const PathWeights &paths,
                                       const OracleOptions &options) {
  return minimize(weights, &paths, getWholeDomain(), options);
}

OracleResult PlacementOracle::minimize(const MetricWeights &weights,
                                       const PathWeights *paths,
                                       const PlacementDomain &domain,
                                       const OracleOptions &options) {
  const PlacementGraph &graph = implementation->graph;
  CostTables costs(implementation->problem, graph, weights, paths,
                   domain.excludedCrossings);
  // The inputs' labels are always there.
  BitVector allowed(domain.options);
  allowed.resize(graph.labelDevice.size(), true);
  if (!hasLabelForAll(graph, allowed))
    return OracleResult();
  bool hasTerms = weights.noiseTerms != 0 && !graph.noiseTerms.empty();
  const EliminationModel &model = implementation->getModel(options, hasTerms);
  if (hasTerms && !isNarrow(model.getOrder(), options))
    return minimizeBelow(weights, paths, domain, options);
  std::vector<unsigned> labels;
  OracleResult result;
  if (isNarrow(model.getOrder(), options)) {
    labels = model.minimize(costs, allowed);
    result.objective = costs.computeSum(graph, labels);
    result.lowerBound = result.objective;
    result.statistics.treewidth = model.getOrder().width;
    result.statistics.eliminationCells = model.getOrder().cells;
  } else {
    WideSearch search(graph, costs, allowed, options);
    search.run();
    labels = search.getLabels().vec();
    result.objective = search.getSum();
    result.lowerBound = search.getLowerBound();
    result.statistics = search.getStatistics();
  }
  result.optimal = result.lowerBound == result.objective;
  result.feasible = !costs.isForbidden(result.objective);
  result.placement = makePlacement(implementation->problem, graph, weights,
                                   paths, domain.excludedCrossings, labels);
  return result;
}

/// Without positive products, and negative ones as if they were linear; what is
/// left out is added to the objective.
OracleResult PlacementOracle::minimizeBelow(const MetricWeights &weights,
                                            const PathWeights *paths,
                                            const PlacementDomain &domain,
                                            const OracleOptions &options) {
  const PlacementGraph &graph = implementation->graph;
  MetricWeights below = weights;
  below.noiseTerms = 0;
  below.quantized.resize(graph.numNodes, 0);
  for (const NoiseTerm &term : graph.noiseTerms)
    if (term.coefficient < 0)
      below.quantized[term.nodes.front()] +=
          weights.noiseTerms * term.coefficient;
  OracleResult result = minimize(below, paths, domain, options);
  auto isInt8 = [&](unsigned node) {
    return isQuantized(implementation->problem, result.placement, node);
  };
  for (const NoiseTerm &term : graph.noiseTerms) {
    double cost = weights.noiseTerms * term.coefficient;
    if (cost < 0 && isInt8(term.nodes.front()))
      result.objective -= cost;
    if (llvm::all_of(term.nodes, isInt8))
      result.objective += cost;
  }
  result.lowerBound = std::min(result.lowerBound, result.objective);
  result.optimal = result.lowerBound == result.objective;
  return result;
}

/// Empty weights are zeros.
static double multiply(ArrayRef<double> weights, ArrayRef<double> amounts) {
  double sum = 0;
  for (auto [weight, amount] : llvm::zip(weights, amounts))
    sum += weight * amount;
  return sum;
}

static void addScaled(llvm::SmallVectorImpl<double> &sum,
                      ArrayRef<double> added, double factor) {
  if (sum.size() < added.size())
    sum.resize(added.size(), 0);
  for (auto [value, more] : llvm::zip(sum, added))
    value += factor * more;
}

void lathe::partition::addWeights(MetricWeights &weights,
                                  const MetricWeights &added, double factor) {
  weights.latency += factor * added.latency;
  weights.noise += factor * added.noise;
  weights.noiseTerms += factor * added.noiseTerms;
  addScaled(weights.energy, added.energy, factor);
  addScaled(weights.memory, added.memory, factor);
  addScaled(weights.deviceLoad, added.deviceLoad, factor);
  addScaled(weights.uplinkLoad, added.uplinkLoad, factor);
  if (weights.quantized.size() < added.quantized.size())
    weights.quantized.resize(added.quantized.size(), 0);
  for (auto [index, more] : llvm::enumerate(added.quantized))
    weights.quantized[index] += factor * more;
}

double lathe::partition::computeWeightedSum(const PlacementProblem &problem,
                                            const Placement &placement,
                                            const PlacementMetrics &metrics,
                                            const MetricWeights &weights) {
  double sum = weights.latency * metrics.latency +
               multiply(weights.energy, metrics.energy) +
               multiply(weights.memory, metrics.memory) +
               weights.noise * metrics.additiveNoise +
               weights.noiseTerms * (metrics.noise - metrics.additiveNoise) +
               multiply(weights.deviceLoad, metrics.deviceTime) +
               multiply(weights.uplinkLoad, metrics.uplinkTime);
  for (auto [node, weight] : llvm::enumerate(weights.quantized))
    if (weight != 0 && isQuantized(problem, placement, node))
      sum += weight;
  return sum;
}

Expected<double>
lathe::partition::computeWeightedSum(const PlacementProblem &problem,
                                     const Placement &placement,
                                     const MetricWeights &weights) {
  Expected<PlacementMetrics> metrics = evaluate(problem, placement);
  if (!metrics)
    return metrics.takeError();
  return computeWeightedSum(problem, placement, *metrics, weights);
}
