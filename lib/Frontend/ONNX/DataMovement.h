//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Movements of data that several families of operators are made of.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_DATAMOVEMENT_H
#define LATHE_LIB_FRONTEND_ONNX_DATAMOVEMENT_H

#include "NodeContext.h"

namespace lathe::frontend {

/// The parts of `input` along `axis` that have `extents`; an error if these do
/// not add up to the axis's own.
mlir::FailureOr<llvm::SmallVector<mlir::Value>>
splitAxis(NodeContext &node, mlir::Value input, int64_t axis,
          llvm::ArrayRef<int64_t> extents);

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_DATAMOVEMENT_H
