//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/Movement.h"
#include "lathe/Dialect/Lathe/IR/LatheInterfaces.h"

using namespace mlir;
using namespace lathe;

bool lathe::movesOneTensor(Operation *op) {
  auto quantization = dyn_cast_if_present<QuantizationOpInterface>(op);
  return quantization && op->getNumOperands() == 1 &&
         op->getNumResults() == 1 &&
         quantization.getQuantizationKind() == QuantizationKind::SameParameters;
}
