//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/MinimumCut.h"

#include "MaximumFlow.h"
#include "Weighing.h"

#include "llvm/ADT/STLExtras.h"

using namespace lathe::partition;
using llvm::Expected;

static constexpr double infinity = std::numeric_limits<double>::infinity();

namespace {

/// The source's side is device 0, the sink's is device 1.
class CutBuilder {
public:
  CutBuilder(const PlacementProblem &problem, const MetricWeights &weights)
      : problem(problem), weights(withoutIdlePower(problem, weights)) {
    source = flow.addVertex();
    sink = flow.addVertex();
  }

  CutResult run();

private:
  double weigh(const PlacementTensor &tensor, const NodeOption *from) const;
  void addNode(const PlacementNode &node);
  void addTensor(const PlacementTensor &tensor);
  void addReach(const PlacementTensor &tensor, unsigned from, unsigned device,
                double cost);

  const PlacementProblem &problem;
  const MetricWeights weights;
  MaximumFlow flow;
  unsigned source;
  unsigned sink;
  std::vector<unsigned> vertices;
  /// What was added to make capacities at least 0.
  double offset = 0;
};

} // namespace

/// To the other device; infinite if the tensor cannot get there.
double CutBuilder::weigh(const PlacementTensor &tensor,
                         const NodeOption *from) const {
  double best = infinity;
  if (!from)
    return best;
  unsigned to = 1 - from->device;
  for (unsigned codec = 0; codec < getNumCodecs(tensor); ++codec) {
    auto cost = computeCrossingCost(problem, tensor, from->precision,
                                    from->device, to, codec);
    if (!cost)
      continue;
    best = std::min(best, weighCrossing(*cost, from->device, to, weights));
  }
  return best;
}

static const NodeOption *findOption(const PlacementNode &node,
                                    unsigned device) {
  if (node.pinnedDevice && *node.pinnedDevice != device)
    return nullptr;
  auto it = llvm::find_if(
      node.options, [&](const NodeOption &o) { return o.device == device; });
  return it == node.options.end() ? nullptr : it;
}

void CutBuilder::addNode(const PlacementNode &node) {
  unsigned index = vertices.size();
  vertices.push_back(flow.addVertex());
  double costs[2];
  for (unsigned device : {0, 1}) {
    const NodeOption *option = findOption(node, device);
    costs[device] = option ? weighOption(*option, index, weights) : infinity;
  }
  double least = std::min({0.0, costs[0], costs[1]});
  offset += least;
  flow.addArc(vertices.back(), sink, costs[0] - least);
  flow.addArc(source, vertices.back(), costs[1] - least);
}

/// `cost` if `from` is on the other device than `device` and some consumer is
/// there.
void CutBuilder::addReach(const PlacementTensor &tensor, unsigned from,
                          unsigned device, double cost) {
  unsigned reach = flow.addVertex();
  auto addTowards = [&](unsigned a, unsigned b, double capacity) {
    // An arc is cut if it leads from device 0 to device 1.
    flow.addArc(device == 1 ? a : b, device == 1 ? b : a, capacity);
  };
  addTowards(from, reach, cost);
  for (unsigned consumer : tensor.consumers)
    addTowards(reach, vertices[consumer], infinity);
  if (llvm::is_contained(tensor.wantedDevices, device))
    addTowards(reach, device == 1 ? sink : source, infinity);
}

void CutBuilder::addTensor(const PlacementTensor &tensor) {
  for (unsigned device : {0, 1}) {
    NodeOption input;
    input.device = tensor.inputDevice;
    input.precision = tensor.inputPrecision;
    const NodeOption *option = &input;
    unsigned from = tensor.inputDevice == 0 ? source : sink;
    if (tensor.source) {
      from = vertices[*tensor.source];
      option = findOption(problem.nodes[*tensor.source], 1 - device);
    } else if (tensor.inputDevice == device) {
      continue;
    }
    addReach(tensor, from, device, weigh(tensor, option));
  }
}

CutResult CutBuilder::run() {
  for (const PlacementNode &node : problem.nodes)
    addNode(node);
  for (const PlacementTensor &tensor : problem.tensors)
    addTensor(tensor);
  CutResult result;
  result.objective = flow.run(source, sink) + offset;
  for (unsigned vertex : vertices)
    result.devices.push_back(flow.isReached(vertex) ? 0 : 1);
  return result;
}

Expected<CutResult>
lathe::partition::minimizeByCut(const PlacementProblem &problem,
                                const MetricWeights &weights) {
  if (llvm::Error error = verify(problem))
    return error;
  if (problem.devices.size() != 2)
    return llvm::createStringError("a minimum cut needs two devices");
  if (weights.noiseTerms != 0 && !problem.noiseTerms.empty())
    return llvm::createStringError(
        "a minimum cut cannot have products in the noise");
  for (const PlacementNode &node : problem.nodes)
    for (unsigned device : {0, 1})
      if (llvm::count_if(node.options, [&](const NodeOption &option) {
            return option.device == device;
          }) > 1)
        return llvm::createStringError(
            "a minimum cut needs one option for each device, node '" +
            node.name + "' has two");
  return CutBuilder(problem, weights).run();
}
