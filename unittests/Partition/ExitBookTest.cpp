//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/ExitBook.h"

#include "TestProblems.h"
#include "lathe/Partition/BruteForce.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace lathe::partition;
using namespace lathe::test;

namespace {

/// What a request takes on average if it leaves with `probability`: nodes and
/// crossings one by one, from the definition.
double getExpectedLatency(const PlacementProblem &problem,
                          llvm::ArrayRef<unsigned> behind,
                          const Placement &placement, double probability) {
  auto isBehind = [&](unsigned node) {
    return llvm::is_contained(behind, node);
  };
  auto getOption = [&](unsigned node) {
    return problem.nodes[node].options[placement.options[node]];
  };
  double sum = 0;
  for (unsigned node = 0; node < problem.nodes.size(); ++node)
    sum += getOption(node).time * (isBehind(node) ? 1 - probability : 1);
  for (const Crossing &crossing : placement.crossings) {
    const PlacementTensor &tensor = problem.tensors[crossing.tensor];
    NodeOption source = getSourceOption(problem, tensor, placement.options);
    bool isForAll =
        llvm::is_contained(tensor.wantedDevices, crossing.destination) ||
        llvm::any_of(tensor.consumers, [&](unsigned node) {
          return !isBehind(node) &&
                 getOption(node).device == crossing.destination;
        });
    isForAll &= !tensor.source || !isBehind(*tensor.source);
    sum += computeCrossingCost(problem, tensor, source.precision, source.device,
                               crossing.destination, crossing.codec)
               ->getTime() *
           (isForAll ? 1 : 1 - probability);
  }
  return sum;
}

/// Some node and all that depend on it.
std::vector<unsigned> chooseBehind(const PlacementProblem &problem,
                                   unsigned first) {
  llvm::BitVector behind(problem.nodes.size());
  behind.set(first);
  for (unsigned node : llvm::cantFail(sortTopologically(problem)))
    for (const PlacementTensor &tensor : problem.tensors)
      if (tensor.source && behind[*tensor.source] &&
          llvm::is_contained(tensor.consumers, node))
        behind.set(node);
  return std::vector<unsigned>(behind.set_bits_begin(), behind.set_bits_end());
}

double findLeast(const PlacementProblem &problem,
                 llvm::ArrayRef<unsigned> behind, llvm::ArrayRef<unsigned> live,
                 const PlacementLimits &limits, double probability) {
  auto getLatency = [&](const Placement &placement,
                        const PlacementMetrics &metrics) {
    for (auto [node, option] : llvm::zip(problem.nodes, placement.options))
      if (!llvm::is_contained(live, node.options[option].device))
        return PlacementLimits::unlimited;
    return isWithin(metrics, limits)
               ? getExpectedLatency(problem, behind, placement, probability)
               : PlacementLimits::unlimited;
  };
  return llvm::cantFail(minimizeByBruteForce(problem, getLatency)).objective;
}

TEST(ExitBookTest, HasTheLeastExpectedLatencyForAnyProbability) {
  size_t numRegions = 0, numPages = 0, numExact = 0;
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    PlacementProblem problem =
        makeTinyProblem(3 + seed % 2, 2 + seed % 2, seed);
    std::vector<unsigned> behind =
        chooseBehind(problem, 1 + seed % (problem.nodes.size() - 1));
    PlacementLimits limits;
    if (seed % 3 == 0)
      limits.memory.assign(problem.devices.size(), 2e6);
    if (seed % 3 == 1)
      limits.noise = 0.01;
    ExitOptions options;
    options.needed = {0};
    ExitBook book =
        llvm::cantFail(computeExitBook(problem, behind, limits, options));
    numExact += book.isExact;
    for (const ExitPage &page : book.pages) {
      numPages += !page.regions.empty();
      numRegions += page.regions.size();
      for (const BookRegion &region : page.regions)
        for (double probability :
             {region.from, (region.from + region.to) / 2, region.to}) {
          const ExitPlan &plan = book.plans[region.plan];
          double latency =
              getExpectedLatency(problem, behind, plan.placement, probability);
          EXPECT_NEAR(plan.getLatency(probability), latency, 1e-9 * latency);
          double least =
              findLeast(problem, behind, page.live, limits, probability);
          EXPECT_GE(latency, least * (1 - 1e-9));
          if (book.isExact)
            EXPECT_LE(latency, least * (1 + 1e-9));
        }
    }
  }
  // Where noise is limited, a tensor may have wanted two forms.
  EXPECT_GT(numExact, 55u);
  EXPECT_GT(numRegions, numPages + 10);
}

/// The rest is worth sending on if enough requests need it.
TEST(ExitBookTest, RequestsThatLeaveAreNotSentOn) {
  PlacementProblem problem = makeTwoDevices();
  problem.nodes = {makeNode("trunk", {1, 1}), makeNode("exit", {1, 1}),
                   makeNode("rest", {6, 1})};
  problem.nodes[1].pinnedDevice = 0;
  // 1.5 s to the second device, 0.75 s from it.
  problem.tensors = {makeTensor(0, {1, 2}), makeTensor(1, {}),
                     makeTensor(2, {})};
  problem.tensors[1].wantedDevices = {0};
  ExitBook book = llvm::cantFail(computeExitBook(problem, {2}, {}));
  llvm::ArrayRef<BookRegion> regions = book.pages.front().regions;
  ASSERT_EQ(regions.size(), 2u);
  const ExitPlan &few = book.plans[regions[0].plan];
  EXPECT_EQ(few.placement.options, std::vector<unsigned>({1, 0, 1}));
  EXPECT_DOUBLE_EQ(few.always, 2.75);
  EXPECT_DOUBLE_EQ(few.behind, 1);
  const ExitPlan &many = book.plans[regions[1].plan];
  EXPECT_EQ(many.placement.options, std::vector<unsigned>({0, 0, 1}));
  EXPECT_DOUBLE_EQ(many.always, 2);
  EXPECT_DOUBLE_EQ(many.behind, 2.5);
  EXPECT_DOUBLE_EQ(regions[0].from, 0);
  EXPECT_DOUBLE_EQ(regions[0].to, 0.5);
  EXPECT_DOUBLE_EQ(regions[1].to, 0.99);
}

TEST(ExitBookTest, RefusesWhatIsNoExit) {
  PlacementProblem problem = makeTwoDevices();
  problem.nodes = {makeNode("trunk", {1, 1}), makeNode("rest", {1, 1})};
  problem.tensors = {makeTensor(0, {1})};
  auto getMessage = [&](llvm::ArrayRef<unsigned> behind,
                        const PlacementLimits &limits,
                        const ExitOptions &options) {
    return llvm::toString(
        computeExitBook(problem, behind, limits, options).takeError());
  };
  EXPECT_EQ(getMessage({2}, {}, {}), "node 2, behind the exit, does not exist");
  EXPECT_EQ(getMessage({0}, {}, {}),
            "node 'rest' is not behind the exit and reads 't', which is");
  ExitOptions options;
  options.maxProbability = 1;
  EXPECT_EQ(getMessage({1}, {}, options),
            "the probability of leaving is from 0 on and below 1");
  PlacementLimits limits;
  limits.totalEnergy = 1;
  EXPECT_EQ(getMessage({1}, limits, {}),
            "limits of latency and energy depend on how many requests leave, "
            "which a book leaves open");
}

} // namespace
