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

#ifndef LATHE_LIB_MEMORY_ARENAPROBLEM_H
#define LATHE_LIB_MEMORY_ARENAPROBLEM_H

#include "lathe/Memory/ArenaPlanner.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace lathe {

/// Two buffers that are live at one step. With the other one at offset P, this
/// one must start at or below P - `below`, or at or above P + `above` (bytes).
struct ArenaConflict {
  unsigned other;
  int64_t below;
  int64_t above;
};

/// The buffers live at one step, as far as a lower bound needs them.
struct ArenaStep {
  llvm::SmallVector<unsigned> live;
  /// Indices of the fronts between two of them.
  llvm::SmallVector<unsigned> fronts;
  /// The smallest alignment among them, in bytes: all their offsets are
  /// multiples of it, so that the bytes between the ends and the next multiple
  /// are lost to all but the topmost.
  int64_t granule = 1;
};

/// Which of the gaps that fit a buffer it is put into.
enum class ArenaFit { Lowest, Tightest };

/// Offsets in bytes, one for each buffer, and the arena's size.
struct ArenaPlacement {
  llvm::SmallVector<int64_t> offsets;
  int64_t size = 0;
};

/// An instance of the problem, checked and with its conflicts.
class ArenaProblem {
public:
  /// Takes O(n^2) time for n buffers. The arrays must outlive the problem.
  static llvm::Expected<ArenaProblem>
  create(llvm::ArrayRef<ArenaBuffer> buffers,
         llvm::ArrayRef<FrontOverlap> fronts);

  llvm::ArrayRef<ArenaBuffer> getBuffers() const { return buffers; }
  llvm::ArrayRef<ArenaConflict> getConflicts(unsigned buffer) const {
    return conflicts[buffer];
  }
  llvm::ArrayRef<ArenaStep> getSteps() const { return steps; }
  /// The buffers whose offsets are to be chosen: neither fixed nor empty.
  llvm::ArrayRef<unsigned> getMovable() const { return movable; }
  int64_t getLowerBound() const { return lowerBound; }
  /// How many conflicts there are, each counted from both sides.
  uint64_t getNumConflicts() const { return numConflicts; }

  int64_t getEnd(unsigned buffer, int64_t offset) const {
    return offset + static_cast<int64_t>(buffers[buffer].size);
  }

  /// Fixed buffers at their offsets and all others at zero.
  ArenaPlacement createPlacement() const;
  /// Sets the size of `placement` from its offsets.
  void updateSize(ArenaPlacement &placement) const;

  /// A lower bound on the bytes from the lowest start to the highest end of
  /// those buffers live at `step` that `isCounted` accepts. Zero if there are
  /// none.
  int64_t computeExtent(const ArenaStep &step,
                        llvm::function_ref<bool(unsigned)> isCounted) const;

  /// An offset of at least `floor` for `buffer` at which it is in the way of
  /// none of the buffers that `isPlaced` accepts, by their `offsets`.
  int64_t findOffset(unsigned buffer, llvm::ArrayRef<int64_t> offsets,
                     llvm::function_ref<bool(unsigned)> isPlaced,
                     ArenaFit fit = ArenaFit::Lowest, int64_t floor = 0) const;

private:
  ArenaProblem(llvm::ArrayRef<ArenaBuffer> buffers,
               llvm::ArrayRef<FrontOverlap> fronts)
      : buffers(buffers), fronts(fronts) {}

  void collectConflicts();
  void relaxFronts();
  void collectSteps();
  void computeLowerBound();
  int64_t getRoundedSize(unsigned buffer, int64_t granule) const;
  int64_t getSavings(const FrontOverlap &front, int64_t granule) const;

  llvm::ArrayRef<ArenaBuffer> buffers;
  llvm::ArrayRef<FrontOverlap> fronts;
  llvm::SmallVector<llvm::SmallVector<ArenaConflict, 0>, 0> conflicts;
  llvm::SmallVector<ArenaStep, 0> steps;
  llvm::SmallVector<unsigned> movable;
  int64_t lowerBound = 0;
  uint64_t numConflicts = 0;
};

/// The best placement by any of several greedy orders.
ArenaPlacement placeGreedily(const ArenaProblem &problem);

/// Improves `best` to a smallest placement and returns true, or gives up after
/// about `effort` looks at a buffer of a step and returns false, with `best`
/// the smallest placement seen.
bool placeExactly(const ArenaProblem &problem, uint64_t effort,
                  ArenaPlacement &best);

/// Improves `best` until it reaches the lower bound or after about `effort`
/// looks at a pair of buffers.
void improveLocally(const ArenaProblem &problem, uint64_t effort,
                    ArenaPlacement &best);

} // namespace lathe

#endif // LATHE_LIB_MEMORY_ARENAPROBLEM_H
