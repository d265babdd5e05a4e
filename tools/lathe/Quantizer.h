//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_QUANTIZER_H
#define LATHE_TOOLS_LATHE_QUANTIZER_H

#include "CalibrationFlags.h"
#include "MixedPrecisionFlags.h"

#include "lathe/Quantization/PostTraining.h"
#include "lathe/Quantization/QuantizationMode.h"

#include "llvm/Support/CommandLine.h"

namespace lathe::tool {

/// The flags that say how a model is quantized: the mode, and the samples that
/// some modes need.
class Quantizer {
public:
  /// `modeFlag` is the name of the flag for the mode.
  Quantizer(llvm::cl::SubCommand &command, llvm::StringRef modeFlag);

  /// Whether the flag for the mode was given.
  bool isGiven() const { return mode.getNumOccurrences() != 0; }

  /// Fails if the flags do not go together, or not without that for the mode.
  llvm::Error check() const;

  /// Quantizes `module`, at the graph level. What needed samples is reported.
  llvm::Expected<std::optional<PostTrainingReport>>
  run(mlir::OwningOpRef<mlir::ModuleOp> &module, unsigned threads, bool quiet);

  /// The mode, or what is wrong with the flags.
  llvm::Expected<QuantizationMode> getMode() const;

private:
  llvm::Error checkUse(QuantizationMode chosen) const;
  llvm::Expected<PostTrainingResult> calibrate(mlir::ModuleOp module,
                                               QuantizationMode mode,
                                               unsigned threads,
                                               bool quiet) const;

  llvm::cl::opt<std::string> mode;
  CalibrationFlags calibration;
  llvm::cl::opt<std::string> range;
  llvm::cl::opt<bool> anytime;
  MixedPrecisionFlags mixed;
};

/// Prints what was tried, and what costs most.
void printReport(const PostTrainingReport &report, llvm::raw_ostream &os);

} // namespace lathe::tool

#endif // LATHE_TOOLS_LATHE_QUANTIZER_H
