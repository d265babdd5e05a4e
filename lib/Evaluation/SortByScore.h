//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_EVALUATION_SORTBYSCORE_H
#define LATHE_LIB_EVALUATION_SORTBYSCORE_H

#include "llvm/ADT/STLExtras.h"
#include <numeric>
#include <vector>

namespace lathe {

/// Sorts `items` by their member `score`, the highest first; equal ones keep
/// their order. (std::stable_sort of libstdc++ calls a function that is
/// deprecated in C++17, about which clang warns.)
template <typename T> void sortByScore(std::vector<T> &items) {
  std::vector<size_t> order(items.size());
  std::iota(order.begin(), order.end(), size_t(0));
  llvm::sort(order, [&](size_t a, size_t b) {
    return items[a].score != items[b].score ? items[a].score > items[b].score
                                            : a < b;
  });
  std::vector<T> sorted;
  sorted.reserve(items.size());
  for (size_t index : order)
    sorted.push_back(items[index]);
  items = std::move(sorted);
}

} // namespace lathe

#endif // LATHE_LIB_EVALUATION_SORTBYSCORE_H
