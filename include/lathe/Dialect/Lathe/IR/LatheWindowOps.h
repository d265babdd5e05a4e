//===- LatheWindowOps.h - Products over windows in memory -------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Apart from the other ops, since few passes need to know them.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_LATHEWINDOWOPS_H
#define LATHE_DIALECT_LATHE_IR_LATHEWINDOWOPS_H

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"

#include "mlir/IR/BuiltinTypes.h"

#define GET_OP_CLASSES
#include "lathe/Dialect/Lathe/IR/LatheWindowOps.h.inc"

#endif // LATHE_DIALECT_LATHE_IR_LATHEWINDOWOPS_H
