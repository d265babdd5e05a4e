//===- LineSearch.h - Minimize a function of one variable -------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_QUANTIZATION_LINESEARCH_H
#define LATHE_LIB_QUANTIZATION_LINESEARCH_H

#include "llvm/ADT/STLFunctionalExtras.h"

namespace lathe {

/// The x from `low` to `high` with the least `cost` that was met: on a grid of
/// `gridSteps` steps from `high` down, and then by golden sections of the two
/// steps around the best. Of equal costs the first counts, so `high` before all
/// others.
double minimizeOnInterval(llvm::function_ref<double(double)> cost, double low,
                          double high, int gridSteps, int goldenSteps);

} // namespace lathe

#endif // LATHE_LIB_QUANTIZATION_LINESEARCH_H
