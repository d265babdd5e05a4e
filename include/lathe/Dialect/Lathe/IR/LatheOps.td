//===- LatheOps.td - All ops of the lathe dialect -------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_LATHEOPS_TD
#define LATHE_DIALECT_LATHE_IR_LATHEOPS_TD

include "lathe/Dialect/Lathe/IR/LatheAttributes.td"
include "lathe/Dialect/Lathe/IR/LatheBase.td"
include "lathe/Dialect/Lathe/IR/LatheDataOps.td"
include "lathe/Dialect/Lathe/IR/LatheElementwiseOps.td"
include "lathe/Dialect/Lathe/IR/LatheKernelOps.td"
include "lathe/Dialect/Lathe/IR/LatheQuantizationOps.td"
include "lathe/Dialect/Lathe/IR/LatheReductionOps.td"
include "lathe/Dialect/Lathe/IR/LatheSpatialOps.td"

#endif // LATHE_DIALECT_LATHE_IR_LATHEOPS_TD
