//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_QUANTIZATIONREPORT_H
#define LATHE_QUANTIZATION_QUANTIZATIONREPORT_H

#include "lathe/Quantization/FloatOps.h"
#include "lathe/Quantization/PostTraining.h"
#include "lathe/Quantization/QuantizationMode.h"

namespace lathe {

/// What was done to a model.
struct QuantizationReport {
  std::string model;
  QuantizationMode mode;
  /// Of all constants, before and after.
  int64_t bytesBefore = 0, bytesAfter = 0;
  /// In a mode that needs samples.
  std::optional<PostTrainingReport> samples;
  /// What computes in float all the same.
  std::vector<FloatOp> floatOps;
};

/// The report as JSON.
std::string toJSON(const QuantizationReport &report);

/// The report as a page with charts that needs no other file. Fails if chart.js
/// is not installed.
llvm::Expected<std::string> toHTML(const QuantizationReport &report);

} // namespace lathe

#endif // LATHE_QUANTIZATION_QUANTIZATIONREPORT_H
