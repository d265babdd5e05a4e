//===- NativeCall.h - A model in this process and its tensors ---*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DRIVER_NATIVECALL_H
#define LATHE_DRIVER_NATIVECALL_H

#include "lathe/Support/NamedTensors.h"
#include "lathe/Target/LLVM/JitModule.h"

namespace lathe {

/// A model compiled for this processor, bound to its inputs, outputs and arena.
class NativeCall {
public:
  /// Compiles `module`, at the loop level. `inputs` and `outputs`, in the order
  /// of the interface, must outlive the call and stay where they are.
  static llvm::Expected<NativeCall> create(mlir::ModuleOp module,
                                           llvm::ArrayRef<HostTensor> inputs,
                                           NamedTensors &outputs,
                                           int64_t arenaSize,
                                           const NativeOptions &options);

  /// Runs it once; an error if it returns one.
  llvm::Error run();

  /// The bytes of its instructions.
  uint64_t getCodeSize() const { return jit->getCodeSize(); }

private:
  NativeCall(std::unique_ptr<JitModule> jit, int64_t arenaSize);

  std::unique_ptr<JitModule> jit;
  HostTensor arena;
  llvm::SmallVector<void *> arguments;
};

} // namespace lathe

#endif // LATHE_DRIVER_NATIVECALL_H
