//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A solution of a placement problem and its metrics, computed from the problem
// alone: what every solver's objective is checked against.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PARTITION_PLACEMENT_H
#define LATHE_PARTITION_PLACEMENT_H

#include "lathe/Partition/PlacementProblem.h"

namespace lathe::partition {

/// A tensor on its way to a device.
struct Crossing {
  unsigned tensor = 0;
  unsigned destination = 0;
  /// Among the tensor's codecs; 0 if it has none.
  unsigned codec = 0;

  bool operator==(const Crossing &other) const {
    return tensor == other.tensor && destination == other.destination &&
           codec == other.codec;
  }
};

struct Placement {
  /// One for each node, among its options.
  std::vector<unsigned> options;
  /// Ascending by tensor, then by destination.
  std::vector<Crossing> crossings;

  bool operator==(const Placement &other) const {
    return options == other.options && crossings == other.crossings;
  }
};

struct PlacementMetrics {
  /// In seconds: all kernels, codecs and crossings one after another.
  double latency = 0;
  llvm::SmallVector<double> energy; ///< in J, for each device
  llvm::SmallVector<double> memory; ///< in bytes of weights, for each device
  double noise = 0;
  double additiveNoise = 0; ///< the part that is not of NoiseTerms
  /// In seconds: how long each device computes, encodes and decodes, and how
  /// long its uplink sends, round trips not counted.
  llvm::SmallVector<double> deviceTime;
  llvm::SmallVector<double> uplinkTime;

  double getTotalEnergy() const;
};

/// What one crossing takes, in seconds and J, times the tensor's frequency.
struct CrossingCost {
  double encodeTime = 0;
  double sendTime = 0; ///< bytes by bandwidth
  double roundTripTime = 0;
  double decodeTime = 0;
  double transmitterEnergy = 0;
  double receiverEnergy = 0;
  double noise = 0;

  double getTime() const {
    return encodeTime + sendTime + roundTripTime + decodeTime;
  }
};

/// None if the devices are not connected or the codec does not carry
/// `precision`. `from` and `to` differ.
std::optional<CrossingCost> computeCrossingCost(const PlacementProblem &problem,
                                                const PlacementTensor &tensor,
                                                Precision precision,
                                                unsigned from, unsigned to,
                                                unsigned codec);

/// The number of ways in which the tensor can be sent; 1 if it has no codecs.
unsigned getNumCodecs(const PlacementTensor &tensor);

/// The option of its source that `placement` takes, or the input's device and
/// precision.
NodeOption getSourceOption(const PlacementProblem &problem,
                           const PlacementTensor &tensor,
                           llvm::ArrayRef<unsigned> options);

/// The devices other than the source's to which a tensor must cross, ascending.
llvm::SmallVector<unsigned> getDestinations(const PlacementProblem &problem,
                                            const PlacementTensor &tensor,
                                            llvm::ArrayRef<unsigned> options);

/// How `tensor` gets to `destination`; null if it does not cross to there.
const Crossing *findCrossing(const Placement &placement, unsigned tensor,
                             unsigned destination);

bool isQuantized(const PlacementProblem &problem, const Placement &placement,
                 unsigned node);

/// Fails if an option is out of range or leaves the device that its node is
/// pinned to, or if the crossings are not just those that are needed, by links
/// that exist and codecs that carry the source's precision. `problem` has been
/// verified.
llvm::Expected<PlacementMetrics> evaluate(const PlacementProblem &problem,
                                          const Placement &placement);

} // namespace lathe::partition

#endif // LATHE_PARTITION_PLACEMENT_H
