//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_MATMUL_H
#define LATHE_LIB_FRONTEND_ONNX_MATMUL_H

#include "NodeContext.h"

namespace lathe::frontend {

/// The product as ONNX's MatMul has it: a vector is a matrix of one row on the
/// left and of one column on the right, and that dimension is dropped from the
/// product. Null after an error.
mlir::Value createMatMul(NodeContext &node, mlir::Value lhs, mlir::Value rhs);

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_MATMUL_H
