//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the kinds of attention have in common: tensors by heads.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_ATTENTION_H
#define LATHE_LIB_FRONTEND_ONNX_ATTENTION_H

#include "NodeContext.h"

namespace lathe::frontend {

/// lhs * rhs for all heads of `lhs` [N, heads, S, D], of which as many in a row
/// share a head of `rhs` [N, heads, D, E] as there are more of them.
mlir::Value multiplyHeads(NodeContext &node, mlir::Value lhs, mlir::Value rhs);

/// Checks that `query` [N, heads, S, D], `key` [N, heads, T, D] and `value`
/// [N, heads, T, E] go together, and are floats.
mlir::LogicalResult checkHeads(NodeContext &node, mlir::Value query,
                               mlir::Value key, mlir::Value value);

/// Elements [begin, begin + size) of dimension `dim`.
mlir::Value createPart(NodeContext &node, mlir::Value value, int64_t dim,
                       int64_t begin, int64_t size);

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_ATTENTION_H
