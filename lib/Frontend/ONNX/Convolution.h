//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_CONVOLUTION_H
#define LATHE_LIB_FRONTEND_ONNX_CONVOLUTION_H

#include "NodeContext.h"

namespace lathe::frontend {

/// The convolution that the attributes of a Conv state, of `input` [N, C, …]
/// by `weight` [O, C / group, …], plus `bias` [O] or null. Null after an error.
mlir::Value createConv(NodeContext &node, mlir::Value input, mlir::Value weight,
                       mlir::Value bias);

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_CONVOLUTION_H
