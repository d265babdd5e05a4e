//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/Components.h"

#include "TestProblems.h"
#include "lathe/Partition/Simulator.h"
#include "gtest/gtest.h"

using namespace lathe::partition;
using namespace lathe::test;

namespace {

TEST(ComponentsTest, LevelsByHand) {
  PlacementProblem problem = makeTwoDevices();
  for (const char *name : {"a", "b", "c", "d", "e"})
    problem.nodes.push_back(makeNode(name, {1, 1}));
  // a -> b -> c and a -> d -> e, and b -> e.
  problem.tensors = {makeTensor(0, {1, 3}), makeTensor(1, {2, 4}),
                     makeTensor(3, {4})};
  // a, d, e near; b, c far.
  std::vector<Component> components =
      computeComponents(problem, {0, 1, 1, 0, 0});
  ASSERT_EQ(components.size(), 3u);
  EXPECT_EQ(components[0].device, 0u);
  EXPECT_EQ(components[0].nodes, std::vector<unsigned>({0, 3}));
  EXPECT_EQ(components[1].device, 1u);
  EXPECT_EQ(components[1].nodes, std::vector<unsigned>({1, 2}));
  // e waits for b, so it is no part of the first component.
  EXPECT_EQ(components[2].device, 0u);
  EXPECT_EQ(components[2].level, 2u);
  EXPECT_EQ(components[2].nodes, std::vector<unsigned>({4}));
  EXPECT_EQ(components[2].predecessors, llvm::SmallVector<unsigned>({0, 1}));
}

/// a is for b on the other device, c for d, which reads b, too.
PlacementProblem makeWaitingProblem() {
  PlacementProblem problem = makeTwoDevices();
  problem.nodes = {makeNode("a", {1, 1}), makeNode("b", {2, 2}),
                   makeNode("c", {4, 4}), makeNode("d", {1, 1})};
  problem.tensors = {makeTensor(0, {1}), makeTensor(1, {3}),
                     makeTensor(2, {3})};
  return problem;
}

std::vector<std::vector<unsigned>>
getNodes(llvm::ArrayRef<Component> components) {
  std::vector<std::vector<unsigned>> nodes;
  for (const Component &component : components)
    nodes.push_back(component.nodes);
  return nodes;
}

using Nodes = std::vector<std::vector<unsigned>>;

TEST(ComponentsTest, SplitByWhatTheyWaitForAndLeadTo) {
  PlacementProblem problem = makeWaitingProblem();
  std::vector<Component> parts = splitComponents(problem, {0, 1, 0, 0});
  EXPECT_EQ(getNodes(parts), Nodes({{0}, {2}, {1}, {3}}));
  EXPECT_EQ(parts[1].predecessors, llvm::SmallVector<unsigned>());
  EXPECT_EQ(parts[3].predecessors, llvm::SmallVector<unsigned>({1, 2}));
  // e reads what comes first, f what comes later.
  problem.nodes.push_back(makeNode("e", {1, 1}));
  problem.nodes.push_back(makeNode("f", {1, 1}));
  problem.tensors = {makeTensor(std::nullopt, {4}), makeTensor(0, {1}),
                     makeTensor(2, {5}), makeTensor(4, {5})};
  parts = splitComponents(problem, {0, 1, 0, 0, 1, 1});
  EXPECT_EQ(getNodes(parts), Nodes({{0}, {2}, {3}, {4}, {1}, {5}}));
}

TEST(ComponentsTest, AreSplitWhereWaitingCostsMakespan) {
  PlacementProblem problem = makeWaitingProblem();
  Placement placement{{0, 1, 0, 0}, {{0, 1, 0}, {1, 0, 0}}};
  EXPECT_EQ(getNodes(llvm::cantFail(chooseComponents(problem, placement, 0))),
            Nodes({{0}, {2}, {1}, {3}}));
  // 10.25 s instead of 6.25 s.
  EXPECT_EQ(
      getNodes(llvm::cantFail(chooseComponents(problem, placement, 0.65))),
      Nodes({{0, 2}, {1}, {3}}));
  EXPECT_EQ(llvm::toString(
                chooseComponents(problem, {{0, 1, 0, 0}, {}}, 0).takeError()),
            "tensor 't' does not cross to 'far', or the crossings are out of "
            "order");
}

void expectAcyclic(const PlacementProblem &problem,
                   llvm::ArrayRef<unsigned> chosen,
                   llvm::ArrayRef<Component> components) {
  std::vector<unsigned> owner(problem.nodes.size(), ~0u);
  for (auto [index, component] : llvm::enumerate(components)) {
    // Only on those before, so there is no cycle.
    for (unsigned predecessor : component.predecessors)
      EXPECT_LT(predecessor, index);
    for (unsigned node : component.nodes) {
      EXPECT_EQ(owner[node], ~0u);
      owner[node] = index;
      EXPECT_EQ(problem.nodes[node].options[chosen[node]].device,
                component.device);
    }
  }
  EXPECT_FALSE(llvm::is_contained(owner, ~0u));
  for (const PlacementTensor &tensor : problem.tensors)
    for (unsigned consumer : tensor.consumers)
      if (tensor.source && owner[*tensor.source] != owner[consumer])
        EXPECT_TRUE(llvm::is_contained(components[owner[consumer]].predecessors,
                                       owner[*tensor.source]));
}

TEST(ComponentsTest, AreAcyclicAndHoldEachNodeOnce) {
  std::mt19937 engine(1);
  for (unsigned seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    SyntheticOptions options;
    options.seed = seed;
    PlacementProblem problem = makeRandomProblem(100, 30, options);
    std::vector<unsigned> chosen;
    for (const PlacementNode &node : problem.nodes)
      chosen.push_back(engine() % 8 == 0 ? engine() % node.options.size()
                                         : seed % node.options.size());
    std::vector<Component> components = computeComponents(problem, chosen);
    expectAcyclic(problem, chosen, components);
    EXPECT_GT(components.size(), 2u);
    std::vector<Component> parts = splitComponents(problem, chosen);
    expectAcyclic(problem, chosen, parts);
    EXPECT_GT(parts.size(), components.size());
  }
}

/// A placement with `options`, and tensors by their first codecs.
Placement makePlacement(const PlacementProblem &problem,
                        std::vector<unsigned> options) {
  Placement placement{std::move(options), {}};
  for (auto [index, tensor] : llvm::enumerate(problem.tensors))
    for (unsigned device : getDestinations(problem, tensor, placement.options))
      placement.crossings.push_back({static_cast<unsigned>(index), device, 0});
  return placement;
}

TEST(ComponentsTest, ChosenOnesKeepTheMakespan) {
  std::mt19937 engine(2);
  unsigned numSplit = 0;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    SyntheticOptions options;
    options.seed = seed;
    PlacementProblem problem = makeRandomProblem(60, 20, options);
    std::vector<unsigned> chosen;
    for (const PlacementNode &node : problem.nodes)
      chosen.push_back(engine() % 8 == 0 ? engine() % node.options.size()
                                         : seed % node.options.size());
    Placement placement = makePlacement(problem, chosen);
    auto getMakespan = [&](llvm::ArrayRef<Component> components) {
      SimulationOptions run;
      run.components = components;
      return llvm::cantFail(simulate(problem, placement, run)).getMakespan();
    };
    std::vector<Component> levels = computeComponents(problem, chosen);
    std::vector<Component> parts = splitComponents(problem, chosen);
    std::vector<Component> best =
        llvm::cantFail(chooseComponents(problem, placement, 0.02));
    expectAcyclic(problem, chosen, best);
    EXPECT_LE(getMakespan(best), getMakespan(parts) * 1.02 * (1 + 1e-12));
    EXPECT_LE(best.size(), parts.size());
    EXPECT_GE(best.size(), levels.size());
    numSplit += best.size() > levels.size();
  }
  EXPECT_GT(numSplit, 0u);
}

} // namespace
