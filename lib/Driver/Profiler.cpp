//===- Profiler.cpp - Where the time of a model goes ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/Profiler.h"
#include "TimedModel.h"

#include "lathe/Conversion/LoopsToLLVM/TimedKernels.h"
#include "lathe/Dialect/Lathe/Transforms/Storage.h"
#include "lathe/Driver/Compiler.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Driver/Runner.h"
#include "lathe/Driver/SelfTest.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace lathe;

/// Runs the model as long as the options say, and at least three times.
static llvm::Error measure(TimedModel &model, const ProfileOptions &options,
                           ModelProfile &profile) {
  using Clock = TimedModel::Clock;
  constexpr unsigned leastRuns = 3;
  Clock::time_point begin = Clock::now();
  std::chrono::duration<double> limit(options.seconds);
  while (model.getNumRuns() < leastRuns || Clock::now() - begin < limit)
    if (llvm::Error error = model.run())
      return error;
  profile.numRuns = static_cast<unsigned>(model.getNumRuns());
  profile.seconds = model.getTimes().getMedian();
  for (auto [kernel, times] :
       llvm::zip_equal(profile.kernels, model.getKernelTimes()))
    kernel.seconds = times.getMedian();
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
    profile.kernels.push_back({describeKernel(call)});
  auto timed = TimedModel::create(module, *inputs, *outputs, arenaSize,
                                  options.code.threads);
  if (!timed)
    return timed.takeError();
  if (llvm::Error error = measure(**timed, options, profile))
    return std::move(error);
  return profile;
}
