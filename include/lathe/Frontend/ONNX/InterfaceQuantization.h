//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_FRONTEND_ONNX_INTERFACEQUANTIZATION_H
#define LATHE_FRONTEND_ONNX_INTERFACEQUANTIZATION_H

#include "lathe/Support/TensorQuantization.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/LogicalResult.h"
#include "llvm/Support/MemoryBufferRef.h"

namespace lathe {

/// What the integers of an ONNX model's inputs and outputs stand for, by their
/// names, as far as it shows: an input that goes, moved at most, into an
/// operator that states its scale (DequantizeLinear, QLinearConv …), and an
/// output that comes from one (QuantizeLinear, QLinearMatMul …) in the same
/// way. Fails after an error was emitted if the model cannot be read.
llvm::FailureOr<llvm::StringMap<TensorQuantization>>
readInterfaceQuantization(llvm::MemoryBufferRef buffer,
                          mlir::MLIRContext *context);

} // namespace lathe

#endif // LATHE_FRONTEND_ONNX_INTERFACEQUANTIZATION_H
