//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the placement searches share.
//
//===----------------------------------------------------------------------===//

#include "ArenaProblem.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace lathe;
using llvm::ArrayRef;
using llvm::createStringError;
using llvm::Error;
using llvm::SmallVector;

/// `offset` rounded up.
static int64_t alignOffset(int64_t offset, int64_t alignment) {
  return static_cast<int64_t>(llvm::alignTo(offset, alignment));
}

static bool isLiveAt(const ArenaBuffer &buffer, uint64_t step) {
  return buffer.size != 0 && buffer.firstStep <= step &&
         step <= buffer.lastStep;
}

static bool areLiveTogether(const ArenaBuffer &a, const ArenaBuffer &b) {
  return a.size != 0 && b.size != 0 && a.firstStep <= b.lastStep &&
         b.firstStep <= a.lastStep;
}

//===----------------------------------------------------------------------===//
// Validation
//===----------------------------------------------------------------------===//

static Error checkBuffer(unsigned index, const ArenaBuffer &buffer) {
  if (!llvm::isPowerOf2_64(buffer.alignment))
    return createStringError("buffer %u: alignment %llu is not a power of two",
                             index, (unsigned long long)buffer.alignment);
  if (buffer.firstStep > buffer.lastStep)
    return createStringError("buffer %u: its lifetime ends at step %u, before "
                             "its start at step %u",
                             index, buffer.lastStep, buffer.firstStep);
  if (buffer.fixedOffset && *buffer.fixedOffset % buffer.alignment != 0)
    return createStringError(
        "buffer %u: fixed offset %llu is not a multiple of its alignment %llu",
        index, (unsigned long long)*buffer.fixedOffset,
        (unsigned long long)buffer.alignment);
  return Error::success();
}

/// Every placement that the searches make ends below the sum of all of this, so
/// that signed 64 bit arithmetic on offsets is safe if the sum is.
static Error checkTotal(ArrayRef<ArenaBuffer> buffers) {
  constexpr uint64_t limit = std::numeric_limits<int64_t>::max() / 4;
  uint64_t total = 0;
  for (const ArenaBuffer &buffer : buffers) {
    for (uint64_t bytes :
         {buffer.size, buffer.alignment, buffer.fixedOffset.value_or(0)}) {
      if (bytes > limit || total + bytes > limit)
        return createStringError("the buffers are too large for one arena");
      total += bytes;
    }
  }
  return Error::success();
}

static Error checkFront(unsigned index, const FrontOverlap &front,
                        ArrayRef<ArenaBuffer> buffers) {
  if (front.out >= buffers.size() || front.in >= buffers.size() ||
      front.out == front.in)
    return createStringError("front %u: does not name two of the buffers",
                             index);
  if (buffers[front.in].lastStep != buffers[front.out].firstStep)
    return createStringError("front %u: buffer %u does not die at the step at "
                             "which buffer %u is born",
                             index, front.in, front.out);
  return Error::success();
}

static Error checkFixed(ArrayRef<ArenaBuffer> buffers,
                        ArrayRef<FrontOverlap> fronts) {
  SmallVector<ArenaBuffer> fixed;
  SmallVector<uint64_t> offsets;
  SmallVector<unsigned> newIndex(buffers.size(), ~0u);
  for (auto [index, buffer] : llvm::enumerate(buffers)) {
    if (!buffer.fixedOffset)
      continue;
    newIndex[index] = fixed.size();
    fixed.push_back(buffer);
    offsets.push_back(*buffer.fixedOffset);
  }
  SmallVector<FrontOverlap> fixedFronts;
  for (const FrontOverlap &front : fronts)
    if (newIndex[front.out] != ~0u && newIndex[front.in] != ~0u)
      fixedFronts.push_back(
          {newIndex[front.out], newIndex[front.in], front.lead});
  if (Error error = verifyArena(fixed, fixedFronts, offsets,
                                std::numeric_limits<uint64_t>::max()))
    return llvm::joinErrors(
        createStringError("fixed buffers are in each other's way"),
        std::move(error));
  return Error::success();
}

