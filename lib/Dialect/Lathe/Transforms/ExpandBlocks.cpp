//===- ExpandBlocks.cpp - Integers with a scale for each block ------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IR/LatheStorageOps.h"
#include "lathe/Dialect/Lathe/Transforms/Passes.h"
#include "lathe/Reference/Evaluator.h"
#include "lathe/Support/HostTensorAttr.h"

#include "llvm/Support/MathExtras.h"

namespace lathe {
#define GEN_PASS_DEF_EXPANDBLOCKS
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

static ArrayRef<int64_t> getShape(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

/// Repeats each index of dimension `axis` `times` times, up to `extent` in all.
/// `between` makes something else of [..., index, times, ...] first.
static Value repeat(OpBuilder &builder, Location loc, Value value, int64_t axis,
                    int64_t times, int64_t extent,
                    llvm::function_ref<Value(Value)> between) {
  SmallVector<int64_t> split(getShape(value));
  split.insert(split.begin() + axis + 1, 1);
  Value spread = ReshapeOp::create(builder, loc, value, split);
  split[axis + 1] = times;
  spread = between(BroadcastOp::create(builder, loc, spread, split));
  SmallVector<int64_t> joined(getShape(value));
  joined[axis] *= times;
  spread = ReshapeOp::create(builder, loc, spread, joined);
  if (joined[axis] == extent)
    return spread;
  SmallVector<int64_t> zeros(joined.size(), 0), ones(joined.size(), 1);
  joined[axis] = extent;
  return SliceOp::create(builder, loc, spread, zeros, joined, ones);
}

/// The elements of `stored` in four bits, two along dimension `axis` in a byte;
/// none if one of them is not in [-8, 7].
static std::optional<HostTensor> packHalves(const HostTensor &stored,
                                            int64_t axis) {
  ArrayRef<int8_t> data = stored.data<int8_t>();
  if (!fitsFourBits(stored))
    return std::nullopt;
  SmallVector<int64_t> shape(stored.getShape());
  int64_t extent = shape[axis];
  shape[axis] = llvm::divideCeil(extent, 2);
  int64_t inner =
      ShapedType::getNumElements(ArrayRef(shape).drop_front(axis + 1));
  HostTensor packed(ElementKind::UI8, shape);
  MutableArrayRef<uint8_t> bytes = packed.mutableData<uint8_t>();
  for (int64_t i = 0; i < stored.getNumElements(); ++i) {
    int64_t along = i / inner % extent, outer = i / inner / extent;
    bytes[(outer * shape[axis] + along / 2) * inner + i % inner] |=
        (data[i] + 8) << (along % 2 * 4);
  }
  return packed;
}

namespace {

struct ExpandBlocks : lathe::impl::ExpandBlocksBase<ExpandBlocks> {
  void runOnOperation() override {
    SmallVector<DequantizeBlocksOp> ops;
    getOperation().walk([&](DequantizeBlocksOp op) { ops.push_back(op); });
    for (DequantizeBlocksOp op : ops)
      expand(op);
  }

private:
  void expand(DequantizeBlocksOp op) {
    OpBuilder builder(op);
    Location loc = op.getLoc();
    auto axis = static_cast<int64_t>(op.getAxis());
    int64_t extent = op.getType().getDimSize(axis);
    Value integers = expandHalves(builder, op);
    integers = integers ? integers : op.getInput();
    Value scales = repeat(builder, loc, widen(builder, op.getScales()), axis,
                          static_cast<int64_t>(op.getBlock()), extent,
                          [](Value value) { return value; });
    Value real = MulOp::create(builder, loc, widen(builder, integers), scales);
    op.getResult().replaceAllUsesWith(real);
    op.erase();
    ++numExpanded;
  }

  /// The input from a constant of four bits for each element; null if there is
  /// no such form.
  Value expandHalves(OpBuilder &builder, DequantizeBlocksOp op) {
    auto constant = op.getInput().getDefiningOp<ConstantOp>();
    std::optional<HostTensor> stored =
        constant ? toHostTensor(constant.getValue()) : std::nullopt;
    auto axis = static_cast<int64_t>(op.getAxis());
    std::optional<HostTensor> packed = stored && !constant.getValue().isSplat()
                                           ? packHalves(*stored, axis)
                                           : std::nullopt;
    if (!packed)
      return {};
    ++numPacked;
    Location loc = op.getLoc();
    Value bytes = ConstantOp::create(
        builder, loc,
        toElementsAttr(*packed, &getContext(), getConstantName(constant)));
    Value halves = repeat(
        builder, loc, bytes, axis, 2, stored->getShape()[axis],
        [&](Value pairs) { return takeHalves(builder, loc, pairs, axis + 1); });
    // A sum with f32 is exact, and the type is that of the product.
    Value real = widen(builder, halves);
    HostTensor eight(ElementKind::F32, {});
    eight.setDouble(0, 8);
    return SubOp::create(
        builder, loc, real,
        ConstantOp::create(builder, loc, toElementsAttr(eight, &getContext())));
  }

  /// The low and the high half of each byte for index 0 and 1 of `axis`.
  Value takeHalves(OpBuilder &builder, Location loc, Value pairs,
                   int64_t axis) {
    auto constant = [&](ArrayRef<int64_t> shape, ArrayRef<uint8_t> values) {
      return ConstantOp::create(
          builder, loc,
          toElementsAttr(HostTensor::get<uint8_t>(shape, values),
                         &getContext()));
    };
    SmallVector<int64_t> shape(getShape(pairs).size(), 1);
    shape[axis] = 2;
    const uint8_t shifts[] = {0, 4}, mask[] = {15};
    Value moved =
        ShiftRightOp::create(builder, loc, pairs, constant(shape, shifts));
    return AndOp::create(builder, loc, moved, constant({}, mask));
  }

  static Value widen(OpBuilder &builder, Value value) {
    Type real = builder.getF32Type();
    return lathe::impl::elementTypeOf(value) == real
               ? value
               : CastOp::create(builder, value.getLoc(), value, real)
                     .getResult();
  }
};

} // namespace
