//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Quantization/Passes.h"
#include "lathe/Support/HostTensorAttr.h"

#include <cmath>

namespace lathe {
#define GEN_PASS_DEF_STOREHALF
#include "lathe/Quantization/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

/// Whether `half`, the rounded `real`, has every element within its range, and
/// the greatest within its full precision.
static bool isFaithful(const HostTensor &real, const HostTensor &half,
                       double leastNormal) {
  double largest = 0;
  for (int64_t i = 0; i < real.getNumElements(); ++i) {
    if (std::isfinite(real.getDouble(i)) != std::isfinite(half.getDouble(i)))
      return false;
    largest = std::max(largest, std::abs(real.getDouble(i)));
  }
  return largest == 0 || largest >= leastNormal;
}

namespace {

struct StoreHalf : lathe::impl::StoreHalfBase<StoreHalf> {
  using StoreHalfBase::StoreHalfBase;

  void runOnOperation() override {
    SmallVector<ConstantOp> constants;
    getOperation().walk([&](ConstantOp op) {
      if (op.getType().getElementType().isF32() && !op.getValue().isSplat() &&
          op.getType().getNumElements() >= minElements)
        constants.push_back(op);
    });
    for (ConstantOp constant : constants)
      store(constant);
  }

private:
  void store(ConstantOp constant) {
    std::optional<HostTensor> real = toHostTensor(constant.getValue());
    if (!real)
      return;
    bool isIEEE = kind == HalfKind::F16;
    HostTensor half =
        real->convertTo(isIEEE ? ElementKind::F16 : ElementKind::BF16);
    if (!isFaithful(*real, half, isIEEE ? 0x1p-14 : 0x1p-126)) {
      ++numLeft;
      return;
    }
    OpBuilder builder(constant);
    Value stored = ConstantOp::create(
        builder, constant.getLoc(),
        toElementsAttr(half, &getContext(), getConstantName(constant)));
    Value wide = CastOp::create(builder, constant.getLoc(), stored,
                                builder.getF32Type());
    constant.replaceAllUsesWith(wide);
    constant.erase();
    ++numStored;
  }
};

} // namespace
