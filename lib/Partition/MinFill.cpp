//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MinFill.h"

#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <set>
#include <tuple>

using namespace lathe::partition;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace {

class MinFill {
public:
  MinFill(ArrayRef<unsigned> domainSizes,
          ArrayRef<SmallVector<unsigned, 4>> scopes);
  EliminationOrder run(double maxCells);

private:
  using Neighbors = std::vector<unsigned>; // ascending
  using Priority = std::tuple<uint64_t, double, unsigned>;

  bool areAdjacent(unsigned a, unsigned b) const {
    return std::binary_search(neighbors[a].begin(), neighbors[a].end(), b);
  }
  Priority computePriority(unsigned variable) const;
  void insert(unsigned a, unsigned b) {
    Neighbors &list = neighbors[a];
    list.insert(llvm::lower_bound(list, b), b);
  }
  void eliminate(unsigned variable);

  ArrayRef<unsigned> domainSizes;
  std::vector<Neighbors> neighbors;
  std::vector<Priority> priorities;
  std::set<Priority> queue;
};

} // namespace

MinFill::MinFill(ArrayRef<unsigned> domainSizes,
                 ArrayRef<SmallVector<unsigned, 4>> scopes)
    : domainSizes(domainSizes), neighbors(domainSizes.size()) {
  for (ArrayRef<unsigned> scope : scopes)
    for (unsigned a : scope)
      for (unsigned b : scope)
        if (a != b)
          neighbors[a].push_back(b);
  for (Neighbors &list : neighbors) {
    llvm::sort(list);
    list.erase(llvm::unique(list), list.end());
  }
  for (unsigned variable = 0; variable < domainSizes.size(); ++variable) {
    priorities.push_back(computePriority(variable));
    queue.insert(priorities.back());
  }
}

MinFill::Priority MinFill::computePriority(unsigned variable) const {
  const Neighbors &list = neighbors[variable];
  uint64_t fill = 0;
  double cells = domainSizes[variable];
  for (auto it = list.begin(); it != list.end(); ++it) {
    cells *= domainSizes[*it];
    // Both lists ascend: count the later neighbours that are not adjacent.
    auto other = llvm::lower_bound(neighbors[*it], *it);
    auto end = neighbors[*it].end();
    for (auto later = std::next(it); later != list.end(); ++later) {
      while (other != end && *other < *later)
        ++other;
      fill += other == end || *other != *later;
    }
  }
  return {fill, cells, variable};
}

void MinFill::eliminate(unsigned variable) {
  Neighbors scope = std::move(neighbors[variable]);
  std::vector<unsigned> changed(scope);
  for (unsigned neighbor : scope)
    llvm::erase(neighbors[neighbor], variable);
  for (size_t i = 0; i < scope.size(); ++i)
    for (size_t j = i + 1; j < scope.size(); ++j) {
      unsigned a = scope[i];
      unsigned b = scope[j];
      if (areAdjacent(a, b))
        continue;
      // Who has both as neighbours lacks one pair less.
      std::set_intersection(neighbors[a].begin(), neighbors[a].end(),
                            neighbors[b].begin(), neighbors[b].end(),
                            std::back_inserter(changed));
      insert(a, b);
      insert(b, a);
    }
  llvm::sort(changed);
  changed.erase(llvm::unique(changed), changed.end());
  for (unsigned other : changed) {
    queue.erase(priorities[other]);
    priorities[other] = computePriority(other);
    queue.insert(priorities[other]);
  }
}

EliminationOrder MinFill::run(double maxCells) {
  EliminationOrder order;
  while (!queue.empty()) {
    auto [fill, cells, variable] = *queue.begin();
    order.cells += cells;
    order.width = std::max<unsigned>(order.width, neighbors[variable].size());
    if (order.cells > maxCells) {
      order.complete = false;
      break;
    }
    queue.erase(queue.begin());
    order.variables.push_back(variable);
    eliminate(variable);
  }
  return order;
}

EliminationOrder
lathe::partition::computeMinFillOrder(ArrayRef<unsigned> domainSizes,
                                      ArrayRef<SmallVector<unsigned, 4>> scopes,
                                      double maxCells) {
  return MinFill(domainSizes, scopes).run(maxCells);
}
