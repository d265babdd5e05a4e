//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Models.h"

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace lathe;

#include "lathe/Cost/CountableOpInterface.cpp.inc"

unsigned cost::getWidth(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isIntOrFloat() ? element.getIntOrFloatBitWidth() : 32;
}

void lathe::registerCostModels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, arith::ArithDialect *) {
    cost::attachIntegerModels(*context);
    cost::attachFloatModels(*context);
  });
  registry.addExtension(+[](MLIRContext *context, math::MathDialect *) {
    cost::attachMathModels(*context);
  });
  registry.addExtension(+[](MLIRContext *context, memref::MemRefDialect *) {
    cost::attachMemoryModels(*context);
  });
  registry.addExtension(+[](MLIRContext *context, LatheDialect *) {
    cost::attachWindowModels(*context);
  });
}
