//===- MachinePeaks.cpp - What this processor can do at most -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/Profiler.h"

#include "lathe/Driver/NativeTarget.h"
#include "lathe/Target/Description/TargetDescription.h"
#include "lathe/Target/LLVM/PeakKernel.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <vector>

using namespace lathe;

using Clock = std::chrono::steady_clock;

static double secondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// The best of several turns: whatever else the machine does only slows down.
template <typename Function> static double fastest(Function function) {
  constexpr int turns = 7;
  double best = 1e9;
  for (int i = 0; i < turns; ++i) {
    Clock::time_point begin = Clock::now();
    function();
    best = std::min(best, secondsSince(begin));
  }
  return best;
}

/// Bytes a second of reading more than any cache holds.
static double measureBandwidth() {
  constexpr size_t count = size_t(32) << 20; // 256 MiB
  std::vector<uint64_t> data(count, 1);
  volatile uint64_t sink = 0;
  double seconds = fastest(
      [&] { sink = std::accumulate(data.begin(), data.end(), uint64_t(0)); });
  (void)sink;
  return count * sizeof(uint64_t) / seconds;
}

/// Operations a second on vectors of `lanes` sums.
static llvm::Expected<double> measureOps(unsigned lanes,
                                         PeakKernel::Kind kind) {
  constexpr int64_t iterations = 2'000'000;
  auto kernel = PeakKernel::create(lanes, kind);
  if (!kernel)
    return kernel.takeError();
  double seconds = fastest([&] { (*kernel)->run(iterations); });
  return static_cast<double>(iterations) * (*kernel)->getOpsPerIteration() /
         seconds;
}

llvm::Expected<MachinePeaks> lathe::measurePeaks() {
  llvm::Expected<TargetDescription> host = getTarget("host");
  if (!host)
    return host.takeError();
  unsigned lanes = std::max(host->vector.bits, 32u) / 32;
  MachinePeaks peaks;
  auto measure = [&](PeakKernel::Kind kind, double &ops) -> llvm::Error {
    return measureOps(lanes, kind).moveInto(ops);
  };
  if (llvm::Error error = measure(PeakKernel::Kind::Floats, peaks.flops))
    return std::move(error);
  DotKind dots = getDotKind(*host);
  if (dots != DotKind::None && dots != DotKind::Words)
    if (llvm::Error error = measure(PeakKernel::Kind::Bytes, peaks.byteOps))
      return std::move(error);
  peaks.bandwidth = measureBandwidth();
  return peaks;
}
