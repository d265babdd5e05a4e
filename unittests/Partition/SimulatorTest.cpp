//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/Simulator.h"

#include "TestProblems.h"
#include "lathe/Partition/ParallelSolver.h"
#include "gtest/gtest.h"

using namespace lathe::partition;
using namespace lathe::test;

namespace {

/// Two branches that meet: a near, b near or far, c near.
PlacementProblem makeBranches() {
  PlacementProblem problem = makeTwoDevices();
  problem.nodes = {makeNode("a", {4, 4}), makeNode("b", {5, 2}),
                   makeNode("c", {1, 1})};
  problem.tensors = {makeTensor(std::nullopt, {0, 1}), makeTensor(0, {2}),
                     makeTensor(1, {2}), makeTensor(2, {})};
  problem.tensors.back().wantedDevices = {0};
  return problem;
}

TEST(SimulatorTest, DevicesWorkSideBySide) {
  PlacementProblem problem = makeBranches();
  // Sent in 1 s, there after 0.5 s, b until 3.5, sent until 4, there at 4.25;
  // a until 4; c from 4.25.
  Placement placement{{0, 1, 0}, {{0, 1, 0}, {2, 0, 0}}};
  SimulationResult result = llvm::cantFail(simulate(problem, placement));
  EXPECT_DOUBLE_EQ(result.getMakespan(), 5.25);
  EXPECT_EQ(result.tasks.size(), 5u);
  // One after another is the sum.
  Placement near{{0, 0, 0}, {}};
  result = llvm::cantFail(simulate(problem, near));
  EXPECT_DOUBLE_EQ(result.getMakespan(), 10);
}

TEST(SimulatorTest, CodecsOccupyDevices) {
  PlacementProblem problem = makeBranches();
  problem.tensors[0].codecs = {WireCodec{"packed", 500, {1, 1}, {0.25, 0.25}}};
  Placement placement{{0, 1, 0}, {{0, 1, 0}, {2, 0, 0}}};
  SimulationResult result = llvm::cantFail(simulate(problem, placement));
  // The way over b is longer, so it is encoded first (until 1), sent until 1.5,
  // there at 2, decoded until 2.25, b until 4.25, back at 5; a from 1 until 5.
  EXPECT_DOUBLE_EQ(result.getMakespan(), 6);
}

TEST(SimulatorTest, PipelineComesToThePeriod) {
  PlacementProblem problem = makeBranches();
  Placement placement{{0, 1, 0}, {{0, 1, 0}, {2, 0, 0}}};
  SimulationOptions options;
  options.numRequests = 500;
  SimulationResult result =
      llvm::cantFail(simulate(problem, placement, options));
  double period = computePeriod(llvm::cantFail(evaluate(problem, placement)));
  EXPECT_DOUBLE_EQ(period, 5);
  EXPECT_NEAR(1 / result.getThroughput(), period, 0.01);
  // No device does two things at once.
  for (unsigned device : {0, 1}) {
    double end = 0;
    for (const SimulatedTask &task : result.tasks) {
      if (task.device != device || task.kind == TaskKind::Send)
        continue;
      EXPECT_GE(task.start, end);
      end = task.end;
    }
  }
}

TEST(SimulatorTest, ComponentsWaitForAllInputsAndAreSentAtTheEnd) {
  PlacementProblem problem = makeTwoDevices();
  // a is for b on the other device, c for d, which reads b, too.
  problem.nodes = {makeNode("a", {1, 1}), makeNode("b", {2, 2}),
                   makeNode("c", {4, 4}), makeNode("d", {1, 1})};
  problem.tensors = {makeTensor(0, {1}), makeTensor(1, {3}),
                     makeTensor(2, {3})};
  Placement placement{{0, 1, 0, 0}, {{0, 1, 0}, {1, 0, 0}}};
  // a until 1, there at 2.5, b until 4.5, back at 5.25; c until 5; d.
  EXPECT_DOUBLE_EQ(llvm::cantFail(simulate(problem, placement)).getMakespan(),
                   6.25);
  // a and c until 5, there at 6.5, b until 8.5, back at 9.25; d.
  SimulationOptions options;
  std::vector<Component> components =
      computeComponents(problem, placement.options);
  options.components = components;
  SimulationResult result =
      llvm::cantFail(simulate(problem, placement, options));
  EXPECT_DOUBLE_EQ(result.getMakespan(), 10.25);
  EXPECT_EQ(result.tasks.size(), 5u);
  EXPECT_DOUBLE_EQ(result.deviceTime[0], 6);
  EXPECT_DOUBLE_EQ(result.deviceTime[1], 2);
  EXPECT_DOUBLE_EQ(result.uplinkTime[0], 1);
  EXPECT_DOUBLE_EQ(result.uplinkTime[1], 0.5);
}

TEST(SimulatorTest, RequestsArriveApart) {
  PlacementProblem problem = makeBranches();
  Placement near{{0, 0, 0}, {}};
  SimulationOptions options;
  options.numRequests = 3;
  // Each takes 10 s.
  options.interval = 12;
  SimulationResult result = llvm::cantFail(simulate(problem, near, options));
  EXPECT_EQ(result.latencies, std::vector<double>({10, 10, 10}));
  EXPECT_EQ(result.finishTimes, std::vector<double>({10, 22, 34}));
  EXPECT_DOUBLE_EQ(result.getEnd(), 34);
  EXPECT_DOUBLE_EQ(result.deviceTime[0], 30);
  EXPECT_DOUBLE_EQ(result.getThroughput(), 1.0 / 12);
  options.interval = 4;
  result = llvm::cantFail(simulate(problem, near, options));
  EXPECT_EQ(result.latencies, std::vector<double>({10, 16, 22}));
  options.interval = -1;
  EXPECT_EQ(llvm::toString(simulate(problem, near, options).takeError()),
            "the interval between requests is negative or not finite");
}

TEST(SimulatorTest, RefusesWhatCannotRun) {
  PlacementProblem problem = makeBranches();
  EXPECT_EQ(llvm::toString(simulate(problem, {{0, 1, 0}, {}}).takeError()),
            "tensor 't' does not cross to 'far', or the crossings are out of "
            "order");
  SimulationOptions options;
  options.numRequests = 0;
  EXPECT_EQ(
      llvm::toString(simulate(problem, {{0, 0, 0}, {}}, options).takeError()),
      "there are no requests to simulate");
}

} // namespace
