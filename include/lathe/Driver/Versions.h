//===- Versions.h - A model for each processor of a library -----*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A library that chooses its code when it runs holds the model once for each
// version of its target. The graph is simplified once; from there on each
// version is a module of its own, lowered as it is for that target alone.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DRIVER_VERSIONS_H
#define LATHE_DRIVER_VERSIONS_H

#include "lathe/Driver/Compiler.h"

#include "mlir/IR/OwningOpRef.h"

namespace lathe {

/// A model, and the target that it is lowered for.
struct ModelVersion {
  TargetDescription target;
  mlir::ModuleOp module;
  /// What owns `module`; null if that is the caller of lowerVersionsToKernels.
  mlir::OwningOpRef<mlir::ModuleOp> copy;
};

/// Takes `module`, at the graph level, to the kernel level for each version of
/// `target` (see getVersions), best first. The first is `module` itself, others
/// are copies of it. Inputs, outputs and states that are in the arena have the
/// same offsets in all. If `isAlone`, the MLIRContext has no other module, and
/// constants that these no longer need are freed. Fails as lowerToKernels does.
llvm::Expected<std::vector<ModelVersion>>
lowerVersionsToKernels(mlir::ModuleOp module, const TargetDescription &target,
                       const CodeOptions &code, bool isAlone = false);

/// Takes the versions from the kernel level to loops.
llvm::Error lowerVersionsToLoops(llvm::ArrayRef<ModelVersion> versions);

} // namespace lathe

#endif // LATHE_DRIVER_VERSIONS_H
