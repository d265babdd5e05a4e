//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/Components.h"

#include "TestProblems.h"
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
          EXPECT_TRUE(llvm::is_contained(
              components[owner[consumer]].predecessors, owner[*tensor.source]));
    EXPECT_GT(components.size(), 2u);
  }
}

} // namespace
