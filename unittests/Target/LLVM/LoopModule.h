//===- LoopModule.h - Hand-written modules at the loop level ----*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_UNITTESTS_TARGET_LLVM_LOOPMODULE_H
#define LATHE_UNITTESTS_TARGET_LLVM_LOOPMODULE_H

#include "lathe/Target/LLVM/JitModule.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

namespace lathe::test {

/// A context with the dialects of the loop level, and a module parsed in it.
class LoopModule {
public:
  explicit LoopModule(llvm::StringRef text);

  /// Null if the text does not parse.
  mlir::ModuleOp get() const { return module.get(); }

private:
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

/// Compiles `text` for this machine; a failure fails the test and gives null.
std::unique_ptr<JitModule> compile(llvm::StringRef text,
                                   const NativeOptions &options = {});

/// The module `net` of two inputs and a weight: y = exp(x * w) + b with
/// x [4, 8], w [8, 20] and b [20], and w[k][n] = (k + 1) / 8 - n / 16. Its rows
/// are a parallel loop of 16-wide vectors with a masked rest.
std::string getMatMulModule();

/// y of getMatMulModule(), computed in f64.
double getMatMulResult(const float *x, const float *b, int row, int column);

} // namespace lathe::test

#endif // LATHE_UNITTESTS_TARGET_LLVM_LOOPMODULE_H
