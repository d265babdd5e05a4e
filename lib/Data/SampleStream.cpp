//===- SampleStream.cpp - Samples read ahead ------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Data/SampleStream.h"

#include <algorithm>

using namespace lathe;

/// As many samples wait at most.
static constexpr size_t mostWaiting = 4;

SampleStream::SampleStream(Dataset &dataset, std::vector<int64_t> indices)
    : dataset(dataset), indices(std::move(indices)),
      reader([this] { read(); }) {}

SampleStream::~SampleStream() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    stopped = true;
  }
  changed.notify_all();
  reader.join();
  for (llvm::Expected<Sample> &sample : samples)
    llvm::consumeError(sample.takeError());
}

void SampleStream::read() {
  for (int64_t index : indices) {
    {
      std::unique_lock<std::mutex> lock(mutex);
      changed.wait(lock,
                   [&] { return stopped || samples.size() < mostWaiting; });
      if (stopped)
        return;
    }
    llvm::Expected<Sample> sample = dataset.read(index);
    bool failed = !sample;
    {
      std::lock_guard<std::mutex> lock(mutex);
      samples.push_back(std::move(sample));
    }
    changed.notify_all();
    if (failed)
      return;
  }
}

llvm::Expected<Sample> SampleStream::next() {
  std::unique_lock<std::mutex> lock(mutex);
  changed.wait(lock, [&] { return !samples.empty(); });
  llvm::Expected<Sample> sample = std::move(samples.front());
  samples.pop_front();
  lock.unlock();
  changed.notify_all();
  return sample;
}

llvm::Error
lathe::forEachSample(Dataset &dataset, std::vector<int64_t> indices,
                     llvm::function_ref<llvm::Error(const Sample &)> work) {
  size_t numSamples = indices.size();
  SampleStream stream(dataset, std::move(indices));
  for (size_t i = 0; i < numSamples; ++i) {
    llvm::Expected<Sample> sample = stream.next();
    if (!sample)
      return sample.takeError();
    if (llvm::Error error = work(*sample))
      return error;
  }
  return llvm::Error::success();
}

std::vector<int64_t> lathe::spreadSamples(int64_t numSamples, int64_t count) {
  count = std::min(count, numSamples);
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < count; ++i)
    indices.push_back(i * numSamples / count);
  return indices;
}
