//===- WireFlags.h - How tensors cross between devices ----------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_WIREFLAGS_H
#define LATHE_TOOLS_LATHE_WIREFLAGS_H

#include "CalibrationFlags.h"

#include "lathe/Data/Preprocessing.h"

#include "lathe/Plan/Planner.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/CommandLine.h"

namespace lathe::tool {

/// In which other forms tensors may be sent.
enum class WireForm {
  F16, ///< those of f32 between components in 16 bits
  U8,  ///< inputs of f32 that are images, as their bytes
  RLE  ///< in a run-length code
};

/// `--wire`
class WireFlags {
public:
  explicit WireFlags(llvm::cl::SubCommand &command);

  bool sendsHalves() const { return allows(WireForm::F16); }
  bool sendsBytes() const { return allows(WireForm::U8); }
  bool sendsRunLengths() const { return allows(WireForm::RLE); }

  /// Finds the inputs of `model` that are images by `preprocessing`, and adds
  /// them to `options`. Fails if there is none.
  llvm::Error addImages(mlir::func::FuncOp model,
                        const PreprocessingOptions &preprocessing,
                        PlanOptions &options) const;

  /// Adds the samples of `calibration`, which are inputs of `model`, to
  /// `options`.
  llvm::Error addSamples(mlir::func::FuncOp model,
                         const CalibrationFlags &calibration, bool quiet,
                         PlanOptions &options) const;

private:
  bool allows(WireForm form) const { return llvm::is_contained(forms, form); }

  llvm::cl::list<WireForm> forms;
};

} // namespace lathe::tool

#endif // LATHE_TOOLS_LATHE_WIREFLAGS_H
