//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/ConstantBytes.h"

#include "lathe/Dialect/Lathe/Transforms/Passes.h"
#include "lathe/Driver/Compiler.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Support/RunPasses.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace lathe;

llvm::Expected<int64_t> lathe::getConstantBytes(ModuleOp module) {
  OwningOpRef<ModuleOp> copy = cast<ModuleOp>(module->clone());
  PassManager passes(module.getContext());
  passes.addNestedPass<func::FuncOp>(createExpandBlocks());
  passes.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  if (llvm::Error error = runPasses(passes, *copy))
    return std::move(error);
  return getFootprint(lookupModel(*copy)).weights;
}
