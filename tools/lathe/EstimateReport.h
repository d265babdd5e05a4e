//===- EstimateReport.h - What models cost on boards ------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_ESTIMATEREPORT_H
#define LATHE_TOOLS_LATHE_ESTIMATEREPORT_H

#include "lathe/Driver/CodeSize.h"
#include "lathe/Driver/Estimator.h"

#include "llvm/Support/JSON.h"
#include <optional>
#include <string>

namespace lathe::tool {

enum class ReportFormat { Table, CSV, JSON };

/// One model on one target.
struct EstimateRow {
  std::string model;
  TargetDescription target;
  /// None if the model could not be compiled, which is then `error`.
  std::optional<ModelEstimate> estimate;
  std::string error;
  /// What a C compiler made of it, if that was asked for.
  std::optional<CodeSize> code;

  /// Bytes that it needs of a kind of memory, with code and stack where they
  /// were measured.
  int64_t getNeeded(MemoryKind kind) const;
  std::optional<MemoryFit> getFit(MemoryKind kind) const {
    return lathe::getFit(target, kind, getNeeded(kind));
  }
  /// Whether it fits all memories; none for a target without any.
  std::optional<bool> fits() const;
};

/// A field of a CSV file, as RFC 4180 quotes it.
std::string quoteCSV(llvm::StringRef text);

/// Adds what a kernel does to an object.
void addDescription(llvm::json::OStream &json, const KernelDescription &kernel);

/// Prints one row in full, kernel by kernel, and several side by side.
void printEstimates(llvm::ArrayRef<EstimateRow> rows, ReportFormat format,
                    llvm::raw_ostream &os);

/// The formats of several files.
void printEstimatesCSV(llvm::ArrayRef<EstimateRow> rows, llvm::raw_ostream &os);
void printEstimatesJSON(llvm::ArrayRef<EstimateRow> rows,
                        llvm::raw_ostream &os);

} // namespace lathe::tool

#endif // LATHE_TOOLS_LATHE_ESTIMATEREPORT_H
