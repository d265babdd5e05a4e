//===- NetworkYAML.cpp - Networks from files ------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Plan/Network.h"
#include "lathe/Support/Quantity.h"
#include "lathe/Support/ReadYAML.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace lathe;
namespace yaml = llvm::yaml;

//===----------------------------------------------------------------------===//
// What the file says
//===----------------------------------------------------------------------===//

namespace {

/// A quantity as it is written, and what is wrong with it.
template <Dimension dimension> struct Written {
  double value = 0;
};

struct WrittenSpeed {
  Written<Dimension::OperationsPerSecond> floats, bytes;
  Written<Dimension::BytesPerSecond> memory;
  std::string source;
};

struct WrittenPower {
  Written<Dimension::Watts> active, idle;
  std::string source;
};

struct WrittenDevice {
  std::string name, target, profile, int8Profile;
  unsigned threads = 1;
  std::optional<Written<Dimension::Bytes>> memory;
  std::optional<WrittenPower> power;
  std::optional<WrittenSpeed> speed;
};

struct WrittenRadio {
  Written<Dimension::JoulesPerByte> send, receive;
  Written<Dimension::Watts> sendPower, receivePower;
  std::string source;
};

struct WrittenLink {
  /// Both directions, or one.
  std::vector<std::string> between;
  std::string from, to;
  Written<Dimension::BytesPerSecond> bandwidth;
  Written<Dimension::Seconds> roundTripTime;
  std::optional<WrittenRadio> radio;
  std::string source;
};

struct WrittenNetwork {
  std::string name, description, input, output;
  std::vector<WrittenDevice> devices;
  std::vector<WrittenLink> links;
};

} // namespace

LLVM_YAML_IS_SEQUENCE_VECTOR(WrittenDevice)
LLVM_YAML_IS_SEQUENCE_VECTOR(WrittenLink)

