//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_CONSTANTBYTES_H
#define LATHE_QUANTIZATION_CONSTANTBYTES_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

namespace lathe {

/// The bytes of the constants of `module`, at the graph level, where code is
/// emitted: of 4 bits, two in a byte.
llvm::Expected<int64_t> getConstantBytes(mlir::ModuleOp module);

} // namespace lathe

#endif // LATHE_QUANTIZATION_CONSTANTBYTES_H
