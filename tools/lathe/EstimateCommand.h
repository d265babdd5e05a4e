//===- EstimateCommand.h - lathe profile without --run ----------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_ESTIMATECOMMAND_H
#define LATHE_TOOLS_LATHE_ESTIMATECOMMAND_H

#include "Commands.h"
#include "EstimateReport.h"

#include "lathe/Frontend/ONNX/ImportOptions.h"

namespace lathe::tool {

/// What is to be estimated: each model on each target.
struct EstimateRequest {
  std::vector<std::string> models;
  std::vector<std::string> targets;
  ImportOptions import;
  CodeOptions code;
  /// The C compiler that measures the code; empty is that of the target, none
  /// measures nothing.
  std::optional<std::string> compiler;
  ReportFormat format = ReportFormat::Table;
};

/// Prints what was asked for. Of several models and targets, those that fail
/// are rows that say why, and the status tells it.
ExitStatus runEstimates(const EstimateRequest &request);

} // namespace lathe::tool

#endif // LATHE_TOOLS_LATHE_ESTIMATECOMMAND_H
