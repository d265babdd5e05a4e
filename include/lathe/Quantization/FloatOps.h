//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_FLOATOPS_H
#define LATHE_QUANTIZATION_FLOATOPS_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace lathe {

/// An op of a quantized model that computes in float, and why.
struct FloatOp {
  std::string name, reason;
};

/// Those of `quantized`, which is not changed, in their order. Inputs that are
/// quantized and outputs that are dequantized are not among them.
llvm::Expected<std::vector<FloatOp>> findFloatOps(mlir::ModuleOp quantized);

} // namespace lathe

#endif // LATHE_QUANTIZATION_FLOATOPS_H
