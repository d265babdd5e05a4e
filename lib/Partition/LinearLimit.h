//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Limits as bounds of weighted sums of the metrics.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_PARTITION_LINEARLIMIT_H
#define LATHE_LIB_PARTITION_LINEARLIMIT_H

#include "lathe/Partition/ConstrainedSolver.h"

namespace lathe::partition {

/// weights * metrics <= bound.
struct LinearLimit {
  MetricWeights weights;
  double bound;
  /// What violations are counted in; 0 if that is still to be chosen.
  double scale = 0;
};

/// All limits but that on noise.
std::vector<LinearLimit> makeLinearLimits(const PlacementProblem &problem,
                                          const PlacementLimits &limits);

/// A linear function that is nowhere above the noise, bounded by `limit`. It
/// equals the noise where precisions are as `quantized` says (0 or 1 for each
/// node), and is the highest of its kind where that says something in between.
LinearLimit makeNoiseCut(const PlacementProblem &problem,
                         llvm::ArrayRef<double> quantized, double limit);

} // namespace lathe::partition

#endif // LATHE_LIB_PARTITION_LINEARLIMIT_H
