//===- Emit.h - Write what was compiled -------------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DRIVER_EMIT_H
#define LATHE_DRIVER_EMIT_H

#include "lathe/Driver/Compiler.h"
#include "lathe/Driver/Versions.h"
#include "lathe/Target/C/Package.h"
#include "lathe/Target/Common/OutputFiles.h"
#include "lathe/Target/Description/TargetDescription.h"

namespace lathe {

/// What `lathe compile` writes.
enum class EmitKind {
  /// A folder of C sources.
  C,
  /// A header with a static library, an object, a shared library, assembly or
  /// LLVM IR.
  StaticLibrary,
  Object,
  SharedLibrary,
  Assembly,
  LLVMIR,
};

struct EmitOptions {
  EmitKind kind = EmitKind::C;
  unsigned threads = 1;
  CPackageOptions::Weights weights = CPackageOptions::Weights::Auto;
  CPackageOptions::Layout layout = CPackageOptions::Layout::Folder;
  std::vector<WeightSection> sections;
  /// What C is optimized for.
  Objective objective = Objective::Balanced;
  std::optional<SelfTestData> selfTest;
};

/// What is emitted for `target` unless the user asks for something else.
EmitKind getDefaultEmitKind(const TargetDescription &target);

/// What was written for a model.
struct Emission {
  std::vector<OutputFile> files;
  /// Bytes of all weights, those that versions share once.
  int64_t weightsSize = 0;
};

/// Turns `versions`, at the loop level, into files: code, header and manifest.
/// C is that of the only version. The modules are consumed. Fails as runPasses
/// does, or with what a target or a file system has against it.
llvm::Expected<Emission> emitFiles(llvm::ArrayRef<ModelVersion> versions,
                                   const TargetDescription &target,
                                   const EmitOptions &options);

} // namespace lathe

#endif // LATHE_DRIVER_EMIT_H
