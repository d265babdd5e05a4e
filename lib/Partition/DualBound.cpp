//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// At every point the potentials of the nodes and what is left on the edges and
// in the pools add up to the costs of any labelling, so the sum of their least
// values is a bound. After a pass forth the least of each edge is 0 for every
// device of its consumer, after a pass back for every label of its source.
//
//===----------------------------------------------------------------------===//

#include "DualBound.h"

#include "llvm/ADT/STLExtras.h"
#include <limits>

using namespace lathe::partition;
using llvm::ArrayRef;
using llvm::BitVector;

static constexpr double infinity = std::numeric_limits<double>::infinity();

/// By which the main edges' additional share falls from sweep to sweep.
static constexpr double mainShareDecay = 0.96;

DualBound::DualBound(const PlacementGraph &graph, const CostTables &costs,
                     const BitVector &active)
    : graph(graph), costs(costs), inputs(graph.getNumVariables()),
      outputs(graph.getNumVariables()), leasts(graph.getNumVariables()),
      labelling(graph.getNumVariables()) {
  for (auto [index, tensor] : llvm::enumerate(graph.tensors)) {
    unsigned first = graph.firstLabel[tensor.source];
    size_t size = size_t(graph.getNumLabels(tensor.source)) * graph.numDevices;
    const double *table = costs.getCrossings(index, first);
    double *pool = nullptr;
    if (tensor.consumers.size() > 1)
      pool = shares.emplace_back(table, table + size).data();
    for (unsigned consumer : tensor.consumers) {
      Edge edge;
      edge.tensor = index;
      edge.source = tensor.source;
      edge.consumer = consumer;
      edge.table = table;
      if (pool) {
        edge.table = edge.share = shares.emplace_back(size, 0.0).data();
        edge.pool = pool;
      }
      edge.toSource.assign(graph.getNumLabels(tensor.source), 0);
      edge.toConsumer.assign(graph.numDevices, 0);
      outputs[tensor.source].push_back(edges.size());
      inputs[consumer].push_back(edges.size());
      edges.push_back(std::move(edge));
    }
  }
  findMainEdges();
  for (unsigned label = 0; label < graph.labelDevice.size(); ++label)
    potentials.push_back(costs.getUnary(label));
  setActive(active);
  synchronized = true;
}

/// Those to the nearest neighbours in the graph's order.
void DualBound::findMainEdges() {
  std::vector<unsigned> positions(graph.order.size());
  for (auto [position, variable] : llvm::enumerate(graph.order))
    positions[variable] = position;
  mainOutput.assign(graph.order.size(), ~0u);
  mainInput.assign(graph.order.size(), ~0u);
  for (auto [index, edge] : llvm::enumerate(edges)) {
    unsigned &output = mainOutput[edge.source];
    if (output == ~0u ||
        positions[edge.consumer] < positions[edges[output].consumer])
      output = index;
    unsigned &input = mainInput[edge.consumer];
    if (input == ~0u || positions[edge.source] > positions[edges[input].source])
      input = index;
  }
}

void DualBound::setActive(const BitVector &active) {
  bool grows = false;
  activeLabels.resize(graph.getNumVariables());
  activeDevices.resize(graph.getNumVariables());
  for (unsigned variable = 0; variable < graph.getNumVariables(); ++variable) {
    auto labels = graph.getLabels(variable, active);
    grows |= !llvm::all_of(labels, [&](unsigned label) {
      return llvm::is_contained(activeLabels[variable], label);
    });
    activeLabels[variable] = std::move(labels);
    activeDevices[variable].clear();
    for (unsigned label : activeLabels[variable])
      if (unsigned device = graph.labelDevice[label];
          !llvm::is_contained(activeDevices[variable], device))
        activeDevices[variable].push_back(device);
    leasts[variable] = findLeast(variable);
  }
  if (grows)
    synchronized = false;
  labelBounds.assign(graph.labelDevice.size(), -infinity);
  bound = -infinity;
}

void DualBound::takePool(const Edge &edge) {
  unsigned first = graph.firstLabel[edge.source];
  for (unsigned label : activeLabels[edge.source])
    for (unsigned device : activeDevices[edge.consumer]) {
      size_t entry = size_t(label - first) * graph.numDevices + device;
      edge.share[entry] += edge.pool[entry];
      edge.pool[entry] = 0;
    }
}

void DualBound::returnToPool(const Edge &edge) {
  unsigned first = graph.firstLabel[edge.source];
  for (unsigned label : activeLabels[edge.source])
    for (unsigned device : activeDevices[edge.consumer]) {
      size_t entry = size_t(label - first) * graph.numDevices + device;
      double spare =
          std::min(edge.share[entry], getRest(edge, label - first, device));
      if (spare <= 0)
        continue;
      edge.share[entry] -= spare;
      edge.pool[entry] += spare;
    }
}

void DualBound::pullToConsumer(Edge &edge) {
  if (edge.pool)
    takePool(edge);
  unsigned first = graph.firstLabel[edge.source];
  llvm::SmallVector<double, 64> least(graph.numDevices, infinity);
  for (unsigned label : activeLabels[edge.source]) {
    unsigned row = label - first;
    const double *table = edge.table + size_t(row) * graph.numDevices;
    for (unsigned device : activeDevices[edge.consumer])
      least[device] =
          std::min(least[device], table[device] - edge.toSource[row]);
  }
  // The potentials rise by what toConsumer rises by.
  for (unsigned label : activeLabels[edge.consumer]) {
    unsigned device = graph.labelDevice[label];
    potentials[label] += least[device] - edge.toConsumer[device];
  }
  for (unsigned device : activeDevices[edge.consumer])
    edge.toConsumer[device] = least[device];
  if (edge.pool)
    returnToPool(edge);
}

