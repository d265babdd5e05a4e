//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Registers --lathe-to-header.
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Target/Common/ModelInterface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Tools/mlir-translate/Translation.h"

using namespace mlir;

namespace lathe {

void registerLoopLevelDialects(DialectRegistry &registry) {
  registry.insert<LatheDialect, arith::ArithDialect, func::FuncDialect,
                  math::MathDialect, memref::MemRefDialect, quant::QuantDialect,
                  scf::SCFDialect, vector::VectorDialect>();
}

void registerToHeaderTranslation() {
  static TranslateFromMLIRRegistration registration(
      "lathe-to-header", "Prints the C header of a module at the loop level",
      [](ModuleOp module, llvm::raw_ostream &os) {
        FailureOr<ArtifactInterface> artifact = ArtifactInterface::get(module);
        if (failed(artifact))
          return failure();
        emitHeader(*artifact, os);
        return success();
      },
      registerLoopLevelDialects);
}

} // namespace lathe
