//===- WireFlags.h - How tensors cross between devices ----------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_WIREFLAGS_H
#define LATHE_TOOLS_LATHE_WIREFLAGS_H

#include "lathe/Data/Preprocessing.h"
#include "lathe/Plan/Planner.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/CommandLine.h"

namespace lathe::tool {

/// In which forms tensors of f32 may be sent.
enum class WireForm {
  F16, ///< in 16 bits, between components
  U8   ///< inputs that are images, as their bytes
};

/// `--wire`
class WireFlags {
public:
  explicit WireFlags(llvm::cl::SubCommand &command);

  bool sendsHalves() const { return allows(WireForm::F16); }
  bool sendsBytes() const { return allows(WireForm::U8); }

  /// Finds the inputs of `model` that are images by `preprocessing`, and adds
  /// them to `options`. Fails if there is none.
  llvm::Error addImages(mlir::func::FuncOp model,
                        const PreprocessingOptions &preprocessing,
                        PlanOptions &options) const;

private:
  bool allows(WireForm form) const { return llvm::is_contained(forms, form); }

  llvm::cl::list<WireForm> forms;
};

} // namespace lathe::tool

#endif // LATHE_TOOLS_LATHE_WIREFLAGS_H
