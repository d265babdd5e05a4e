//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_MOVEMENT_H
#define LATHE_DIALECT_LATHE_IR_MOVEMENT_H

#include "mlir/IR/Operation.h"

namespace lathe {

/// Whether each element of the only result of `op`, which may be null, is one
/// of its only operand.
bool movesOneTensor(mlir::Operation *op);

} // namespace lathe

#endif // LATHE_DIALECT_LATHE_IR_MOVEMENT_H
