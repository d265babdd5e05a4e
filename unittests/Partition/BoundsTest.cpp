//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The solvers never answer a bound above their objective, so one that is wrong
// could hide behind a good placement. Here bounds are looked at by themselves.
//
//===----------------------------------------------------------------------===//

#include "DualBound.h"
#include "NoiseHull.h"
#include "TestProblems.h"
#include "lathe/Support/Random.h"
#include "gtest/gtest.h"

using lathe::Random;
using namespace lathe::partition;
using namespace lathe::test;

namespace {

/// That bounds are no more than the least sums, of all and with each label.
/// Returns the bound in parts of the least sum.
double checkDualBound(const PlacementProblem &problem,
                      const MetricWeights &weights) {
  PlacementOracle oracle = llvm::cantFail(PlacementOracle::create(problem));
  double optimum = oracle.minimize(weights).objective;
  PlacementGraph graph(problem);
  CostTables costs(problem, graph, weights);
  DualBound dual(graph, costs, graph.allLabels);
  double last = -1e300;
  for (unsigned sweep = 0; sweep < 60; ++sweep) {
    dual.sweep();
    EXPECT_GE(dual.getBound(), last);
    last = dual.getBound();
  }
  EXPECT_LE(dual.getBound(), optimum + 1e-9 * std::abs(optimum));
  for (unsigned node = 0; node < problem.nodes.size(); ++node)
    for (unsigned label = graph.firstLabel[node];
         label < graph.firstLabel[node + 1]; ++label) {
      PlacementDomain domain = oracle.getWholeDomain();
      domain.options.reset(graph.firstLabel[node], graph.firstLabel[node + 1]);
      domain.options.set(label);
      double best = oracle.minimize(weights, domain).objective;
      EXPECT_LE(dual.getLabelBounds()[label], best + 1e-9 * std::abs(best));
    }
  return dual.getBound() / optimum;
}

TEST(DualBoundTest, IsBelowTheBestWithEachLabel) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    SyntheticOptions options;
    options.seed = seed;
    options.unrelatedSpeeds = true;
    options.numQuantizable = seed % 2 ? 0 : 10;
    PlacementProblem problem = makeRandomProblem(30, 10, options);
    for (PlacementTensor &tensor : problem.tensors)
      tensor.bytes /= 20;
    // And not far below.
    EXPECT_GT(checkDualBound(problem, makeWeights(problem, seed)), 0.99);
  }
}

/// More consumers than are looked at together, on other devices than the source
/// and each other.
TEST(DualBoundTest, HoldsForTensorsOfManyConsumers) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    SyntheticOptions options;
    options.seed = seed;
    options.numDevices = 4;
    options.unrelatedSpeeds = true;
    PlacementProblem problem = makeRandomProblem(9, 3, options);
    Random random(seed);
    for (PlacementNode &node : problem.nodes)
      for (NodeOption &option : node.options)
        option.time = random.getReal(0, 1);
    for (PlacementTensor &tensor : problem.tensors) {
      tensor.bytes = random.getReal(0, 1e6);
      if (tensor.source && *tensor.source % 3 != 0)
        continue;
      // All nodes behind its source read it.
      tensor.consumers.clear();
      for (unsigned node = tensor.source ? *tensor.source + 1 : 0;
           node < problem.nodes.size(); ++node)
        tensor.consumers.push_back(node);
    }
    EXPECT_GT(checkDualBound(problem, MetricWeights::ofLatency()), 0.9);
  }
}

/// All labellings of a small graph with their sums.
struct Labellings {
  Labellings(const PlacementGraph &graph, const CostTables &costs) {
    std::vector<unsigned> labels;
    addFrom(graph, costs, labels);
  }

  void addFrom(const PlacementGraph &graph, const CostTables &costs,
               std::vector<unsigned> &labels) {
    if (labels.size() == graph.getNumVariables()) {
      list.push_back({labels, costs.computeSum(graph, labels)});
      return;
    }
    for (unsigned label : graph.getLabels(labels.size(), graph.allLabels)) {
      labels.push_back(label);
      addFrom(graph, costs, labels);
      labels.pop_back();
    }
  }

  /// The least sum of `active` labels with `label`.
  double findLeast(const llvm::BitVector &active, unsigned label) const {
    double least = PlacementLimits::unlimited;
    for (const auto &[labels, sum] : list)
      if (llvm::is_contained(labels, label) &&
          llvm::all_of(labels, [&](unsigned other) { return active[other]; }))
        least = std::min(least, sum);
    return least;
  }

  std::vector<std::pair<std::vector<unsigned>, double>> list;
};

