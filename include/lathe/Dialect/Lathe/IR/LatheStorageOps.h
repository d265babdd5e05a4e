//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Apart from the other ops, since few passes need to know them.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_LATHESTORAGEOPS_H
#define LATHE_DIALECT_LATHE_IR_LATHESTORAGEOPS_H

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Support/HostTensor.h"

#include "mlir/IR/BuiltinTypes.h"

namespace lathe {

/// Whether every element of `tensor`, of i8, fits four bits with a sign.
bool fitsFourBits(const HostTensor &tensor);

} // namespace lathe

#define GET_OP_CLASSES
#include "lathe/Dialect/Lathe/IR/LatheStorageOps.h.inc"

#endif // LATHE_DIALECT_LATHE_IR_LATHESTORAGEOPS_H
