//===- CalibrationFlags.h - Samples of what a model will see ----*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_CALIBRATIONFLAGS_H
#define LATHE_TOOLS_LATHE_CALIBRATIONFLAGS_H

#include "lathe/Data/Dataset.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/CommandLine.h"

#include <functional>

namespace lathe::tool {

/// A data set, and those of its samples that flags choose, at least one.
struct CalibrationSamples {
  std::unique_ptr<Dataset> dataset;
  std::vector<int64_t> numbers;
};

/// `--calibration`, `--preprocessing`, `--samples` and `--limit`.
class CalibrationFlags {
public:
  explicit CalibrationFlags(llvm::cl::SubCommand &command);

  /// Whether there are samples.
  bool isGiven() const { return !path.empty(); }

  /// The name of one of the flags that was given, but for --preprocessing if
  /// `hasImages`; empty if none was.
  llvm::StringRef findGiven(bool hasImages = false) const;

  /// Fails if a flag was given that is nothing without samples. With
  /// `hasImages` there are other images to which --preprocessing applies.
  llvm::Error check(bool hasImages = false) const;

  /// How images become inputs, by the defaults without a file for it.
  llvm::Expected<PreprocessingOptions> loadPreprocessing() const;

  /// Opens the samples, which are inputs of `model`.
  llvm::Expected<CalibrationSamples>
  openSamples(mlir::func::FuncOp model) const;

private:
  llvm::Expected<std::unique_ptr<Dataset>>
  openDataset(mlir::func::FuncOp model) const;
  llvm::Expected<std::vector<int64_t>>
  selectSamples(const Dataset &dataset) const;

  llvm::cl::opt<std::string> path, preprocessing, selection;
  llvm::cl::opt<unsigned> limit;
};

/// The name of the first of `options` that was given; empty if none was.
llvm::StringRef
findGiven(std::initializer_list<const llvm::cl::Option *> options);

/// Shows how far a task has come that says how many of its steps are done.
std::function<void(int64_t done, int64_t total)>
createProgress(llvm::StringRef task, bool quiet);

} // namespace lathe::tool

#endif // LATHE_TOOLS_LATHE_CALIBRATIONFLAGS_H
