//===- UnitTimes.cpp - What the units of a model take on devices ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Plan/UnitTimes.h"
#include "lathe/Conversion/LoopsToLLVM/TimedKernels.h"
#include "lathe/Driver/Compiler.h"
#include "lathe/Driver/Estimator.h"
#include "lathe/Support/NodeNames.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace lathe;

namespace {

/// The time of a kernel and the ONNX nodes that it computes, by comma and
/// space.
struct KernelTime {
  std::string nodes;
  double seconds = 0;
};

} // namespace

//===----------------------------------------------------------------------===//
// By kernels
//===----------------------------------------------------------------------===//

/// The part of what a device computes at most that products reach, by how many
/// of them a byte takes part in: below 1, 2, 4, 8, 32 and more. Rounded from
/// what kernels reach together with AVX-512 and VNNI on one thread: of floats
/// those of MobileNetV2, YOLO11n, SqueezeNet, ResNet-8, ResNet-50, UltraFace,
/// YOLOX-nano and Inception v1 (0.19, 0.46, 0.72, 0.85, 0.94, 1.00), of bytes
/// those of the first four (0.06, 0.10, 0.21, 0.20, 0.56, 0.90).
static constexpr double floatEfficiency[] = {0.2, 0.45, 0.7, 0.85, 0.95, 1};
static constexpr double byteEfficiency[] = {0.06, 0.1, 0.2, 0.2, 0.55, 0.9};

/// What of that is left for those of Winograd's algorithm, which also
/// transforms what it multiplies: of the same models (0.47 and 0.60).
static constexpr double winogradFactor = 0.55;

static double getEfficiency(const KernelDescription &kernel, bool countsBytes) {
  double reuse = static_cast<double>(kernel.macs) /
                 static_cast<double>(std::max<int64_t>(kernel.bytes, 1));
  size_t group = reuse < 1    ? 0
                 : reuse < 2  ? 1
                 : reuse < 4  ? 2
                 : reuse < 8  ? 3
                 : reuse < 32 ? 4
                              : 5;
  double efficiency = (countsBytes ? byteEfficiency : floatEfficiency)[group];
  return kernel.products < kernel.macs ? efficiency * winogradFactor
                                       : efficiency;
}

/// How much faster kernels read than memory gives: part of what they read is
/// in a cache. Of the same models.
static constexpr double cacheFactor = 1.5;

/// The time of `kernel` on a device that computes and reads with `speed`: the
/// longer one of both (Williams et al., "Roofline", CACM 52(4), 2009).
static double getSeconds(const KernelDescription &kernel,
                         const DeviceSpeed &speed) {
  double reading =
      static_cast<double>(kernel.bytes) / (speed.bandwidth * cacheFactor);
  if (kernel.macs == 0)
    return reading;
  // Bytes are multiplied as fast as floats where nothing else is known.
  bool countsBytes = kernel.multipliesBytes && speed.byteOps > 0;
  double peak = countsBytes ? speed.byteOps : speed.flops;
  double operations = 2.0 * static_cast<double>(kernel.products) +
                      static_cast<double>(kernel.elementOps);
  return std::max(operations / (peak * getEfficiency(kernel, countsBytes)),
                  reading);
}

bool lathe::countsInstructions(const NetworkDevice &device) {
  return device.target.backend == TargetBackend::C && device.target.costs &&
         device.target.clock;
}

static llvm::Expected<std::vector<KernelTime>>
estimateKernels(ModuleOp copy, const NetworkDevice &device) {
  CodeOptions code;
  code.threads = device.threads;
  std::vector<KernelTime> times;
  if (countsInstructions(device)) {
    auto estimate = estimateModel(copy, device.target, code);
    if (!estimate)
      return estimate.takeError();
    for (const KernelEstimate &kernel : estimate->kernels)
      times.push_back({kernel.kernel.nodes, kernel.cost.seconds.value_or(0)});
    return times;
  }
  if (!device.speed)
    return llvm::createStringError(
        "nothing says how fast device '" + device.name + "' (" +
        device.target.name +
        ") is; give it 'speed' or a 'profile', or name a board as its target");
  if (llvm::Error error = lowerToKernels(copy, device.target, code))
    return std::move(error);
  if (llvm::Error error = lowerToLoops(copy))
    return std::move(error);
  for (func::CallOp call : getTimedCalls(copy)) {
    KernelDescription kernel = describeKernel(call);
    times.push_back({kernel.nodes, getSeconds(kernel, *device.speed)});
  }
  return times;
}

