//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The folder that a compilation to C writes.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TARGET_C_PACKAGE_H
#define LATHE_TARGET_C_PACKAGE_H

#include "lathe/Target/C/CEmitter.h"
#include "lathe/Target/Common/OutputFiles.h"
#include "mlir/IR/BuiltinOps.h"
#include <optional>
#include <vector>

namespace lathe {

/// The bytes of a model's tensors in one run, in the order of its interface.
struct SelfTestVector {
  std::vector<std::vector<char>> inputs;
  std::vector<std::vector<char>> outputs;
};

/// Runs that NAME_self_test repeats. An element `a` passes for the expected `e`
/// if |a - e| <= atol + rtol * |e|; for integers only atol counts.
struct SelfTestData {
  std::vector<SelfTestVector> vectors;
  double rtol = 0;
  double atol = 0;
};

struct CPackageOptions {
  enum class Weights {
    /// C arrays below `incbinThreshold`, a binary from there on.
    Auto,
    CArrays,
    /// NAME_weights.bin, included by NAME_weights.S. ELF targets only.
    Binary
  };
  Weights weights = Weights::Auto;
  enum class Layout {
    /// Sources, and what CMake, Arduino and Zephyr build them with.
    Folder,
    /// NAME.h and NAME.c, which has the weights; no self-test.
    Single
  };
  Layout layout = Layout::Folder;
  /// Sections that weights lie in; the last one whose pattern matches counts.
  std::vector<WeightSection> sections;
  /// Whether the build files ask for -Os.
  bool smallCode = false;
  /// How many functions that differ in integers alone become one, at least; 0
  /// for none.
  unsigned minShared = 0;
  /// Bytes of weights. C arrays take compilers some 250 bytes of memory and
  /// 3 us per element: 3.5 million floats took gcc 12 s and 0.9 GB.
  int64_t incbinThreshold = int64_t(256) * 1024;
  /// The target as the user gave it, for the manifest and the README.
  std::string target = "c99";
  std::optional<SelfTestData> selfTest;
};

/// Prints `module`, a loop-level module with an entry, as a folder of files:
/// NAME.h, NAME.c, the weights, a CMake project, an Arduino library with an
/// example sketch, a Zephyr module, README.md and manifest.json; or the first
/// two alone. The files depend on the module and the options alone. Emits a
/// diagnostic and fails where emitC does, and if the self-test's tensors are
/// not those of the model.
mlir::FailureOr<std::vector<OutputFile>>
buildCPackage(mlir::ModuleOp module, const CPackageOptions &options);

} // namespace lathe

#endif // LATHE_TARGET_C_PACKAGE_H
