//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `--lathe-to-onnx` for lathe-translate.
//
//===----------------------------------------------------------------------===//

#include "lathe/Target/ONNX/Export.h"

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Tools/mlir-translate/Translation.h"

using namespace mlir;

void lathe::registerToONNXTranslation() {
  static TranslateFromMLIRRegistration registration(
      "lathe-to-onnx",
      "Writes a module at the graph or kernel level as an ONNX model",
      [](ModuleOp module, llvm::raw_ostream &os) -> LogicalResult {
        FailureOr<std::string> model = exportONNX(module);
        if (failed(model))
          return failure();
        os << *model;
        return success();
      },
      [](DialectRegistry &registry) {
        registry.insert<LatheDialect, func::FuncDialect, quant::QuantDialect>();
      });
}
