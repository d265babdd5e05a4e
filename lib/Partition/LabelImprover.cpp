//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WideSearch.h"

#include "llvm/ADT/STLExtras.h"

using namespace lathe::partition;
using llvm::BitVector;
using llvm::SmallVector;

namespace {

/// Knows for each tensor how many of its consumers are on each device.
class LabelImprover {
public:
  LabelImprover(const PlacementGraph &graph, const CostTables &costs,
                std::vector<unsigned> &labels)
      : graph(graph), costs(costs), labels(labels),
        counts(graph.tensors.size() * graph.numDevices, 0) {
    for (auto [index, tensor] : llvm::enumerate(graph.tensors))
      for (unsigned consumer : tensor.consumers)
        ++count(index, graph.labelDevice[labels[consumer]]);
  }

  /// Gives the variable its best label; returns whether that changed it.
  bool improve(unsigned variable, const BitVector &allowed);

private:
  unsigned &count(unsigned tensor, unsigned device) {
    return counts[size_t(tensor) * graph.numDevices + device];
  }
  double computeLocalCost(unsigned variable, unsigned label);

  const PlacementGraph &graph;
  const CostTables &costs;
  std::vector<unsigned> &labels;
  std::vector<unsigned> counts;
};

} // namespace

/// What depends on the label of `variable`, which is counted nowhere.
double LabelImprover::computeLocalCost(unsigned variable, unsigned label) {
  double cost = costs.getUnary(label);
  unsigned own = graph.labelDevice[label];
  for (unsigned tensor : graph.outputs[variable]) {
    const double *crossings = costs.getCrossings(tensor, label);
    for (unsigned device = 0; device < graph.numDevices; ++device)
      if (count(tensor, device) > 0)
        cost += crossings[device];
  }
  for (unsigned tensor : graph.inputs[variable])
    if (count(tensor, own) == 0)
      cost +=
          costs.getCrossings(tensor, labels[graph.tensors[tensor].source])[own];
  return cost;
}

bool LabelImprover::improve(unsigned variable, const BitVector &allowed) {
  unsigned current = labels[variable];
  for (unsigned tensor : graph.inputs[variable])
    --count(tensor, graph.labelDevice[current]);
  unsigned best = current;
  double least = computeLocalCost(variable, current);
  // Not by rounding alone, so that the changes come to an end.
  double step = 1e-12 * std::abs(least);
  for (unsigned label : graph.getLabels(variable, allowed))
    if (double cost = computeLocalCost(variable, label); cost < least - step) {
      least = cost;
      best = label;
    }
  labels[variable] = best;
  for (unsigned tensor : graph.inputs[variable])
    ++count(tensor, graph.labelDevice[best]);
  return best != current;
}

double lathe::partition::improveLabelling(const PlacementGraph &graph,
                                          const CostTables &costs,
                                          const BitVector &allowed,
                                          std::vector<unsigned> &labels) {
  LabelImprover improver(graph, costs, labels);
  bool changes = true;
  for (unsigned pass = 0; changes && pass < 20; ++pass) {
    changes = false;
    for (unsigned variable : graph.order)
      changes |= improver.improve(variable, allowed);
    for (unsigned variable : llvm::reverse(graph.order))
      changes |= improver.improve(variable, allowed);
  }
  return costs.computeSum(graph, labels);
}