void DualBound::pullToSource(Edge &edge) {
  if (edge.pool)
    takePool(edge);
  unsigned first = graph.firstLabel[edge.source];
  for (unsigned label : activeLabels[edge.source]) {
    unsigned row = label - first;
    const double *table = edge.table + size_t(row) * graph.numDevices;
    double least = infinity;
    for (unsigned device : activeDevices[edge.consumer])
      least = std::min(least, table[device] - edge.toConsumer[device]);
    potentials[label] += least - edge.toSource[row];
    edge.toSource[row] = least;
  }
  if (edge.pool)
    returnToPool(edge);
}

double DualBound::findLeast(unsigned variable) const {
  double least = infinity;
  for (unsigned label : activeLabels[variable])
    least = std::min(least, potentials[label]);
  return least;
}

void DualBound::updateBounds(unsigned variable, ArrayRef<unsigned> pulled) {
  double least = findLeast(variable);
  total += least - leasts[variable];
  for (unsigned edge : pulled) {
    total -= edges[edge].least;
    edges[edge].least = 0;
  }
  leasts[variable] = least;
  if (!synchronized)
    return;
  for (unsigned label : activeLabels[variable])
    labelBounds[label] =
        std::max(labelBounds[label], total - least + potentials[label]);
}

/// How much of a potential goes to each of its edges on one side: the same, but
/// in the first sweeps more to the main one. The weights add up to 1 on the
/// side that has more edges.
DualBound::Gammas DualBound::getGammas(unsigned variable,
                                       size_t numEdges) const {
  size_t most = std::max(inputs[variable].size(), outputs[variable].size());
  double sum = most == 0 ? 0 : static_cast<double>(numEdges) / most;
  double even = numEdges == 0 ? 0 : (1 - mainShare) * sum / numEdges;
  return {sum, even, even + mainShare * sum};
}

void DualBound::pushToOutputs(unsigned variable) {
  unsigned first = graph.firstLabel[variable];
  Gammas gammas = getGammas(variable, outputs[variable].size());
  for (unsigned edge : outputs[variable]) {
    double gamma = edge == mainOutput[variable] ? gammas.main : gammas.other;
    for (unsigned label : activeLabels[variable])
      edges[edge].toSource[label - first] -= gamma * potentials[label];
    edges[edge].least = gamma * leasts[variable];
  }
  for (unsigned label : activeLabels[variable])
    potentials[label] *= 1 - gammas.sum;
  leasts[variable] *= 1 - gammas.sum;
}

void DualBound::pushToInputs(unsigned variable) {
  // An edge sees the device alone, so only the least of its labels can go.
  llvm::SmallVector<double, 64> least(graph.numDevices, infinity);
  for (unsigned label : activeLabels[variable]) {
    double &value = least[graph.labelDevice[label]];
    value = std::min(value, potentials[label]);
  }
  Gammas gammas = getGammas(variable, inputs[variable].size());
  for (unsigned edge : inputs[variable]) {
    double gamma = edge == mainInput[variable] ? gammas.main : gammas.other;
    for (unsigned device : activeDevices[variable])
      edges[edge].toConsumer[device] -= gamma * least[device];
    edges[edge].least = gamma * leasts[variable];
  }
  for (unsigned label : activeLabels[variable])
    potentials[label] -= gammas.sum * least[graph.labelDevice[label]];
  leasts[variable] *= 1 - gammas.sum;
}

/// By the potentials and the edges from sources that have their labels.
unsigned DualBound::chooseLabel(unsigned variable) const {
  unsigned best = activeLabels[variable].front();
  double least = infinity;
  for (unsigned label : activeLabels[variable]) {
    unsigned device = graph.labelDevice[label];
    double sum = potentials[label];
    for (unsigned index : inputs[variable]) {
      const Edge &edge = edges[index];
      unsigned row = labelling[edge.source] - graph.firstLabel[edge.source];
      sum -= edge.toSource[row] + edge.toConsumer[device];
      bool isThere = llvm::any_of(outputs[edge.source], [&](unsigned other) {
        unsigned consumer = edges[other].consumer;
        return edges[other].tensor == edge.tensor &&
               labelling[consumer] != ~0u &&
               graph.labelDevice[labelling[consumer]] == device;
      });
      if (!isThere)
        sum += costs.getCrossings(edge.tensor, labelling[edge.source])[device];
    }
    if (sum < least) {
      least = sum;
      best = label;
    }
  }
  return best;
}

void DualBound::sweepForward() {
  llvm::fill(labelling, ~0u);
  for (unsigned variable : graph.order) {
    labelling[variable] = chooseLabel(variable);
    for (unsigned edge : inputs[variable])
      pullToConsumer(edges[edge]);
    updateBounds(variable, inputs[variable]);
    pushToOutputs(variable);
  }
}

void DualBound::sweepBackward() {
  for (unsigned variable : llvm::reverse(graph.order)) {
    for (unsigned edge : outputs[variable])
      pullToSource(edges[edge]);
    updateBounds(variable, outputs[variable]);
    pushToInputs(variable);
  }
}

void DualBound::sweep() {
  auto sumLeasts = [&] {
    total = 0;
    for (double least : leasts)
      total += least;
    for (const Edge &edge : edges)
      total += edge.least;
  };
  sumLeasts();
  sweepForward();
  // All edges have been pulled from.
  synchronized = true;
  sumLeasts();
  sweepBackward();
  bound = std::max(bound, total);
  mainShare *= mainShareDecay;
}
