//===- TimedModel.cpp - A model whose kernels are timed -------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TimedModel.h"

#include "lathe/Conversion/LoopsToLLVM/TimedKernels.h"

#include <algorithm>

using namespace lathe;

TimedModel *TimedModel::active = nullptr;

static double secondsBetween(TimedModel::Clock::time_point begin,
                             TimedModel::Clock::time_point end) {
  return std::chrono::duration<double>(end - begin).count();
}

double Times::getQuantile(double share) {
  if (values.empty())
    return 0;
  auto place = values.begin() +
               static_cast<size_t>(static_cast<double>(values.size()) * share);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

llvm::Expected<std::unique_ptr<TimedModel>>
TimedModel::create(mlir::ModuleOp module, llvm::ArrayRef<HostTensor> inputs,
                   NamedTensors &outputs, int64_t arenaSize,
                   unsigned maxThreads) {
  size_t numKernels = getTimedCalls(module).size();
  NativeOptions options;
  options.maxThreads = maxThreads;
  options.kernelDone = kernelDone;
  auto call = NativeCall::create(module, inputs, outputs, arenaSize, options);
  if (!call)
    return call.takeError();
  std::unique_ptr<TimedModel> model(
      new TimedModel(std::move(*call), numKernels));
  if (llvm::Error error = model->run())
    return std::move(error);
  model->clearTimes();
  return model;
}

void TimedModel::kernelDone(int64_t number) {
  Clock::time_point now = Clock::now();
  active->kernels[number].add(secondsBetween(active->last, now));
  // What this function takes belongs to no kernel.
  active->last = Clock::now();
}

llvm::Error TimedModel::run() {
  active = this;
  Clock::time_point begin = last = Clock::now();
  if (llvm::Error error = call.run())
    return error;
  whole.add(secondsBetween(begin, Clock::now()));
  return llvm::Error::success();
}

void TimedModel::clearTimes() {
  whole.clear();
  for (Times &times : kernels)
    times.clear();
}