namespace llvm::yaml {
template <Dimension dimension> struct ScalarTraits<Written<dimension>> {
  // Files are only read.
  static void output(const Written<dimension> &, void *, raw_ostream &) {}
  static StringRef input(StringRef text, void *, Written<dimension> &written) {
    llvm::Expected<double> value = parseQuantity(text, dimension);
    if (value) {
      written.value = *value;
      return {};
    }
    // YAML keeps no more than a reference to the message.
    static thread_local std::string message;
    message = llvm::toString(value.takeError());
    return message;
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

template <> struct MappingTraits<WrittenSpeed> {
  static void mapping(IO &io, WrittenSpeed &speed) {
    io.mapRequired("f32", speed.floats);
    io.mapOptional("int8", speed.bytes);
    io.mapRequired("memory", speed.memory);
    io.mapRequired("source", speed.source);
  }
  static std::string validate(IO &, WrittenSpeed &speed) {
    return speed.floats.value > 0 && speed.memory.value > 0
               ? ""
               : "a speed is above 0";
  }
};

template <> struct MappingTraits<WrittenPower> {
  static void mapping(IO &io, WrittenPower &power) {
    io.mapRequired("active", power.active);
    io.mapOptional("idle", power.idle);
    io.mapRequired("source", power.source);
  }
};

template <> struct MappingTraits<WrittenDevice> {
  static void mapping(IO &io, WrittenDevice &device) {
    io.mapRequired("name", device.name);
    io.mapRequired("target", device.target);
    io.mapOptional("threads", device.threads);
    io.mapOptional("memory", device.memory);
    io.mapOptional("power", device.power);
    io.mapOptional("speed", device.speed);
    io.mapOptional("profile", device.profile);
    io.mapOptional("int8-profile", device.int8Profile);
  }
  static std::string validate(IO &, WrittenDevice &device) {
    if (!device.int8Profile.empty() && device.profile.empty())
      return "an 'int8-profile' goes with a 'profile', which is that of the "
             "float model";
    return device.threads > 0 ? "" : "a device has one thread at least";
  }
};

template <> struct MappingTraits<WrittenRadio> {
  static void mapping(IO &io, WrittenRadio &radio) {
    io.mapOptional("send", radio.send);
    io.mapOptional("receive", radio.receive);
    io.mapOptional("send-power", radio.sendPower);
    io.mapOptional("receive-power", radio.receivePower);
    io.mapRequired("source", radio.source);
  }
};

template <> struct MappingTraits<WrittenLink> {
  static void mapping(IO &io, WrittenLink &link) {
    io.mapOptional("between", link.between);
    io.mapOptional("from", link.from);
    io.mapOptional("to", link.to);
    io.mapRequired("bandwidth", link.bandwidth);
    io.mapRequired("rtt", link.roundTripTime);
    io.mapOptional("radio", link.radio);
    io.mapRequired("source", link.source);
  }
  static std::string validate(IO &, WrittenLink &link) {
    bool isOneWay = !link.from.empty() && !link.to.empty();
    if (link.between.empty() ? !isOneWay : link.between.size() != 2 || isOneWay)
      return "a link has either 'between', with two devices, or 'from' and "
             "'to'";
    return link.bandwidth.value > 0 ? "" : "a bandwidth is above 0";
  }
};

template <> struct MappingTraits<WrittenNetwork> {
  static void mapping(IO &io, WrittenNetwork &network) {
    io.mapRequired("name", network.name);
    io.mapOptional("description", network.description);
    io.mapRequired("input", network.input);
    io.mapRequired("output", network.output);
    io.mapRequired("devices", network.devices);
    io.mapOptional("links", network.links);
  }
  static std::string validate(IO &, WrittenNetwork &network) {
    return network.devices.empty() ? "a network has one device at least" : "";
  }
};
} // namespace llvm::yaml

//===----------------------------------------------------------------------===//
// What it means
//===----------------------------------------------------------------------===//

namespace {

/// Makes a network of what is written.
class NetworkBuilder {
public:
  NetworkBuilder(llvm::StringRef path, const WrittenNetwork &written)
      : path(path), written(written) {}

  llvm::Expected<Network> build();

private:
  llvm::Error fail(const llvm::Twine &message) const {
    return llvm::createStringError(path + ": " + message);
  }
  llvm::Error addDevice(const WrittenDevice &device);
  llvm::Error addLink(const WrittenLink &link);
  llvm::Error addDirection(const WrittenLink &link, llvm::StringRef from,
                           llvm::StringRef to);
  llvm::Error find(llvm::StringRef name, const llvm::Twine &what,
                   unsigned &index) const;
  llvm::Error checkConnections() const;

  std::string path;
  const WrittenNetwork &written;
  Network network;
};

} // namespace

llvm::Error NetworkBuilder::addDevice(const WrittenDevice &device) {
  if (llvm::any_of(network.devices, [&](const NetworkDevice &other) {
        return other.name == device.name;
      }))
    return fail("device '" + device.name + "' stands twice");
  NetworkDevice added;
  added.name = device.name;
  // A target file is named relative to the network.
  llvm::SmallString<128> file(device.target);
  bool isFile = file.ends_with(".yaml") || file.ends_with(".yml");
  if (isFile && llvm::sys::path::is_relative(file)) {
    file = network.directory;
    llvm::sys::path::append(file, device.target);
  }
  auto target = getTarget(file);
  if (!target)
    return fail("device '" + device.name +
                "': " + llvm::toString(target.takeError()));
  added.target = std::move(*target);
  added.threads = device.threads;
  if (device.memory)
    added.memory = device.memory->value;
  if (device.power) {
    added.activePower = device.power->active.value;
    added.idlePower = device.power->idle.value;
    added.powerSource = device.power->source;
  } else if (added.target.activePower) {
    added.activePower = added.target.activePower->value;
    added.powerSource = added.target.activePower->source;
  }
  if (device.speed)
    added.speed =
        DeviceSpeed{device.speed->floats.value, device.speed->bytes.value,
                    device.speed->memory.value, device.speed->source};
  added.profile = device.profile;
  added.int8Profile = device.int8Profile;
  network.devices.push_back(std::move(added));
  return llvm::Error::success();
}

llvm::Error NetworkBuilder::find(llvm::StringRef name, const llvm::Twine &what,
                                 unsigned &index) const {
  auto device = llvm::find_if(network.devices, [&](const NetworkDevice &other) {
    return other.name == name;
  });
  if (device == network.devices.end())
    return fail(what + " names '" + name + "', which is none of the devices");
  index = static_cast<unsigned>(device - network.devices.begin());
  return llvm::Error::success();
}

llvm::Error NetworkBuilder::addDirection(const WrittenLink &link,
                                         llvm::StringRef from,
                                         llvm::StringRef to) {
  NetworkLink added;
  if (llvm::Error error = find(from, "a link", added.from))
    return error;
  if (llvm::Error error = find(to, "a link", added.to))
    return error;
  if (added.from == added.to)
    return fail("a link leads from '" + from + "' to itself");
  if (network.findLink(added.from, added.to))
    return fail("the link from '" + from + "' to '" + to + "' stands twice");
  added.bandwidth = link.bandwidth.value;
  added.roundTripTime = link.roundTripTime.value;
  if (link.radio) {
    added.sendEnergy = link.radio->send.value;
    added.sendPower = link.radio->sendPower.value;
    added.receiveEnergy = link.radio->receive.value;
    added.receivePower = link.radio->receivePower.value;
  }
  added.source = link.source;
  network.links.push_back(std::move(added));
  return llvm::Error::success();
}

llvm::Error NetworkBuilder::addLink(const WrittenLink &link) {
  if (link.between.empty())
    return addDirection(link, link.from, link.to);
  if (llvm::Error error = addDirection(link, link.between[0], link.between[1]))
    return error;
  return addDirection(link, link.between[1], link.between[0]);
}

/// The devices that are reached from `start` by links, or with `backwards` from
/// which it is reached.
static std::vector<bool> reach(const Network &network, unsigned start,
                               bool backwards) {
  std::vector<bool> reached(network.devices.size(), false);
  std::vector<unsigned> pending = {start};
  reached[start] = true;
  while (!pending.empty()) {
    unsigned device = pending.back();
    pending.pop_back();
    for (const NetworkLink &link : network.links) {
      unsigned near = backwards ? link.to : link.from;
      unsigned far = backwards ? link.from : link.to;
      if (near != device || reached[far])
        continue;
      reached[far] = true;
      pending.push_back(far);
    }
  }
  return reached;
}

llvm::Error NetworkBuilder::checkConnections() const {
  std::vector<bool> from = reach(network, network.inputDevice, false);
  std::vector<bool> to = reach(network, network.outputDevice, true);
  for (auto [index, device] : llvm::enumerate(network.devices)) {
    if (!from[index])
      return fail("no link leads to device '" + device.name +
                  "' from the input's; add one, or leave the device out");
    if (!to[index])
      return fail("no link leads from device '" + device.name +
                  "' to the output's; add one, or leave the device out");
  }
  return llvm::Error::success();
}

llvm::Expected<Network> NetworkBuilder::build() {
  network.name = written.name;
  network.description = written.description;
  network.directory = llvm::sys::path::parent_path(path).str();
  for (const WrittenDevice &device : written.devices)
    if (llvm::Error error = addDevice(device))
      return std::move(error);
  for (const WrittenLink &link : written.links)
    if (llvm::Error error = addLink(link))
      return std::move(error);
  if (llvm::Error error = find(written.input, "'input'", network.inputDevice))
    return std::move(error);
  if (llvm::Error error =
          find(written.output, "'output'", network.outputDevice))
    return std::move(error);
  if (llvm::Error error = checkConnections())
    return std::move(error);
  return std::move(network);
}

const NetworkLink *Network::findLink(unsigned from, unsigned to) const {
  auto link = llvm::find_if(links, [&](const NetworkLink &other) {
    return other.from == from && other.to == to;
  });
  return link == links.end() ? nullptr : &*link;
}

llvm::Expected<Network> lathe::loadNetwork(llvm::StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return llvm::createStringError("cannot read the network '" + path +
                                   "': " + buffer.getError().message());
  WrittenNetwork written;
  if (llvm::Error error =
          readYAML((*buffer)->getMemBufferRef(), written, "this is no network",
                   "docs/networks.md has the keys of a network"))
    return std::move(error);
  return NetworkBuilder(path, written).build();
}
