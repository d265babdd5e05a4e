//===- Pipelines.h - Sequences of passes with a name ------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_TRANSFORMS_PIPELINES_H
#define LATHE_DIALECT_LATHE_TRANSFORMS_PIPELINES_H

#include "lathe/Dialect/Lathe/Transforms/DotProducts.h"

#include "mlir/Pass/PassManager.h"

namespace lathe {

/// Adds what simplifies the graph of an imported model, for every target:
/// recognizes composite ops, moves transposes out of the way and folds what
/// surrounds convolutions and matrix products into them.
void buildGraphPipeline(mlir::OpPassManager &manager);

/// Adds what turns a simplified graph of quantized tensors into one of plain
/// integers. Nothing changes in a graph that has none.
void buildIntegerPipeline(mlir::OpPassManager &manager);
/// The same for vectors of a target with dot products of `dots`: activations
/// are stored, and sums prepared, as those take them.
void buildVectorIntegerPipeline(mlir::OpPassManager &manager, DotKind dots);

/// Registers the pipelines with `lathe-opt`: `--lathe-graph-pipeline` and
/// `--lathe-integer-pipeline`.
void registerLathePipelines();

} // namespace lathe

#endif // LATHE_DIALECT_LATHE_TRANSFORMS_PIPELINES_H
