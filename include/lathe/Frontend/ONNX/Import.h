//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From an ONNX model to the lathe dialect.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_FRONTEND_ONNX_IMPORT_H
#define LATHE_FRONTEND_ONNX_IMPORT_H

#include "lathe/Frontend/ONNX/ImportOptions.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/MemoryBufferRef.h"
#include <string>
#include <vector>

namespace lathe {

/// The newest version of ONNX's operators whose meaning the importer knows.
inline constexpr int64_t newestOpset = 28;
/// The oldest version the importer accepts.
inline constexpr int64_t oldestOpset = 1;

/// Imports the ONNX model in the file at `path`: a protobuf, ONNX's own text
/// format if the name ends in `.onnxtxt`, or a protobuf in text form if it ends
/// in `.textproto`, `.pbtxt` or `.prototxt`.
///
/// The result is a module with one function of lathe ops on tensors of static
/// shape. The function's arguments and results carry the names of the model's
/// tensors as `lathe.name`; a state's argument and result carry each other's
/// name as `lathe.state`. The module carries `lathe.producer`, `lathe.opsets`
/// and `lathe.ir_version`. Weights stay where they were read, and live as long
/// as `context`.
///
/// On failure the result is null and one error has been emitted whose location
/// names the file and, where there is one, the node; nothing the file or the
/// options hold is trusted.
mlir::OwningOpRef<mlir::ModuleOp> importONNXFile(llvm::StringRef path,
                                                 const ImportOptions &options,
                                                 mlir::MLIRContext *context);

/// The same for a file that is in memory already. The buffer's identifier is
/// its path, beside which external data are looked for; the buffer is not
/// needed afterwards.
mlir::OwningOpRef<mlir::ModuleOp> importONNX(llvm::MemoryBufferRef buffer,
                                             const ImportOptions &options,
                                             mlir::MLIRContext *context);

/// What a model calls its inputs, without those that have an initializer, and its
/// outputs, in their order.
struct TensorNames {
  std::vector<std::string> inputs, outputs;
};

/// Reads the names from a model file without importing it. Fails after an error
/// was emitted.
mlir::FailureOr<TensorNames> readTensorNames(llvm::StringRef path,
                                             mlir::MLIRContext *context);

/// Prints a table of the supported operators, as Markdown.
void printOperatorTable(llvm::raw_ostream &os);

} // namespace lathe

#endif // LATHE_FRONTEND_ONNX_IMPORT_H
