//===- Emit.h - Write objects and libraries ---------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TARGET_LLVM_EMIT_H
#define LATHE_TARGET_LLVM_EMIT_H

#include "lathe/Target/LLVM/NativeModule.h"

namespace llvm {
class raw_ostream;
class raw_pwrite_stream;
} // namespace llvm

namespace lathe {

/// Writes the code as LLVM IR, without the weights.
void emitLLVMIR(const NativeModule &module, llvm::raw_ostream &os);

/// Writes the code as assembly, without the weights.
llvm::Error emitAssembly(const NativeModule &module,
                         llvm::TargetMachine &machine,
                         llvm::raw_pwrite_stream &os);

/// Writes one ELF object with the code and the weights. The entries are its
/// only global symbols; it needs -lm and, if `usesOpenMP`, -fopenmp.
llvm::Error emitObject(const NativeModule &module, llvm::TargetMachine &machine,
                       llvm::raw_pwrite_stream &os);

/// Writes an ELF object with the weights alone, to go with `emitLLVMIR` and
/// `emitAssembly`.
llvm::Error emitWeightsObject(const WeightsBlob &weights,
                              llvm::TargetMachine &machine,
                              llvm::raw_pwrite_stream &os);

/// Writes a static library with one member, `NAME.o`.
llvm::Error emitArchive(const NativeModule &module,
                        llvm::TargetMachine &machine, llvm::raw_ostream &os);

/// Writes a shared library to `path` with a compiler driver or linker found on
/// PATH, or with `linker` if given (a driver that takes gcc's flags).
llvm::Error emitSharedLibrary(const NativeModule &module,
                              llvm::TargetMachine &machine,
                              llvm::StringRef path,
                              llvm::StringRef linker = "");

} // namespace lathe

#endif // LATHE_TARGET_LLVM_EMIT_H
