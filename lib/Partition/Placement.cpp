//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/Placement.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include <numeric>

using namespace lathe::partition;
using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;
using llvm::SmallVector;
using llvm::Twine;

static Error fail(const Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

double PlacementMetrics::getTotalEnergy() const {
  return std::accumulate(energy.begin(), energy.end(), 0.0);
}

unsigned lathe::partition::getNumCodecs(const PlacementTensor &tensor) {
  return tensor.codecs.empty() ? 1 : tensor.codecs.size();
}

std::optional<CrossingCost> lathe::partition::computeCrossingCost(
    const PlacementProblem &problem, const PlacementTensor &tensor,
    Precision precision, unsigned from, unsigned to, unsigned codecIndex) {
  const std::optional<Link> &link = problem.link(from, to);
  if (!link)
    return std::nullopt;
  double bytes = precision == Precision::Int8 ? tensor.bytes / 4 : tensor.bytes;
  CrossingCost cost;
  if (!tensor.codecs.empty()) {
    const WireCodec &codec = tensor.codecs[codecIndex];
    if (!(precision == Precision::Int8 ? codec.carriesInt8 : codec.carriesF32))
      return std::nullopt;
    bytes = codec.bytes;
    cost.noise = codec.noise;
    cost.encodeTime = codec.encodeTime.empty() ? 0 : codec.encodeTime[from];
    cost.decodeTime = codec.decodeTime.empty() ? 0 : codec.decodeTime[to];
  }
  cost.sendTime = bytes / link->bandwidth;
  cost.roundTripTime = link->roundTripTime;
  cost.transmitterEnergy = bytes * link->transmitEnergy +
                           cost.sendTime * link->transmitPower +
                           cost.encodeTime * problem.devices[from].codecPower;
  cost.receiverEnergy = bytes * link->receiveEnergy +
                        cost.sendTime * link->receivePower +
                        cost.decodeTime * problem.devices[to].codecPower;
  for (double *amount :
       {&cost.encodeTime, &cost.sendTime, &cost.roundTripTime, &cost.decodeTime,
        &cost.transmitterEnergy, &cost.receiverEnergy})
    *amount *= tensor.frequency;
  return cost;
}

NodeOption lathe::partition::getSourceOption(const PlacementProblem &problem,
                                             const PlacementTensor &tensor,
                                             ArrayRef<unsigned> options) {
  if (tensor.source)
    return problem.nodes[*tensor.source].options[options[*tensor.source]];
  NodeOption input;
  input.device = tensor.inputDevice;
  input.precision = tensor.inputPrecision;
  return input;
}

SmallVector<unsigned>
lathe::partition::getDestinations(const PlacementProblem &problem,
                                  const PlacementTensor &tensor,
                                  ArrayRef<unsigned> options) {
  SmallVector<unsigned> devices(tensor.wantedDevices);
  for (unsigned consumer : tensor.consumers)
    devices.push_back(
        problem.nodes[consumer].options[options[consumer]].device);
  llvm::sort(devices);
  devices.erase(llvm::unique(devices), devices.end());
  llvm::erase(devices, getSourceOption(problem, tensor, options).device);
  return devices;
}

const Crossing *lathe::partition::findCrossing(const Placement &placement,
                                               unsigned tensor,
                                               unsigned destination) {
  auto getKey = [](const Crossing &crossing) {
    return std::pair(crossing.tensor, crossing.destination);
  };
  ArrayRef<Crossing> crossings = placement.crossings;
  const Crossing *found =
      llvm::partition_point(crossings, [&](const Crossing &crossing) {
        return getKey(crossing) < std::pair(tensor, destination);
      });
  bool isThere = found != crossings.end() &&
                 getKey(*found) == std::pair(tensor, destination);
  return isThere ? found : nullptr;
}

bool lathe::partition::isQuantized(const PlacementProblem &problem,
                                   const Placement &placement, unsigned node) {
  return problem.nodes[node].options[placement.options[node]].precision ==
         Precision::Int8;
}

static Error verifyOptions(const PlacementProblem &problem,
                           ArrayRef<unsigned> options) {
  if (options.size() != problem.nodes.size())
    return fail("the placement has " + Twine(options.size()) + " options for " +
                Twine(problem.nodes.size()) + " nodes");
  for (auto [node, option] : llvm::zip_equal(problem.nodes, options)) {
    if (option >= node.options.size())
      return fail("node '" + node.name + "' has no option " + Twine(option));
    if (node.pinnedDevice && *node.pinnedDevice != node.options[option].device)
      return fail("node '" + node.name +
                  "' is not on the device that it is pinned to");
  }
  return Error::success();
}

/// Adds one crossing; fails if it is impossible.
static Error addCrossing(const PlacementProblem &problem,
                         const Crossing &crossing, const NodeOption &source,
                         PlacementMetrics &metrics) {
  const PlacementTensor &tensor = problem.tensors[crossing.tensor];
  if (crossing.codec >= getNumCodecs(tensor))
    return fail("tensor '" + tensor.name + "' has no codec " +
                Twine(crossing.codec));
  std::optional<CrossingCost> cost =
      computeCrossingCost(problem, tensor, source.precision, source.device,
                          crossing.destination, crossing.codec);
  if (!cost)
    return fail("tensor '" + tensor.name + "' cannot cross from '" +
                problem.devices[source.device].name + "' to '" +
                problem.devices[crossing.destination].name + "' in this form");
  metrics.latency += cost->getTime();
  metrics.deviceTime[source.device] += cost->encodeTime;
  metrics.uplinkTime[source.device] += cost->sendTime;
  metrics.deviceTime[crossing.destination] += cost->decodeTime;
  metrics.energy[source.device] += cost->transmitterEnergy;
  metrics.energy[crossing.destination] += cost->receiverEnergy;
  metrics.additiveNoise += cost->noise;
  return Error::success();
}

static Error addCrossings(const PlacementProblem &problem,
                          const Placement &placement,
                          PlacementMetrics &metrics) {
  ArrayRef<Crossing> left = placement.crossings;
  for (auto [index, tensor] : llvm::enumerate(problem.tensors)) {
    NodeOption source = getSourceOption(problem, tensor, placement.options);
    for (unsigned destination :
         getDestinations(problem, tensor, placement.options)) {
      if (left.empty() || left.front().tensor != index ||
          left.front().destination != destination)
        return fail("tensor '" + tensor.name + "' does not cross to '" +
                    problem.devices[destination].name +
                    "', or the crossings are out of order");
      if (Error error = addCrossing(problem, left.front(), source, metrics))
        return error;
      left = left.drop_front();
    }
  }
  if (!left.empty())
    return fail("the placement has a crossing that nothing needs");
  return Error::success();
}

Expected<PlacementMetrics>
lathe::partition::evaluate(const PlacementProblem &problem,
                           const Placement &placement) {
  if (Error error = verifyOptions(problem, placement.options))
    return error;
  PlacementMetrics metrics;
  for (auto *list : {&metrics.energy, &metrics.memory, &metrics.deviceTime,
                     &metrics.uplinkTime})
    list->assign(problem.devices.size(), 0);
  for (auto [node, index] : llvm::zip_equal(problem.nodes, placement.options)) {
    const NodeOption &option = node.options[index];
    metrics.latency += option.time;
    metrics.energy[option.device] += option.energy;
    metrics.memory[option.device] += option.weightBytes;
    metrics.deviceTime[option.device] += option.time;
    metrics.additiveNoise += option.noise;
  }
  if (Error error = addCrossings(problem, placement, metrics))
    return error;
  for (auto [index, device] : llvm::enumerate(problem.devices))
    metrics.energy[index] +=
        device.idlePower * (metrics.latency - metrics.deviceTime[index]);
  metrics.noise = metrics.additiveNoise;
  for (const NoiseTerm &term : problem.noiseTerms)
    if (llvm::all_of(term.nodes, [&](unsigned node) {
          return isQuantized(problem, placement, node);
        }))
      metrics.noise += term.coefficient;
  return metrics;
}
