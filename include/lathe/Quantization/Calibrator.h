//===- Calibrator.h - Statistics of a model's tensors -----------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_CALIBRATOR_H
#define LATHE_QUANTIZATION_CALIBRATOR_H

#include "lathe/Data/Dataset.h"
#include "lathe/Quantization/TensorStatistics.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <functional>

namespace lathe {

struct CalibrationOptions {
  /// The samples to run the model on, by their indices in the data set (see
  /// spreadSamples); all of them if empty.
  std::vector<int64_t> samples;
  /// Fewer are an error: a range from a handful of samples clips what the next
  /// one brings.
  int64_t leastSamples = 16;
  /// Samples that are held out of these, and count as well.
  int64_t numHeldOut = 0;
  /// The statistics do not depend on it.
  unsigned threads = 1;
  /// Bytes of tensors to observe in one pass over the samples. Should there be
  /// more, the samples are run several times.
  int64_t bytesPerPass = int64_t(256) << 20;
  /// Where results are kept to be found again (see getCalibrationCache);
  /// nowhere if empty.
  std::string cacheDirectory;
  /// Is called after each run of the model, of which there are `total`.
  std::function<void(int64_t done, int64_t total)> progress;
};

struct Calibration {
  /// Of each observed value, in their order.
  std::vector<TensorStatistics> tensors;
  int64_t numSamples = 0;
  /// What a user should know, one sentence each: tensors that are constant, a
  /// cache that cannot be written.
  std::vector<std::string> warnings;
  /// Whether the model did not have to run.
  bool wasCached = false;
};

/// Runs `model`, at the graph level, on samples of `dataset`, and collects
/// statistics of `values`: distinct values of the function's body, or its
/// arguments, of floats. The model is not changed; a clone whose function
/// returns the values is compiled for this machine. A model with states keeps
/// them from sample to sample.
///
/// Fails if there are too few samples, if one cannot be read or does not fit
/// the model, or if a value is NaN or infinite; the error names the ONNX node
/// and the sample.
llvm::Expected<Calibration> calibrate(mlir::func::FuncOp model,
                                      llvm::ArrayRef<mlir::Value> values,
                                      Dataset &dataset,
                                      const CalibrationOptions &options);

/// The indices of the samples to run, or an error if there are too few.
llvm::Expected<std::vector<int64_t>>
chooseSamples(const Dataset &dataset, const CalibrationOptions &options);

/// The folder for caches that the user has not chosen: $XDG_CACHE_HOME/lathe or
/// ~/.cache/lathe. Empty if there is no home.
std::string getCalibrationCache();

} // namespace lathe

#endif // LATHE_QUANTIZATION_CALIBRATOR_H
