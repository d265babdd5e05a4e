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
#include <string>
#include <vector>

namespace lathe {

/// Where the linker is to put weights: those whose ONNX node or initializer, or
/// whose name in C, matches a pattern of *, ? and [...].
struct WeightSection {
  std::string pattern, section;
};

struct COptions {
  /// Where the weights are defined.
  enum class Weights {
    /// As static arrays in the file that uses them.
    SameFile,
    /// In a file of their own; the C file includes NAME_weights.h.
    OwnFile
  };
  Weights weights = Weights::SameFile;
  /// Sections that weights lie in; the last one whose pattern matches counts.
  std::vector<WeightSection> sections;
  /// How many functions that differ in integers alone become one with
  /// parameters, at least, which is less code and a few more instructions; 0
  /// for none.
  unsigned minShared = 0;
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
