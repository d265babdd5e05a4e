//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/NormalizedObjective.h"

#include "TestProblems.h"
#include "gtest/gtest.h"

using namespace lathe::partition;
using namespace lathe::test;

namespace {

/// Far is fast, near takes little energy; nothing crosses.
PlacementProblem makeTradeOff() {
  PlacementProblem problem = makeTwoDevices();
  PlacementNode node;
  node.name = "a";
  node.options = {{0, Precision::F32, 4, 1, 0, 0},
                  {1, Precision::F32, 1, 9, 0, 0}};
  problem.nodes = {node};
  return problem;
}

TEST(NormalizedObjectiveTest, GoesFromZeroToOne) {
  PlacementProblem problem = makeTradeOff();
  PlacementOracle oracle = llvm::cantFail(PlacementOracle::create(problem));
  auto extremes = llvm::cantFail(computeExtremes(oracle, {}));
  ASSERT_TRUE(extremes);
  EXPECT_DOUBLE_EQ(extremes->minLatency, 1);
  EXPECT_DOUBLE_EQ(extremes->maxLatency, 4);
  EXPECT_DOUBLE_EQ(extremes->minEnergy, 1);
  EXPECT_DOUBLE_EQ(extremes->maxEnergy, 9);
  NormalizedObjective objective = normalize(problem, *extremes, 0.75, 0.25);
  auto get = [&](unsigned option) {
    return llvm::cantFail(
               computeWeightedSum(problem, {{option}, {}}, objective.weights)) -
           objective.offset;
  };
  EXPECT_DOUBLE_EQ(get(0), 0.75);
  EXPECT_DOUBLE_EQ(get(1), 0.25);
  EXPECT_EQ(oracle.minimize(objective.weights).placement.options[0], 1u);
}

TEST(NormalizedObjectiveTest, DoesNotDivideByNothing) {
  PlacementProblem problem = makeTradeOff();
  problem.nodes[0].options[1].energy = 1;
  PlacementOracle oracle = llvm::cantFail(PlacementOracle::create(problem));
  auto extremes = llvm::cantFail(computeExtremes(oracle, {}));
  ASSERT_TRUE(extremes);
  // The least latency is also at the least energy.
  EXPECT_DOUBLE_EQ(extremes->maxLatency, extremes->minLatency);
  NormalizedObjective both = normalize(problem, *extremes, 0.5, 0.5);
  OracleResult best = oracle.minimize(both.weights);
  EXPECT_EQ(best.placement.options[0], 1u);
  EXPECT_DOUBLE_EQ(best.objective, both.offset);
  NormalizedObjective alone = normalize(problem, *extremes, 1, 0);
  EXPECT_EQ(alone.weights.latency, 1);
  EXPECT_EQ(alone.offset, 1);
}

TEST(NormalizedObjectiveTest, HasNoExtremesOfNothing) {
  PlacementProblem problem = makeTradeOff();
  PlacementOracle oracle = llvm::cantFail(PlacementOracle::create(problem));
  PlacementLimits limits;
  limits.latency = 0.5;
  EXPECT_FALSE(llvm::cantFail(computeExtremes(oracle, limits)));
}

} // namespace
