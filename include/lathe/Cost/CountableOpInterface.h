//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The interface of ops that know the instructions they become.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_COST_COUNTABLEOPINTERFACE_H
#define LATHE_COST_COUNTABLEOPINTERFACE_H

#include "lathe/Cost/Instructions.h"

#include "mlir/IR/OpDefinition.h"

#include "lathe/Cost/CountableOpInterface.h.inc"

namespace lathe {

/// Gives the ops of the loop level their counts in the contexts that `registry`
/// is given to.
void registerCostModels(mlir::DialectRegistry &registry);

} // namespace lathe

#endif // LATHE_COST_COUNTABLEOPINTERFACE_H
