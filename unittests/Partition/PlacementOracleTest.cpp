//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/PlacementOracle.h"

#include "TestProblems.h"
#include "lathe/Partition/BruteForce.h"
#include "lathe/Partition/MinimumCut.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace lathe::partition;
using namespace lathe::test;

namespace {

PlacementOracle makeOracle(const PlacementProblem &problem) {
  return llvm::cantFail(PlacementOracle::create(problem));
}

/// Checks what holds for all answers.
void check(const PlacementProblem &problem, const MetricWeights &weights,
           const OracleResult &result) {
  ASSERT_TRUE(result.feasible);
  double sum =
      llvm::cantFail(computeWeightedSum(problem, result.placement, weights));
  EXPECT_NEAR(result.objective, sum, 1e-9 * std::abs(sum));
  EXPECT_LE(result.lowerBound, result.objective);
  EXPECT_EQ(result.optimal, result.getGap() == 0);
}

/// No table fits, so all is left to the dual bound and the search.
OracleOptions makeWideOptions() {
  OracleOptions options;
  options.directCells = 0;
  options.maxCells = 0;
  options.maxSearchNodes = 10'000;
  return options;
}

double findByBruteForce(const PlacementProblem &problem,
                        const MetricWeights &weights) {
  auto objective = [&](const Placement &placement, const PlacementMetrics &) {
    return llvm::cantFail(computeWeightedSum(problem, placement, weights));
  };
  return llvm::cantFail(minimizeByBruteForce(problem, objective)).objective;
}

TEST(PlacementOracleTest, EqualsBruteForce) {
  unsigned numInfeasible = 0;
  for (unsigned seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    PlacementProblem problem =
        makeTinyProblem(2 + seed % 4, 2 + seed % 2, seed);
    MetricWeights weights = makeWeights(problem, seed);
    double expected = findByBruteForce(problem, weights);
    OracleResult result = makeOracle(problem).minimize(weights);
    OracleResult wide =
        makeOracle(problem).minimize(weights, makeWideOptions());
    EXPECT_EQ(result.feasible, std::isfinite(expected));
    EXPECT_EQ(wide.feasible, std::isfinite(expected));
    if (!std::isfinite(expected)) {
      ++numInfeasible;
      continue;
    }
    check(problem, weights, result);
    EXPECT_TRUE(result.optimal);
    EXPECT_NEAR(result.objective, expected, 1e-9 * std::abs(expected));
    check(problem, weights, wide);
    EXPECT_TRUE(wide.optimal);
    EXPECT_NEAR(wide.objective, expected, 1e-9 * std::abs(expected));
  }
  // Most can be solved, some cannot.
  EXPECT_GT(numInfeasible, 0u);
  EXPECT_LT(numInfeasible, 100u);
}

TEST(PlacementOracleTest, ProductsInTheNoiseEqualBruteForce) {
  unsigned numMixed = 0;
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    PlacementProblem problem = makeTinyProblem(2 + seed % 4, 2, seed);
    std::mt19937 engine(seed);
    for (unsigned i = 0; i < 5; ++i) {
      NoiseTerm term;
      for (unsigned node = 0; node < problem.nodes.size(); ++node)
        if (engine() % 2 && term.nodes.size() < 3)
          term.nodes.push_back(node);
      term.coefficient = (engine() % 100 - 40.0) / 100;
      if (!term.nodes.empty())
        problem.noiseTerms.push_back(term);
    }
    MetricWeights weights = makeWeights(problem, seed);
    weights.noiseTerms = 0.5;
    double expected = findByBruteForce(problem, weights);
    if (!std::isfinite(expected))
      continue;
    OracleResult result = makeOracle(problem).minimize(weights);
    check(problem, weights, result);
    EXPECT_NEAR(result.objective, expected, 1e-9 * std::abs(expected));
    auto metrics = llvm::cantFail(evaluate(problem, result.placement));
    numMixed += metrics.noise != metrics.additiveNoise;
    // The bound without the products is one too.
    OracleResult below =
        makeOracle(problem).minimize(weights, makeWideOptions());
    EXPECT_LE(below.lowerBound, expected + 1e-9 * std::abs(expected));
    EXPECT_GE(below.objective, expected - 1e-9 * std::abs(expected));
  }
  EXPECT_GT(numMixed, 10u);
}

