//===- Locations.cpp - ONNX node names from locations ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/Transforms/Locations.h"

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Support/HostTensorAttr.h"

#include "mlir/IR/BuiltinAttributes.h"

using namespace mlir;
using namespace lathe;

Value lathe::createNamedConstant(OpBuilder &builder, Location loc,
                                 const HostTensor &tensor,
                                 StringRef otherwise) {
  SmallVector<StringRef> names = getNodeNames(loc);
  return ConstantOp::create(
      builder, loc,
      toElementsAttr(tensor, builder.getContext(),
                     names.empty() ? otherwise : names.front()));
}
