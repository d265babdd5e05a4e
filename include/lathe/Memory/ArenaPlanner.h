//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Static storage for buffers whose lifetimes are known: every buffer gets a
// constant byte offset in one arena, such that buffers live at one step share
// no byte and the arena is as small as possible. This is dynamic storage
// allocation (Garey and Johnson, "Computers and Intractability", problem SR2),
// NP-complete in general and usually easy for neural networks, where the bytes
// live at the busiest step are a lower bound that is almost always reached.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_MEMORY_ARENAPLANNER_H
#define LATHE_MEMORY_ARENAPLANNER_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <optional>

namespace lathe {

/// A contiguous region of the arena that is needed during a range of steps. The
/// inputs, the outputs and the scratch of a kernel are all live at its step.
struct ArenaBuffer {
  /// In bytes. An empty buffer conflicts with nothing.
  uint64_t size = 0;
  /// In bytes; a power of two. The arena itself must be aligned to the largest.
  uint64_t alignment = 1;
  /// The closed interval of steps in which the contents matter.
  unsigned firstStep = 0;
  unsigned lastStep = 0;
  /// The offset in bytes when it is not the planner's to choose.
  std::optional<uint64_t> fixedOffset;
};

/// Permission for `out` to be written over `in` while `in` is still being read,
/// because the write front of the kernel stays behind its read front: the two
/// may overlap if offset(out) + lead <= offset(in). A lead of zero describes a
/// kernel that has read everything up to a byte of its input before it writes
/// the byte at the same distance from the start of its output, as elementwise
/// kernels do; the lead is by how many bytes the written bytes are ever ahead
/// of those no longer needed.
///
/// `in` must die at the step at which `out` is born.
struct FrontOverlap {
  unsigned out = 0;
  unsigned in = 0;
  uint64_t lead = 0;
};

struct ArenaPlanOptions {
  /// Bound on the local search and, separately, on the exact search: roughly
  /// the number of pairs of buffers that each may look at. Counted rather than
  /// timed, so that the plan is the same on any machine; a million is a few
  /// milliseconds.
  uint64_t searchEffort = 4'000'000;
  /// The exact search is only tried on at most this many movable buffers.
  unsigned maxExactBuffers = 64;
};

struct ArenaPlan {
  /// In bytes, one for each buffer, in their order. Zero for empty buffers that
  /// are not fixed.
  llvm::SmallVector<uint64_t> offsets;
  /// In bytes: the end of the last buffer.
  uint64_t size = 0;
  /// No plan is smaller than this many bytes. The maximum over the steps of the
  /// bytes live there (with the padding that alignment makes unavoidable, less
  /// what front overlaps may save), or the end of a fixed buffer.
  uint64_t lowerBound = 0;
  /// Whether `size` is proven to be the least possible, by equalling the lower
  /// bound or by exhaustive search.
  bool optimal = false;
};

/// Places `buffers`, allowing the overlaps of `fronts`. Deterministic. Takes
/// O(n^2) time for n buffers when a greedy order reaches the lower bound, and
/// time proportional to ArenaPlanOptions::searchEffort on top when none does.
///
/// Fails if an alignment is no power of two, a lifetime or a front is
/// malformed, the sizes overflow, or fixed buffers are misaligned or in each
/// other's way.
llvm::Expected<ArenaPlan> planArena(llvm::ArrayRef<ArenaBuffer> buffers,
                                    llvm::ArrayRef<FrontOverlap> fronts = {},
                                    const ArenaPlanOptions &options = {});

/// Checks `offsets` by the definition alone, pair by pair and independently of
/// the planner: alignment, fixed offsets, the arena's size in bytes, and that
/// buffers live at one step are disjoint or overlap as `fronts` allow.
llvm::Error verifyArena(llvm::ArrayRef<ArenaBuffer> buffers,
                        llvm::ArrayRef<FrontOverlap> fronts,
                        llvm::ArrayRef<uint64_t> offsets, uint64_t arenaSize);

/// The one buffer that holds `buffers` at one address, for values that must
/// share their bytes (a result written in place, a view): the largest size and
/// alignment, and all steps from the first birth to the last death. Fails if
/// there are none or two of them are fixed at different offsets.
llvm::Expected<ArenaBuffer>
mergeSharedBuffers(llvm::ArrayRef<ArenaBuffer> buffers);

} // namespace lathe

#endif // LATHE_MEMORY_ARENAPLANNER_H
