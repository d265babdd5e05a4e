//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_ACTIVATION_H
#define LATHE_LIB_FRONTEND_ONNX_ACTIVATION_H

#include "NodeContext.h"

namespace lathe::frontend {

/// The activation called `name` that ONNX Runtime's optimizer has fused behind
/// another operator, with the parameters of the activation's own attributes in
/// their order; without a name `value` itself. Null after an error.
mlir::Value createActivation(NodeContext &node, mlir::Value value,
                             llvm::StringRef name,
                             llvm::ArrayRef<double> parameters);

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_ACTIVATION_H
