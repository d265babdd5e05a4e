//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The sets of few quantizable nodes whose noise is within a limit, and linear
// inequalities that all of them keep and a given mixture of sets does not: a
// face of their convex hull, found by a linear program (Applegate, Bixby,
// Chvatal and Cook, "TSP cuts which do not conform to the template paradigm",
// LNCS 2241, 2001, on such local cuts).
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_PARTITION_NOISEHULL_H
#define LATHE_LIB_PARTITION_NOISEHULL_H

#include "LinearLimit.h"
#include <optional>

namespace lathe::partition {

class NoiseHull {
public:
  /// Of more nodes than these the sets are not listed.
  static constexpr unsigned maxNodes = 14;

  /// None if the noise depends on the precision of more nodes than that, or of
  /// none.
  static std::optional<NoiseHull> create(const PlacementProblem &problem,
                                         double limit);

  /// `quantized` has the share of int8 for each node of the problem. None if it
  /// is a mixture of sets within the limit.
  std::optional<LinearLimit> separate(llvm::ArrayRef<double> quantized) const;

private:
  struct Inequality;
  std::optional<Inequality> separateFace(llvm::ArrayRef<double> point,
                                         unsigned whole, unsigned values) const;
  void lift(Inequality &inequality, unsigned whole, unsigned values) const;

  llvm::SmallVector<unsigned> nodes;
  /// Bit i is that of the i-th node.
  std::vector<unsigned> sets;
  size_t numProblemNodes = 0;
};

} // namespace lathe::partition

#endif // LATHE_LIB_PARTITION_NOISEHULL_H
