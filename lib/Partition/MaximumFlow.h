//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Maximum flow by blocking flows (Dinitz, "Algorithm for solution of a problem
// of maximum flow in a network with power estimation", Soviet Math. Doklady 11,
// 1970).
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_PARTITION_MAXIMUMFLOW_H
#define LATHE_LIB_PARTITION_MAXIMUMFLOW_H

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

namespace lathe::partition {

class MaximumFlow {
public:
  static constexpr double infinity = std::numeric_limits<double>::infinity();

  unsigned addVertex() {
    arcs.emplace_back();
    return arcs.size() - 1;
  }

  void addArc(unsigned from, unsigned to, double capacity) {
    arcs[from].push_back({to, unsigned(arcs[to].size()), capacity});
    arcs[to].push_back({from, unsigned(arcs[from].size()) - 1, 0});
    if (capacity < infinity)
      largest = std::max(largest, capacity);
  }

  /// The flow's value. Capacities below 1e-15 of the largest are taken as 0.
  double run(unsigned source, unsigned sink) {
    double flow = 0;
    while (findLevels(source, sink)) {
      next.assign(arcs.size(), 0);
      while (double pushed = push(source, sink, infinity))
        flow += pushed;
    }
    return flow;
  }

  /// After run(): whether a vertex is on the source's side of a least cut.
  bool isReached(unsigned vertex) const { return levels[vertex] >= 0; }

private:
  struct Arc {
    unsigned to;
    unsigned reverse;
    double capacity;
  };

  bool isOpen(const Arc &arc) const { return arc.capacity > 1e-15 * largest; }

  bool findLevels(unsigned source, unsigned sink) {
    levels.assign(arcs.size(), -1);
    std::vector<unsigned> reached = {source};
    levels[source] = 0;
    for (size_t i = 0; i < reached.size(); ++i)
      for (const Arc &arc : arcs[reached[i]])
        if (isOpen(arc) && levels[arc.to] < 0) {
          levels[arc.to] = levels[reached[i]] + 1;
          reached.push_back(arc.to);
        }
    return levels[sink] >= 0;
  }

  double push(unsigned vertex, unsigned sink, double limit) {
    if (vertex == sink)
      return limit;
    for (size_t &i = next[vertex]; i < arcs[vertex].size(); ++i) {
      Arc &arc = arcs[vertex][i];
      if (!isOpen(arc) || levels[arc.to] != levels[vertex] + 1)
        continue;
      double pushed = push(arc.to, sink, std::min(limit, arc.capacity));
      if (pushed == 0)
        continue;
      arc.capacity -= pushed;
      arcs[arc.to][arc.reverse].capacity += pushed;
      return pushed;
    }
    return 0;
  }

  std::vector<std::vector<Arc>> arcs;
  std::vector<int> levels;
  std::vector<size_t> next;
  double largest = 0;
};

} // namespace lathe::partition

#endif // LATHE_LIB_PARTITION_MAXIMUMFLOW_H
