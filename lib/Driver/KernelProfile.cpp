//===- KernelProfile.cpp - What one call of a kernel does -----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/KernelProfile.h"

#include "lathe/Support/NodeNames.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace lathe;

KernelDescription lathe::describeKernel(func::CallOp call) {
  KernelDescription kernel;
  kernel.name = call.getCallee().str();
  unsigned numBytes = 0;
  for (auto [i, type] : llvm::enumerate(call.getOperandTypes()))
    if (auto memory = dyn_cast<MemRefType>(type)) {
      kernel.bytes += memory.getNumElements() *
                      llvm::divideCeil(memory.getElementTypeBitWidth(), 8);
      numBytes += i < 2 && memory.getElementType().isInteger(8);
    }
  auto module = call->getParentOfType<ModuleOp>();
  auto function = module.lookupSymbol<func::FuncOp>(call.getCallee());
  // Other calls of the same function are of other nodes.
  kernel.nodes = llvm::join(getNodeNames(call.getLoc()), ", ");
  if (auto doc = function->getAttrOfType<ArrayAttr>("lathe.doc")) {
    if (kernel.nodes.empty())
      kernel.nodes = cast<StringAttr>(doc[0]).str();
    kernel.shapes = doc.size() > 1 ? cast<StringAttr>(doc[1]).str() : "";
  }
  if (auto work = function->getAttrOfType<DenseI64ArrayAttr>("lathe.work")) {
    kernel.macs = work[0];
    kernel.elementOps = work[1];
    kernel.products = work[2];
  }
  // The factors come first.
  kernel.multipliesBytes = kernel.macs > 0 && numBytes == 2;
  return kernel;
}
