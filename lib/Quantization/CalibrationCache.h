//===- CalibrationCache.h - Statistics kept in files ------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_QUANTIZATION_CALIBRATIONCACHE_H
#define LATHE_LIB_QUANTIZATION_CALIBRATIONCACHE_H

#include "lathe/Data/Dataset.h"
#include "lathe/Quantization/TensorStatistics.h"
#include "llvm/Support/BLAKE3.h"
#include <optional>

namespace lathe {

/// A file for the statistics of a model's tensors on some samples, called by a
/// hash of all they depend on.
class CalibrationCache {
public:
  explicit CalibrationCache(llvm::StringRef directory) : directory(directory) {}

  /// Adds the model, with what it is observed for, to the key.
  void addModel(llvm::StringRef bytes);
  /// Adds a sample, as the model takes it, and so what preprocessing did.
  void addSample(const Sample &sample);

  /// The statistics of `numTensors` tensors, if the file is there and whole.
  std::optional<std::vector<TensorStatistics>> load(size_t numTensors) const;

  /// Writes the file, whole or not at all, and its folder if there is none.
  llvm::Error store(llvm::ArrayRef<TensorStatistics> tensors) const;

private:
  std::string getPath() const;
  void addNumbers(llvm::ArrayRef<int64_t> numbers);
  void addBytes(llvm::StringRef bytes);

  std::string directory;
  llvm::BLAKE3 key;
};

} // namespace lathe

#endif // LATHE_LIB_QUANTIZATION_CALIBRATIONCACHE_H
