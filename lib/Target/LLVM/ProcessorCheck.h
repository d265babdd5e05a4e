//===- ProcessorCheck.h - What an x86-64 processor has ----------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_TARGET_LLVM_PROCESSORCHECK_H
#define LATHE_LIB_TARGET_LLVM_PROCESSORCHECK_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <array>

namespace llvm {
class Function;
class Module;
} // namespace llvm

namespace lathe {
struct TargetSpec;
}

namespace lathe::detail {

/// The words that tell what a processor has, and its operating system lets
/// programs use.
enum ProcessorWord {
  Leaf1ECX,
  Leaf7EBX,
  Leaf7ECX,
  Leaf7Sub1EAX,
  ExtendedLeaf1ECX,
  /// XCR0: the registers that the operating system saves.
  SavedState,
  NumProcessorWords
};

/// The bits that must be set in each of these words.
using ProcessorBits = std::array<uint32_t, NumProcessorWords>;

/// What code for `spec` needs beyond the x86-64 of 2003. Fails if `spec` is not
/// for x86-64, or has a feature that Lathe has no bit for.
llvm::Expected<ProcessorBits> getProcessorBits(const TargetSpec &spec);

/// Creates a function `i32 ()` in `code` that returns the number of the first
/// of `versions` whose bits the processor has, or how many there are if it has
/// those of none. It takes nothing for granted but x86-64.
llvm::Function *createProcessorCheck(llvm::Module &code, llvm::StringRef name,
                                     llvm::ArrayRef<ProcessorBits> versions);

} // namespace lathe::detail

#endif // LATHE_LIB_TARGET_LLVM_PROCESSORCHECK_H
