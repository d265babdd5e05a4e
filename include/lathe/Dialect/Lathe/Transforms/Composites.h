//===- Composites.h - Ops that exporters write as several -------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_TRANSFORMS_COMPOSITES_H
#define LATHE_DIALECT_LATHE_TRANSFORMS_COMPOSITES_H

#include "mlir/IR/PatternMatch.h"
#include "mlir/Pass/Pass.h"

namespace lathe {

/// Adds patterns that recognize `lathe.gelu`, exact and approximate, in
/// products with an error function or a tangent; `count` counts them.
void populateGeluPatterns(mlir::RewritePatternSet &patterns,
                          mlir::Pass::Statistic &count);

/// Adds patterns that recognize `lathe.layer_norm`, also without subtraction of
/// the mean, in reductions and elementwise ops; `count` counts them.
void populateLayerNormPatterns(mlir::RewritePatternSet &patterns,
                               mlir::Pass::Statistic &count);

} // namespace lathe

#endif // LATHE_DIALECT_LATHE_TRANSFORMS_COMPOSITES_H
