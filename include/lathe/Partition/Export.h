//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A weighted sum of the metrics in the formats of other solvers.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PARTITION_EXPORT_H
#define LATHE_PARTITION_EXPORT_H

#include "lathe/Partition/ConstrainedSolver.h"
#include "lathe/Partition/PlacementOracle.h"
#include "llvm/Support/raw_ostream.h"

namespace lathe::partition {

/// Writes an integer program as CPLEX LP text: minimise the weighted sum within
/// the limits on latency, energy and memory. The strong formulation: one binary
/// for each option of each node (o<node>_<option>) and one variable for each
/// pair of a source's option and a consumer's device, whose sums are the
/// options' (a pair's cost is that of the destination, which is paid once).
/// Fails if the problem has NoiseTerms and they are limited or have a weight,
/// or if `problem` is malformed.
llvm::Error exportLP(const PlacementProblem &problem,
                     const MetricWeights &weights,
                     const PlacementLimits &limits, llvm::raw_ostream &os);

/// Writes a weighted constraint satisfaction problem (the format of toulbar2):
/// the tables of the graphical model, as whole multiples of `unit`, the least
/// cost of a table taken off. Returns what has to be added to the optimum times
/// `unit` to have the weighted sum, but for rounding by at most half a unit for
/// each table. Fails if `problem` is malformed or `unit` is not above 0.
llvm::Expected<double> exportWCSP(const PlacementProblem &problem,
                                  const MetricWeights &weights, double unit,
                                  llvm::raw_ostream &os);

} // namespace lathe::partition

#endif // LATHE_PARTITION_EXPORT_H