static Error checkInstance(ArrayRef<ArenaBuffer> buffers,
                           ArrayRef<FrontOverlap> fronts) {
  for (auto [index, buffer] : llvm::enumerate(buffers))
    if (Error error = checkBuffer(index, buffer))
      return error;
  if (Error error = checkTotal(buffers))
    return error;
  for (auto [index, front] : llvm::enumerate(fronts))
    if (Error error = checkFront(index, front, buffers))
      return error;
  return checkFixed(buffers, fronts);
}

//===----------------------------------------------------------------------===//
// Construction
//===----------------------------------------------------------------------===//

llvm::Expected<ArenaProblem>
ArenaProblem::create(ArrayRef<ArenaBuffer> buffers,
                     ArrayRef<FrontOverlap> fronts) {
  if (Error error = checkInstance(buffers, fronts))
    return std::move(error);
  ArenaProblem problem(buffers, fronts);
  for (auto [index, buffer] : llvm::enumerate(buffers))
    if (buffer.size != 0 && !buffer.fixedOffset)
      problem.movable.push_back(index);
  problem.collectConflicts();
  problem.relaxFronts();
  problem.collectSteps();
  problem.computeLowerBound();
  return problem;
}

void ArenaProblem::collectConflicts() {
  conflicts.resize(buffers.size());
  for (unsigned a : llvm::seq<unsigned>(buffers.size())) {
    for (unsigned b : llvm::seq<unsigned>(a)) {
      if (!areLiveTogether(buffers[a], buffers[b]))
        continue;
      auto sizeA = static_cast<int64_t>(buffers[a].size);
      auto sizeB = static_cast<int64_t>(buffers[b].size);
      conflicts[a].push_back({b, sizeA, sizeB});
      conflicts[b].push_back({a, sizeB, sizeA});
      numConflicts += 2;
    }
  }
}

void ArenaProblem::relaxFronts() {
  auto getConflict = [&](unsigned buffer, unsigned other) {
    return llvm::find_if(conflicts[buffer], [other](const ArenaConflict &c) {
      return c.other == other;
    });
  };
  for (const FrontOverlap &front : fronts) {
    if (buffers[front.out].size <= front.lead || buffers[front.in].size == 0)
      continue;
    auto lead = static_cast<int64_t>(front.lead);
    int64_t &below = getConflict(front.out, front.in)->below;
    below = std::min(below, lead);
    int64_t &above = getConflict(front.in, front.out)->above;
    above = std::min(above, lead);
  }
}

void ArenaProblem::collectSteps() {
  // The set of live buffers only changes at these.
  SmallVector<uint64_t> events;
  for (const ArenaBuffer &buffer : buffers) {
    if (buffer.size == 0)
      continue;
    events.push_back(buffer.firstStep);
    events.push_back(uint64_t(buffer.lastStep) + 1);
  }
  llvm::sort(events);
  events.erase(llvm::unique(events), events.end());

  for (uint64_t event : events) {
    ArenaStep step;
    uint64_t granule = std::numeric_limits<int64_t>::max();
    for (auto [index, buffer] : llvm::enumerate(buffers)) {
      if (!isLiveAt(buffer, event))
        continue;
      step.live.push_back(index);
      granule = std::min(granule, buffer.alignment);
    }
    if (step.live.empty())
      continue;
    step.granule = static_cast<int64_t>(granule);
    for (auto [index, front] : llvm::enumerate(fronts))
      if (isLiveAt(buffers[front.out], event) &&
          isLiveAt(buffers[front.in], event))
        step.fronts.push_back(index);
    steps.push_back(std::move(step));
  }
}

int64_t ArenaProblem::getRoundedSize(unsigned buffer, int64_t granule) const {
  return alignOffset(getEnd(buffer, 0), granule);
}

