//===- Profiler.cpp - Where the time of a model goes ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/Profiler.h"
#include "lathe/Driver/NativeCall.h"

#include "lathe/Conversion/LoopsToLLVM/TimedKernels.h"
#include "lathe/Dialect/Lathe/Transforms/Storage.h"
#include "lathe/Driver/Compiler.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Driver/Runner.h"
#include "lathe/Driver/SelfTest.h"

#include "llvm/ADT/STLExtras.h"

#include <chrono>

using namespace mlir;
using namespace lathe;

namespace {

using Clock = std::chrono::steady_clock;

/// The times of the calls of one run after the other. Generated code calls a
/// plain function, so there is one at a time.
class KernelClock {
public:
  explicit KernelClock(size_t count) : times(count) { active = this; }
  ~KernelClock() { active = nullptr; }

  void start() { last = Clock::now(); }

  static void done(int64_t number) {
    Clock::time_point now = Clock::now();
    active->times[number].push_back(
        std::chrono::duration<double>(now - active->last).count());
    // What this function takes belongs to no kernel.
    active->last = Clock::now();
  }

  MutableArrayRef<double> getTimes(size_t number) { return times[number]; }
  void clear() {
    for (std::vector<double> &list : times)
      list.clear();
  }

private:
  static KernelClock *active;
  std::vector<std::vector<double>> times;
  Clock::time_point last;
};

KernelClock *KernelClock::active = nullptr;

} // namespace

static double median(MutableArrayRef<double> values) {
  if (values.empty())
    return 0;
  auto middle = values.begin() + values.size() / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// What the call does, from the attributes of its kernel.
static KernelProfile describe(func::CallOp call) {
  KernelProfile kernel;
  kernel.name = call.getCallee().str();
  for (Type type : call.getOperandTypes())
    if (auto memory = dyn_cast<MemRefType>(type))
      kernel.bytes += memory.getNumElements() *
                      llvm::divideCeil(memory.getElementTypeBitWidth(), 8);
  auto module = call->getParentOfType<ModuleOp>();
  auto function = module.lookupSymbol<func::FuncOp>(call.getCallee());
  if (auto doc = function->getAttrOfType<ArrayAttr>("lathe.doc")) {
    kernel.nodes = cast<StringAttr>(doc[0]).str();
    kernel.shapes = doc.size() > 1 ? cast<StringAttr>(doc[1]).str() : "";
  }
  if (auto work = function->getAttrOfType<DenseI64ArrayAttr>("lathe.work")) {
    kernel.macs = work[0];
    kernel.elementOps = work[1];
  }
  return kernel;
}

/// Runs the model as long as the options say, and at least three times.
static llvm::Error measure(NativeCall &call, KernelClock &clock,
                           const ProfileOptions &options,
                           ModelProfile &profile) {
  constexpr unsigned leastRuns = 3;
  // The first run meets cold caches and pages that are not there yet.
  clock.start();
  if (llvm::Error error = call.run())
    return error;
  clock.clear();
  std::vector<double> totals;
  Clock::time_point begin = Clock::now();
  std::chrono::duration<double> limit(options.seconds);
  while (totals.size() < leastRuns || Clock::now() - begin < limit) {
    Clock::time_point start = Clock::now();
    clock.start();
    if (llvm::Error error = call.run())
      return error;
    totals.push_back(
        std::chrono::duration<double>(Clock::now() - start).count());
  }
  profile.numRuns = static_cast<unsigned>(totals.size());
  profile.seconds = median(totals);
  for (auto [i, kernel] : llvm::enumerate(profile.kernels))
    kernel.seconds = median(clock.getTimes(i));
  return llvm::Error::success();
}

llvm::Expected<ModelProfile>
lathe::profileModel(ModuleOp module, const NamedTensors &given,
                    const ProfileOptions &options) {
  func::FuncOp model = lookupModel(module);
  if (!model)
    return llvm::createStringError("there is no model to profile");
  auto inputs =
      given.empty() ? createRandomInputs(model) : matchInputs(model, given);
  if (!inputs)
    return inputs.takeError();
  llvm::Expected<NamedTensors> outputs = createOutputs(model);
  if (!outputs)
    return outputs.takeError();
  llvm::Expected<TargetDescription> host = getTarget("host");
  if (!host)
    return host.takeError();
  if (llvm::Error error = lowerToKernels(module, *host, options.code))
    return std::move(error);
  int64_t arenaSize = getFootprint(lookupModel(module)).arena;
  if (llvm::Error error = lowerToLoops(module))
    return std::move(error);

  ModelProfile profile;
  for (func::CallOp call : getTimedCalls(module))
    profile.kernels.push_back(describe(call));
  KernelClock clock(profile.kernels.size());
  NativeOptions native;
  native.maxThreads = options.code.threads;
  native.kernelDone = KernelClock::done;
  auto call = NativeCall::create(module, *inputs, *outputs, arenaSize, native);
  if (!call)
    return call.takeError();
  if (llvm::Error error = measure(*call, clock, options, profile))
    return std::move(error);
  return profile;
}
