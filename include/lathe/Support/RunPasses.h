//===- RunPasses.h - Run passes for a user ----------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a failing pass means to who runs the compiler: something is wrong with
// the model, or with Lathe.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_SUPPORT_RUNPASSES_H
#define LATHE_SUPPORT_RUNPASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/Error.h"
#include <string>

namespace lathe {

/// A failure that diagnostics of the MLIRContext have described already.
class DiagnosedError : public llvm::ErrorInfo<DiagnosedError> {
public:
  static char ID;

  void log(llvm::raw_ostream &os) const override;
  std::error_code convertToErrorCode() const override;
};

/// A failure that no model should cause. Its message says what to report.
class CompilerBug : public llvm::ErrorInfo<CompilerBug> {
public:
  static char ID;

  /// `what` happened, and the path of MLIR's reproducer; empty if there is
  /// none.
  CompilerBug(std::string what, std::string reproducer)
      : what(std::move(what)), reproducer(std::move(reproducer)) {}

  llvm::StringRef getReproducer() const { return reproducer; }
  void log(llvm::raw_ostream &os) const override;
  std::error_code convertToErrorCode() const override;

private:
  std::string what, reproducer;
};

/// Runs `passes` on `module`. Fails with a DiagnosedError if a pass says what
/// it cannot do with the model. Fails with a CompilerBug if a pass says
/// nothing, meets an operation without a lowering, leaves invalid IR behind or
/// crashes; then there is a reproducer in the folder for temporary files, and
/// no other diagnostic.
llvm::Error runPasses(mlir::PassManager &passes, mlir::ModuleOp module);

} // namespace lathe

#endif // LATHE_SUPPORT_RUNPASSES_H
