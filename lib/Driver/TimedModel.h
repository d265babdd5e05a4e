//===- TimedModel.h - A model whose kernels are timed -----------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_DRIVER_TIMEDMODEL_H
#define LATHE_LIB_DRIVER_TIMEDMODEL_H

#include "lathe/Driver/NativeCall.h"

#include <chrono>
#include <vector>

namespace lathe {

/// Seconds, of which the lower quartile is what a machine with other work takes
/// for itself, and the median what a caller sees.
class Times {
public:
  void add(double seconds) { values.push_back(seconds); }
  void clear() { values.clear(); }
  size_t size() const { return values.size(); }

  /// The time that a share of all, from 0 to below 1, fall short of; 0 without
  /// any.
  double getQuantile(double share);
  double getMedian() { return getQuantile(0.5); }
  double getLowerQuartile() { return getQuantile(0.25); }

private:
  std::vector<double> values;
};

/// A model compiled for this processor that measures each of its kernels. The
/// clock is read behind each, which costs some 20 ns.
class TimedModel {
public:
  using Clock = std::chrono::steady_clock;

  /// Compiles `module`, at the loop level, and runs it once: the first run
  /// meets cold caches and pages that are not there yet. `inputs` and `outputs`
  /// are those of NativeCall.
  static llvm::Expected<std::unique_ptr<TimedModel>>
  create(mlir::ModuleOp module, llvm::ArrayRef<HostTensor> inputs,
         NamedTensors &outputs, int64_t arenaSize, unsigned maxThreads);

  /// Runs it once and adds the times. One model runs at a time.
  llvm::Error run();

  void clearTimes();
  size_t getNumRuns() const { return whole.size(); }

  /// Of the whole model.
  Times &getTimes() { return whole; }
  /// Of each of getTimedCalls, in that order.
  llvm::MutableArrayRef<Times> getKernelTimes() { return kernels; }

private:
  TimedModel(NativeCall call, size_t numKernels)
      : call(std::move(call)), kernels(numKernels) {}

  /// What generated code calls behind a kernel: a plain function.
  static void kernelDone(int64_t number);

  /// The one that runs.
  static TimedModel *active;

  NativeCall call;
  std::vector<Times> kernels;
  Times whole;
  /// When the kernel began that is running.
  Clock::time_point last;
};

} // namespace lathe

#endif // LATHE_LIB_DRIVER_TIMEDMODEL_H
