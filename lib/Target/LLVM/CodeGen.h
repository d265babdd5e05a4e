//===- CodeGen.h - Machine code from LLVM IR --------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_TARGET_LLVM_CODEGEN_H
#define LATHE_LIB_TARGET_LLVM_CODEGEN_H

#include "lathe/Conversion/LoopsToLLVM/WeightsBlob.h"

#include "llvm/Support/CodeGen.h"
#include "llvm/Support/Error.h"

namespace llvm {
class Module;
class TargetMachine;
class raw_pwrite_stream;
namespace orc {
class LLJIT;
} // namespace orc
} // namespace llvm

namespace lathe::detail {

/// Generates code for a copy of `code` and writes it as `type`, followed by
/// `weights` in a section of their own if not null.
llvm::Error generateCode(const llvm::Module &code, llvm::TargetMachine &machine,
                         llvm::CodeGenFileType type, const WeightsBlob *weights,
                         llvm::raw_pwrite_stream &os);

/// Generates an object of `code`, and adds it to what `jit` links on demand.
llvm::Error addToJit(const llvm::Module &code, llvm::TargetMachine &machine,
                     llvm::orc::LLJIT &jit);

} // namespace lathe::detail

#endif // LATHE_LIB_TARGET_LLVM_CODEGEN_H
