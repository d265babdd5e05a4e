//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// With a choice of two labels for each variable, on one device or the other,
// the least sum is a minimum cut; it splits the graph wherever that is
// cheapest.
//
//===----------------------------------------------------------------------===//

#include "WideSearch.h"

#include "MaximumFlow.h"

#include "llvm/ADT/STLExtras.h"

using namespace lathe::partition;
using llvm::ArrayRef;

namespace {

/// The source's side takes `first`, the sink's takes `second`.
class PairCut {
public:
  PairCut(const PlacementGraph &graph, const CostTables &costs,
          unsigned firstDevice, unsigned secondDevice, ArrayRef<unsigned> first,
          ArrayRef<unsigned> second)
      : graph(graph), costs(costs), devices{firstDevice, secondDevice},
        labels{first, second} {}

  std::vector<unsigned> run();

private:
  void addVariable(unsigned variable);
  void addTensor(unsigned tensor);
  bool isOn(unsigned variable, unsigned side, unsigned device) const {
    return graph.labelDevice[labels[side][variable]] == device;
  }

  bool isFixed(unsigned variable) const {
    return labels[0][variable] == labels[1][variable];
  }

  const PlacementGraph &graph;
  const CostTables &costs;
  unsigned devices[2];
  ArrayRef<unsigned> labels[2];
  MaximumFlow flow;
  unsigned source = 0;
  unsigned sink = 0;
  unsigned firstVertex = 0;
};

} // namespace

/// What a label costs however the consumers choose: its own cost, and that of
/// consumers that are on a third device either way.
void PairCut::addVariable(unsigned variable) {
  double sums[2];
  for (unsigned side : {0, 1}) {
    unsigned label = labels[side][variable];
    sums[side] = costs.getUnary(label);
    for (unsigned tensor : graph.outputs[variable]) {
      llvm::SmallVector<unsigned, 4> paid;
      for (unsigned consumer : graph.tensors[tensor].consumers) {
        unsigned device = graph.labelDevice[labels[0][consumer]];
        if (!isFixed(consumer) || llvm::is_contained(paid, device) ||
            llvm::is_contained(devices, device))
          continue;
        paid.push_back(device);
        sums[side] += costs.getCrossings(tensor, label)[device];
      }
    }
  }
  double least = std::min(sums[0], sums[1]);
  flow.addArc(firstVertex + variable, sink, sums[0] - least);
  flow.addArc(source, firstVertex + variable, sums[1] - least);
}

/// What the source pays on either side if a consumer is on the other one.
void PairCut::addTensor(unsigned tensor) {
  const PlacementGraph::Tensor &entry = graph.tensors[tensor];
  for (unsigned side : {0, 1}) {
    unsigned other = devices[1 - side];
    double cost = costs.getCrossings(tensor, labels[side][entry.source])[other];
    unsigned reach = flow.addVertex();
    auto addTowards = [&](unsigned a, unsigned b, double capacity) {
      flow.addArc(side == 0 ? a : b, side == 0 ? b : a, capacity);
    };
    // A source that is where it is pays whichever side it is on.
    unsigned terminal = side == 0 ? source : sink;
    addTowards(isFixed(entry.source) ? terminal : firstVertex + entry.source,
               reach, cost);
    for (unsigned consumer : entry.consumers)
      if (isOn(consumer, 1 - side, other))
        addTowards(reach,
                   isFixed(consumer) ? source + sink - terminal
                                     : firstVertex + consumer,
                   MaximumFlow::infinity);
  }
}

std::vector<unsigned> PairCut::run() {
  source = flow.addVertex();
  sink = flow.addVertex();
  firstVertex = sink + 1;
  for (unsigned i = 0; i < graph.getNumVariables(); ++i)
    flow.addVertex();
  for (unsigned variable = 0; variable < graph.getNumVariables(); ++variable)
    addVariable(variable);
  for (unsigned tensor = 0; tensor < graph.tensors.size(); ++tensor)
    addTensor(tensor);
  flow.run(source, sink);
  std::vector<unsigned> result;
  for (unsigned variable = 0; variable < graph.getNumVariables(); ++variable)
    result.push_back(
        labels[flow.isReached(firstVertex + variable) ? 0 : 1][variable]);
  return result;
}

/// The cheapest label on `device` by itself, or if there is none, on the first
/// device that has one.
static std::vector<unsigned> makeUniform(const PlacementGraph &graph,
                                         const CostTables &costs,
                                         const llvm::BitVector &allowed,
                                         unsigned device) {
  std::vector<unsigned> result;
  for (unsigned variable = 0; variable < graph.getNumVariables(); ++variable) {
    auto own = graph.getLabels(variable, allowed);
    auto isThere = [&](unsigned label) {
      return graph.labelDevice[label] == device;
    };
    unsigned wanted =
        llvm::any_of(own, isThere) ? device : graph.labelDevice[own.front()];
    unsigned best = ~0u;
    for (unsigned label : own)
      if (graph.labelDevice[label] == wanted &&
          (best == ~0u || costs.getUnary(label) < costs.getUnary(best)))
        best = label;
    result.push_back(best);
  }
  return result;
}

void lathe::partition::forEachPairCut(
    const PlacementGraph &graph, const CostTables &costs,
    const llvm::BitVector &allowed,
    llvm::function_ref<void(std::vector<unsigned>)> function) {
  llvm::SmallVector<unsigned> homes;
  for (unsigned input = graph.numNodes; input < graph.getNumVariables();
       ++input)
    if (unsigned home = graph.labelDevice[graph.firstLabel[input]];
        !llvm::is_contained(homes, home))
      homes.push_back(home);
  if (homes.empty())
    homes.push_back(0);
  for (unsigned home : homes) {
    std::vector<unsigned> first = makeUniform(graph, costs, allowed, home);
    function(first);
    for (unsigned device = 0; device < graph.numDevices; ++device) {
      if (device == home)
        continue;
      std::vector<unsigned> second = makeUniform(graph, costs, allowed, device);
      function(second);
      function(PairCut(graph, costs, home, device, first, second).run());
    }
  }
}
