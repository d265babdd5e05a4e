//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/ConstrainedSolver.h"

#include "TestProblems.h"
#include "lathe/Partition/BruteForce.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace lathe::partition;
using namespace lathe::test;

namespace {

SolverResult solveProblem(const PlacementProblem &problem,
                          const MetricWeights &objective,
                          const PlacementLimits &limits,
                          const SolverOptions &options = {}) {
  PlacementOracle oracle = llvm::cantFail(PlacementOracle::create(problem));
  return llvm::cantFail(solve(oracle, objective, limits, options));
}

double findByBruteForce(const PlacementProblem &problem,
                        const MetricWeights &objective,
                        const PlacementLimits &limits) {
  auto value = [&](const Placement &placement,
                   const PlacementMetrics &metrics) {
    if (!isWithin(metrics, limits))
      return PlacementLimits::unlimited;
    return computeWeightedSum(problem, placement, metrics, objective);
  };
  return llvm::cantFail(minimizeByBruteForce(problem, value)).objective;
}

void addNoiseTerms(PlacementProblem &problem, std::mt19937 &engine) {
  unsigned numNodes = problem.nodes.size();
  for (unsigned i = engine() % 6; i > 0; --i) {
    NoiseTerm term;
    for (unsigned node = 0; node < numNodes && term.nodes.size() < 3; ++node)
      if (engine() % 2)
        term.nodes.push_back(node);
    term.coefficient = (engine() % 100 - 30.0) / 2000;
    if (!term.nodes.empty())
      problem.noiseTerms.push_back(term);
  }
}

/// Some of all limits, near what some placement needs.
PlacementLimits makeLimits(const PlacementProblem &problem,
                           std::mt19937 &engine) {
  MetricWeights weights = makeWeights(problem, engine());
  PlacementOracle oracle = llvm::cantFail(PlacementOracle::create(problem));
  OracleResult some = oracle.minimize(weights);
  PlacementLimits limits;
  if (!some.feasible)
    return limits;
  PlacementMetrics metrics = llvm::cantFail(evaluate(problem, some.placement));
  auto get = [&](double value) {
    return engine() % 3 == 0 ? value * (0.8 + (engine() % 100) / 150.0)
                             : PlacementLimits::unlimited;
  };
  limits.latency = get(metrics.latency);
  limits.totalEnergy = get(metrics.getTotalEnergy());
  limits.noise = get(std::max(0.0, metrics.noise));
  for (unsigned device = 0; device < problem.devices.size(); ++device) {
    limits.energy.push_back(get(metrics.energy[device]));
    limits.memory.push_back(get(metrics.memory[device]));
  }
  return limits;
}

TEST(ConstrainedSolverTest, EqualsBruteForce) {
  unsigned numInfeasible = 0;
  for (unsigned seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    PlacementProblem problem =
        makeTinyProblem(2 + seed % 4, 2 + seed % 2, seed);
    std::mt19937 engine(seed);
    if (seed % 2)
      addNoiseTerms(problem, engine);
    PlacementLimits limits = makeLimits(problem, engine);
    MetricWeights objective = seed % 3 ? MetricWeights::ofLatency()
                                       : makeWeights(problem, seed + 1000);
    double expected = findByBruteForce(problem, objective, limits);
    SolverResult result = solveProblem(problem, objective, limits);
    EXPECT_EQ(result.found, std::isfinite(expected));
    EXPECT_LE(result.lowerBound, expected + 1e-9 * std::abs(expected));
    if (!std::isfinite(expected)) {
      ++numInfeasible;
      EXPECT_EQ(result.lowerBound, expected);
      continue;
    }
    EXPECT_TRUE(result.optimal);
    EXPECT_NEAR(result.objective, expected, 1e-8 * std::abs(expected));
    PlacementMetrics metrics =
        llvm::cantFail(evaluate(problem, result.placement));
    EXPECT_TRUE(isWithin(metrics, limits));
    EXPECT_NEAR(
        result.objective,
        computeWeightedSum(problem, result.placement, metrics, objective),
        1e-9 * result.objective);
  }
  EXPECT_GT(numInfeasible, 10u);
  EXPECT_LT(numInfeasible, 150u);
}

/// The best over all sets of quantized nodes that keep the noise, each solved
/// without a limit.
double findByEnumeration(const PlacementProblem &problem, double noise) {
  PlacementOracle oracle = llvm::cantFail(PlacementOracle::create(problem));
  std::vector<unsigned> nodes;
  for (auto [index, node] : llvm::enumerate(problem.nodes))
    if (node.options.size() > problem.devices.size())
      nodes.push_back(index);
  double best = PlacementLimits::unlimited;
  for (unsigned set = 0; set < 1u << nodes.size(); ++set) {
    PlacementDomain domain = oracle.getWholeDomain();
    for (size_t i = 0; i < nodes.size(); ++i)
      for (auto [number, option] :
           llvm::enumerate(problem.nodes[nodes[i]].options))
        if ((option.precision == Precision::Int8) != bool(set >> i & 1))
          domain.options.reset(oracle.getFirstOption(nodes[i]) + number);
    OracleResult result = oracle.minimize(MetricWeights::ofLatency(), domain);
    auto metrics = llvm::cantFail(evaluate(problem, result.placement));
    if (metrics.noise <= noise)
      best = std::min(best, result.objective);
  }
  return best;
}

TEST(ConstrainedSolverTest, EqualsAllSetsOfQuantizedNodes) {
  for (unsigned degree : {1, 2, 3})
    for (double noise : {0.03, 0.06}) {
      SCOPED_TRACE(testing::Message() << degree << ' ' << noise);
      SyntheticOptions shape;
      shape.numDevices = 2;
      shape.numQuantizable = 8;
      PlacementProblem problem = makeYoloProblem(shape, 1);
      setPolynomialNoise(problem, degree, 8, degree);
      PlacementLimits limits;
      limits.noise = noise;
      SolverResult result =
          solveProblem(problem, MetricWeights::ofLatency(), limits);
      EXPECT_TRUE(result.optimal);
      EXPECT_NEAR(result.objective, findByEnumeration(problem, noise),
                  1e-9 * result.objective);
    }
}

TEST(ConstrainedSolverTest, StopsAtTheTargetGap) {
  SyntheticOptions shape;
  shape.numQuantizable = 200;
  PlacementProblem problem = makeYoloProblem(shape, 1);
  PlacementLimits limits;
  limits.noise = 0.5;
  SolverOptions options;
  options.targetGap = 0.01;
  SolverResult result =
      solveProblem(problem, MetricWeights::ofLatency(), limits, options);
  ASSERT_TRUE(result.found);
  EXPECT_LE(result.lowerBound, result.objective);
  EXPECT_LE(result.getGap(), 0.01);
  // The limit costs something.
  EXPECT_GT(result.objective,
            solveProblem(problem, MetricWeights::ofLatency(), {}).objective);
  SolverResult again =
      solveProblem(problem, MetricWeights::ofLatency(), limits, options);
  EXPECT_EQ(result.placement, again.placement);
  EXPECT_EQ(result.lowerBound, again.lowerBound);
  EXPECT_EQ(result.oracleCalls, again.oracleCalls);
}

TEST(ConstrainedSolverTest, RefusesMalformedLimits) {
  PlacementProblem problem = makeTwoDevices();
  problem.nodes = {makeNode("a", {1, 1})};
  PlacementOracle oracle = llvm::cantFail(PlacementOracle::create(problem));
  auto message = [&](const PlacementLimits &limits) {
    return llvm::toString(
        solve(oracle, MetricWeights::ofLatency(), limits).takeError());
  };
  PlacementLimits limits;
  limits.noise = -1;
  EXPECT_EQ(message(limits), "a limit is negative or not a number");
  limits.noise = std::nan("");
  EXPECT_EQ(message(limits), "a limit is negative or not a number");
  limits.noise = 1;
  limits.memory = {1, 2, 3};
  EXPECT_EQ(message(limits), "3 limits for 2 devices");
}

/// A chain of two that starts and ends on `near`.
PlacementProblem makeShortChain() {
  PlacementProblem problem = makeTwoDevices();
  problem.nodes = {makeNode("a", {4, 1}), makeNode("b", {8, 2})};
  problem.tensors = {makeTensor(std::nullopt, {0}), makeTensor(0, {1}),
                     makeTensor(1, {})};
  problem.tensors.back().wantedDevices = {0};
  return problem;
}

TEST(ConstrainedSolverTest, SaysWhichLimitIsAtFaultAndWhatIsNeeded) {
  PlacementProblem problem = makeShortChain();
  PlacementOracle oracle = llvm::cantFail(PlacementOracle::create(problem));
  auto explain = [&](const PlacementLimits &limits) {
    EXPECT_FALSE(
        llvm::cantFail(solve(oracle, MetricWeights::ofLatency(), limits))
            .found);
    return llvm::cantFail(explainInfeasibility(oracle, limits));
  };
  // All far: 1.5 + 1 + 2 + 0.75 s.
  PlacementLimits limits;
  limits.latency = 5;
  EXPECT_EQ(explain(limits), "limit on latency 5: at least 5.25 is needed");
  // Memory for one node on each: a far is 1.5 + 1 + 0.75 + 8 s, a near is
  // 4 + 1.5 + 2 + 0.75 s.
  limits.latency = 6;
  limits.memory = {10, 10};
  EXPECT_EQ(explain(limits),
            "limit on latency 6: at least 8.25 is needed; or limit on memory "
            "of 'far' 10: at least 20 is needed");
  limits.latency = 5;
  EXPECT_EQ(explain(limits), "limit on latency 5: at least 8.25 is needed");
  limits.memory = {5, 5};
  EXPECT_EQ(explain(limits),
            "no limit is at fault alone; limit on latency 5: at least 5.25 is "
            "needed even without the others");
}

TEST(ConstrainedSolverTest, FindsTheLeastNoiseUnderOtherLimits) {
  PlacementProblem problem = makeShortChain();
  for (PlacementNode &node : problem.nodes)
    node.options.push_back({0, Precision::Int8, 1, 1, 2, 0.25});
  problem.noiseTerms = {{{0, 1}, 1}};
  PlacementOracle oracle = llvm::cantFail(PlacementOracle::create(problem));
  PlacementLimits limits;
  limits.memory = {4, 0};
  limits.noise = 1;
  // Both in int8: 0.25 + 0.25 + 1.
  EXPECT_EQ(llvm::cantFail(explainInfeasibility(oracle, limits)),
            "limit on memory of 'near' 4: at least 12 is needed; or limit on "
            "memory of 'far' 0: at least 10 is needed; or limit on noise 1: at "
            "least 1.5 is needed");
}

TEST(ConstrainedSolverTest, SaysThatLinksAreAtFault) {
  PlacementProblem problem = makeShortChain();
  problem.nodes[0].pinnedDevice = 1;
  problem.link(0, 1).reset();
  PlacementOracle oracle = llvm::cantFail(PlacementOracle::create(problem));
  EXPECT_FALSE(
      llvm::cantFail(solve(oracle, MetricWeights::ofLatency(), {})).found);
  EXPECT_EQ(llvm::cantFail(explainInfeasibility(oracle, {})),
            "the links allow no placement, whatever the limits");
}

} // namespace
