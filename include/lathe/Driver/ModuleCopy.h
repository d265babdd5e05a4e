//===- ModuleCopy.h - A module in a context of its own ----------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DRIVER_MODULECOPY_H
#define LATHE_DRIVER_MODULECOPY_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"
#include <memory>
#include <string>

namespace lathe {

/// A module as MLIR's bytecode.
using ModuleBytes = std::unique_ptr<llvm::MemoryBuffer>;

llvm::Expected<ModuleBytes> toBytes(mlir::ModuleOp module);

/// A copy of a module in a context of its own. A context keeps all constants
/// that were ever folded in it, and compiling packs all weights anew; with the
/// copy that memory is free again. Weights are used where they lie in the
/// bytes, which must outlive the copy.
class ModuleCopy {
public:
  /// `failure` begins the messages of errors: "the model cannot be tuned".
  ModuleCopy(const llvm::MemoryBuffer &bytes, llvm::StringRef failure);

  mlir::ModuleOp get() { return module.get(); }
  /// Hands the module over; the context stays.
  mlir::OwningOpRef<mlir::ModuleOp> take() { return std::move(module); }

  /// An error if there is none.
  llvm::Error check();

  /// `error` with what was diagnosed: nobody else has heard of it.
  llvm::Error explain(llvm::Error error);

private:
  mlir::MLIRContext context;
  std::string failure, diagnosed;
  mlir::ScopedDiagnosticHandler handler;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

} // namespace lathe

#endif // LATHE_DRIVER_MODULECOPY_H
