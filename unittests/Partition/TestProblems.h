//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_UNITTESTS_PARTITION_TESTPROBLEMS_H
#define LATHE_UNITTESTS_PARTITION_TESTPROBLEMS_H

#include "lathe/Partition/PlacementOracle.h"
#include "lathe/Partition/SyntheticProblems.h"
#include "llvm/ADT/STLExtras.h"
#include <random>

namespace lathe::test {

/// A random combination of all metrics.
inline partition::MetricWeights
makeWeights(const partition::PlacementProblem &problem, unsigned seed) {
  std::mt19937 engine(seed);
  auto get = [&](double scale) { return scale * (engine() % 1000) / 1000; };
  partition::MetricWeights weights;
  weights.latency = get(1);
  weights.noise = get(20);
  for (unsigned i = 0; i < problem.devices.size(); ++i) {
    weights.energy.push_back(get(0.2));
    weights.memory.push_back(get(1e-6));
    weights.deviceLoad.push_back(get(0.5));
    weights.uplinkLoad.push_back(get(0.5));
  }
  for (unsigned i = 0; i < problem.nodes.size(); ++i)
    weights.quantized.push_back(get(0.2) - 0.05);
  return weights;
}

/// Two devices that are not alike, linked both ways, and no nodes.
inline partition::PlacementProblem makeTwoDevices() {
  partition::PlacementProblem problem;
  problem.devices = {{"near", 1}, {"far", 2}};
  problem.resetLinks();
  problem.link(0, 1) = partition::Link{1000, 0.5, 0.001, 0.002};
  problem.link(1, 0) = partition::Link{2000, 0.25, 0.003, 0.004};
  return problem;
}

/// An f32 option on each device, with the given seconds and 1 J per second.
inline partition::PlacementNode makeNode(llvm::StringRef name,
                                         llvm::ArrayRef<double> times) {
  partition::PlacementNode node;
  node.name = name.str();
  for (auto [device, time] : llvm::enumerate(times))
    node.options.push_back({static_cast<unsigned>(device),
                            partition::Precision::F32, time, time, 10, 0});
  return node;
}

/// A tensor of 1000 bytes.
inline partition::PlacementTensor
makeTensor(std::optional<unsigned> source, llvm::ArrayRef<unsigned> consumers) {
  partition::PlacementTensor tensor;
  tensor.name = "t";
  tensor.source = source;
  tensor.consumers.assign(consumers.begin(), consumers.end());
  tensor.bytes = 1000;
  return tensor;
}

} // namespace lathe::test

#endif // LATHE_UNITTESTS_PARTITION_TESTPROBLEMS_H
