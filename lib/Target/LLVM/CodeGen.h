//===- CodeGen.h - Machine code from LLVM IR --------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_TARGET_LLVM_CODEGEN_H
#define LATHE_LIB_TARGET_LLVM_CODEGEN_H

#include "lathe/Target/LLVM/Emit.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/CodeGen.h"
#include "llvm/Support/Error.h"

namespace llvm {
class Module;
class TargetMachine;
namespace orc {
class LLJIT;
} // namespace orc
} // namespace llvm

namespace lathe::detail {

/// Generates code for a copy of `code` and writes it to `output` as `type`. An
/// object has `weights`, if not null, in a section of their own.
llvm::Error generateCode(const llvm::Module &code, llvm::TargetMachine &machine,
                         llvm::CodeGenFileType type, const WeightsBlob *weights,
                         llvm::SmallVectorImpl<char> &output);

/// Writes an object with the weights alone to `output`.
llvm::Error writeWeights(const WeightsBlob &weights,
                         llvm::TargetMachine &machine,
                         llvm::SmallVectorImpl<char> &output);

/// Adds `object` to what `jit` links on demand.
llvm::Error addToJit(ObjectFile object, llvm::orc::LLJIT &jit);

} // namespace lathe::detail

#endif // LATHE_LIB_TARGET_LLVM_CODEGEN_H
