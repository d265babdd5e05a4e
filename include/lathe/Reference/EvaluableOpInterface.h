//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The interface of ops that the reference evaluator can execute.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_REFERENCE_EVALUABLEOPINTERFACE_H
#define LATHE_REFERENCE_EVALUABLEOPINTERFACE_H

#include "lathe/Support/HostTensor.h"

#include "mlir/IR/OpDefinition.h"

#include "lathe/Reference/EvaluableOpInterface.h.inc"

namespace lathe {

/// Makes every op of the `lathe` dialect evaluable in the contexts that
/// `registry` is given to.
void registerReferenceModels(mlir::DialectRegistry &registry);

} // namespace lathe

#endif // LATHE_REFERENCE_EVALUABLEOPINTERFACE_H
