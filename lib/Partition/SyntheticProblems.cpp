//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SyntheticGraph.h"

#include "lathe/Support/Random.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <numeric>

using namespace lathe::partition;
using lathe::Random;
using llvm::SmallVector;

namespace {

struct Profile {
  double wholeTime;     // s
  double power;         // W
  double bandwidth;     // B/s
  double transmitPower; // W
};

} // namespace

/// The three devices of the thesis, then random ones between them.
static SmallVector<Profile> makeProfiles(const SyntheticOptions &options,
                                         Random &random) {
  SmallVector<Profile> profiles = {{5.1313, 2.9165, 5e6, 3.507},
                                   {2.1930, 5.833, 20e6, 2.265},
                                   {0.0760, 35, 100e6, 0.014}};
  while (profiles.size() < options.numDevices)
    profiles.push_back({random.getReal(0.1, 4), random.getReal(3, 30),
                        random.getReal(5e6, 100e6), random.getReal(0.5, 3)});
  profiles.resize(options.numDevices);
  return profiles;
}

static double getRoundTripTime(unsigned from, unsigned to, Random &random) {
  static constexpr double known[3][3] = {
      {0, 0.005, 0.055}, {0.005, 0, 0.050}, {0.055, 0.050, 0}};
  return from < 3 && to < 3 ? known[from][to] : random.getReal(0.002, 0.06);
}

static void addNetwork(PlacementProblem &problem,
                       llvm::ArrayRef<Profile> profiles, Random &random) {
  for (auto [index, profile] : llvm::enumerate(profiles))
    problem.devices.push_back(
        {"device" + std::to_string(index), profile.power});
  problem.resetLinks();
  for (unsigned from = 0; from < profiles.size(); ++from)
    for (unsigned to = 0; to < profiles.size(); ++to) {
      if (from == to)
        continue;
      Link link;
      link.bandwidth = profiles[from].bandwidth;
      link.roundTripTime = getRoundTripTime(from, to, random);
      link.transmitEnergy = profiles[from].transmitPower / link.bandwidth;
      link.receiveEnergy = 0.3 * link.transmitEnergy;
      problem.link(from, to) = link;
    }
}

static void addHalfCodec(PlacementTensor &tensor) {
  WireCodec f32{"f32", tensor.bytes, {}, {}, 0, true, false};
  WireCodec int8{"int8", tensor.bytes / 4, {}, {}, 0, false, true};
  WireCodec half{"f16", tensor.bytes / 2, {}, {}, 1e-4, true, false};
  tensor.codecs = {f32, int8, half};
}

double SyntheticGraph::getTotalWork() const {
  return std::accumulate(works.begin(), works.end(), 0.0);
}

std::vector<unsigned> SyntheticGraph::findHeaviest(unsigned count) const {
  std::vector<unsigned> byWork(works.size());
  std::iota(byWork.begin(), byWork.end(), 0);
  llvm::sort(byWork, [&](unsigned a, unsigned b) {
    return std::pair(-works[a], a) < std::pair(-works[b], b);
  });
  byWork.resize(std::min<size_t>(count, works.size()));
  return byWork;
}

PlacementProblem SyntheticGraph::finish(const SyntheticOptions &options) const {
  Random random(options.seed + 1000);
  SmallVector<Profile> profiles = makeProfiles(options, random);
  PlacementProblem problem;
  addNetwork(problem, profiles, random);
  problem.tensors = tensors;
  if (options.halfCodec)
    for (PlacementTensor &tensor : problem.tensors)
      addHalfCodec(tensor);

  std::vector<bool> isQuantizable(works.size(), false);
  for (unsigned node : findHeaviest(options.numQuantizable))
    isQuantizable[node] = true;
  double whole = getTotalWork();
  for (size_t index = 0; index < works.size(); ++index) {
    PlacementNode node;
    node.name = "node" + std::to_string(index);
    double noise = random.getReal(0.001, 0.02);
    for (unsigned device = 0; device < profiles.size(); ++device) {
      NodeOption option;
      option.device = device;
      option.time = profiles[device].wholeTime * works[index] / whole;
      if (options.unrelatedSpeeds)
        option.time *= random.getReal(0.5, 2);
      option.energy = option.time * profiles[device].power;
      option.weightBytes = weights[index];
      node.options.push_back(option);
      if (!isQuantizable[index])
        continue;
      option.precision = Precision::Int8;
      option.time *= random.getReal(0.3, 0.6);
      option.energy = option.time * profiles[device].power;
      option.weightBytes /= 4;
      option.noise = noise;
      node.options.push_back(option);
    }
    problem.nodes.push_back(std::move(node));
  }
  return problem;
}

