//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Prints a module at the loop level as C99.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TARGET_C_CEMITTER_H
#define LATHE_TARGET_C_CEMITTER_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"

namespace lathe {

struct COptions {
  /// Where the weights are defined.
  enum class Weights {
    /// As static arrays in the file that uses them.
    SameFile,
    /// In a file of their own; the C file includes NAME_weights.h.
    OwnFile
  };
  Weights weights = Weights::SameFile;
};

/// Prints `module` to `os` as one C99 file that includes NAME.h, the header
/// that emitHeader prints. A module without an entry is a library of kernels:
/// those that are not private have external linkage, and no header is included.
///
/// The file needs <stdint.h>, <string.h> and, if it calls it, <math.h>, assumes
/// an int of at least 32 bits, and gives no warning under -Wall -Wextra
/// -Wpedantic -Wconversion. Emits a diagnostic and fails at an op, a type or a
/// layout that has no form in C; `os` then received nothing.
mlir::LogicalResult emitC(mlir::ModuleOp module, const COptions &options,
                          llvm::raw_ostream &os);

/// Registers `--lathe-to-c` with mlir-translate's driver.
void registerToCTranslation();

} // namespace lathe

#endif // LATHE_TARGET_C_CEMITTER_H
