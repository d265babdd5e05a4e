//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/Placement.h"

#include "TestProblems.h"
#include "gtest/gtest.h"

using namespace lathe::partition;
using namespace lathe::test;

namespace {

std::string verifyMessage(const PlacementProblem &problem) {
  return llvm::toString(verify(problem));
}

/// An input on `near` that two nodes read, wanted on `near` at the end.
PlacementProblem makeDiamond() {
  PlacementProblem problem = makeTwoDevices();
  problem.nodes = {makeNode("a", {4, 1}), makeNode("b", {8, 2}),
                   makeNode("c", {2, 3})};
  problem.tensors = {makeTensor(std::nullopt, {0, 1}), makeTensor(0, {2}),
                     makeTensor(1, {2}), makeTensor(2, {})};
  problem.tensors.back().wantedDevices = {0};
  return problem;
}

TEST(PlacementProblemTest, SumsByHand) {
  PlacementProblem problem = makeDiamond();
  // a and b far: the input crosses once for both (1.5 s), their results cross
  // back (0.75 s each), c is near.
  Placement placement{{1, 1, 0}, {{0, 1, 0}, {1, 0, 0}, {2, 0, 0}}};
  auto metrics = evaluate(problem, placement);
  ASSERT_TRUE(bool(metrics)) << llvm::toString(metrics.takeError());
  EXPECT_DOUBLE_EQ(metrics->latency, 1 + 2 + 2 + 1.5 + 0.75 + 0.75);
  EXPECT_DOUBLE_EQ(metrics->energy[0], 2 + 1 + 4 + 4);
  EXPECT_DOUBLE_EQ(metrics->energy[1], 1 + 2 + 2 + 3 + 3);
  EXPECT_DOUBLE_EQ(metrics->memory[0], 10);
  EXPECT_DOUBLE_EQ(metrics->memory[1], 20);
  EXPECT_DOUBLE_EQ(metrics->deviceTime[1], 3);
  EXPECT_DOUBLE_EQ(metrics->uplinkTime[1], 1);
  EXPECT_EQ(metrics->noise, 0);
}

TEST(PlacementProblemTest, CodecsAndNoiseTermsByHand) {
  PlacementProblem problem = makeDiamond();
  for (PlacementNode &node : problem.nodes)
    node.options.push_back({1, Precision::Int8, 0.5, 0.5, 2.5, 0.125});
  problem.tensors[1].codecs = {
      WireCodec{"raw", 1000, {}, {}, 0, true, false},
      WireCodec{"packed", 100, {0.25, 0.5}, {0.125, 1}, 0.0625, false, true}};
  problem.noiseTerms = {{{0, 1}, 2}, {{0, 2}, 4}};
  Placement placement{{2, 2, 0}, {{0, 1, 0}, {1, 0, 1}, {2, 0, 0}}};
  auto metrics = evaluate(problem, placement);
  ASSERT_TRUE(bool(metrics)) << llvm::toString(metrics.takeError());
  EXPECT_DOUBLE_EQ(metrics->additiveNoise, 0.125 + 0.125 + 0.0625);
  EXPECT_DOUBLE_EQ(metrics->noise, metrics->additiveNoise + 2);
  // The packed tensor: encoded far, 100 bytes, decoded near; the other one is
  // int8, a quarter of 1000 bytes.
  EXPECT_DOUBLE_EQ(metrics->latency, 0.5 + 0.5 + 2 + 1.5 +
                                         (0.5 + 0.05 + 0.25 + 0.125) +
                                         (0.125 + 0.25));
  EXPECT_DOUBLE_EQ(metrics->energy[1], 0.5 + 0.5 + 2 + (0.3 + 0.5 * 2) + 0.75);
}

TEST(PlacementProblemTest, RefusesWrongPlacements) {
  PlacementProblem problem = makeDiamond();
  auto message = [&](const Placement &placement) {
    return llvm::toString(evaluate(problem, placement).takeError());
  };
  EXPECT_EQ(message({{0, 0}, {}}), "the placement has 2 options for 3 nodes");
  EXPECT_EQ(message({{0, 0, 5}, {}}), "node 'c' has no option 5");
  EXPECT_EQ(message({{1, 0, 0}, {}}),
            "tensor 't' does not cross to 'far', or the crossings are out of "
            "order");
  EXPECT_EQ(message({{0, 0, 0}, {{0, 1, 0}}}),
            "the placement has a crossing that nothing needs");
  EXPECT_EQ(message({{1, 0, 0}, {{0, 1, 3}, {1, 0, 0}}}),
            "tensor 't' has no codec 3");
  problem.nodes[0].pinnedDevice = 1;
  EXPECT_EQ(message({{0, 0, 0}, {}}),
            "node 'a' is not on the device that it is pinned to");
  problem.link(0, 1).reset();
  EXPECT_EQ(message({{1, 0, 0}, {{0, 1, 0}, {1, 0, 0}}}),
            "tensor 't' cannot cross from 'near' to 'far' in this form");
}

TEST(PlacementProblemTest, NamesWhatIsMalformed) {
  const PlacementProblem good = makeDiamond();
  EXPECT_EQ(verifyMessage(good), "");
  auto messageOf = [&](llvm::function_ref<void(PlacementProblem &)> change) {
    PlacementProblem problem = good;
    change(problem);
    return verifyMessage(problem);
  };
  using Problem = PlacementProblem;
  EXPECT_EQ(messageOf([](Problem &p) { p.links.pop_back(); }),
            "the matrix of links has 3 entries for 2 devices");
  EXPECT_EQ(messageOf([](Problem &p) { p.link(1, 0)->bandwidth = 0; }),
            "the link from 'far' to 'near' needs a bandwidth above 0 and no "
            "negative figures");
  EXPECT_EQ(messageOf([](Problem &p) { p.nodes[0].options[0].time = -1; }),
            "node 'a' has an option with a negative or infinite figure");
  EXPECT_EQ(messageOf([](Problem &p) { p.nodes[0].options[1].device = 0; }),
            "node 'a' has two options of one precision on 'near'");
  EXPECT_EQ(messageOf([](Problem &p) { p.nodes[0].options[1].device = 7; }),
            "node 'a' has an option on device 7, which does not exist");
  EXPECT_EQ(messageOf([](Problem &p) { p.nodes[1].options.clear(); }),
            "node 'b' has no options");
  EXPECT_EQ(messageOf([](Problem &p) { p.nodes[1].pinnedDevice = 9; }),
            "node 'b' has no option on the device that it is pinned to");
  EXPECT_EQ(messageOf([](Problem &p) { p.tensors[0].consumers = {1, 1}; }),
            "tensor 't' has a consumer twice or one that does not exist");
  EXPECT_EQ(messageOf([](Problem &p) { p.tensors[1].source = 3; }),
            "tensor 't' comes from node 3, which does not exist");
  EXPECT_EQ(messageOf([](Problem &p) { p.tensors[3].consumers = {0}; }),
            "node 'a' is in a cycle or behind one");
  EXPECT_EQ(messageOf([](Problem &p) { p.noiseTerms = {{{1, 1}, 1}}; }),
            "a term of the noise needs one to three different nodes and a "
            "finite coefficient");
  EXPECT_EQ(messageOf([](Problem &p) {
              p.tensors[0].codecs = {WireCodec{"z", 1, {1, 2, 3}, {}}};
            }),
            "tensor 't': codec 'z' has a negative or infinite figure, or not "
            "one time for each device");
}

} // namespace
