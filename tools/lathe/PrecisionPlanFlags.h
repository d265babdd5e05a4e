//===- PrecisionPlanFlags.h - Precisions for a network ----------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_PRECISIONPLANFLAGS_H
#define LATHE_TOOLS_LATHE_PRECISIONPLANFLAGS_H

#include "CalibrationFlags.h"
#include "QualityFlags.h"

#include "lathe/Plan/PrecisionPlanner.h"

#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/CommandLine.h"

namespace lathe::tool {

/// The flags of `lathe partition` that let units of a float model run in 8 bits
/// as far as a bound on noise, or a score, allows.
class PrecisionPlanFlags {
public:
  /// `calibration` gives samples, and outlives this.
  PrecisionPlanFlags(llvm::cl::SubCommand &command,
                     const CalibrationFlags &calibration);

  /// Whether precisions are to be chosen.
  bool isGiven() const { return !quality.getGiven().empty(); }

  /// Fails if the flags do not go together.
  llvm::Error check() const;

  /// Replaces `module`, a float model at the graph level, by what it becomes
  /// with precisions that suit `network`. With `quiet` nothing is printed.
  llvm::Expected<PrecisionPlanReport>
  run(mlir::OwningOpRef<mlir::ModuleOp> &module, const Network &network,
      const PlanOptions &options, bool quiet) const;

private:
  PrecisionLimit getLimit(bool quiet) const;

  QualityFlags quality;
  const CalibrationFlags &calibration;
};

} // namespace lathe::tool

#endif // LATHE_TOOLS_LATHE_PRECISIONPLANFLAGS_H
