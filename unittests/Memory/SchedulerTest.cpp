//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Memory/Scheduler.h"

#include "lathe/Memory/ArenaPlanner.h"
#include "lathe/Support/Random.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include "gtest/gtest.h"
#include <set>

using namespace lathe;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace {

std::string takeMessage(llvm::Error error) {
  return llvm::toString(std::move(error));
}

/// The schedule, after the checks that hold for all of them.
Schedule schedule(const ScheduleGraph &graph,
                  const ScheduleOptions &options = {}) {
  llvm::Expected<Schedule> result = scheduleNodes(graph, options);
  if (!result) {
    ADD_FAILURE() << takeMessage(result.takeError());
    return {};
  }
  EXPECT_EQ(takeMessage(verifyOrder(graph, result->order)), "");
  EXPECT_EQ(result->peak, computePeak(graph, result->order));
  auto original = llvm::to_vector(llvm::seq<unsigned>(graph.nodes.size()));
  EXPECT_EQ(result->originalPeak, computePeak(graph, original));
  EXPECT_LE(result->peak, result->originalPeak);
  if (result->peak == result->originalPeak) {
    EXPECT_EQ(ArrayRef<unsigned>(result->order), ArrayRef<unsigned>(original));
  }
  return *result;
}

unsigned addBuffer(ScheduleGraph &graph, uint64_t size, bool isOutput = false) {
  graph.buffers.push_back({size, isOutput});
  return graph.buffers.size() - 1;
}

/// Adds a node with one result and returns the result's buffer.
unsigned addNode(ScheduleGraph &graph, ArrayRef<unsigned> inputs, uint64_t size,
                 uint64_t scratch = 0) {
  unsigned output = addBuffer(graph, size);
  ScheduleNode node;
  node.inputs.assign(inputs.begin(), inputs.end());
  node.outputs = {output};
  node.scratch = scratch;
  graph.nodes.push_back(node);
  return output;
}

//===----------------------------------------------------------------------===//
// Graphs whose optimum is plain to see
//===----------------------------------------------------------------------===//

TEST(SchedulerTest, EmptyGraphHoldsItsInputs) {
  ScheduleGraph graph;
  addBuffer(graph, 12);
  Schedule result = schedule(graph);
  EXPECT_EQ(result.peak, 12u);
  EXPECT_TRUE(result.optimal);
}

TEST(SchedulerTest, ChainKeepsItsOrder) {
  ScheduleGraph graph;
  unsigned value = addBuffer(graph, 10);
  for (uint64_t size : {40, 30, 5})
    value = addNode(graph, {value}, size, /*scratch=*/2);
  Schedule result = schedule(graph);
  EXPECT_EQ(result.peak, 72u);
  EXPECT_TRUE(result.optimal);
}

TEST(SchedulerTest, BranchesRunOneAfterTheOther) {
  // Two branches that widen to 100 bytes and narrow to 10, level by level: one
  // at a time needs 10 + 10 + 100 at the widening of the second, not 200 and
  // more.
  ScheduleGraph graph;
  unsigned input = addBuffer(graph, 10);
  unsigned wideA = addNode(graph, {input}, 100);
  unsigned wideB = addNode(graph, {input}, 100);
  unsigned narrowA = addNode(graph, {wideA}, 10);
  unsigned narrowB = addNode(graph, {wideB}, 10);
  addNode(graph, {narrowA, narrowB}, 10);
  Schedule result = schedule(graph);
  EXPECT_EQ(result.originalPeak, 210u);
  EXPECT_EQ(result.peak, 120u);
  EXPECT_TRUE(result.optimal);
}

TEST(SchedulerTest, PiecesBetweenNarrowPlacesAreOrderedOnTheirOwn) {
  // Twenty blocks in a row, with 2^20 combinations of their orders.
  ScheduleGraph graph;
  unsigned value = addBuffer(graph, 10);
  for ([[maybe_unused]] unsigned block : llvm::seq(20)) {
    unsigned wideA = addNode(graph, {value}, 100);
    unsigned wideB = addNode(graph, {value}, 90);
    unsigned narrowA = addNode(graph, {wideA}, 10);
    unsigned narrowB = addNode(graph, {wideB}, 10);
    value = addNode(graph, {narrowA, narrowB}, 10);
  }
  ScheduleOptions options;
  options.maxStates = 20;
  Schedule result = schedule(graph, options);
  EXPECT_EQ(result.peak, 120u);
  EXPECT_TRUE(result.optimal);
}

TEST(SchedulerTest, OutputsLiveToTheEnd) {
  ScheduleGraph graph;
  unsigned input = addBuffer(graph, 10);
  unsigned head = addNode(graph, {input}, 50);
  graph.buffers[head].isOutput = true;
  addNode(graph, {addNode(graph, {input}, 60)}, 1);
  // The output first would be there at 60 + 10 already.
  Schedule result = schedule(graph);
  EXPECT_EQ(result.originalPeak, 120u);
  EXPECT_EQ(result.peak, 71u);
}

TEST(SchedulerTest, WorksInPlaceWhereTheInputDies) {
  ScheduleGraph graph;
  unsigned input = addBuffer(graph, 10);
  unsigned wide = addNode(graph, {input}, 80);
  addNode(graph, {wide}, 80);
  EXPECT_EQ(schedule(graph).peak, 160u);
  graph.nodes.back().inPlaceInput = wide;
  EXPECT_EQ(schedule(graph).peak, 90u);
  graph.buffers[wide].isOutput = true;
  EXPECT_EQ(schedule(graph).peak, 160u);
}

TEST(SchedulerTest, LetsTheInPlaceNodeRunLast) {
  ScheduleGraph graph;
  unsigned input = addBuffer(graph, 80);
  unsigned updated = addNode(graph, {input}, 80);
  graph.nodes.back().inPlaceInput = input;
  unsigned sum = addNode(graph, {input}, 4);
  addNode(graph, {updated, sum}, 4);
  Schedule result = schedule(graph);
  EXPECT_EQ(result.originalPeak, 164u);
  EXPECT_EQ(result.peak, 88u);
}

TEST(SchedulerTest, BufferReadTwiceByOneNodeCountsOnce) {
  ScheduleGraph graph;
  unsigned input = addBuffer(graph, 10);
  addNode(graph, {input, input}, 10);
  EXPECT_EQ(schedule(graph).peak, 20u);
}

TEST(SchedulerTest, EmptyBufferForcesAnOrder) {
  ScheduleGraph graph;
  unsigned input = addBuffer(graph, 10);
  unsigned first = addNode(graph, {input}, 100);
  unsigned token = addBuffer(graph, 0);
  graph.nodes.back().outputs.push_back(token);
  unsigned second = addNode(graph, {input, token}, 100);
  addNode(graph, {addNode(graph, {first}, 1), addNode(graph, {second}, 1)}, 1);
  Schedule result = schedule(graph);
  EXPECT_EQ(result.order.front(), 0u);
}

TEST(SchedulerTest, LiveRangesFollowTheOrder) {
  ScheduleGraph graph;
  unsigned input = addBuffer(graph, 1);
  unsigned a = addNode(graph, {input}, 1);
  unsigned b = addNode(graph, {input}, 1);
  unsigned c = addNode(graph, {a, b}, 1);
  graph.buffers[a].isOutput = true;
  SmallVector<LiveRange> ranges = computeLiveRanges(graph, {1, 0, 2});
  auto expectRange = [&](unsigned index, unsigned first, unsigned last) {
    EXPECT_EQ(ranges[index].first, first) << "buffer " << index;
    EXPECT_EQ(ranges[index].last, last) << "buffer " << index;
  };
  expectRange(input, 0, 1);
  expectRange(a, 1, 2);
  expectRange(b, 0, 2);
  expectRange(c, 2, 2);
}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

TEST(SchedulerTest, RejectsMalformedGraphs) {
  ScheduleGraph graph;
  unsigned input = addBuffer(graph, 1);
  unsigned value = addNode(graph, {input}, 1);
  auto expectError = [](const ScheduleGraph &broken, const char *message) {
    EXPECT_NE(takeMessage(verifyScheduleGraph(broken)).find(message),
              std::string::npos)
        << message;
    EXPECT_NE(takeMessage(scheduleNodes(broken).takeError()), "");
  };
  ScheduleGraph broken = graph;
  broken.nodes[0].inputs.push_back(9);
  expectError(broken, "there is no buffer 9");
  broken = graph;
  broken.nodes.push_back(broken.nodes[0]);
  expectError(broken, "another producer");
  broken = graph;
  broken.nodes[0].inputs.push_back(value);
  expectError(broken, "before it is produced");
  broken = graph;
  broken.nodes[0].inPlaceInput = value;
  expectError(broken, "not an input");
  broken = graph;
  broken.nodes[0].outputs.clear();
  broken.nodes[0].inPlaceInput = input;
  expectError(broken, "without an output");
  broken = graph;
  broken.buffers[0].size = broken.buffers[1].size = uint64_t(1) << 63;
  expectError(broken, "overflow");
}

TEST(SchedulerTest, VerifyOrderFindsMistakes) {
  ScheduleGraph graph;
  addNode(graph, {addNode(graph, {}, 1)}, 1);
  auto verify = [&](ArrayRef<unsigned> order) {
    return takeMessage(verifyOrder(graph, order));
  };
  EXPECT_EQ(verify({0, 1}), "");
  EXPECT_NE(verify({1, 0}), "");
  EXPECT_NE(verify({0, 0}), "");
  EXPECT_NE(verify({0}), "");
  EXPECT_NE(verify({0, 2}), "");
}

//===----------------------------------------------------------------------===//
// Random graphs against exhaustive enumeration
//===----------------------------------------------------------------------===//

/// The least peak of all orders by simulating each with a set of live buffers.
/// Shares nothing with the scheduler but the definition.
class BruteForce {
public:
  explicit BruteForce(const ScheduleGraph &graph)
      : graph(graph), hasRun(graph.nodes.size(), false) {
    for (unsigned buffer : llvm::seq<unsigned>(graph.buffers.size()))
      if (llvm::none_of(graph.nodes, [&](const ScheduleNode &node) {
            return llvm::is_contained(node.outputs, buffer);
          }))
        live.insert(buffer);
  }

  uint64_t run() {
    extend(live, countBytes(live));
    return best;
  }

private:
  uint64_t countBytes(const std::set<unsigned> &set) const {
    uint64_t bytes = 0;
    for (unsigned buffer : set)
      bytes += graph.buffers[buffer].size;
    return bytes;
  }

  /// Whether something that has not run reads `buffer`.
  bool isNeeded(unsigned buffer) const {
    if (graph.buffers[buffer].isOutput)
      return true;
    for (auto [ran, node] : llvm::zip_equal(hasRun, graph.nodes))
      if (!ran && llvm::is_contained(node.inputs, buffer))
        return true;
    return false;
  }

  void extend(const std::set<unsigned> &before, uint64_t peak) {
    if (llvm::all_of(hasRun, [](bool ran) { return ran; }))
      best = std::min(best, peak);
    for (auto [index, node] : llvm::enumerate(graph.nodes)) {
      bool isReady = llvm::all_of(
          node.inputs, [&](unsigned buffer) { return before.count(buffer); });
      if (hasRun[index] || !isReady)
        continue;
      std::set<unsigned> set = before;
      set.insert(node.outputs.begin(), node.outputs.end());
      uint64_t bytes = countBytes(set) + node.scratch;
      hasRun[index] = true;
      for (unsigned buffer :
           llvm::concat<const unsigned>(node.inputs, node.outputs))
        if (!isNeeded(buffer))
          set.erase(buffer);
      if (node.inPlaceInput && !set.count(*node.inPlaceInput))
        bytes -= std::min(graph.buffers[*node.inPlaceInput].size,
                          graph.buffers[node.outputs[0]].size);
      extend(set, std::max(peak, bytes));
      hasRun[index] = false;
    }
  }

  const ScheduleGraph &graph;
  SmallVector<bool> hasRun;
  std::set<unsigned> live;
  uint64_t best = ~uint64_t(0);
};

ScheduleGraph createGraph(Random &random, unsigned numNodes) {
  ScheduleGraph graph;
  for ([[maybe_unused]] unsigned i : llvm::seq(random.get(1, 2)))
    addBuffer(graph, random.get(0, 9));
  for ([[maybe_unused]] unsigned i : llvm::seq(numNodes)) {
    SmallVector<unsigned> inputs;
    for ([[maybe_unused]] unsigned j : llvm::seq(random.get(1, 2)))
      inputs.push_back(random.get(0, graph.buffers.size() - 1));
    unsigned output = addNode(graph, inputs, random.get(0, 9),
                              random.oneIn(3) ? random.get(1, 5) : 0);
    graph.buffers[output].isOutput = random.oneIn(6);
    if (random.oneIn(3))
      graph.nodes.back().inPlaceInput = inputs.front();
    if (random.oneIn(4))
      graph.nodes.back().outputs.push_back(addBuffer(graph, random.get(0, 9)));
  }
  return graph;
}

TEST(SchedulerTest, SmallGraphsAreOptimal) {
  for (unsigned seed : llvm::seq(400u)) {
    Random random(seed);
    ScheduleGraph graph = createGraph(random, random.get(3, 8));
    Schedule result = schedule(graph);
    EXPECT_TRUE(result.optimal) << "seed " << seed;
    EXPECT_EQ(result.peak, BruteForce(graph).run()) << "seed " << seed;
  }
}

TEST(SchedulerTest, BeamIsAtLeastAsGoodAsTheOriginalOrder) {
  ScheduleOptions options;
  options.maxStates = 0;
  options.beamWidth = 4;
  unsigned numImproved = 0;
  for (unsigned seed : llvm::seq(60u)) {
    Random random(seed);
    ScheduleGraph graph = createGraph(random, 24);
    Schedule heuristic = schedule(graph, options);
    Schedule exact = schedule(graph);
    numImproved += heuristic.peak < heuristic.originalPeak;
    ASSERT_TRUE(exact.optimal) << "seed " << seed;
    EXPECT_LE(exact.peak, heuristic.peak) << "seed " << seed;
    if (heuristic.optimal) {
      EXPECT_EQ(exact.peak, heuristic.peak) << "seed " << seed;
    }
  }
  EXPECT_GT(numImproved, 20u);
}

TEST(SchedulerTest, PeakIsTheLowerBoundOfTheArena) {
  for (unsigned seed : llvm::seq(100u)) {
    Random random(seed);
    ScheduleGraph graph = createGraph(random, 20);
    for (ScheduleNode &node : graph.nodes) {
      node.inPlaceInput.reset();
      node.scratch = 0;
    }
    Schedule result = schedule(graph);
    SmallVector<ArenaBuffer> buffers;
    for (auto [buffer, range] :
         llvm::zip_equal(graph.buffers, computeLiveRanges(graph, result.order)))
      buffers.push_back(
          {buffer.size, 1, range.first, range.last, std::nullopt});
    llvm::Expected<ArenaPlan> plan = planArena(buffers);
    ASSERT_TRUE(bool(plan));
    EXPECT_EQ(plan->lowerBound, result.peak) << "seed " << seed;
  }
}

} // namespace