/// An upper bound on the bytes by which `front` lets its two buffers overlap,
/// both rounded up to `granule`.
int64_t ArenaProblem::getSavings(const FrontOverlap &front,
                                 int64_t granule) const {
  if (front.lead >= buffers[front.out].size)
    return 0;
  // The output begins `lead` bytes or more before the input.
  return std::min(getRoundedSize(front.in, granule),
                  getRoundedSize(front.out, granule) -
                      static_cast<int64_t>(front.lead));
}

/// The bytes that a set of intervals covers are at least the sum of their sizes
/// less the sum of all pairwise overlaps (Bonferroni's inequality). The padding
/// of the topmost buffer, which may be any, lies above the highest end.
int64_t ArenaProblem::computeExtent(
    const ArenaStep &step, llvm::function_ref<bool(unsigned)> isCounted) const {
  int64_t bytes = 0;
  int64_t maxPadding = 0;
  for (unsigned index : step.live) {
    if (!isCounted(index))
      continue;
    int64_t rounded = getRoundedSize(index, step.granule);
    bytes += rounded;
    maxPadding = std::max(maxPadding, rounded - getEnd(index, 0));
  }
  for (unsigned index : step.fronts)
    if (isCounted(fronts[index].out) && isCounted(fronts[index].in))
      bytes -= getSavings(fronts[index], step.granule);
  return bytes - maxPadding;
}

void ArenaProblem::computeLowerBound() {
  for (const ArenaBuffer &buffer : buffers)
    if (buffer.fixedOffset)
      lowerBound = std::max(
          lowerBound, static_cast<int64_t>(*buffer.fixedOffset + buffer.size));
  auto isCounted = [](unsigned) { return true; };
  for (const ArenaStep &step : steps)
    lowerBound = std::max(lowerBound, computeExtent(step, isCounted));
}

//===----------------------------------------------------------------------===//
// Placements
//===----------------------------------------------------------------------===//

ArenaPlacement ArenaProblem::createPlacement() const {
  ArenaPlacement placement;
  placement.offsets.reserve(buffers.size());
  for (const ArenaBuffer &buffer : buffers)
    placement.offsets.push_back(
        static_cast<int64_t>(buffer.fixedOffset.value_or(0)));
  updateSize(placement);
  return placement;
}

void ArenaProblem::updateSize(ArenaPlacement &placement) const {
  placement.size = 0;
  for (auto [index, offset] : llvm::enumerate(placement.offsets))
    placement.size = std::max(placement.size, getEnd(index, offset));
}

int64_t ArenaProblem::findOffset(unsigned buffer, ArrayRef<int64_t> offsets,
                                 llvm::function_ref<bool(unsigned)> isPlaced,
                                 ArenaFit fit, int64_t floor) const {
  // Open intervals of offsets that are taken, by their lower ends.
  SmallVector<std::pair<int64_t, int64_t>, 64> taken;
  for (const ArenaConflict &conflict : conflicts[buffer])
    if (isPlaced(conflict.other))
      taken.emplace_back(offsets[conflict.other] - conflict.below,
                         offsets[conflict.other] + conflict.above);
  llvm::sort(taken);

  // From gap to gap upwards; the last one, above everything, always fits.
  auto alignment = static_cast<int64_t>(buffers[buffer].alignment);
  int64_t offset = alignOffset(floor, alignment);
  std::optional<int64_t> tightest;
  int64_t leastSlack = std::numeric_limits<int64_t>::max();
  for (auto [lower, upper] : taken) {
    if (lower >= offset) {
      if (fit == ArenaFit::Lowest)
        return offset;
      if (lower - offset < leastSlack) {
        leastSlack = lower - offset;
        tightest = offset;
      }
    }
    if (upper > offset)
      offset = alignOffset(upper, alignment);
  }
  return tightest.value_or(offset);
}
