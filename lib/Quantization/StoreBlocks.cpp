//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StoredWeights.h"
#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IR/LatheStorageOps.h"
#include "lathe/Dialect/Lathe/IntegerForms/IntegerForms.h"
#include "lathe/Quantization/Passes.h"
#include "lathe/Reference/Evaluator.h"
#include "lathe/Support/HostTensorAttr.h"

#include "llvm/ADT/SmallBitVector.h"

namespace lathe {
#define GEN_PASS_DEF_STOREBLOCKS
#include "lathe/Quantization/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

namespace {

struct StoreBlocks : lathe::impl::StoreBlocksBase<StoreBlocks> {
  using StoreBlocksBase::StoreBlocksBase;

  void runOnOperation() override {
    SmallVector<WeightedOpInterface> ops;
    getOperation().walk([&](WeightedOpInterface op) {
      if (hasFloatWeights(op))
        ops.push_back(op);
    });
    llvm::SmallBitVector four = chooseFourBits(ops);
    for (auto [i, op] : llvm::enumerate(ops))
      store(op, four[i]);
  }

private:
  static RankedTensorType typeOfWeights(WeightedOpInterface op) {
    return cast<RankedTensorType>(op.getWeights().getType());
  }

  bool hasFloatWeights(WeightedOpInterface op) const {
    auto constant = op.getWeights().getDefiningOp<ConstantOp>();
    RankedTensorType type = typeOfWeights(op);
    return constant && !constant.getValue().isSplat() &&
           type.getElementType().isF32() && type.getRank() >= 2 &&
           type.getNumElements() >= minElements;
  }

  /// The bytes of `count` weights in four bits, scales included.
  double getBytes(int64_t count) const {
    constexpr double perScale = 2;
    return static_cast<double>(count) *
           (0.5 + perScale / static_cast<double>(block));
  }

  /// Which of `ops` get four bits.
  llvm::SmallBitVector chooseFourBits(ArrayRef<WeightedOpInterface> ops) const {
    llvm::SmallBitVector four(ops.size());
    SmallVector<std::pair<int64_t, size_t>> bySize;
    double budget = 0;
    for (auto [i, op] : llvm::enumerate(ops)) {
      RankedTensorType type = typeOfWeights(op);
      if (type.getShape().take_back(2)[0] < minChannels)
        continue;
      four.set(i);
      bySize.push_back({type.getNumElements(), i});
      budget += widened * getBytes(type.getNumElements());
    }
    llvm::sort(bySize);
    for (auto [count, i] : bySize) {
      budget -= static_cast<double>(count) - getBytes(count);
      if (budget <= 0)
        break;
      four.reset(i);
    }
    return four;
  }

  void store(WeightedOpInterface op, bool inFour) {
    Value weights = op.getWeights();
    std::optional<HostTensor> real = evaluateConstant(weights);
    if (!real)
      return;
    OpBuilder builder(op);
    op.setWeights(inFour ? storeInBlocks(builder, weights, *real, block)
                         : inEightBits(builder, weights, *real));
    ++(inFour ? numFour : numEight);
  }

  /// One block is all that leads to an output channel.
  Value inEightBits(OpBuilder &builder, Value weights, const HostTensor &real) {
    QuantizedStorage storage = QuantizedStorage::int8Weights();
    std::vector<double> scales =
        getWeightScales(real, storage, WeightRange::MSE);
    StoredWeights stored =
        storeWeights(builder, weights, real, scales, storage);
    Location loc = weights.getLoc();
    Value wide =
        CastOp::create(builder, loc, stored.integers, builder.getF32Type());
    return MulOp::create(builder, loc, wide,
                         buildFactors(builder, loc, scales));
  }
};

} // namespace
