//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the parts of the package writer share.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_TARGET_C_CPACKAGE_H
#define LATHE_LIB_TARGET_C_CPACKAGE_H

#include "CLayers.h"
#include "CWeights.h"
#include "lathe/Target/C/CEmitter.h"
#include "lathe/Target/C/Package.h"
#include "lathe/Target/Common/ModelInterface.h"

namespace lathe {

/// What is known of a module once it is printed.
struct CEmission {
  ArtifactInterface artifact;
  /// The kernels that each model of `artifact` calls, in the order of the text.
  std::vector<std::vector<CLayer>> layers;
  std::vector<CWeight> weights;
  bool needsMath = false;
};

/// Prints `module` as emitC does.
mlir::FailureOr<CEmission> emitCForPackage(mlir::ModuleOp module,
                                           const COptions &options,
                                           llvm::raw_ostream &os);

/// What the header declares of the hook that is called around each layer.
std::string getLayerHookDeclarations(const CEmission &emission);

/// Adds NAME_weights.h and either NAME_weights.c or NAME_weights.S and .bin to
/// `files`, and the source to compile to `sources`.
void addWeightFiles(CEmission &emission, bool asBinary,
                    std::vector<OutputFile> &files,
                    std::vector<std::string> &sources);

/// Adds NAME_self_test.h and .c.
void addSelfTest(const ModelInterface &model, const SelfTestData &data,
                 std::vector<OutputFile> &files);

/// Adds what build systems need: CMakeLists.txt, library.properties with an
/// example, and zephyr/.
void addBuildFiles(const CEmission &emission, const CPackageOptions &options,
                   llvm::ArrayRef<std::string> sources,
                   std::vector<OutputFile> &files);

/// An Arduino sketch that runs the model and prints its outputs and the time.
std::string getArduinoSketch(const CEmission &emission,
                             const CPackageOptions &options);

/// README.md: how to call the model, and its memory map.
std::string getReadme(mlir::ModuleOp module, const CEmission &emission,
                      const CPackageOptions &options);

/// Replaces each `@NAME@` in `text` by `name` and `@MACRO@` by the prefix of
/// macros with that name, without the underscore.
std::string expandTemplate(llvm::StringRef text, llvm::StringRef name);

} // namespace lathe

#endif // LATHE_LIB_TARGET_C_CPACKAGE_H
