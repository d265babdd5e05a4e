//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Writes a module above the loop level as a standard ONNX model.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TARGET_ONNX_EXPORT_H
#define LATHE_TARGET_ONNX_EXPORT_H

#include "mlir/IR/BuiltinOps.h"
#include <string>

namespace lathe {

struct ExportOptions {
  /// Name of the ONNX graph; the function's name when empty.
  std::string graphName;
};

/// The bytes of an ONNX model (a serialized ModelProto) that computes what the
/// one function of `module` does. The function is at the graph level or the
/// kernel level, where the bodies of its kernels are inlined.
///
/// The model uses only operators of ONNX's own domain, of version 18, or of
/// version 19 where it has an average pool with dilations or padding that wraps
/// around. Version 18 is the first with bitwise operators. What has no operator
/// of its own there is made of several. Where ONNX does not offer an operator
/// for an element type of floats, it computes in f32.
///
/// Inputs and outputs are named by `lathe.name`, and nodes and initializers by
/// their locations. Data that ONNX wants channels first are transposed as late
/// as possible, and a transpose that an op asks for is not written before a
/// value is needed in that form, so that most of them cancel. Equal modules
/// give equal bytes.
///
/// Emits an error at the op and fails for what ONNX cannot state: quantized
/// types, an operator on integers it does not take, and a model beyond the 2
/// GiB of a protobuf.
mlir::FailureOr<std::string> exportONNX(mlir::ModuleOp module,
                                        const ExportOptions &options = {});

/// Registers `--lathe-to-onnx` with mlir-translate's driver.
void registerToONNXTranslation();

} // namespace lathe

#endif // LATHE_TARGET_ONNX_EXPORT_H
