//===- HeldOut.h - Samples to judge steps by --------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_QUANTIZATION_HELDOUT_H
#define LATHE_LIB_QUANTIZATION_HELDOUT_H

#include "lathe/Data/Dataset.h"
#include "lathe/Driver/PreparedModel.h"
#include "lathe/Quantization/OutputParts.h"
#include "lathe/Support/NamedTensors.h"

#include "mlir/IR/BuiltinOps.h"

namespace lathe {

/// How a quantized model does.
struct HeldOutResult {
  /// The signal-to-noise ratio of the outputs (see OutputNoise).
  double decibels = 0;
  /// The shortest run.
  double seconds = 0;
};

/// What the float model makes of samples that it is not calibrated with, and
/// how far another model is from that.
class HeldOut {
public:
  HeldOut(Dataset &dataset, std::vector<int64_t> samples, unsigned threads)
      : dataset(dataset), samples(std::move(samples)), threads(threads) {}

  int64_t size() const { return static_cast<int64_t>(samples.size()); }
  llvm::ArrayRef<int64_t> getSamples() const { return samples; }

  /// Runs the float model.
  llvm::Error record(mlir::ModuleOp original);

  llvm::Expected<HeldOutResult> measure(mlir::ModuleOp quantized) const;

private:
  llvm::Error
  forEach(mlir::ModuleOp module,
          llvm::function_ref<void(size_t, const PreparedModel &)> work) const;

  Dataset &dataset;
  std::vector<int64_t> samples;
  unsigned threads;
  std::vector<NamedTensors> originals;
  /// Of each output.
  std::vector<TensorParts> parts;
};

/// Samples that calibrate, and the others.
struct DividedSamples {
  std::vector<int64_t> calibrating, heldOut;
};

/// Holds one in `interval` of `samples` out, or of all of `dataset` if there
/// are none, and `most` at most.
DividedSamples divideSamples(const Dataset &dataset,
                             std::vector<int64_t> samples, int64_t interval = 8,
                             int64_t most = 32);

} // namespace lathe

#endif // LATHE_LIB_QUANTIZATION_HELDOUT_H
