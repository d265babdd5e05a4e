//===- HeldOut.cpp - Samples to judge steps by ----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HeldOut.h"

#include "lathe/Data/SampleStream.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Driver/ModuleCopy.h"

using namespace mlir;
using namespace lathe;

/// Calls `work` with the number of each sample and the model that was run on
/// it.
llvm::Error HeldOut::forEach(
    ModuleOp module,
    llvm::function_ref<void(size_t, const PreparedModel &)> work) const {
  llvm::Expected<ModuleBytes> bytes = toBytes(module);
  if (!bytes)
    return bytes.takeError();
  auto model =
      prepareCopy(**bytes, "the quantized model cannot be run", threads);
  if (!model)
    return model.takeError();
  size_t number = 0;
  return forEachSample(dataset, samples,
                       [&](const Sample &sample) -> llvm::Error {
                         if (llvm::Error error = (*model)->run(sample.inputs))
                           return error;
                         work(number++, **model);
                         return llvm::Error::success();
                       });
}

llvm::Error HeldOut::record(ModuleOp original) {
  parts = findOutputParts(lookupModel(original));
  return forEach(original, [&](size_t, const PreparedModel &model) {
    originals.push_back(copyTensors(model.getOutputs()));
  });
}

llvm::Expected<HeldOutResult> HeldOut::measure(ModuleOp quantized) const {
  OutputNoise noise(parts);
  double seconds = std::numeric_limits<double>::infinity();
  auto add = [&](size_t number, const PreparedModel &model) {
    noise.add(model.getOutputs(), originals[number]);
    seconds = std::min(seconds, model.getSeconds());
  };
  if (llvm::Error error = forEach(quantized, add))
    return std::move(error);
  return HeldOutResult{noise.getDecibels(), seconds};
}

DividedSamples lathe::divideSamples(const Dataset &dataset,
                                    std::vector<int64_t> samples,
                                    int64_t interval, int64_t most) {
  if (samples.empty())
    samples = spreadSamples(dataset.getNumSamples(), dataset.getNumSamples());
  auto count = static_cast<int64_t>(samples.size());
  std::vector<int64_t> places = spreadSamples(
      count, std::min<int64_t>(most, llvm::divideCeil(count, interval)));
  llvm::DenseSet<int64_t> isHeldOut(places.begin(), places.end());
  DividedSamples divided;
  for (int64_t i = 0; i < count; ++i)
    (isHeldOut.contains(i) ? divided.heldOut : divided.calibrating)
        .push_back(samples[i]);
  return divided;
}
