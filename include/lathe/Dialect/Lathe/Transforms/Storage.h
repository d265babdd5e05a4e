//===- Storage.h - Where tensors of a graph lie in memory -------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_TRANSFORMS_STORAGE_H
#define LATHE_DIALECT_LATHE_TRANSFORMS_STORAGE_H

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"

namespace lathe {

/// Whether `op` becomes code of its own. Constants, concatenations and views that
/// their readers can afford do not: a view costs nothing if its innermost
/// dimension is contiguous, or if it is the data operand of kernel roots, which
/// read it element by element.
bool needsCode(mlir::Operation *op);

/// A value's place inside the memory of another one, its root.
struct Storage {
  mlir::Value root;
  StridedView view;
};

/// Finds where `value` lies: views in their source, operands of concatenations in
/// the joined tensor, what is only reshaped before it is joined or returned in its
/// final place; anything else is its own root. Fails for a view that needs a copy
/// of its source first. `lathe-isolate-buffers` makes it succeed for all values.
mlir::FailureOr<Storage> getStorage(mlir::Value value);

/// The use of `value` that decides where it is computed: by a concatenation, a
/// return, or a reshape that leads to one. Null when it has none.
mlir::OpOperand *getHostingUse(mlir::Value value);

/// The number of bytes of a dense tensor of `type`; bools take one byte each.
int64_t getByteSize(mlir::RankedTensorType type);

} // namespace lathe

#endif // LATHE_DIALECT_LATHE_TRANSFORMS_STORAGE_H
