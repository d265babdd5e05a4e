//===- Pipelines.h - Sequences of passes with a name ------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_TRANSFORMS_PIPELINES_H
#define LATHE_DIALECT_LATHE_TRANSFORMS_PIPELINES_H

#include "mlir/Pass/PassManager.h"

namespace lathe {

/// Adds what simplifies the graph of an imported model, for every target:
/// recognizes composite ops, moves transposes out of the way and folds what
/// surrounds convolutions and matrix products into them.
void buildGraphPipeline(mlir::OpPassManager &manager);

/// Registers the pipelines with `lathe-opt`: `--lathe-graph-pipeline`.
void registerLathePipelines();

} // namespace lathe

#endif // LATHE_DIALECT_LATHE_TRANSFORMS_PIPELINES_H
