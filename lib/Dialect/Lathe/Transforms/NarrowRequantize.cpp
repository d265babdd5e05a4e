//===- NarrowRequantize.cpp - Requantization in 32 bits -------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A requantization multiplies to 64 bits. Where the multipliers and what the
// sums lie between tell that no more than 32 of them are left, vectors hold
// twice as many from there on, and a processor of 32 bits has them in one
// register: the upper half of the product, if the shift is 32.
//
//===----------------------------------------------------------------------===//

#include "ChannelAnalysis.h"

#include "lathe/Dialect/Lathe/IR/LatheDotOps.h"
#include "lathe/Dialect/Lathe/Transforms/Locations.h"
#include "lathe/Dialect/Lathe/Transforms/Passes.h"
#include "lathe/Support/HostTensorAttr.h"

#include <cstdlib>

namespace lathe {
#define GEN_PASS_DEF_NARROWREQUANTIZE
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

/// The shift at which a product of 32-bit numbers leaves its upper half.
static constexpr int64_t halfShift = 32;

/// The constant multipliers of `op`, none if they are not constant or the
/// op is not one of 32 bits.
static std::optional<HostTensor> getMultipliers(RequantizeOp op) {
  auto constant = op.getMultipliers().getDefiningOp<ConstantOp>();
  if (!constant || !typeOf(op.getInput()).getElementType().isInteger(32) ||
      op.getTo().getIntOrFloatBitWidth() > 16)
    return std::nullopt;
  return toHostTensor(constant.getValue());
}

static uint64_t getMagnitude(int64_t value) {
  return static_cast<uint64_t>(std::abs(value));
}

/// By how many bits all `multipliers` can be shifted to the left, up to
/// `limit`.
static int64_t countSpareBits(const HostTensor &multipliers, int64_t limit) {
  uint64_t largest = 0;
  for (int64_t multiplier : multipliers.data<int32_t>())
    largest = std::max(largest, getMagnitude(multiplier));
  int64_t bits = 0;
  while (bits < limit && largest << (bits + 1) < uint64_t(1) << 31)
    ++bits;
  return bits;
}

/// The largest magnitude in each of `ranges`.
static SmallVector<uint64_t> getLargest(ArrayRef<IntegerRange> ranges) {
  SmallVector<uint64_t> largest;
  for (IntegerRange range : ranges)
    largest.push_back(
        std::max(getMagnitude(range.low), getMagnitude(range.high)));
  return largest;
}

/// Whether (x * m + 2^(s - 1)) / 2^s plus the zero point fits 32 bits for all x
/// of magnitudes up to `sums`, which are those of channels.
static bool isNarrow(RequantizeOp op, const HostTensor &multipliers,
                     ArrayRef<uint64_t> sums) {
  constexpr uint64_t one = 1;
  // Beside the product, the rounding and the zero point.
  uint64_t others = (getMagnitude(op.getZeroPoint()) + one) << op.getShift();
  uint64_t limit = one << (31 + op.getShift());
  ArrayRef<int32_t> factors = multipliers.data<int32_t>();
  uint64_t largestSum = *llvm::max_element(sums);
  for (auto [i, factor] : llvm::enumerate(factors)) {
    uint64_t sum = factors.size() == sums.size() ? sums[i] : largestSum;
    if (sum * getMagnitude(factor) + others >= limit)
      return false;
  }
  return true;
}

namespace {

struct NarrowRequantize : lathe::impl::NarrowRequantizeBase<NarrowRequantize> {
  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    ChannelRangeAnalysis ranges(getOperation());
    for (auto op : getOperation().getOps<RequantizeOp>())
      visit(op, ranges.get(op.getInput()));
  }

private:
  void visit(RequantizeOp op, ArrayRef<IntegerRange> ranges) {
    std::optional<HostTensor> multipliers = getMultipliers(op);
    auto shift = static_cast<int64_t>(op.getShift());
    if (!multipliers || ranges.empty() || shift > halfShift)
      return;
    SmallVector<uint64_t> sums = getLargest(ranges);
    if (!isNarrow(op, *multipliers, sums))
      return;
    // Twice the multiplier and one bit more of shift are the same number.
    if (int64_t bits = countSpareBits(*multipliers, halfShift - shift)) {
      shiftMultipliers(op, *multipliers, bits);
      shift += bits;
    }
    // So are twice the sum and one bit more.
    uint64_t largest = *llvm::max_element(sums);
    if (largest << (halfShift - shift) < uint64_t(1) << 31)
      shift = halfShift;
    op->setAttr(narrowAttrName, OpBuilder(op).getI64IntegerAttr(shift));
    ++numNarrow;
  }

  static void shiftMultipliers(RequantizeOp op, const HostTensor &multipliers,
                               int64_t bits) {
    HostTensor shifted = multipliers;
    for (int64_t i = 0; i < shifted.getNumElements(); ++i)
      shifted.setInt(i, multipliers.getInt(i) * (int64_t(1) << bits));
    OpBuilder builder(op);
    op.getMultipliersMutable().assign(createNamedConstant(
        builder, op.getMultipliers().getLoc(), shifted, "multipliers"));
    op.setShift(op.getShift() + bits);
  }
};

} // namespace
