//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sequences and optionals during the import.
//
// Nothing behind the importer knows them. What a node makes of them is computed
// while the model is imported, and they are gone when that is done; one that
// would be left is an error. A sequence is a builtin.unrealized_conversion_cast
// of its elements to a tuple; an optional is its element, or if it has none, a
// cast of nothing to `none`.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_SEQUENCE_H
#define LATHE_LIB_FRONTEND_ONNX_SEQUENCE_H

#include "mlir/IR/Builders.h"

namespace lathe::frontend {

/// Whether a value is one that code is generated for, not a sequence and not
/// an optional without an element.
inline bool isTensor(mlir::Value value) {
  return mlir::isa<mlir::RankedTensorType>(value.getType());
}
inline bool isSequence(mlir::Value value) {
  return mlir::isa<mlir::TupleType>(value.getType());
}
inline bool isEmptyOptional(mlir::Value value) {
  return mlir::isa<mlir::NoneType>(value.getType());
}

/// "a sequence" or "an optional without an element".
inline llvm::StringRef describeNoTensor(mlir::Value value) {
  return isSequence(value) ? "a sequence" : "an optional without an element";
}

mlir::Value createSequence(mlir::OpBuilder &builder, mlir::Location loc,
                           mlir::ValueRange elements);
mlir::Value createEmptyOptional(mlir::OpBuilder &builder, mlir::Location loc);

/// The elements of a sequence.
mlir::ValueRange getElements(mlir::Value sequence);

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_SEQUENCE_H
