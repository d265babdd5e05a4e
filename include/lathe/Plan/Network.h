//===- Network.h - Devices that run a model together ------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A network of devices as a user describes it in YAML; docs/networks.md has the
// keys.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PLAN_NETWORK_H
#define LATHE_PLAN_NETWORK_H

#include "lathe/Target/Description/TargetDescription.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <string>
#include <vector>

namespace lathe {

/// What a device computes and moves at most; how much of that kernels reach
/// depends on their class.
struct DeviceSpeed {
  double flops = 0;     ///< f32 operations per second, of all threads
  double byteOps = 0;   ///< operations per second on 8-bit integers
  double bandwidth = 0; ///< bytes per second from memory
  std::string source;
};

struct NetworkDevice {
  std::string name;
  TargetDescription target;
  /// Threads of a kernel, from 1.
  unsigned threads = 1;
  /// Bytes for weights and activations; none if it does not matter.
  std::optional<double> memory;
  /// W while it computes, and while others do.
  double activePower = 0, idlePower = 0;
  /// Where the powers are from; empty if there are none.
  std::string powerSource;
  std::optional<DeviceSpeed> speed;
  /// A file of `lathe profile --run -o`, relative to the network's file; empty
  /// if there is none; and one of the model in 8 bits.
  std::string profile, int8Profile;
};

/// A way from one device to another.
struct NetworkLink {
  unsigned from = 0, to = 0;
  double bandwidth = 0;     ///< bytes per second
  double roundTripTime = 0; ///< seconds, once for each tensor
  /// The radio's: J per byte, and W as long as it sends or receives.
  double sendEnergy = 0, sendPower = 0, receiveEnergy = 0, receivePower = 0;
  std::string source;
};

struct Network {
  std::string name, description;
  std::vector<NetworkDevice> devices;
  std::vector<NetworkLink> links;
  /// Where the model's inputs arise, and where its outputs are wanted.
  unsigned inputDevice = 0, outputDevice = 0;
  /// The folder that files it names are relative to.
  std::string directory;

  const NetworkLink *findLink(unsigned from, unsigned to) const;
};

/// Reads and checks the file at `path`. Fails, naming the file and the part at
/// fault, if it is not a network: a missing key or unit, a name that stands
/// twice or for nothing, an unknown target, or a device that nothing can be
/// sent to or that cannot send what it computed back.
llvm::Expected<Network> loadNetwork(llvm::StringRef path);

} // namespace lathe

#endif // LATHE_PLAN_NETWORK_H
