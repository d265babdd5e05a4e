//===- Emit.h - Write what was compiled -------------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DRIVER_EMIT_H
#define LATHE_DRIVER_EMIT_H

#include "lathe/Target/C/Package.h"
#include "lathe/Target/Common/OutputFiles.h"
#include "lathe/Target/Description/TargetDescription.h"

#include "mlir/IR/BuiltinOps.h"

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
  std::optional<SelfTestData> selfTest;
};

/// What is emitted for `target` unless the user asks for something else.
EmitKind getDefaultEmitKind(const TargetDescription &target);

/// Turns `module`, at the loop level, into files: code, header and manifest.
/// The module is consumed. Fails as runPasses does, or with what a target or a
/// file system has against it.
llvm::Expected<std::vector<OutputFile>>
emitFiles(mlir::ModuleOp module, const TargetDescription &target,
          const EmitOptions &options);

} // namespace lathe

#endif // LATHE_DRIVER_EMIT_H