//===----------------------------------------------------------------------===//
// From a profile
//===----------------------------------------------------------------------===//

/// Makes the kernels take what the whole model took: reading the clock behind
/// each takes time itself.
static void scaleTo(std::vector<KernelTime> &times, double seconds) {
  double sum = 0;
  for (const KernelTime &time : times)
    sum += time.seconds;
  if (sum > 0 && seconds > 0)
    for (KernelTime &time : times)
      time.seconds *= seconds / sum;
}

static llvm::Expected<std::vector<KernelTime>>
readProfile(llvm::StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return llvm::createStringError("cannot read the profile '" + path +
                                   "': " + buffer.getError().message());
  auto fail = [&](const llvm::Twine &what) {
    return llvm::createStringError("'" + path + "' is no profile: " + what +
                                   "; make one with lathe profile --run -o, "
                                   "or --log -o of what a device printed");
  };
  llvm::Expected<llvm::json::Value> json =
      llvm::json::parse((*buffer)->getBuffer());
  if (!json)
    return fail(llvm::toString(json.takeError()));
  const llvm::json::Object *object = json->getAsObject();
  const llvm::json::Array *kernels =
      object ? object->getArray("kernels") : nullptr;
  if (!kernels)
    return fail("there is no list 'kernels'");
  std::vector<KernelTime> times;
  for (const llvm::json::Value &value : *kernels) {
    const llvm::json::Object *kernel = value.getAsObject();
    auto nodes = kernel ? kernel->getString("nodes") : std::nullopt;
    auto seconds = kernel ? kernel->getNumber("seconds") : std::nullopt;
    if (!nodes || !seconds || *seconds < 0)
      return fail("a kernel has no 'nodes' or no 'seconds'");
    times.push_back({nodes->str(), *seconds});
  }
  scaleTo(times, object->getNumber("seconds").value_or(0));
  return times;
}

//===----------------------------------------------------------------------===//
// From kernels to units
//===----------------------------------------------------------------------===//

namespace {

/// Divides the times of kernels among the units that have their nodes.
class TimeDivider {
public:
  explicit TimeDivider(const ModelUnits &units);

  /// Also knows nodes that are named after those of the units, as those of a
  /// model that was made of this one are: behind the name a slash and more, or
  /// _ and a number.
  void knowDerived() { knowsDerived = true; }

  /// The nodes of no unit are added to `unknown`.
  std::vector<double> divide(ArrayRef<KernelTime> times,
                             std::vector<std::string> &unknown);

private:
  using UnitMap = llvm::StringMap<SmallVector<unsigned>>;

  static void addNames(Location loc, unsigned unit, UnitMap &map);
  UnitMap::const_iterator find(const UnitMap &map, StringRef node) const;
  void addConstants(Operation *op, unsigned unit);

  const ModelUnits &units;
  /// By names: the units that have such nodes, and those that read such
  /// constants and inputs, which kernels may copy.
  UnitMap unitsOf, readersOf;
  bool knowsDerived = false;
};

} // namespace

TimeDivider::TimeDivider(const ModelUnits &units) : units(units) {
  for (const auto &[index, unit] : llvm::enumerate(units.units))
    for (Operation *op : unit.ops) {
      addNames(op->getLoc(), index, unitsOf);
      addConstants(op, index);
    }
  for (const UnitTensor &tensor : units.tensors)
    for (unsigned reader :
         tensor.source ? std::vector<unsigned>() : tensor.consumers)
      addNames(tensor.value.getLoc(), reader, readersOf);
}

void TimeDivider::addNames(Location loc, unsigned unit, UnitMap &map) {
  for (StringRef node : getNodeNames(loc)) {
    SmallVector<unsigned> &list = map[node];
    if (list.empty() || list.back() != unit)
      list.push_back(unit);
  }
}

/// Adds the constants that `op` of `unit` reads, and what they are made of.
void TimeDivider::addConstants(Operation *op, unsigned unit) {
  for (Value operand : op->getOperands())
    if (Operation *source = operand.getDefiningOp();
        source && isConstantOp(source)) {
      addNames(source->getLoc(), unit, readersOf);
      addConstants(source, unit);
    }
}

TimeDivider::UnitMap::const_iterator TimeDivider::find(const UnitMap &map,
                                                       StringRef node) const {
  auto it = map.find(node);
  if (it != map.end() || !knowsDerived)
    return it;
  it = map.find(node.rsplit('/').first);
  if (it != map.end())
    return it;
  auto [name, number] = node.rsplit('_');
  return llvm::all_of(number, llvm::isDigit) ? map.find(name) : map.end();
}

