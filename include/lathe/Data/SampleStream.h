//===- SampleStream.h - Samples read ahead ----------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DATA_SAMPLESTREAM_H
#define LATHE_DATA_SAMPLESTREAM_H

#include "lathe/Data/Dataset.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace lathe {

/// Reads samples in a given order on a thread of its own while those before
/// are worked on. A few are kept at a time.
class SampleStream {
public:
  /// Reads the samples `indices` of `dataset`, which nobody else may use until
  /// the stream is gone.
  SampleStream(Dataset &dataset, std::vector<int64_t> indices);
  ~SampleStream();
  SampleStream(const SampleStream &) = delete;
  SampleStream &operator=(const SampleStream &) = delete;

  /// The next sample; call it once for each index. After an error there is no
  /// other sample.
  llvm::Expected<Sample> next();

private:
  void read();

  Dataset &dataset;
  std::vector<int64_t> indices;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<llvm::Expected<Sample>> samples;
  bool stopped = false;
  std::thread reader;
};

/// Calls `work` with the samples `indices` of `dataset`, one after another,
/// while the next ones are read. Ends with the first error.
llvm::Error forEachSample(Dataset &dataset, std::vector<int64_t> indices,
                          llvm::function_ref<llvm::Error(const Sample &)> work);

/// `count` of `numSamples` indices, spread evenly; all if there are no more.
std::vector<int64_t> spreadSamples(int64_t numSamples, int64_t count);

} // namespace lathe

#endif // LATHE_DATA_SAMPLESTREAM_H
