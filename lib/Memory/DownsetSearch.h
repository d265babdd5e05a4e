//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Searches for the order of one piece of a graph. A state is the set of nodes
// of the piece that have run, closed under predecessors (a downset): the bytes
// live after it do not depend on the order in which they ran.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_MEMORY_DOWNSETSEARCH_H
#define LATHE_LIB_MEMORY_DOWNSETSEARCH_H

#include "ScheduleModel.h"

namespace lathe {

/// The nodes from `begin` to before `end` of the original order, when all
/// before `begin` have run and left `live` bytes.
struct SchedulePiece {
  unsigned begin = 0;
  unsigned end = 0;
  uint64_t live = 0;
  /// The most bytes live at one of its nodes in the original order.
  uint64_t peak = 0;
};

/// An order of the nodes of a piece and the most bytes live at one of them.
struct PieceOrder {
  llvm::SmallVector<unsigned> order;
  uint64_t peak = 0;
};

enum class SearchStatus {
  /// The order has the least peak, or one that is no more than the floor.
  Found,
  /// There is no order with a peak below that of the original order.
  Impossible,
  /// More states than allowed.
  GaveUp
};

/// Looks for an order of `piece` with a peak below the original one. Peaks up
/// to `floor` bytes are as good as each other. Visits at most `maxStates` sets.
SearchStatus searchExactly(const ScheduleModel &model,
                           const SchedulePiece &piece, uint64_t floor,
                           unsigned maxStates, PieceOrder &result);

/// The same by keeping only the `width` most promising sets of each size. Finds
/// nothing unless it is better than the original order.
std::optional<PieceOrder> searchBeam(const ScheduleModel &model,
                                     const SchedulePiece &piece, uint64_t floor,
                                     unsigned width);

} // namespace lathe

#endif // LATHE_LIB_MEMORY_DOWNSETSEARCH_H
