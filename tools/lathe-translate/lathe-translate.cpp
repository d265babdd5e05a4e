//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Translates models into Lathe's IR and modules at its levels to what the
// targets take, for tests and for inspection; `lathe compile` does the same on
// the way.
//
//===----------------------------------------------------------------------===//

#include "ImportONNX.h"
#include "Translations.h"

#include "lathe/Target/C/CEmitter.h"
#include "lathe/Target/Common/ModelInterface.h"
#include "lathe/Target/LLVM/Translation.h"
#include "lathe/Target/ONNX/Export.h"

#include "mlir/Support/LogicalResult.h"
#include "mlir/Tools/mlir-translate/MlirTranslateMain.h"

int main(int argc, char **argv) {
  lathe::registerImportONNXTranslation();
  lathe::registerToCTranslation();
  lathe::registerToCPackageTranslation();
  lathe::registerToHeaderTranslation();
  lathe::registerToNativeTranslations();
  lathe::registerToONNXTranslation();
  return mlir::failed(
      mlir::mlirTranslateMain(argc, argv, "Lathe's translations\n"));
}