TEST(PlacementOracleTest, EqualsMinimumCutOnTwoDevices) {
  unsigned numMixed = 0;
  for (unsigned seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    SyntheticOptions options;
    options.numDevices = 2;
    options.seed = seed;
    options.unrelatedSpeeds = seed % 2 == 0;
    options.halfCodec = seed % 3 == 0;
    PlacementProblem problem = makeRandomProblem(50 + 5 * seed, 20, options);
    MetricWeights weights = makeWeights(problem, seed);
    // Otherwise one of the two always wins.
    for (PlacementTensor &tensor : problem.tensors)
      tensor.bytes /= 20;
    CutResult cut = llvm::cantFail(minimizeByCut(problem, weights));
    OracleResult result = makeOracle(problem).minimize(weights);
    check(problem, weights, result);
    EXPECT_TRUE(result.optimal);
    EXPECT_NEAR(result.objective, cut.objective, 1e-9 * cut.objective);
    OracleOptions searching;
    searching.directCells = 0;
    OracleResult searched = makeOracle(problem).minimize(weights, searching);
    check(problem, weights, searched);
    EXPECT_NEAR(searched.objective, cut.objective, 1e-9 * cut.objective);
    numMixed += !llvm::all_equal(cut.devices);
  }
  // The cut is not always at an end.
  EXPECT_GT(numMixed, 10u);
}

TEST(PlacementOracleTest, MinimumCutRefusesWhatItCannotSolve) {
  SyntheticOptions options;
  PlacementProblem three = makeChainProblem(4, options);
  MetricWeights latency = MetricWeights::ofLatency();
  EXPECT_EQ(llvm::toString(minimizeByCut(three, latency).takeError()),
            "a minimum cut needs two devices");
  options.numDevices = 2;
  options.numQuantizable = 4;
  PlacementProblem mixed = makeChainProblem(4, options);
  EXPECT_EQ(llvm::toString(minimizeByCut(mixed, latency).takeError()),
            "a minimum cut needs one option for each device, node 'node0' has "
            "two");
}

TEST(PlacementOracleTest, TensorsWithManyConsumersHaveIndicators) {
  // A star: one tensor, seven readers.
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    PlacementProblem problem = makeTinyProblem(8, 3, seed);
    for (PlacementTensor &tensor : problem.tensors)
      tensor.consumers.clear();
    PlacementTensor &star = *llvm::find_if(
        problem.tensors, [](const auto &tensor) { return tensor.source == 0; });
    star.consumers = {1, 2, 3, 4, 5, 6, 7};
    for (PlacementNode &node : problem.nodes)
      llvm::erase_if(node.options, [](const NodeOption &option) {
        return option.precision == Precision::Int8;
      });
    MetricWeights weights = makeWeights(problem, seed);
    double expected = findByBruteForce(problem, weights);
    if (!std::isfinite(expected))
      continue;
    OracleResult result = makeOracle(problem).minimize(weights);
    check(problem, weights, result);
    EXPECT_NEAR(result.objective, expected, 1e-9 * expected);
  }
}

TEST(PlacementOracleTest, YoloHasTheSizeAndWidthOfTheModel) {
  PlacementProblem problem = makeYoloProblem({});
  EXPECT_EQ(problem.nodes.size(), 654u);
  OracleResult result =
      makeOracle(problem).minimize(MetricWeights::ofLatency());
  EXPECT_GE(result.statistics.treewidth, 5u);
  EXPECT_LE(result.statistics.treewidth, 6u);
}

TEST(PlacementOracleTest, OneOrderServesAllWeights) {
  SyntheticOptions options;
  options.numDevices = 4;
  options.numQuantizable = 40;
  PlacementProblem problem = makeYoloProblem(options, 1);
  PlacementOracle reused = makeOracle(problem);
  for (unsigned seed = 1; seed <= 5; ++seed) {
    MetricWeights weights = makeWeights(problem, seed);
    OracleResult result = reused.minimize(weights);
    check(problem, weights, result);
    OracleResult fresh = makeOracle(problem).minimize(weights);
    EXPECT_EQ(result.objective, fresh.objective);
    EXPECT_EQ(result.placement, fresh.placement);
    // The dual bound and the search come to the same.
    OracleOptions searching;
    searching.directCells = 0;
    OracleResult searched = reused.minimize(weights, searching);
    check(problem, weights, searched);
    EXPECT_TRUE(searched.optimal);
    EXPECT_NEAR(searched.objective, result.objective, 1e-9 * result.objective);
  }
}

