//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What one option and one crossing add to a weighted sum, by definition.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_PARTITION_WEIGHING_H
#define LATHE_LIB_PARTITION_WEIGHING_H

#include "lathe/Partition/PlacementOracle.h"

namespace lathe::partition {

/// Empty lists are zeros.
inline double getWeight(llvm::ArrayRef<double> weights, unsigned index) {
  return index < weights.size() ? weights[index] : 0;
}

/// `weights` for a problem without idle power: a device draws it all the time
/// but for that in which it is at work. Loads may be negative then, but no node
/// or crossing has a negative sum for it, since latency counts as much.
inline MetricWeights withoutIdlePower(const PlacementProblem &problem,
                                      const MetricWeights &weights) {
  MetricWeights moved = weights;
  for (unsigned device = 0; device < problem.devices.size(); ++device) {
    double weight =
        getWeight(weights.energy, device) * problem.devices[device].idlePower;
    if (weight == 0)
      continue;
    moved.latency += weight;
    moved.deviceLoad.resize(problem.devices.size(), 0);
    moved.deviceLoad[device] -= weight;
  }
  return moved;
}

/// Of a problem without idle power, like weighCrossing().
inline double weighOption(const NodeOption &option, unsigned node,
                          const MetricWeights &weights) {
  double sum = weights.latency * option.time +
               getWeight(weights.deviceLoad, option.device) * option.time +
               getWeight(weights.energy, option.device) * option.energy +
               getWeight(weights.memory, option.device) * option.weightBytes +
               weights.noise * option.noise;
  if (option.precision == Precision::Int8)
    sum += getWeight(weights.quantized, node);
  return sum;
}

inline double weighCrossing(const CrossingCost &cost, unsigned from,
                            unsigned to, const MetricWeights &weights) {
  return weights.latency * cost.getTime() +
         getWeight(weights.deviceLoad, from) * cost.encodeTime +
         getWeight(weights.deviceLoad, to) * cost.decodeTime +
         getWeight(weights.uplinkLoad, from) * cost.sendTime +
         getWeight(weights.energy, from) * cost.transmitterEnergy +
         getWeight(weights.energy, to) * cost.receiverEnergy +
         weights.noise * cost.noise;
}

} // namespace lathe::partition

#endif // LATHE_LIB_PARTITION_WEIGHING_H
