//===- JitModule.h - Run a model in this process ----------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TARGET_LLVM_JITMODULE_H
#define LATHE_TARGET_LLVM_JITMODULE_H

#include "lathe/Target/LLVM/NativeModule.h"

#include "llvm/ADT/ArrayRef.h"

namespace llvm::orc {
class LLJIT;
}

namespace lathe {

/// A model compiled for the processor this runs on.
class JitModule {
public:
  /// Compiles `module`, at the loop level, and lowers it in place. It must have
  /// one function marked `lathe.entry`. Nothing of `module` is needed later.
  static llvm::Expected<std::unique_ptr<JitModule>>
  create(mlir::ModuleOp module, const NativeOptions &options = {});

  ~JitModule();

  /// Calls the entry: pointers to the inputs, the outputs and the arena, in
  /// this order. Returns what NAME_run returns, 0 or its error code, or an
  /// error if there are not as many pointers as the entry takes.
  llvm::Expected<int> run(llvm::ArrayRef<void *> arguments) const;

  /// The bytes of its instructions.
  uint64_t getCodeSize() const { return codeSize; }

private:
  using PackedEntry = int (*)(void *const *);
  JitModule(std::unique_ptr<llvm::orc::LLJIT> jit, std::unique_ptr<char[]> data,
            PackedEntry entry, size_t numArguments, uint64_t codeSize);

  std::unique_ptr<llvm::orc::LLJIT> jit;
  std::unique_ptr<char[]> weights;
  PackedEntry entry;
  size_t numArguments;
  uint64_t codeSize;
};

} // namespace lathe

#endif // LATHE_TARGET_LLVM_JITMODULE_H
