//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CostTables.h"
#include "Weighing.h"

#include "llvm/ADT/STLExtras.h"
#include <limits>

using namespace lathe::partition;
using llvm::ArrayRef;
using llvm::SmallVector;

static double get(ArrayRef<double> weights, unsigned index) {
  return index < weights.size() ? weights[index] : 0;
}

CrossingWeights::CrossingWeights(const PlacementProblem &problem,
                                 const MetricWeights &weights,
                                 const PathWeights *paths,
                                 ArrayRef<Crossing> excluded)
    : problem(problem), paths(paths), excluded(excluded),
      numDevices(problem.devices.size()), links(problem.links.size()),
      noiseWeight(weights.noise) {
  for (unsigned device = 0; device < numDevices; ++device) {
    double weight =
        weights.latency + get(weights.deviceLoad, device) +
        get(weights.energy, device) * problem.devices[device].codecPower;
    encodeWeights.push_back(weight);
    decodeWeights.push_back(weight);
  }
  for (unsigned from = 0; from < numDevices; ++from)
    for (unsigned to = 0; to < numDevices; ++to) {
      const std::optional<Link> &link = problem.link(from, to);
      if (!link || from == to)
        continue;
      double perByte = (weights.latency + get(weights.uplinkLoad, from) +
                        get(weights.energy, from) * link->transmitPower +
                        get(weights.energy, to) * link->receivePower) /
                           link->bandwidth +
                       get(weights.energy, from) * link->transmitEnergy +
                       get(weights.energy, to) * link->receiveEnergy;
      links[from * numDevices + to] = {weights.latency * link->roundTripTime,
                                       perByte};
    }
}

std::optional<CrossingWeights::Best>
CrossingWeights::findBest(unsigned tensorIndex, Precision precision,
                          unsigned from, unsigned to) const {
  const PlacementTensor &tensor = problem.tensors[tensorIndex];
  const auto &link = links[from * numDevices + to];
  if (!link)
    return std::nullopt;
  bool isInt8 = precision == Precision::Int8;
  double fixed = link->first;
  double perByte = link->second;
  auto weigh = [&](double bytes, double encodeTime, double decodeTime,
                   double noise) {
    double metric = tensor.frequency * (fixed + perByte * bytes +
                                        encodeTime * encodeWeights[from] +
                                        decodeTime * decodeWeights[to]) +
                    noiseWeight * noise;
    if (!paths)
      return metric;
    const Link &way = *problem.link(from, to);
    double time = tensor.frequency * (encodeTime + bytes / way.bandwidth +
                                      way.roundTripTime + decodeTime);
    return (paths->isMetric[tensorIndex] ? metric : 0) +
           paths->tensorTime[tensorIndex] * time;
  };
  if (tensor.codecs.empty())
    return Best{weigh(isInt8 ? tensor.bytes / 4 : tensor.bytes, 0, 0, 0), 0};
  std::optional<Best> best;
  for (auto [index, codec] : llvm::enumerate(tensor.codecs)) {
    if (!(isInt8 ? codec.carriesInt8 : codec.carriesF32) ||
        llvm::is_contained(
            excluded, Crossing{tensorIndex, to, static_cast<unsigned>(index)}))
      continue;
    double cost = weigh(codec.bytes, get(codec.encodeTime, from),
                        get(codec.decodeTime, to), codec.noise);
    if (!best || cost < best->cost)
      best = Best{cost, static_cast<unsigned>(index)};
  }
  return best;
}

static double computeOptionCost(const NodeOption &option,
                                const MetricWeights &weights, unsigned node) {
  double cost =
      option.time * (weights.latency + get(weights.deviceLoad, option.device)) +
      option.energy * get(weights.energy, option.device) +
      option.weightBytes * get(weights.memory, option.device) +
      option.noise * weights.noise;
  if (option.precision == Precision::Int8)
    cost += get(weights.quantized, node);
  return cost;
}

