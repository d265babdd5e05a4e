//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Its published table is in docs/partitioning.md, beside what the engine makes
// of this problem.
//
//===----------------------------------------------------------------------===//

#include "SyntheticGraph.h"

#include "llvm/ADT/STLExtras.h"
#include <cassert>

using namespace lathe::partition;
using llvm::ArrayRef;

namespace {

struct ThesisDevice {
  const char *name;
  double wholeTime;     // s
  double power;         // W
  double bandwidth;     // B/s, of what it sends
  double transmitPower; // W
};

} // namespace

/// The published 5, 20 and 100 MB/s are of 2^20 bytes: with these, and with the
/// times of the whole model instead of the sums over its layers, the optimum of
/// device and edge server is the published 3.488 s.
static constexpr double mebibyte = 1 << 20;

static constexpr ThesisDevice thesisDevices[] = {
    {"device", 5.1313, 2.9165, 5 * mebibyte, 3.507},
    {"edge", 2.1930, 5.833, 20 * mebibyte, 2.265},
    {"cloud", 0.0760, 35, 100 * mebibyte, 0.014}};

/// In seconds, added once to each tensor that crosses.
static constexpr double thesisLatencies[3][3] = {
    {0, 0.005, 0.055}, {0.005, 0, 0.050}, {0.055, 0.050, 0}};

static constexpr unsigned numQuantizable = 12;

/// What is left of the time of the whole model with these nodes in int8: from
/// the published energies of the device alone (J), with bounds on noise of 0.5
/// and 0, as these are its power by the time for which it computes.
static constexpr double wholeInt8Part = 10.71 / 15.38;

/// Noise of a node in int8, and of each pair of such nodes. Not published; so
/// that a bound of 0.05 allows 6 of the nodes, 0.1 allows 10 and 0.5 all, as
/// what these gain is nearest to what the device alone gains by each bound.
static constexpr double nodeNoise = 0.007;
static constexpr double pairNoise = 0.0005;

static void addThesisNetwork(PlacementProblem &problem,
                             ArrayRef<ThesisDevice> devices) {
  for (const ThesisDevice &device : devices)
    problem.devices.push_back({device.name});
  problem.resetLinks();
  for (auto [from, sender] : llvm::enumerate(devices))
    for (unsigned to = 0; to < devices.size(); ++to)
      if (from != to)
        problem.link(from, to) =
            Link{sender.bandwidth, thesisLatencies[from][to],
                 sender.transmitPower / sender.bandwidth, 0};
}

static void addThesisNodes(PlacementProblem &problem,
                           ArrayRef<ThesisDevice> devices,
                           const SyntheticGraph &graph) {
  for (auto [work, weightBytes] :
       llvm::zip_equal(graph.getWorks(), graph.getWeightBytes())) {
    PlacementNode node;
    node.name = "node" + std::to_string(problem.nodes.size());
    for (auto [index, device] : llvm::enumerate(devices)) {
      double time = device.wholeTime * work / graph.getTotalWork();
      node.options.push_back({static_cast<unsigned>(index), Precision::F32,
                              time, time * device.power, weightBytes, 0});
    }
    problem.nodes.push_back(std::move(node));
  }
}

/// What is left of a quantizable node's time in int8, if `whole` is left of all
/// and such nodes have `share` of the work.
static double getInt8Part(double whole, double share) {
  double part = 1 - (1 - whole) / share;
  assert(part > 0 && "the gain is more than what there is to gain");
  return part;
}

static void addThesisInt8(PlacementProblem &problem,
                          ArrayRef<unsigned> quantizable, double share,
                          const ThesisOptions &options) {
  for (auto [index, node] : llvm::enumerate(quantizable)) {
    for (unsigned device = 0; device < problem.devices.size(); ++device) {
      double whole = device == 1 ? options.edgeInt8Part.value_or(wholeInt8Part)
                                 : wholeInt8Part;
      NodeOption option = problem.nodes[node].options[device];
      option.precision = Precision::Int8;
      option.time *= getInt8Part(whole, share);
      option.energy *= getInt8Part(whole, share);
      option.weightBytes /= 4;
      problem.nodes[node].options.push_back(option);
    }
    problem.noiseTerms.push_back({{node}, nodeNoise});
    for (unsigned other : quantizable.take_front(index))
      problem.noiseTerms.push_back({{other, node}, pairNoise});
  }
}

static void addThesisCodecs(PlacementTensor &tensor,
                            const ThesisOptions &options) {
  auto add = [&](const char *name, double bytes, bool isOfF32, bool isOfInt8) {
    tensor.codecs.push_back({name, bytes, {}, {}, 0, isOfF32, isOfInt8});
  };
  add("f32", tensor.bytes, true, false);
  add("int8", tensor.bytes / 4, false, true);
  if (!tensor.source && options.sendsByteImage)
    add("u8", tensor.bytes / 4, true, false);
  if (tensor.source && options.sendsHalves)
    add("f16", tensor.bytes / 2, true, false);
  if (tensor.source && options.sendsInt8)
    add("f32 as int8", tensor.bytes / 4, true, false);
}

PlacementProblem
lathe::partition::makeThesisProblem(const ThesisOptions &options) {
  auto devices = ArrayRef(thesisDevices).take_front(options.numDevices);
  SyntheticGraph graph = makeYoloGraph(2, options.productsPerByte);
  PlacementProblem problem;
  addThesisNetwork(problem, devices);
  llvm::append_range(problem.tensors, graph.getTensors());
  for (PlacementTensor &tensor : problem.tensors)
    addThesisCodecs(tensor, options);
  addThesisNodes(problem, devices, graph);
  std::vector<unsigned> quantizable =
      graph.findHeaviest(options.quantizes ? numQuantizable : 0);
  double share = 0;
  for (unsigned node : quantizable)
    share += graph.getWorks()[node] / graph.getTotalWork();
  addThesisInt8(problem, quantizable, share, options);
  return problem;
}