std::vector<double> TimeDivider::divide(ArrayRef<KernelTime> times,
                                        std::vector<std::string> &unknown) {
  std::vector<double> seconds(units.units.size(), 0);
  // What computes no node, such as a copy, belongs to what follows.
  double pending = 0;
  for (const KernelTime &time : times) {
    llvm::SmallSetVector<unsigned, 8> found, readers;
    for (StringRef node : llvm::split(time.nodes, ", ")) {
      auto it = find(unitsOf, node), constant = find(readersOf, node);
      if (it != unitsOf.end())
        found.insert(it->second.begin(), it->second.end());
      else if (constant != readersOf.end())
        readers.insert(constant->second.begin(), constant->second.end());
      else if (!node.empty())
        unknown.push_back(node.str());
    }
    if (found.empty())
      found = std::move(readers);
    pending += time.seconds;
    if (found.empty())
      continue;
    // By what they compute; movements count as little.
    auto getWork = [&](unsigned unit) {
      const ModelUnit &work = units.units[unit];
      return 1.0 + 2.0 * static_cast<double>(work.macs) +
             static_cast<double>(work.elementOps);
    };
    double sum = 0;
    for (unsigned unit : found)
      sum += getWork(unit);
    for (unsigned unit : found)
      seconds[unit] += pending * getWork(unit) / sum;
    pending = 0;
  }
  if (!seconds.empty())
    seconds.back() += pending;
  return seconds;
}

/// The times of `units` by the profile `file`, with `isDerived` one of a model
/// that was made of this one, which has nodes of its own. Fails if it is one of
/// another model, or of a part.
static llvm::Expected<std::vector<double>>
divideProfile(llvm::StringRef file, const ModelUnits &units,
              const Network &network, bool isDerived) {
  llvm::SmallString<128> path(file);
  if (llvm::sys::path::is_relative(path)) {
    path = network.directory;
    llvm::sys::path::append(path, file);
  }
  auto times = readProfile(path);
  if (!times)
    return times.takeError();
  TimeDivider divider(units);
  if (isDerived)
    divider.knowDerived();
  std::vector<std::string> unknown;
  std::vector<double> seconds = divider.divide(*times, unknown);
  if (!isDerived && !unknown.empty())
    return llvm::createStringError("'" + path +
                                   "' is the profile of another model: this "
                                   "one has no node '" +
                                   unknown.front() + "'");
  for (auto [unit, time] : llvm::zip_equal(units.units, seconds))
    if (unit.macs > 0 && time <= 0)
      return llvm::createStringError(
          "'" + path +
          "' is the profile of another model, or of a part of "
          "this one: it has no time for node '" +
          unit.name + "'");
  return seconds;
}

/// What the profiles of `device` measured.
static llvm::Expected<UnitTimes>
readProfiles(const ModelUnits &units, const NetworkDevice &device,
             const Network &network,
             llvm::function_ref<bool(unsigned)> isInt8) {
  UnitTimes result;
  auto seconds =
      divideProfile(device.profile, units, network, /*isDerived=*/false);
  if (!seconds)
    return seconds.takeError();
  result.seconds = std::move(*seconds);
  result.isMeasured = true;
  result.source = "profile " + device.profile;
  if (device.int8Profile.empty())
    return result;
  auto int8 =
      divideProfile(device.int8Profile, units, network, /*isDerived=*/true);
  if (!int8)
    return int8.takeError();
  for (unsigned unit = 0; unit < units.units.size(); ++unit)
    if (isInt8(unit))
      result.seconds[unit] = (*int8)[unit];
  result.source += " and " + device.int8Profile;
  return result;
}

llvm::Expected<UnitTimes>
lathe::getUnitTimes(ModuleOp module, const ModelUnits &units,
                    const NetworkDevice &device, const Network &network,
                    llvm::function_ref<bool(unsigned)> isInt8) {
  if (!device.profile.empty())
    return readProfiles(units, device, network, isInt8);
  UnitTimes result;
  OwningOpRef<ModuleOp> copy = cast<ModuleOp>(module->clone());
  auto times = estimateKernels(*copy, device);
  if (!times)
    return times.takeError();
  std::vector<std::string> unknown;
  result.seconds = TimeDivider(units).divide(*times, unknown);
  result.source = countsInstructions(device) ? "estimated from its instructions"
                                             : "estimated from its speed (" +
                                                   device.speed->source + ")";
  return result;
}
