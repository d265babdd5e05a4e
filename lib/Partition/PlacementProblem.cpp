//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/PlacementProblem.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include <cmath>
#include <functional>
#include <queue>

using namespace lathe::partition;
using llvm::ArrayRef;
using llvm::Error;
using llvm::SmallVector;
using llvm::Twine;

static Error fail(const Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

static bool isAmount(double value) {
  return std::isfinite(value) && value >= 0;
}

static Error verifyLinks(const PlacementProblem &problem) {
  size_t numDevices = problem.devices.size();
  if (problem.links.size() != numDevices * numDevices)
    return fail("the matrix of links has " + Twine(problem.links.size()) +
                " entries for " + Twine(numDevices) + " devices");
  for (unsigned from = 0; from < numDevices; ++from)
    for (unsigned to = 0; to < numDevices; ++to) {
      const std::optional<Link> &link = problem.link(from, to);
      if (!link || from == to)
        continue;
      if (!isAmount(link->bandwidth) || link->bandwidth == 0 ||
          !isAmount(link->roundTripTime) || !isAmount(link->transmitEnergy) ||
          !isAmount(link->receiveEnergy) || !isAmount(link->transmitPower) ||
          !isAmount(link->receivePower))
        return fail("the link from '" + problem.devices[from].name + "' to '" +
                    problem.devices[to].name +
                    "' needs a bandwidth above 0 and no negative figures");
    }
  return Error::success();
}

static Error verifyNode(const PlacementProblem &problem,
                        const PlacementNode &node) {
  std::string name = "node '" + node.name + "'";
  SmallVector<std::pair<unsigned, Precision>> seen;
  bool allowed = false;
  for (const NodeOption &option : node.options) {
    if (option.device >= problem.devices.size())
      return fail(name + " has an option on device " + Twine(option.device) +
                  ", which does not exist");
    if (!isAmount(option.time) || !isAmount(option.energy) ||
        !isAmount(option.weightBytes) || !isAmount(option.noise))
      return fail(name + " has an option with a negative or infinite figure");
    if (llvm::is_contained(seen, std::pair(option.device, option.precision)))
      return fail(name + " has two options of one precision on '" +
                  problem.devices[option.device].name + "'");
    seen.emplace_back(option.device, option.precision);
    allowed |= !node.pinnedDevice || *node.pinnedDevice == option.device;
  }
  if (node.options.empty())
    return fail(name + " has no options");
  if (!allowed)
    return fail(name + " has no option on the device that it is pinned to");
  return Error::success();
}

static Error verifyCodec(const PlacementProblem &problem,
                         const std::string &tensor, const WireCodec &codec) {
  auto fits = [&](ArrayRef<double> times) {
    return (times.empty() || times.size() == problem.devices.size()) &&
           llvm::all_of(times, isAmount);
  };
  if (!isAmount(codec.bytes) || !isAmount(codec.noise) ||
      !fits(codec.encodeTime) || !fits(codec.decodeTime))
    return fail(tensor + ": codec '" + codec.name +
                "' has a negative or infinite figure, or not one time for each "
                "device");
  return Error::success();
}

static Error verifyTensor(const PlacementProblem &problem,
                          const PlacementTensor &tensor) {
  std::string name = "tensor '" + tensor.name + "'";
  if (tensor.source && *tensor.source >= problem.nodes.size())
    return fail(name + " comes from node " + Twine(*tensor.source) +
                ", which does not exist");
  if (!tensor.source && tensor.inputDevice >= problem.devices.size())
    return fail(name + " is an input on device " + Twine(tensor.inputDevice) +
                ", which does not exist");
  auto areDistinctBelow = [](ArrayRef<unsigned> indices, size_t end) {
    SmallVector<unsigned> sorted(indices);
    llvm::sort(sorted);
    return std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end() &&
           (sorted.empty() || sorted.back() < end);
  };
  if (!areDistinctBelow(tensor.consumers, problem.nodes.size()))
    return fail(name + " has a consumer twice or one that does not exist");
  if (!areDistinctBelow(tensor.wantedDevices, problem.devices.size()))
    return fail(name + " is wanted twice on a device or on one that does not "
                       "exist");
  if (!isAmount(tensor.bytes))
    return fail(name + " has a negative or infinite size");
  if (!isAmount(tensor.frequency))
    return fail(name + " has a negative or infinite frequency");
  for (const WireCodec &codec : tensor.codecs)
    if (Error error = verifyCodec(problem, name, codec))
      return error;
  return Error::success();
}

static Error verifyNoiseTerm(const PlacementProblem &problem,
                             const NoiseTerm &term) {
  SmallVector<unsigned, 3> sorted(term.nodes);
  llvm::sort(sorted);
  if (sorted.empty() || sorted.size() > 3 ||
      sorted.back() >= problem.nodes.size() ||
      std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end() ||
      !std::isfinite(term.coefficient))
    return fail("a term of the noise needs one to three different nodes and a "
                "finite coefficient");
  return Error::success();
}

Error lathe::partition::verify(const PlacementProblem &problem) {
  if (problem.devices.empty())
    return fail("the network has no devices");
  for (const Device &device : problem.devices)
    if (!isAmount(device.codecPower) || !isAmount(device.idlePower))
      return fail("device '" + device.name + "' has a negative power");
  if (Error error = verifyLinks(problem))
    return error;
  for (const PlacementNode &node : problem.nodes)
    if (Error error = verifyNode(problem, node))
      return error;
  for (const PlacementTensor &tensor : problem.tensors)
    if (Error error = verifyTensor(problem, tensor))
      return error;
  for (const NoiseTerm &term : problem.noiseTerms)
    if (Error error = verifyNoiseTerm(problem, term))
      return error;
  return sortTopologically(problem).takeError();
}

llvm::Expected<std::vector<unsigned>>
lathe::partition::sortTopologically(const PlacementProblem &problem) {
  size_t numNodes = problem.nodes.size();
  std::vector<unsigned> numInputs(numNodes, 0);
  std::vector<SmallVector<unsigned, 2>> outputs(numNodes);
  for (const PlacementTensor &tensor : problem.tensors) {
    if (!tensor.source)
      continue;
    for (unsigned consumer : tensor.consumers) {
      outputs[*tensor.source].push_back(consumer);
      ++numInputs[consumer];
    }
  }
  std::priority_queue<unsigned, std::vector<unsigned>, std::greater<>> ready;
  for (unsigned node = 0; node < numNodes; ++node)
    if (numInputs[node] == 0)
      ready.push(node);
  std::vector<unsigned> order;
  order.reserve(numNodes);
  while (!ready.empty()) {
    unsigned node = ready.top();
    ready.pop();
    order.push_back(node);
    for (unsigned consumer : outputs[node])
      if (--numInputs[consumer] == 0)
        ready.push(consumer);
  }
  if (order.size() == numNodes)
    return order;
  unsigned stuck = llvm::find_if(numInputs, [](unsigned n) { return n > 0; }) -
                   numInputs.begin();
  return fail("node '" + problem.nodes[stuck].name +
              "' is in a cycle or behind one");
}
