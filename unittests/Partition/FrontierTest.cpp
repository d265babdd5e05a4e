//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/Frontier.h"

#include "TestProblems.h"
#include "lathe/Partition/BruteForce.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace lathe::partition;
using namespace lathe::test;

namespace {

/// All points that nothing is better than in both, by looking at everything.
std::vector<std::pair<double, double>>
findAllPoints(const PlacementProblem &problem) {
  std::vector<std::pair<double, double>> all;
  auto collect = [&](const Placement &, const PlacementMetrics &metrics) {
    all.emplace_back(metrics.latency, metrics.getTotalEnergy());
    return 0.0;
  };
  llvm::cantFail(minimizeByBruteForce(problem, collect));
  llvm::sort(all);
  std::vector<std::pair<double, double>> points;
  for (auto [latency, energy] : all)
    if (points.empty() || energy < points.back().second * (1 - 1e-9))
      points.emplace_back(latency, energy);
  return points;
}

TEST(FrontierTest, IsAllThatBruteForceFinds) {
  unsigned numLong = 0;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    SyntheticOptions shape;
    shape.seed = seed;
    shape.unrelatedSpeeds = true;
    PlacementProblem problem = makeChainProblem(7, shape);
    for (PlacementTensor &tensor : problem.tensors)
      tensor.bytes /= 50;
    // Otherwise the fastest device takes the least energy as well.
    for (PlacementNode &node : problem.nodes)
      node.options[2].energy *= 20;
    auto expected = findAllPoints(problem);
    PlacementOracle oracle = llvm::cantFail(PlacementOracle::create(problem));
    FrontierOptions options;
    options.maxPoints = 1000;
    auto points = llvm::cantFail(computeFrontier(oracle, {}, options));
    numLong += expected.size() > 4;
    // Latencies nearer than a thousandth are not told from one another.
    EXPECT_LE(points.size(), expected.size());
    for (const FrontierPoint &point : points) {
      EXPECT_TRUE(llvm::any_of(expected, [&](auto other) {
        return std::abs(point.latency - other.first) < 1e-6 &&
               std::abs(point.energy - other.second) < 1e-6;
      }));
      EXPECT_LE(point.energyBound, point.energy);
    }
    // Whatever latency is allowed, the frontier has something about as good.
    for (std::pair<double, double> other : expected)
      EXPECT_TRUE(llvm::any_of(points,
                               [&](const FrontierPoint &point) {
                                 return point.latency <= other.first * 1.002 &&
                                        point.energy <= other.second * 1.00001;
                               }))
          << other.first << ' ' << other.second;
  }
  EXPECT_GT(numLong, 3u);
}

TEST(FrontierTest, IsEmptyIfNothingIsWithinTheLimits) {
  PlacementProblem problem = makeChainProblem(5, {});
  PlacementOracle oracle = llvm::cantFail(PlacementOracle::create(problem));
  PlacementLimits limits;
  limits.latency = 1e-6;
  EXPECT_TRUE(llvm::cantFail(computeFrontier(oracle, limits)).empty());
}

} // namespace