TEST(PlacementOracleTest, SearchIsDeterministic) {
  SyntheticOptions options;
  options.numDevices = 6;
  options.unrelatedSpeeds = true;
  PlacementProblem problem = makeRandomProblem(400, 40, options);
  OracleOptions limits = makeWideOptions();
  limits.maxSweeps = 2;
  limits.maxSearchNodes = 20;
  MetricWeights weights = MetricWeights::ofLatency();
  OracleResult a = makeOracle(problem).minimize(weights, limits);
  OracleResult b = makeOracle(problem).minimize(weights, limits);
  check(problem, weights, a);
  EXPECT_EQ(a.placement, b.placement);
  EXPECT_EQ(a.objective, b.objective);
  EXPECT_EQ(a.lowerBound, b.lowerBound);
  EXPECT_EQ(a.statistics.sweeps, b.statistics.sweeps);
  EXPECT_GT(a.statistics.searchNodes, 1u);
}

TEST(PlacementOracleTest, KeepsToAllowedOptions) {
  SyntheticOptions options;
  PlacementProblem problem = makeChainProblem(10, options);
  PlacementOracle oracle = makeOracle(problem);
  PlacementDomain domain = oracle.getWholeDomain();
  // Node 4 is on device 1 and no other.
  domain.options.reset(oracle.getFirstOption(4));
  domain.options.reset(oracle.getFirstOption(4) + 2);
  OracleResult result = oracle.minimize(MetricWeights::ofLatency(), domain);
  EXPECT_EQ(result.placement.options[4], 1u);
  OracleResult searched =
      oracle.minimize(MetricWeights::ofLatency(), domain, makeWideOptions());
  EXPECT_EQ(searched.placement, result.placement);
}

TEST(PlacementOracleTest, FindsNothingWhereNothingIsAllowed) {
  PlacementProblem problem = makeChainProblem(3, {});
  PlacementOracle oracle = makeOracle(problem);
  PlacementDomain domain = oracle.getWholeDomain();
  domain.options.reset();
  EXPECT_FALSE(oracle.minimize(MetricWeights::ofLatency(), domain).feasible);
}

TEST(PlacementOracleTest, KeepsToAllowedCodecs) {
  SyntheticOptions options;
  options.halfCodec = true;
  PlacementProblem problem = makeChainProblem(10, options);
  PlacementOracle oracle = makeOracle(problem);
  OracleResult free = oracle.minimize(MetricWeights::ofLatency());
  ASSERT_FALSE(free.placement.crossings.empty());
  PlacementDomain domain = oracle.getWholeDomain();
  domain.excludedCrossings = {free.placement.crossings.front()};
  OracleResult result = oracle.minimize(MetricWeights::ofLatency(), domain);
  EXPECT_FALSE(llvm::is_contained(result.placement.crossings,
                                  free.placement.crossings.front()));
  check(problem, MetricWeights::ofLatency(), result);
  EXPECT_GT(result.objective, free.objective);
}

TEST(PlacementOracleTest, SaysThatLinksAllowNothing) {
  PlacementProblem problem = makeTwoDevices();
  problem.nodes = {makeNode("a", {1, 1})};
  problem.tensors = {makeTensor(std::nullopt, {0})};
  problem.nodes[0].pinnedDevice = 1;
  EXPECT_TRUE(
      makeOracle(problem).minimize(MetricWeights::ofLatency()).feasible);
  problem.link(0, 1).reset();
  EXPECT_FALSE(
      makeOracle(problem).minimize(MetricWeights::ofLatency()).feasible);
  // However little everything costs.
  EXPECT_FALSE(makeOracle(problem).minimize(MetricWeights()).feasible);
}

} // namespace
