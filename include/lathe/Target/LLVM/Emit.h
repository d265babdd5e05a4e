//===- Emit.h - Write objects and libraries ---------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TARGET_LLVM_EMIT_H
#define LATHE_TARGET_LLVM_EMIT_H

#include "lathe/Target/LLVM/NativeModule.h"

#include "llvm/ADT/SmallVector.h"

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace lathe {

//===----------------------------------------------------------------------===//
// Optimized code as a whole
//===----------------------------------------------------------------------===//

/// Writes the code as LLVM IR, without the weights.
void emitLLVMIR(const NativeModule &module, llvm::raw_ostream &os);

/// Writes the code as assembly, without the weights.
llvm::Error emitAssembly(const NativeModule &module,
                         llvm::TargetMachine &machine, llvm::raw_ostream &os);

/// Writes one ELF object with the code and the weights. The entries are its
/// only global symbols; it needs -lm and, if `usesOpenMP`, -fopenmp.
llvm::Error emitObject(const NativeModule &module, llvm::TargetMachine &machine,
                       llvm::raw_ostream &os);

/// Writes an ELF object with the weights alone, to go with `emitLLVMIR` and
/// `emitAssembly`.
llvm::Error emitWeightsObject(const WeightsBlob &weights,
                              llvm::TargetMachine &machine,
                              llvm::raw_ostream &os);

//===----------------------------------------------------------------------===//
// Objects and libraries
//
// From code that is not yet optimized, and of no use afterwards: it is divided
// (see Partition.h), optimized and compiled on all cores. The entries are the
// only symbols that are visible outside of a library or, for a static one,
// outside of the program or library that it is linked into.
//===----------------------------------------------------------------------===//

/// An object file in memory.
struct ObjectFile {
  std::string name;
  llvm::SmallVector<char, 0> bytes;
};

/// Compiles the code to objects: NAME.o with the entries, NAME_1.o and so on
/// with more of it if there is much, and if wanted, and not empty, the weights
/// as NAME_weights.o.
llvm::Expected<std::vector<ObjectFile>>
compileObjects(NativeModule &module, llvm::TargetMachine &machine,
               bool withWeights = true);

/// Writes a static library of `objects`.
llvm::Error emitArchive(llvm::ArrayRef<ObjectFile> objects,
                        llvm::raw_ostream &os);

/// Writes a shared library to `path` with a compiler driver or linker found on
/// PATH, or with `linker` if given (a driver that takes gcc's flags).
llvm::Error emitSharedLibrary(NativeModule &module,
                              llvm::TargetMachine &machine,
                              llvm::StringRef path,
                              llvm::StringRef linker = "");

} // namespace lathe

#endif // LATHE_TARGET_LLVM_EMIT_H