/// Some of the labels, at least one for each variable.
llvm::BitVector chooseLabels(const PlacementGraph &graph, Random &random) {
  llvm::BitVector active(graph.labelDevice.size());
  for (unsigned variable = 0; variable < graph.getNumVariables(); ++variable) {
    auto labels = graph.getLabels(variable, graph.allLabels);
    active.set(labels[random.get(0, labels.size() - 1)]);
    for (unsigned label : labels)
      if (random.oneIn(2))
        active.set(label);
  }
  return active;
}

/// As in a search, where a label is not active at one time and again at
/// another; one device may have labels of two precisions.
TEST(DualBoundTest, HoldsWhenLabelsGoAndComeBack) {
  unsigned numTwins = 0;
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    PlacementProblem problem = makeTinyProblem(5, 2 + seed % 2, seed);
    PlacementGraph graph(problem);
    CostTables costs(problem, graph, MetricWeights::ofLatency());
    Labellings labellings(graph, costs);
    numTwins += graph.labelDevice.size() > 5 * problem.devices.size();
    DualBound dual(graph, costs, graph.allLabels);
    Random random(seed);
    for (unsigned round = 0; round < 8; ++round) {
      llvm::BitVector active = chooseLabels(graph, random);
      dual.setActive(active);
      for (unsigned sweep = random.get(1, 9); sweep > 0; --sweep)
        dual.sweep();
      double least = PlacementLimits::unlimited;
      for (unsigned label : active.set_bits()) {
        double best = labellings.findLeast(active, label);
        EXPECT_LE(dual.getLabelBounds()[label], best + 1e-9 * best);
        least = std::min(least, best);
      }
      EXPECT_LE(dual.getBound(), least + 1e-9 * least);
    }
  }
  EXPECT_GT(numTwins, 30u);
}

TEST(NoiseHullTest, InequalitiesHoldForAllSetsWithinTheLimit) {
  std::mt19937 engine(1);
  unsigned numCuts = 0;
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    SyntheticOptions options;
    options.numDevices = 1;
    options.numQuantizable = 7;
    PlacementProblem problem = makeChainProblem(7, options);
    setPolynomialNoise(problem, 1 + seed % 3, 7, seed);
    double limit = 0.02 + 0.001 * (engine() % 30);
    auto hull = NoiseHull::create(problem, limit);
    ASSERT_TRUE(hull);
    std::vector<double> point;
    for (unsigned node = 0; node < 7; ++node)
      point.push_back(std::min(1.0, std::max(0.0, engine() % 300 / 100. - 1)));
    std::optional<LinearLimit> cut = hull->separate(point);
    if (!cut)
      continue;
    ++numCuts;
    auto getSum = [&](auto getShare) {
      double sum = 0;
      for (unsigned node = 0; node < 7; ++node)
        sum += cut->weights.quantized[node] * getShare(node);
      return sum;
    };
    EXPECT_GT(getSum([&](unsigned node) { return point[node]; }), cut->bound);
    for (unsigned set = 0; set < 1u << 7; ++set) {
      double noise = 0;
      for (const NoiseTerm &term : problem.noiseTerms)
        if (llvm::all_of(term.nodes,
                         [&](unsigned node) { return set >> node & 1; }))
          noise += term.coefficient;
      if (noise <= limit)
        EXPECT_LE(getSum([&](unsigned node) { return set >> node & 1; }),
                  cut->bound + 1e-9);
    }
  }
  EXPECT_GT(numCuts, 10u);
}

TEST(NoiseCutTest, IsBelowTheNoiseAndEqualWherePrecisionsAreWhole) {
  SyntheticOptions options;
  options.numDevices = 1;
  options.numQuantizable = 6;
  PlacementProblem problem = makeChainProblem(6, options);
  setPolynomialNoise(problem, 3, 6, 1);
  auto getNoise = [&](unsigned set) {
    double noise = 0;
    for (const NoiseTerm &term : problem.noiseTerms)
      if (llvm::all_of(term.nodes,
                       [&](unsigned node) { return set >> node & 1; }))
        noise += term.coefficient;
    return noise;
  };
  for (unsigned at = 0; at < 64; ++at) {
    std::vector<double> point;
    for (unsigned node = 0; node < 6; ++node)
      point.push_back(at >> node & 1);
    LinearLimit cut = makeNoiseCut(problem, point, 0);
    for (unsigned set = 0; set < 64; ++set) {
      double value = -cut.bound;
      for (unsigned node = 0; node < 6; ++node)
        if (set >> node & 1)
          value += cut.weights.quantized[node];
      EXPECT_LE(value, getNoise(set) + 1e-12);
      if (set == at)
        EXPECT_NEAR(value, getNoise(set), 1e-12);
    }
  }
}

} // namespace