PlacementProblem
lathe::partition::makeChainProblem(unsigned numNodes,
                                   const SyntheticOptions &options) {
  Random random(options.seed);
  SyntheticGraph graph;
  unsigned tensor = graph.addInput(4 * 3 * 640 * 640);
  for (unsigned node = 0; node < numNodes; ++node)
    tensor = graph.addNode(tensor, random.getReal(0.1, 10),
                           random.getReal(1e4, 4e6), random.getReal(1e3, 1e6));
  graph.want(tensor);
  return graph.finish(options);
}

PlacementProblem
lathe::partition::makeRandomProblem(unsigned numNodes, unsigned reach,
                                    const SyntheticOptions &options) {
  Random random(options.seed);
  SyntheticGraph graph;
  SmallVector<unsigned> made = {graph.addInput(4 * 3 * 640 * 640)};
  for (unsigned node = 0; node < numNodes; ++node) {
    SmallVector<unsigned, 4> inputs = {made.back()};
    unsigned extra = random.oneIn(4) ? random.get(1, 2) : 0;
    for (unsigned i = 0; i < extra; ++i) {
      unsigned distance =
          random.oneIn(20)
              ? random.get(1, made.size())
              : random.get(1, std::min<size_t>(reach, made.size()));
      unsigned input = made[made.size() - distance];
      if (!llvm::is_contained(inputs, input))
        inputs.push_back(input);
    }
    made.push_back(graph.addNode(inputs, random.getReal(0.1, 10),
                                 random.getReal(1e4, 4e6),
                                 random.getReal(1e3, 1e6)));
  }
  graph.want(made.back());
  return graph.finish(options);
}

void lathe::partition::setPolynomialNoise(PlacementProblem &problem,
                                          unsigned degree, unsigned numPartners,
                                          unsigned seed) {
  Random random(seed);
  SmallVector<unsigned> nodes;
  for (auto [index, node] : llvm::enumerate(problem.nodes)) {
    bool isQuantizable = false;
    for (NodeOption &option : node.options) {
      isQuantizable |= option.precision == Precision::Int8;
      option.noise = 0;
    }
    if (isQuantizable)
      nodes.push_back(index);
  }
  auto add = [&](llvm::ArrayRef<unsigned> term, double size) {
    double sign = term.size() > 1 && random.oneIn(4) ? -1 : 1;
    problem.noiseTerms.push_back({llvm::SmallVector<unsigned, 3>(term),
                                  sign * random.getReal(0.1, 1) * size});
  };
  for (size_t i = 0; i < nodes.size(); ++i) {
    add(nodes[i], 0.02);
    unsigned numOthers = std::min<size_t>(numPartners, nodes.size() - 1 - i);
    for (unsigned other = 1; degree > 1 && other <= numOthers; ++other) {
      add({nodes[i], nodes[i + other]}, 0.004);
      if (degree > 2 && other < numOthers)
        add({nodes[i], nodes[i + other], nodes[i + other + 1]}, 0.002);
    }
  }
}

PlacementProblem lathe::partition::makeTinyProblem(unsigned numNodes,
                                                   unsigned numDevices,
                                                   unsigned seed) {
  Random random(seed);
  SyntheticGraph graph;
  SmallVector<unsigned> made = {graph.addInput(random.getReal(1e5, 5e6))};
  if (random.oneIn(3))
    made.push_back(graph.addInput(random.getReal(1e5, 5e6)));
  for (unsigned node = 0; node < numNodes; ++node) {
    SmallVector<unsigned, 4> inputs;
    for (unsigned i = random.get(1, 3); i > 0; --i)
      if (unsigned input = made[random.get(0, made.size() - 1)];
          !llvm::is_contained(inputs, input))
        inputs.push_back(input);
    made.push_back(graph.addNode(inputs, random.getReal(0.1, 3),
                                 random.getReal(1e4, 4e6),
                                 random.getReal(1e3, 1e6)));
    if (random.oneIn(5))
      graph.want(made.back());
    if (random.oneIn(6))
      made.push_back(graph.addOutput(node, random.getReal(1e4, 1e6)));
  }
  SyntheticOptions options;
  options.numDevices = numDevices;
  options.seed = seed;
  options.numQuantizable = random.get(0, numNodes);
  options.unrelatedSpeeds = true;
  options.halfCodec = random.oneIn(2);
  PlacementProblem problem = graph.finish(options);
  if (random.oneIn(3))
    problem.nodes[random.get(0, numNodes - 1)].pinnedDevice =
        random.get(0, numDevices - 1);
  if (random.oneIn(4) && numDevices > 2)
    problem.link(random.get(0, 1), 2).reset();
  for (PlacementTensor &tensor : problem.tensors)
    for (WireCodec &codec : tensor.codecs)
      for (unsigned device = 0; device < numDevices; ++device) {
        codec.encodeTime.push_back(random.getReal(0, 0.01));
        codec.decodeTime.push_back(random.getReal(0, 0.01));
      }
  if (random.oneIn(2))
    for (Device &device : problem.devices)
      device.idlePower = random.getReal(0, 2);
  return problem;
}
