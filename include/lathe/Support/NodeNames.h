//===- NodeNames.h - ONNX nodes of locations --------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_SUPPORT_NODENAMES_H
#define LATHE_SUPPORT_NODENAMES_H

#include "mlir/IR/Location.h"
#include "llvm/ADT/SmallVector.h"

namespace lathe {

/// The names of the ONNX nodes that `loc` stands for, in order and without
/// repetition.
llvm::SmallVector<llvm::StringRef> getNodeNames(mlir::Location loc);

} // namespace lathe

#endif // LATHE_SUPPORT_NODENAMES_H
