//===- Versions.h - One library for several processors ----------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A library may hold the code of a model several times, for processors with
// different instructions, and choose when it runs. Its entries look at the
// processor at the first call of any of them, remember what they found, and
// jump to the code of the version. They use no more than `cpuid`: an ifunc
// would need a loader that resolves it, which static programs, musl and macOS
// lack or restrict, and `__builtin_cpu_supports` a runtime library.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TARGET_LLVM_VERSIONS_H
#define LATHE_TARGET_LLVM_VERSIONS_H

#include "lathe/Target/LLVM/NativeModule.h"
#include "lathe/Target/LLVM/TargetSpec.h"

namespace lathe {

/// The code of a model for one of the processors that its library runs on.
struct NativeVersion {
  /// The target, "x86-64-v3"; its functions end in `.x86_64_v3`.
  std::string name;
  TargetSpec spec;
  std::unique_ptr<llvm::TargetMachine> machine; ///< for `spec`
  NativeModule code;                            ///< not yet optimized
};

/// Joins `versions`, which are ordered best first, to one module for `machine`,
/// a processor of which they all are, not yet optimized. Each of its entries
/// calls that of the first version that the processor can run, or returns
/// RunStatus::UnknownProcessor if there is none.
///
/// The entries of the versions must be the same, and the weights of each those
/// of the version before, with more behind them. Fails if two versions have one
/// name, or if Lathe cannot find out whether a processor has the features of
/// one.
llvm::Expected<NativeModule>
joinVersions(llvm::MutableArrayRef<NativeVersion> versions,
             const TargetSpec &spec, llvm::TargetMachine &machine);

} // namespace lathe

#endif // LATHE_TARGET_LLVM_VERSIONS_H
