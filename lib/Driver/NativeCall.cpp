//===- NativeCall.cpp - A model in this process and its tensors ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/NativeCall.h"

#include "llvm/ADT/Twine.h"
#include "llvm/Support/MathExtras.h"

using namespace lathe;

/// No plan asks for more than a cache line.
static constexpr int64_t arenaAlignment = 64;

NativeCall::NativeCall(std::unique_ptr<JitModule> jit, int64_t arenaSize)
    : jit(std::move(jit)),
      arena(ElementKind::I8, {arenaSize + arenaAlignment}) {}

llvm::Expected<NativeCall> NativeCall::create(mlir::ModuleOp module,
                                              llvm::ArrayRef<HostTensor> inputs,
                                              NamedTensors &outputs,
                                              int64_t arenaSize,
                                              const NativeOptions &options) {
  auto jit = JitModule::create(module, options);
  if (!jit)
    return jit.takeError();
  NativeCall call(std::move(*jit), arenaSize);
  for (const HostTensor &input : inputs)
    call.arguments.push_back(const_cast<char *>(input.getBytes().data()));
  for (const auto &[name, tensor] : outputs)
    call.arguments.push_back(outputs.find(name)->getMutableBytes().data());
  auto base = reinterpret_cast<uintptr_t>(call.arena.getMutableBytes().data());
  call.arguments.push_back(
      reinterpret_cast<void *>(llvm::alignTo(base, arenaAlignment)));
  return call;
}

llvm::Error NativeCall::run() {
  llvm::Expected<int> status = jit->run(arguments);
  if (!status)
    return status.takeError();
  if (*status != 0)
    return llvm::createStringError("the model returned error " +
                                   llvm::Twine(*status));
  return llvm::Error::success();
}
