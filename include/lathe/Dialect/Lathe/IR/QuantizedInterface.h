//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the integers of a model's inputs and outputs stand for.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_QUANTIZEDINTERFACE_H
#define LATHE_DIALECT_LATHE_IR_QUANTIZEDINTERFACE_H

#include "lathe/Support/TensorQuantization.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"

namespace lathe {

/// Gives each integer argument and result of `model` whose scale and zero point
/// show the attribute `lathe.type`, a quantized type: an argument that goes,
/// moved at most, into `lathe.storage_cast`, and a result that comes from one in
/// the same way. Headers and manifests tell users of it.
void recordInterfaceTypes(mlir::func::FuncOp model);

/// What `recordInterfaceTypes` found, by the names of inputs and outputs.
llvm::StringMap<TensorQuantization>
getInterfaceQuantization(mlir::func::FuncOp model);

} // namespace lathe

#endif // LATHE_DIALECT_LATHE_IR_QUANTIZEDINTERFACE_H
