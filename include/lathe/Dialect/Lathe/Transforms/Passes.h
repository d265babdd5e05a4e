//===- Passes.h - Passes on the graph and on kernels ------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_TRANSFORMS_PASSES_H
#define LATHE_DIALECT_LATHE_TRANSFORMS_PASSES_H

#include "lathe/Dialect/Lathe/Transforms/DotProducts.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

namespace lathe {

class TileTable;

#define GEN_PASS_DECL
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"

/// `lathe-select-strategy` with a table in memory in place of a file; null as
/// if there were no table.
std::unique_ptr<mlir::Pass>
createSelectStrategy(SelectStrategyOptions options,
                     std::shared_ptr<const TileTable> table);

} // namespace lathe

#endif // LATHE_DIALECT_LATHE_TRANSFORMS_PASSES_H
