//===- StoreActivations.cpp - Signs of quantized activations --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Dialect/Lathe/Transforms/Passes.h"

namespace lathe {
#define GEN_PASS_DEF_STOREACTIVATIONS
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

/// `type` of 8 bits in the other sign, all its integers moved by 128.
static quant::UniformQuantizedType moveBy128(quant::UniformQuantizedType type) {
  int64_t shift = type.isSigned() ? 128 : -128;
  return quant::UniformQuantizedType::get(
      type.getFlags() ^ quant::QuantizationFlags::Signed, type.getStorageType(),
      type.getExpressedType(), type.getScale(), type.getZeroPoint() + shift,
      type.getStorageTypeMin() + shift, type.getStorageTypeMax() + shift);
}

namespace {

struct StoreActivations : lathe::impl::StoreActivationsBase<StoreActivations> {
  using StoreActivationsBase::StoreActivationsBase;

  void runOnOperation() override {
    for (auto op :
         llvm::make_early_inc_range(getOperation().getOps<QuantizeOp>())) {
      auto type = dyn_cast<quant::UniformQuantizedType>(op.getTo());
      bool isInternal = llvm::all_of(op->getUsers(), [](Operation *user) {
        return isa<DequantizeOp>(user);
      });
      if (!type || !isInternal || type.getStorageTypeIntegralWidth() != 8 ||
          type.isSigned() != areUnsigned)
        continue;
      OpBuilder builder(op);
      Value stored = QuantizeOp::create(builder, op.getLoc(), op.getInput(),
                                        moveBy128(type));
      for (OpOperand &use : llvm::make_early_inc_range(op->getUses()))
        use.set(stored);
      op.erase();
      ++numMoved;
    }
  }
};

} // namespace
