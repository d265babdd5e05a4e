//===- lathe-opt.cpp - Runs passes on Lathe's IR --------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Conversion/LatheToLinalg/Passes.h"
#include "lathe/Conversion/LinalgToLoops/Passes.h"
#include "lathe/Conversion/LoopsToLLVM/Passes.h"
#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Dialect/Lathe/Transforms/Passes.h"
#include "lathe/Dialect/Lathe/Transforms/Pipelines.h"
#include "lathe/Driver/Pipelines.h"
#include "lathe/Dialect/Lathe/IntegerForms/IntegerForms.h"
#include "lathe/Quantization/Passes.h"
#include "lathe/Reference/EvaluableOpInterface.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllPasses();
  registry.insert<lathe::LatheDialect>();
  lathe::registerReferenceModels(registry);
  lathe::registerIntegerForms(registry);
  lathe::registerLatheToLinalgPasses();
  lathe::registerLatheQuantizationPasses();
  lathe::registerLatheTransformsPasses();
  lathe::registerLinalgToLoopsPasses();
  lathe::registerLoopsToLLVMPasses();
  lathe::registerLoopsToLLVMPipelines();
  lathe::registerLathePipelines();
  lathe::registerLoweringPipelines();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "Lathe's optimizer driver\n", registry));
}
