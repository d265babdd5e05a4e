//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Where the kernels of a model run in a network of devices, in which precision,
// and in which form each tensor crosses a link: the data of the problem. It
// knows no model and no compiler; the caller measures or estimates the times.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PARTITION_PLACEMENTPROBLEM_H
#define LATHE_PARTITION_PLACEMENTPROBLEM_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lathe::partition {

enum class Precision : uint8_t { F32, Int8 };

struct Device {
  std::string name;
  /// In W, at least 0: what encoding and decoding tensors draws here. Kernels
  /// state their own energy.
  double codecPower = 0;
  /// In W, at least 0: what is drawn while another device is at work, all in
  /// turn.
  double idlePower = 0;
};

/// The way from one device to another. The two directions differ.
struct Link {
  /// In bytes per second, above 0.
  double bandwidth = 0;
  /// In seconds, at least 0: added once to each tensor that crosses.
  double roundTripTime = 0;
  /// In J per byte on the wire, at least 0.
  double transmitEnergy = 0;
  double receiveEnergy = 0;
  /// In W, at least 0: what is drawn besides as long as bytes are sent.
  double transmitPower = 0;
  double receivePower = 0;
};

/// One way to run a node. All figures are finite and at least 0.
struct NodeOption {
  unsigned device = 0;
  Precision precision = Precision::F32;
  double time = 0;        ///< in seconds
  double energy = 0;      ///< in J, of that device
  double weightBytes = 0; ///< in the memory of that device
  double noise = 0;       ///< the additive part; see NoiseTerm
};

/// A kernel.
struct PlacementNode {
  std::string name;
  /// At most one for each device and precision, at least one.
  llvm::SmallVector<NodeOption> options;
  /// Options of other devices are not taken.
  std::optional<unsigned> pinnedDevice;
};

/// A form in which a tensor can cross a link.
struct WireCodec {
  std::string name;
  double bytes = 0; ///< on the wire, at least 0
  /// In seconds for each device, or empty for none.
  llvm::SmallVector<double> encodeTime;
  llvm::SmallVector<double> decodeTime;
  /// Added to the noise for each crossing; 0 is lossless.
  double noise = 0;
  /// The precisions of the source that it can carry.
  bool carriesF32 = true;
  bool carriesInt8 = true;
};

struct PlacementTensor {
  std::string name;
  /// The node that computes it; none for an input of the model, which is on
  /// `inputDevice` as `inputPrecision`.
  std::optional<unsigned> source;
  unsigned inputDevice = 0;
  Precision inputPrecision = Precision::F32;
  llvm::SmallVector<unsigned> consumers;     ///< nodes
  llvm::SmallVector<unsigned> wantedDevices; ///< as an output of the model
  /// As f32. Without codecs it crosses as it is: these bytes if the source is
  /// f32, a quarter of them if it is int8.
  double bytes = 0;
  llvm::SmallVector<WireCodec> codecs;
  /// How often it crosses for a request, on average, at least 0: what its
  /// crossings take of time and energy is multiplied by this.
  double frequency = 1;
};

/// `coefficient`, in units of noise, if all of `nodes` (one to three different
/// ones) run in int8. It may be negative, as in a fitted polynomial.
struct NoiseTerm {
  llvm::SmallVector<unsigned, 3> nodes;
  double coefficient = 0;
};

/// A tensor crosses to one destination once, however many consumers are there.
struct PlacementProblem {
  llvm::SmallVector<Device> devices;
  /// Row-major, from x to; none where two devices are not connected. The
  /// diagonal is not looked at.
  std::vector<std::optional<Link>> links;
  std::vector<PlacementNode> nodes;
  std::vector<PlacementTensor> tensors;
  /// The noise is the sum of these and of the noise of options and codecs.
  std::vector<NoiseTerm> noiseTerms;

  /// Makes the matrix of links fit the devices, all not connected.
  void resetLinks() {
    links.assign(devices.size() * devices.size(), std::nullopt);
  }
  std::optional<Link> &link(unsigned from, unsigned to) {
    return links[from * devices.size() + to];
  }
  const std::optional<Link> &link(unsigned from, unsigned to) const {
    return links[from * devices.size() + to];
  }
};

/// Fails, naming the part at fault, if a figure is negative or not finite, an
/// index is out of range, the matrix of links has the wrong size, an option or
/// a consumer stands twice, a node has no option on the device that it is
/// pinned to, or the nodes are in a cycle.
llvm::Error verify(const PlacementProblem &problem);

/// The nodes such that sources precede consumers; of those that could be next,
/// the one of the lowest index. Fails if there is a cycle.
llvm::Expected<std::vector<unsigned>>
sortTopologically(const PlacementProblem &problem);

} // namespace lathe::partition

#endif // LATHE_PARTITION_PLACEMENTPROBLEM_H
