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

void scaleBandwidths(PlacementProblem &problem, double factor) {
  for (std::optional<Link> &link : problem.links)
    if (link)
      link->bandwidth *= factor;
}

/// The least latency of any placement on the devices of `page` with bandwidths
/// times `factor`; none if there is no placement.
std::optional<double> findLeast(PlacementProblem problem, const BookPage &page,
                                double factor) {
  scaleBandwidths(problem, factor);
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
  scaleBandwidths(faster, 8);
  for (const BookPlan &plan : book.plans) {
    PlacementMetrics metrics = llvm::cantFail(evaluate(faster, plan.placement));
    EXPECT_NEAR(plan.getLatency(8), metrics.latency, 1e-9 * metrics.latency);
  }
}

/// Latency and priced energy within a class, by brute force.
double findLeastCost(PlacementProblem problem, const BookPage &page,
                     const RequestClass &kind, const BatteryLevel &level,
                     double factor) {
  scaleBandwidths(problem, factor);
  auto getCost = [&](const Placement &placement,
                     const PlacementMetrics &metrics) {
    for (auto [node, option] : llvm::zip(problem.nodes, placement.options))
      if (!llvm::is_contained(page.live, node.options[option].device))
        return PlacementLimits::unlimited;
    double cost = metrics.noise <= kind.noise * (1 + 1e-9)
                      ? metrics.latency
                      : PlacementLimits::unlimited;
    for (auto [price, energy] : llvm::zip(level.prices, metrics.energy))
      cost += price * energy;
    return cost;
  };
  return llvm::cantFail(minimizeByBruteForce(problem, getCost)).objective;
}

/// A tiny problem whose links draw power as long as they send.
PlacementProblem makeRadioProblem(unsigned seed) {
  PlacementProblem problem = makeTinyProblem(3 + seed % 2, 2 + seed % 2, seed);
  for (auto [index, link] : llvm::enumerate(problem.links))
    if (link) {
      link->transmitPower = 0.2 * (1 + (index + seed) % 4);
      link->receivePower = 0.1 * (1 + (index + seed) % 3);
    }
  return problem;
}

TEST(PlanBookTest, HasPagesForClassesAndBatteries) {
  size_t numRegions = 0, numPages = 0;
  for (unsigned seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    PlacementProblem problem = makeRadioProblem(seed);
    BookOptions options;
    options.needed = {0};
    options.classes = {{"any", PlacementLimits::unlimited}, {"exact", 0}};
    BatteryLevel low{"low", {}};
    low.prices.assign(problem.devices.size(), 0);
    low.prices[0] = 0.5 * (1 + seed % 4);
    options.levels = {{"full", {}}, low};
    PlanBook book = llvm::cantFail(computeBook(problem, {}, options));
    EXPECT_TRUE(book.isExact);
    EXPECT_EQ(book.pages.size(), 4u << (problem.devices.size() - 1));
    for (const BookPage &page : book.pages) {
      numPages += !page.regions.empty();
      numRegions += page.regions.size();
      const RequestClass &kind = options.classes[page.requestClass];
      const BatteryLevel &level = options.levels[page.batteryLevel];
      if (page.regions.empty())
        EXPECT_TRUE(std::isinf(findLeastCost(problem, page, kind, level, 1)));
      for (const BookRegion &region : page.regions)
        for (double factor :
             {region.from, std::sqrt(region.from * region.to), region.to}) {
          double least = findLeastCost(problem, page, kind, level, factor);
          EXPECT_NEAR(book.plans[region.plan].getCost(level, factor), least,
                      1e-9 * least);
        }
    }
  }
  EXPECT_GT(numRegions, numPages + 40);
}

TEST(PlanBookTest, EnergyIsThatOfTheScaledProblem) {
  PlacementProblem problem = makeRadioProblem(2);
  PlanBook book = llvm::cantFail(computeBook(problem, {}));
  PlacementProblem faster = problem;
  scaleBandwidths(faster, 8);
  for (const BookPlan &plan : book.plans) {
    PlacementMetrics metrics = llvm::cantFail(evaluate(faster, plan.placement));
    for (auto [device, energy] : llvm::enumerate(metrics.energy))
      EXPECT_NEAR(plan.getEnergy(device, 8), energy, 1e-9 * energy);
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
  options = BookOptions();
  options.levels = {{"low", {1}}};
  EXPECT_EQ(llvm::toString(computeBook(problem, {}, options).takeError()),
            "the prices of energy at a level of batteries are at least 0, one "
            "for each device");
  options.levels.clear();
  EXPECT_EQ(llvm::toString(computeBook(problem, {}, options).takeError()),
            "a book has a class of requests and a level of batteries at least");
}

} // namespace