CostTables::CostTables(const PlacementProblem &problem,
                       const PlacementGraph &graph, const MetricWeights &given,
                       const PathWeights *paths,
                       ArrayRef<Crossing> excludedCrossings)
    : numDevices(graph.numDevices), noiseTermWeight(given.noiseTerms),
      unary(graph.labelDevice.size(), 0) {
  const MetricWeights weights = withoutIdlePower(problem, given);
  // The most and the least that the nodes and tensors can add.
  double most = 0;
  double least = 0;
  for (auto [index, node] : llvm::enumerate(problem.nodes)) {
    double high = 0;
    double low = 0;
    for (auto [number, option] : llvm::enumerate(node.options)) {
      double cost = computeOptionCost(option, weights, index);
      if (paths)
        cost += paths->nodeTime[index] * option.time;
      unary[graph.firstLabel[index] + number] = cost;
      high = std::max(high, cost);
      low = std::min(low, cost);
    }
    most += high;
    least += low;
  }

  for (const NoiseTerm &term : graph.noiseTerms) {
    double cost = noiseTermWeight * term.coefficient;
    (cost > 0 ? most : least) += cost;
  }

  constexpr double none = std::numeric_limits<double>::infinity();
  CrossingWeights crossingWeights(problem, weights, paths, excludedCrossings);
  for (auto [index, tensor] : llvm::enumerate(problem.tensors)) {
    unsigned source = graph.tensors[index].source;
    unsigned first = graph.firstLabel[source];
    firstLabelOf.push_back(first);
    firstCrossing.push_back(crossings.size());
    SmallVector<double> highest(numDevices, 0);
    for (unsigned label = first; label < graph.firstLabel[source + 1]; ++label)
      for (unsigned to = 0; to < numDevices; ++to) {
        double cost = 0;
        if (unsigned from = graph.labelDevice[label]; from != to) {
          auto best = crossingWeights.findBest(
              index, graph.labelPrecision[label], from, to);
          cost = best ? best->cost : none;
          if (best)
            highest[to] = std::max(highest[to], best->cost);
        }
        crossings.push_back(cost);
      }
    SmallVector<double> reached(highest);
    llvm::sort(reached, std::greater<>());
    size_t numReached = tensor.consumers.size() + tensor.wantedDevices.size();
    for (double cost : ArrayRef(reached).take_front(numReached))
      most += cost;
  }
  forbidden = most > least ? 2 * (most - least) : 1;
  highestSum = most + forbidden / 4;
  for (double &cost : crossings)
    if (cost == none)
      cost = forbidden;

  for (auto [index, tensor] : llvm::enumerate(problem.tensors)) {
    unsigned source = graph.tensors[index].source;
    for (unsigned label = graph.firstLabel[source];
         label < graph.firstLabel[source + 1]; ++label)
      for (unsigned device : tensor.wantedDevices) {
        double &cost =
            crossings[firstCrossing[index] +
                      size_t(label - firstLabelOf[index]) * numDevices +
                      device];
        unary[label] += cost;
        cost = 0;
      }
  }
}

double CostTables::computeSum(const PlacementGraph &graph,
                              ArrayRef<unsigned> labels) const {
  double sum = 0;
  for (unsigned label : labels)
    sum += unary[label];
  for (const NoiseTerm &term : graph.noiseTerms)
    if (llvm::all_of(term.nodes, [&](unsigned node) {
          return graph.labelPrecision[labels[node]] == Precision::Int8;
        }))
      sum += noiseTermWeight * term.coefficient;
  for (auto [index, tensor] : llvm::enumerate(graph.tensors)) {
    const double *costs = getCrossings(index, labels[tensor.source]);
    SmallVector<unsigned, 8> reached;
    for (unsigned consumer : tensor.consumers) {
      unsigned device = graph.labelDevice[labels[consumer]];
      if (llvm::is_contained(reached, device))
        continue;
      reached.push_back(device);
      sum += costs[device];
    }
  }
  return sum;
}

Placement lathe::partition::makePlacement(const PlacementProblem &problem,
                                          const PlacementGraph &graph,
                                          const MetricWeights &weights,
                                          const PathWeights *paths,
                                          ArrayRef<Crossing> excludedCrossings,
                                          ArrayRef<unsigned> labels) {
  Placement placement;
  for (unsigned node = 0; node < graph.numNodes; ++node)
    placement.options.push_back(labels[node] - graph.firstLabel[node]);
  CrossingWeights crossingWeights(problem, withoutIdlePower(problem, weights),
                                  paths, excludedCrossings);
  for (auto [index, tensor] : llvm::enumerate(problem.tensors)) {
    unsigned source = labels[graph.tensors[index].source];
    for (unsigned destination :
         getDestinations(problem, tensor, placement.options)) {
      auto best =
          crossingWeights.findBest(index, graph.labelPrecision[source],
                                   graph.labelDevice[source], destination);
      placement.crossings.push_back(
          {static_cast<unsigned>(index), destination, best ? best->codec : 0});
    }
  }
  return placement;
}
