//===- TimeKernels.cpp - Report the end of each kernel -------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Conversion/LoopsToLLVM/Passes.h"
#include "lathe/Conversion/LoopsToLLVM/TimedKernels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace lathe {
#define GEN_PASS_DEF_TIMEKERNELS
#include "lathe/Conversion/LoopsToLLVM/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

SmallVector<func::CallOp> lathe::getTimedCalls(ModuleOp module) {
  SmallVector<func::CallOp> calls;
  for (auto function : module.getOps<func::FuncOp>())
    if (function->hasAttr("lathe.entry"))
      function.walk([&](func::CallOp call) { calls.push_back(call); });
  return calls;
}

namespace {

struct TimeKernels : lathe::impl::TimeKernelsBase<TimeKernels> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<func::CallOp> calls = getTimedCalls(module);
    OpBuilder builder(module.getBodyRegion());
    auto type = builder.getFunctionType({builder.getI64Type()}, {});
    auto callback = module.lookupSymbol<func::FuncOp>(kernelDoneName);
    if (!callback) {
      callback =
          func::FuncOp::create(builder, module.getLoc(), kernelDoneName, type);
      callback.setPrivate();
    }
    for (auto [number, call] : llvm::enumerate(calls)) {
      builder.setInsertionPointAfter(call);
      Value index = arith::ConstantIntOp::create(
          builder, call.getLoc(), static_cast<int64_t>(number), 64);
      func::CallOp::create(builder, call.getLoc(), callback, index);
    }
    numKernels = static_cast<unsigned>(calls.size());
  }
};

} // namespace
