//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_POOLING_H
#define LATHE_LIB_FRONTEND_ONNX_POOLING_H

#include "NodeContext.h"

namespace lathe::frontend {

/// The mean of windows over `input` [N, C, …] that the attributes of an
/// AveragePool state. Null after an error.
mlir::Value createAveragePool(NodeContext &node, mlir::Value input);

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_POOLING_H
