//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlacementGraph.h"

#include "llvm/ADT/STLExtras.h"

using namespace lathe::partition;
using llvm::BitVector;
using llvm::SmallVector;

PlacementGraph::PlacementGraph(const PlacementProblem &problem)
    : numDevices(problem.devices.size()), numNodes(problem.nodes.size()),
      noiseTerms(problem.noiseTerms) {
  auto addLabel = [&](unsigned device, Precision precision, bool allowed) {
    labelDevice.push_back(device);
    labelPrecision.push_back(precision);
    allLabels.push_back(allowed);
  };
  for (const PlacementNode &node : problem.nodes) {
    firstLabel.push_back(labelDevice.size());
    for (const NodeOption &option : node.options)
      addLabel(option.device, option.precision,
               !node.pinnedDevice || *node.pinnedDevice == option.device);
  }
  for (const PlacementTensor &tensor : problem.tensors) {
    unsigned source;
    if (tensor.source) {
      source = *tensor.source;
    } else {
      source = firstLabel.size();
      order.push_back(source);
      firstLabel.push_back(labelDevice.size());
      addLabel(tensor.inputDevice, tensor.inputPrecision, true);
    }
    tensors.push_back(
        {source,
         SmallVector<unsigned, 4>(llvm::ArrayRef<unsigned>{tensor.consumers})});
  }
  firstLabel.push_back(labelDevice.size());

  llvm::append_range(order, llvm::cantFail(sortTopologically(problem)));
  outputs.resize(getNumVariables());
  inputs.resize(getNumVariables());
  for (auto [index, tensor] : llvm::enumerate(tensors)) {
    outputs[tensor.source].push_back(index);
    for (unsigned consumer : tensor.consumers)
      inputs[consumer].push_back(index);
  }
}

SmallVector<unsigned>
PlacementGraph::getLabels(unsigned variable, const BitVector &allowed) const {
  SmallVector<unsigned> labels;
  for (unsigned label = firstLabel[variable]; label < firstLabel[variable + 1];
       ++label)
    if (allowed[label])
      labels.push_back(label);
  return labels;
}
