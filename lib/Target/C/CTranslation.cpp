//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Registers --lathe-to-c.
//
//===----------------------------------------------------------------------===//

#include "lathe/Target/C/CEmitter.h"
#include "lathe/Target/Common/ModelInterface.h"
#include "mlir/Tools/mlir-translate/Translation.h"

using namespace mlir;

namespace lathe {

void registerToCTranslation() {
  static TranslateFromMLIRRegistration registration(
      "lathe-to-c", "Prints a module at the loop level as C99",
      [](ModuleOp module, llvm::raw_ostream &os) {
        return emitC(module, COptions(), os);
      },
      registerLoopLevelDialects);
}

} // namespace lathe
