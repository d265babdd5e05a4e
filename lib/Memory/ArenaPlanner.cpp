//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Placing buffers in one arena.
//
//===----------------------------------------------------------------------===//

#include "lathe/Memory/ArenaPlanner.h"

#include "ArenaProblem.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"

using namespace lathe;
using llvm::ArrayRef;
using llvm::createStringError;
using llvm::Error;

llvm::Expected<ArenaPlan> lathe::planArena(ArrayRef<ArenaBuffer> buffers,
                                           ArrayRef<FrontOverlap> fronts,
                                           const ArenaPlanOptions &options) {
  llvm::Expected<ArenaProblem> problem = ArenaProblem::create(buffers, fronts);
  if (!problem)
    return problem.takeError();

  ArenaPlacement best = placeGreedily(*problem);
  auto atBound = [&] { return best.size == problem->getLowerBound(); };
  bool exhausted = false;
  if (!atBound() && problem->getMovable().size() <= options.maxExactBuffers)
    exhausted = placeExactly(*problem, options.searchEffort, best);
  if (!atBound() && !exhausted)
    improveLocally(*problem, options.searchEffort, best);

  ArenaPlan plan;
  plan.offsets.assign(best.offsets.begin(), best.offsets.end());
  plan.size = best.size;
  plan.lowerBound = problem->getLowerBound();
  plan.optimal = exhausted || atBound();
  return plan;
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

/// Whether a front allows buffer `out` at `outOffset` to reach into buffer
/// `in`.
static bool isOverlapAllowed(ArrayRef<FrontOverlap> fronts, unsigned out,
                             uint64_t outOffset, unsigned in,
                             uint64_t inOffset) {
  return llvm::any_of(fronts, [&](const FrontOverlap &front) {
    return front.out == out && front.in == in && outOffset <= inOffset &&
           front.lead <= inOffset - outOffset;
  });
}

static Error verifyBuffer(unsigned index, const ArenaBuffer &buffer,
                          uint64_t offset, uint64_t arenaSize) {
  if (buffer.alignment == 0 || offset % buffer.alignment != 0)
    return createStringError(
        "buffer %u: offset %llu is not a multiple of its alignment %llu", index,
        (unsigned long long)offset, (unsigned long long)buffer.alignment);
  if (buffer.fixedOffset && offset != *buffer.fixedOffset)
    return createStringError("buffer %u: is at offset %llu but fixed at %llu",
                             index, (unsigned long long)offset,
                             (unsigned long long)*buffer.fixedOffset);
  if (offset > arenaSize || buffer.size > arenaSize - offset)
    return createStringError(
        "buffer %u: %llu bytes at offset %llu do not fit into %llu", index,
        (unsigned long long)buffer.size, (unsigned long long)offset,
        (unsigned long long)arenaSize);
  return Error::success();
}

Error lathe::verifyArena(ArrayRef<ArenaBuffer> buffers,
                         ArrayRef<FrontOverlap> fronts,
                         ArrayRef<uint64_t> offsets, uint64_t arenaSize) {
  if (offsets.size() != buffers.size())
    return createStringError("%zu offsets for %zu buffers", offsets.size(),
                             buffers.size());
  for (unsigned i : llvm::seq<unsigned>(buffers.size())) {
    if (Error error = verifyBuffer(i, buffers[i], offsets[i], arenaSize))
      return error;
    for (unsigned j : llvm::seq<unsigned>(i)) {
      bool liveTogether = buffers[i].firstStep <= buffers[j].lastStep &&
                          buffers[j].firstStep <= buffers[i].lastStep;
      bool shareBytes = offsets[i] < offsets[j] + buffers[j].size &&
                        offsets[j] < offsets[i] + buffers[i].size;
      bool isEmpty = buffers[i].size == 0 || buffers[j].size == 0;
      if (!liveTogether || !shareBytes || isEmpty ||
          isOverlapAllowed(fronts, i, offsets[i], j, offsets[j]) ||
          isOverlapAllowed(fronts, j, offsets[j], i, offsets[i]))
        continue;
      return createStringError(
          "buffers %u and %u are live at step %u and share bytes", j, i,
          std::max(buffers[i].firstStep, buffers[j].firstStep));
    }
  }
  return Error::success();
}

llvm::Expected<ArenaBuffer>
lathe::mergeSharedBuffers(ArrayRef<ArenaBuffer> buffers) {
  if (buffers.empty())
    return createStringError("no buffers to merge");
  ArenaBuffer merged = buffers.front();
  for (const ArenaBuffer &buffer : buffers.drop_front()) {
    merged.size = std::max(merged.size, buffer.size);
    merged.alignment = std::max(merged.alignment, buffer.alignment);
    merged.firstStep = std::min(merged.firstStep, buffer.firstStep);
    merged.lastStep = std::max(merged.lastStep, buffer.lastStep);
    if (merged.fixedOffset && buffer.fixedOffset &&
        *merged.fixedOffset != *buffer.fixedOffset)
      return createStringError(
          "buffers that share bytes are fixed at offsets %llu and %llu",
          (unsigned long long)*merged.fixedOffset,
          (unsigned long long)*buffer.fixedOffset);
    if (!merged.fixedOffset)
      merged.fixedOffset = buffer.fixedOffset;
  }
  return merged;
}
