//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_KNAPSACK_H
#define LATHE_QUANTIZATION_KNAPSACK_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>
#include <optional>

namespace lathe {

/// What choosing it costs, and what it takes of the capacity; neither is
/// negative.
struct KnapsackOption {
  double cost, weight;
};

using KnapsackItem = llvm::SmallVector<KnapsackOption, 4>;

/// The multiple-choice knapsack problem: chooses one option of each item so
/// that the sum of the weights is at most `capacity` and that of the costs is
/// least. Weights are rounded up to multiples of `capacity / steps`, so that
/// the capacity holds; with fewer items than steps, a choice that needs no more
/// than `1 - items / steps` of it is never missed. By dynamic programming
/// (Dudzinski and Walukiewicz, European Journal of Operational Research 28,
/// 1987, section 2). None if nothing fits. Of equal choices always the same.
std::optional<llvm::SmallVector<size_t>>
solveMultipleChoiceKnapsack(llvm::ArrayRef<KnapsackItem> items, double capacity,
                            int64_t steps = 16384);

} // namespace lathe

#endif // LATHE_QUANTIZATION_KNAPSACK_H
