//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/Components.h"

#include "llvm/ADT/STLExtras.h"
#include <map>

using namespace lathe::partition;
using llvm::ArrayRef;
using llvm::SmallVector;

std::vector<Component>
lathe::partition::computeComponents(const PlacementProblem &problem,
                                    ArrayRef<unsigned> options) {
  std::vector<SmallVector<unsigned, 4>> inputs(problem.nodes.size());
  for (auto [index, tensor] : llvm::enumerate(problem.tensors))
    for (unsigned consumer : tensor.consumers)
      inputs[consumer].push_back(index);
  auto getDevice = [&](unsigned node) {
    return problem.nodes[node].options[options[node]].device;
  };
  std::vector<unsigned> order = llvm::cantFail(sortTopologically(problem));
  std::vector<unsigned> levels(problem.nodes.size(), 0);
  std::map<std::pair<unsigned, unsigned>, Component> byLevel;
  for (unsigned node : order) {
    unsigned device = getDevice(node);
    for (unsigned input : inputs[node]) {
      const PlacementTensor &tensor = problem.tensors[input];
      unsigned from = getSourceOption(problem, tensor, options).device;
      unsigned level = tensor.source ? levels[*tensor.source] : 0;
      levels[node] = std::max(levels[node], level + (from != device));
    }
    Component &component = byLevel[{levels[node], device}];
    component.device = device;
    component.level = levels[node];
    component.nodes.push_back(node);
  }

  std::vector<Component> components;
  std::vector<unsigned> componentOf(problem.nodes.size());
  for (auto &entry : byLevel) {
    for (unsigned node : entry.second.nodes)
      componentOf[node] = components.size();
    components.push_back(std::move(entry.second));
  }
  for (auto [index, component] : llvm::enumerate(components)) {
    SmallVector<unsigned> &list = component.predecessors;
    for (unsigned node : component.nodes)
      for (unsigned input : inputs[node])
        if (auto source = problem.tensors[input].source)
          if (componentOf[*source] != index)
            list.push_back(componentOf[*source]);
    llvm::sort(list);
    list.erase(llvm::unique(list), list.end());
  }
  return components;
}
