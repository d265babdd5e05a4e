//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/PlanBook.h"

#include "TestProblems.h"
#include "lathe/Partition/BruteForce.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace lathe::partition;
using namespace lathe::test;

namespace {

/// The least latency of any placement on the devices of `page` with bandwidths
/// times `factor`; none if there is no placement.
std::optional<double> findLeast(PlacementProblem problem, const BookPage &page,
                                double factor) {
  for (std::optional<Link> &link : problem.links)
    if (link)
      link->bandwidth *= factor;
  for (PlacementNode &node : problem.nodes) {
    llvm::erase_if(node.options, [&](const NodeOption &option) {
      return !llvm::is_contained(page.live, option.device);
    });
    if (node.options.empty())
      return std::nullopt;
  }
  std::optional<double> least;
  auto collect = [&](const Placement &, const PlacementMetrics &metrics) {
    least = std::min(least.value_or(metrics.latency), metrics.latency);
    return 0.0;
  };
  llvm::cantFail(minimizeByBruteForce(problem, collect));
  return least;
}

PlacementProblem makeProblem(unsigned seed) {
  SyntheticOptions shape;
  shape.seed = seed;
  shape.unrelatedSpeeds = true;
  PlacementProblem problem = makeChainProblem(6, shape);
  for (PlacementTensor &tensor : problem.tensors)
    tensor.bytes /= 20;
  return problem;
}

TEST(PlanBookTest, HasTheLeastLatencyAtAnyBandwidth) {
  size_t mostRegions = 0;
  for (unsigned seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    PlacementProblem problem = makeProblem(seed);
    BookOptions options;
    options.needed = {0};
    PlanBook book = llvm::cantFail(computeBook(problem, {}, options));
    EXPECT_TRUE(book.isExact);
    ASSERT_EQ(book.pages.size(), size_t(1) << (problem.devices.size() - 1));
    EXPECT_EQ(book.pages[0].live.size(), problem.devices.size());
    for (const BookPage &page : book.pages) {
      ASSERT_FALSE(page.regions.empty());
      EXPECT_DOUBLE_EQ(page.regions.front().from, options.minFactor);
      EXPECT_DOUBLE_EQ(page.regions.back().to, options.maxFactor);
      mostRegions = std::max(mostRegions, page.regions.size());
      for (auto [index, region] : llvm::enumerate(page.regions)) {
        if (index > 0) {
          EXPECT_DOUBLE_EQ(page.regions[index - 1].to, region.from);
          EXPECT_NE(page.regions[index - 1].plan, region.plan);
        }
        // At both ends and between them.
        for (double factor :
             {region.from, std::sqrt(region.from * region.to), region.to}) {
          std::optional<double> least = findLeast(problem, page, factor);
          ASSERT_TRUE(least.has_value());
          EXPECT_NEAR(book.plans[region.plan].getLatency(factor), *least,
                      1e-9 * *least);
        }
      }
    }
  }
  EXPECT_GE(mostRegions, 3u);
}

TEST(PlanBookTest, LatencyIsThatOfTheScaledProblem) {
  PlacementProblem problem = makeProblem(3);
  PlanBook book = llvm::cantFail(computeBook(problem, {}));
  PlacementProblem faster = problem;
  for (std::optional<Link> &link : faster.links)
    if (link)
      link->bandwidth *= 8;
  for (const BookPlan &plan : book.plans) {
    PlacementMetrics metrics = llvm::cantFail(evaluate(faster, plan.placement));
    EXPECT_NEAR(plan.getLatency(8), metrics.latency, 1e-9 * metrics.latency);
  }
}

TEST(PlanBookTest, APageWithoutPlacementIsEmpty) {
  PlacementProblem problem = makeProblem(1);
  problem.nodes[2].pinnedDevice = 1;
  BookOptions options;
  options.needed = {0};
  PlanBook book = llvm::cantFail(computeBook(problem, {}, options));
  for (const BookPage &page : book.pages)
    EXPECT_EQ(page.regions.empty(), !llvm::is_contained(page.live, 1u));
}

TEST(PlanBookTest, RefusesWhatDependsOnTheBandwidth) {
  PlacementProblem problem = makeProblem(1);
  PlacementLimits limits;
  limits.latency = 1;
  EXPECT_FALSE(
      llvm::errorToBool(computeBook(problem, PlacementLimits()).takeError()));
  EXPECT_TRUE(llvm::errorToBool(computeBook(problem, limits).takeError()));
  BookOptions options;
  options.minFactor = 2;
  options.maxFactor = 1;
  EXPECT_TRUE(llvm::errorToBool(computeBook(problem, {}, options).takeError()));
}

} // namespace
