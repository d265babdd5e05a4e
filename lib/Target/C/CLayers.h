//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The layers of a model as its C runs them: one for each kernel that the entry
// calls, around which a program may have a function of its own called.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_TARGET_C_CLAYERS_H
#define LATHE_LIB_TARGET_C_CLAYERS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <string>
#include <vector>

namespace lathe {

/// A call of a kernel.
struct CLayer {
  mlir::func::CallOp call;
  /// The function in C.
  std::string kernel;
  /// The ONNX nodes that it computes.
  llvm::SmallVector<llvm::StringRef> nodes;
};

/// Prints LATHE_LAYER, by which the entry of the artifact `name` calls its
/// kernels.
void printLayerMacro(llvm::StringRef name, llvm::raw_ostream &os);

} // namespace lathe

#endif // LATHE_LIB_TARGET_C_CLAYERS_H
