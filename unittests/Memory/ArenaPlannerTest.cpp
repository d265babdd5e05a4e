//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Memory/ArenaPlanner.h"
#include "lathe/Support/Random.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include "gtest/gtest.h"

using namespace lathe;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace {

std::string takeMessage(llvm::Error error) {
  return llvm::toString(std::move(error));
}

/// The plan, after the independent checks that hold for all of them.
ArenaPlan plan(ArrayRef<ArenaBuffer> buffers,
               ArrayRef<FrontOverlap> fronts = {},
               const ArenaPlanOptions &options = {}) {
  llvm::Expected<ArenaPlan> result = planArena(buffers, fronts, options);
  if (!result) {
    ADD_FAILURE() << takeMessage(result.takeError());
    return {};
  }
  EXPECT_EQ(
      takeMessage(verifyArena(buffers, fronts, result->offsets, result->size)),
      "");
  EXPECT_LE(result->lowerBound, result->size);
  uint64_t end = 0;
  for (auto [buffer, offset] : llvm::zip_equal(buffers, result->offsets))
    end = std::max(end, offset + buffer.size);
  EXPECT_EQ(result->size, end);
  return *result;
}

std::string planError(ArrayRef<ArenaBuffer> buffers,
                      ArrayRef<FrontOverlap> fronts = {}) {
  llvm::Expected<ArenaPlan> result = planArena(buffers, fronts);
  return result ? "" : takeMessage(result.takeError());
}

ArenaBuffer buffer(uint64_t size, unsigned first, unsigned last,
                   uint64_t alignment = 1) {
  return {size, alignment, first, last, std::nullopt};
}

ArenaBuffer fixed(uint64_t size, unsigned first, unsigned last,
                  uint64_t offset) {
  return {size, 1, first, last, offset};
}

//===----------------------------------------------------------------------===//
// Instances whose optimum is plain to see
//===----------------------------------------------------------------------===//

TEST(ArenaPlannerTest, NothingNeedsNoArena) {
  ArenaPlan result = plan({});
  EXPECT_EQ(result.size, 0u);
  EXPECT_TRUE(result.optimal);
}

TEST(ArenaPlannerTest, DisjointLifetimesShareBytes) {
  ArenaPlan result = plan({buffer(10, 0, 1), buffer(7, 2, 3)});
  EXPECT_EQ(result.size, 10u);
  EXPECT_EQ(result.offsets[1], 0u);
}

TEST(ArenaPlannerTest, LifetimesAreClosedIntervals) {
  EXPECT_EQ(plan({buffer(10, 0, 1), buffer(7, 1, 2)}).size, 17u);
}

TEST(ArenaPlannerTest, EmptyBuffersTakeNoRoom) {
  EXPECT_EQ(plan({buffer(0, 0, 9), buffer(5, 0, 9)}).size, 5u);
}

TEST(ArenaPlannerTest, ChainPingPongs) {
  // Two neighbours at a time: 40 + 30 at step 1.
  ArenaPlan result = plan({buffer(20, 0, 0), buffer(40, 0, 1), buffer(30, 1, 2),
                           buffer(25, 2, 3), buffer(5, 3, 3)});
  EXPECT_EQ(result.size, 70u);
  EXPECT_TRUE(result.optimal);
}

TEST(ArenaPlannerTest, PaddingBelowTheTopmostBufferOnly) {
  // Either is placed at 0: 5 -> 8, then 5; the arena ends with its last byte.
  ArenaPlan result = plan({buffer(5, 0, 0, 4), buffer(5, 0, 0, 4)});
  EXPECT_EQ(result.size, 13u);
  EXPECT_EQ(result.lowerBound, 13u);
}

TEST(ArenaPlannerTest, SmallAlignmentFillsThePaddingOfALargeOne) {
  // 20 bytes at a multiple of 16 and 12 bytes that may follow at once.
  ArenaPlan result = plan({buffer(20, 0, 0, 16), buffer(12, 0, 0, 4)});
  EXPECT_EQ(result.size, 32u);
  EXPECT_TRUE(result.optimal);
}

TEST(ArenaPlannerTest, FixedBufferIsAvoided) {
  ArenaPlan result =
      plan({fixed(8, 0, 0, 4), buffer(6, 0, 0), buffer(4, 0, 0)});
  EXPECT_EQ(result.offsets[2], 0u);
  EXPECT_EQ(result.offsets[1], 12u);
  EXPECT_EQ(result.size, 18u);
}

TEST(ArenaPlannerTest, EndOfAFixedBufferBoundsTheArena) {
  ArenaPlan result = plan({fixed(8, 0, 0, 92), buffer(50, 0, 0)});
  EXPECT_EQ(result.size, 100u);
  EXPECT_EQ(result.lowerBound, 100u);
  EXPECT_TRUE(result.optimal);
}

//===----------------------------------------------------------------------===//
// Front overlaps
//===----------------------------------------------------------------------===//

TEST(ArenaPlannerTest, ZeroLeadWritesInPlace) {
  ArenaPlan result = plan({buffer(64, 0, 1), buffer(64, 1, 2)}, {{1, 0, 0}});
  EXPECT_EQ(result.size, 64u);
  EXPECT_TRUE(result.optimal);
}

TEST(ArenaPlannerTest, LeadKeepsTheOutputBelowTheInput) {
  ArenaPlan result = plan({buffer(64, 0, 1), buffer(64, 1, 2)}, {{1, 0, 10}});
  EXPECT_EQ(result.size, 74u);
  EXPECT_LE(result.offsets[1] + 10, result.offsets[0]);
  EXPECT_TRUE(result.optimal);
}

TEST(ArenaPlannerTest, LeadIsRoundedUpByAlignment) {
  EXPECT_EQ(
      plan({buffer(64, 0, 1, 16), buffer(64, 1, 2, 16)}, {{1, 0, 10}}).size,
      80u);
}

TEST(ArenaPlannerTest, LeadBeyondTheOutputAllowsNothing) {
  EXPECT_EQ(plan({buffer(64, 0, 1), buffer(32, 1, 2)}, {{1, 0, 40}}).size, 96u);
}

TEST(ArenaPlannerTest, SmallerOutputLiesInsideItsInput) {
  EXPECT_EQ(plan({buffer(64, 0, 1), buffer(16, 1, 2)}, {{1, 0, 0}}).size, 64u);
}

TEST(ArenaPlannerTest, OutputOverTwoInputs) {
  // An elementwise sum of two values that both die.
  ArenaPlan result =
      plan({buffer(32, 0, 2), buffer(32, 1, 2), buffer(32, 2, 3)},
           {{2, 0, 0}, {2, 1, 0}});
  EXPECT_EQ(result.size, 64u);
}

TEST(ArenaPlannerTest, FrontChainMovesDownTheArena) {
  // Each result 4 bytes below the one before: at 8, 4 and 0. No two of them
  // need more than 36, but the first cannot begin any lower.
  ArenaPlan result =
      plan({buffer(32, 0, 1), buffer(32, 1, 2), buffer(32, 2, 3)},
           {{1, 0, 4}, {2, 1, 4}});
  EXPECT_EQ(result.size, 40u);
  EXPECT_EQ(result.lowerBound, 36u);
  EXPECT_TRUE(result.optimal);
}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

TEST(ArenaPlannerTest, RejectsMalformedBuffers) {
  EXPECT_NE(planError({buffer(4, 0, 0, 3)}).find("not a power of two"),
            std::string::npos);
  EXPECT_NE(planError({buffer(4, 0, 0, 0)}).find("not a power of two"),
            std::string::npos);
  EXPECT_NE(planError({buffer(4, 2, 1)}).find("lifetime"), std::string::npos);
  EXPECT_NE(planError({{4, 4, 0, 0, 6}}).find("not a multiple"),
            std::string::npos);
  EXPECT_NE(planError({buffer(uint64_t(1) << 63, 0, 0)}).find("too large"),
            std::string::npos);
  EXPECT_NE(planError({buffer(uint64_t(1) << 60, 0, 0),
                       buffer(uint64_t(1) << 60, 0, 0)})
                .find("too large"),
            std::string::npos);
}

TEST(ArenaPlannerTest, RejectsFixedBuffersInEachOthersWay) {
  EXPECT_NE(planError({fixed(4, 0, 1, 0), fixed(4, 1, 1, 2)})
                .find("buffers 0 and 1 are live at step 1 and share bytes"),
            std::string::npos);
  EXPECT_EQ(planError({fixed(4, 0, 1, 2), fixed(4, 1, 1, 0)}, {{1, 0, 2}}), "");
}

TEST(ArenaPlannerTest, RejectsFrontsThatAreNotHandovers) {
  EXPECT_NE(planError({buffer(4, 0, 2), buffer(4, 1, 2)}, {{1, 0, 0}})
                .find("does not die"),
            std::string::npos);
  EXPECT_NE(planError({buffer(4, 0, 2)}, {{1, 0, 0}}).find("does not name"),
            std::string::npos);
}

//===----------------------------------------------------------------------===//
// verifyArena and mergeSharedBuffers
//===----------------------------------------------------------------------===//

TEST(ArenaPlannerTest, VerifierFindsEachKindOfMistake) {
  SmallVector<ArenaBuffer> buffers = {buffer(8, 0, 1, 4), buffer(8, 1, 2, 4)};
  auto verify = [&](ArrayRef<uint64_t> offsets, uint64_t size,
                    ArrayRef<FrontOverlap> fronts = {}) {
    return takeMessage(verifyArena(buffers, fronts, offsets, size));
  };
  EXPECT_EQ(verify({0, 8}, 16), "");
  EXPECT_NE(verify({0, 8}, 15), "");
  EXPECT_NE(verify({0, 4}, 16), "");
  EXPECT_NE(verify({0, 10}, 32), "");
  EXPECT_NE(verify({0}, 16), "");
  EXPECT_NE(verify({0, ~uint64_t(3)}, 16), "");
  EXPECT_EQ(verify({4, 0}, 16, {{1, 0, 4}}), "");
  EXPECT_NE(verify({4, 0}, 16, {{1, 0, 5}}), "");
  EXPECT_NE(verify({0, 4}, 16, {{1, 0, 0}}), "");
  buffers[1].fixedOffset = 12;
  EXPECT_NE(verify({0, 8}, 32), "");
}

TEST(ArenaPlannerTest, MergedBuffersLiveFromFirstToLast) {
  llvm::Expected<ArenaBuffer> merged = mergeSharedBuffers(
      {buffer(8, 3, 4, 2), {6, 8, 1, 3, 16}, buffer(9, 4, 7)});
  ASSERT_TRUE(bool(merged));
  EXPECT_EQ(merged->size, 9u);
  EXPECT_EQ(merged->alignment, 8u);
  EXPECT_EQ(merged->firstStep, 1u);
  EXPECT_EQ(merged->lastStep, 7u);
  EXPECT_EQ(merged->fixedOffset, 16u);
}

TEST(ArenaPlannerTest, MergeRejectsContradictions) {
  llvm::Expected<ArenaBuffer> merged =
      mergeSharedBuffers({fixed(8, 0, 1, 0), fixed(8, 1, 2, 8)});
  EXPECT_NE(takeMessage(merged.takeError()), "");
  EXPECT_NE(takeMessage(mergeSharedBuffers({}).takeError()), "");
}

//===----------------------------------------------------------------------===//
// Random instances against exhaustive enumeration
//===----------------------------------------------------------------------===//

/// The smallest arena by trying all offsets of all buffers. Shares nothing with
/// the planner but the definition.
class BruteForce {
public:
  BruteForce(ArrayRef<ArenaBuffer> buffers, ArrayRef<FrontOverlap> fronts,
             uint64_t limit)
      : buffers(buffers), fronts(fronts), best(limit) {}

  uint64_t run() {
    place(0);
    return best;
  }

private:
  bool fits(unsigned a, unsigned b) const {
    if (buffers[a].firstStep > buffers[b].lastStep ||
        buffers[b].firstStep > buffers[a].lastStep)
      return true;
    if (offsets[a] >= offsets[b] + buffers[b].size ||
        offsets[b] >= offsets[a] + buffers[a].size)
      return true;
    return llvm::any_of(fronts, [&](const FrontOverlap &front) {
      return ((front.out == a && front.in == b) ||
              (front.out == b && front.in == a)) &&
             offsets[front.out] + front.lead <= offsets[front.in];
    });
  }

  void place(unsigned index) {
    if (index == buffers.size()) {
      best = 0;
      for (unsigned i : llvm::seq<unsigned>(index))
        best = std::max(best, offsets[i] + buffers[i].size);
      return;
    }
    offsets.push_back(0);
    for (uint64_t offset = 0; offset + buffers[index].size < best;
         offset += buffers[index].alignment) {
      if (buffers[index].fixedOffset && *buffers[index].fixedOffset != offset)
        continue;
      offsets.back() = offset;
      if (llvm::all_of(llvm::seq(index),
                       [&](unsigned other) { return fits(index, other); }))
        place(index + 1);
    }
    offsets.pop_back();
  }

  ArrayRef<ArenaBuffer> buffers;
  ArrayRef<FrontOverlap> fronts;
  SmallVector<uint64_t> offsets;
  uint64_t best;
};

struct Instance {
  SmallVector<ArenaBuffer> buffers;
  SmallVector<FrontOverlap> fronts;
};

Instance createInstance(Random &random, unsigned numBuffers, unsigned maxSize) {
  constexpr unsigned numSteps = 6;
  Instance instance;
  for ([[maybe_unused]] unsigned i : llvm::seq(numBuffers)) {
    unsigned first = random.get(0, numSteps - 1);
    unsigned last = random.get(first, std::min(numSteps - 1, first + 3));
    instance.buffers.push_back(
        buffer(random.get(1, maxSize), first, last, 1u << random.get(0, 1)));
  }
  return instance;
}

void addFronts(Random &random, Instance &instance) {
  for (auto [in, input] : llvm::enumerate(instance.buffers))
    for (auto [out, output] : llvm::enumerate(instance.buffers))
      if (in < out && input.lastStep == output.firstStep && random.oneIn(2))
        instance.fronts.push_back(
            {unsigned(out), unsigned(in), random.get(0, 3)});
}

void expectOptimum(const Instance &instance, unsigned seed) {
  ArenaPlan result = plan(instance.buffers, instance.fronts);
  EXPECT_TRUE(result.optimal) << "seed " << seed;
  EXPECT_EQ(BruteForce(instance.buffers, instance.fronts, result.size).run(),
            result.size)
      << "seed " << seed;
}

TEST(ArenaPlannerTest, SmallInstancesAreOptimal) {
  for (unsigned seed : llvm::seq(200u)) {
    Random random(seed);
    expectOptimum(createInstance(random, random.get(4, 8), 5), seed);
  }
}

TEST(ArenaPlannerTest, SmallInstancesWithFrontsAreOptimal) {
  for (unsigned seed : llvm::seq(200u)) {
    Random random(seed);
    Instance instance = createInstance(random, random.get(3, 7), 6);
    addFronts(random, instance);
    expectOptimum(instance, seed);
  }
}

TEST(ArenaPlannerTest, SmallInstancesWithAFixedBufferAreOptimal) {
  for (unsigned seed : llvm::seq(200u)) {
    Random random(seed);
    Instance instance = createInstance(random, random.get(3, 7), 6);
    instance.buffers.back().fixedOffset = 2 * random.get(0, 6);
    addFronts(random, instance);
    expectOptimum(instance, seed);
  }
}

TEST(ArenaPlannerTest, ExactSearchGoesBeyondTheLowerBound) {
  // Some of the small instances need more than the bound: only a search that
  // came to its end can have proven those.
  unsigned numAboveBound = 0;
  for (unsigned seed : llvm::seq(200u)) {
    Random random(seed);
    Instance instance = createInstance(random, random.get(4, 8), 6);
    ArenaPlan result = plan(instance.buffers);
    numAboveBound += result.size > result.lowerBound;
  }
  EXPECT_GT(numAboveBound, 0u);
}

TEST(ArenaPlannerTest, GivesUpWithAValidPlan) {
  ArenaPlanOptions options;
  options.searchEffort = 0;
  for (unsigned seed : llvm::seq(20u)) {
    Random random(seed);
    Instance instance = createInstance(random, 30, 50);
    ArenaPlan greedy = plan(instance.buffers, {}, options);
    EXPECT_EQ(greedy.optimal, greedy.size == greedy.lowerBound);
    EXPECT_LE(plan(instance.buffers).size, greedy.size);
  }
}

TEST(ArenaPlannerTest, SameInstanceGivesSamePlan) {
  Random random(7);
  Instance instance = createInstance(random, 60, 1000);
  addFronts(random, instance);
  EXPECT_EQ(plan(instance.buffers, instance.fronts).offsets,
            plan(instance.buffers, instance.fronts).offsets);
}

} // namespace
