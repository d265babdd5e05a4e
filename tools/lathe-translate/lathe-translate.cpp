//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Translates modules at the levels of Lathe's IR to what the targets take,
// for tests and for inspection; `lathe compile` does the same on the way.
//
//===----------------------------------------------------------------------===//

#include "Translations.h"
#include "lathe/Target/C/CEmitter.h"
#include "lathe/Target/Common/ModelInterface.h"
#include "mlir/Support/LogicalResult.h"
#include "mlir/Tools/mlir-translate/MlirTranslateMain.h"

int main(int argc, char **argv) {
  lathe::registerToCTranslation();
  lathe::registerToCPackageTranslation();
  lathe::registerToHeaderTranslation();
  return mlir::failed(
      mlir::mlirTranslateMain(argc, argv, "Lathe's translations\n"));
}
