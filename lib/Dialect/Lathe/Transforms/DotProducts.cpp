//===- DotProducts.cpp - Kernels of dot products --------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/Transforms/DotProducts.h"

#include "lathe/Dialect/Lathe/Transforms/KernelTile.h"

using namespace mlir;
using namespace lathe;

static Type elementOf(Value tensor) {
  return cast<RankedTensorType>(tensor.getType()).getElementType();
}

StringRef lathe::getName(DotKind kind) {
  switch (kind) {
  case DotKind::None:
    return "none";
  case DotKind::UnsignedBytes:
    return "u8";
  case DotKind::SignedBytes:
    return "s8";
  case DotKind::AnyBytes:
    return "u8s8";
  case DotKind::Words:
    break;
  }
  return "s16";
}

bool lathe::acceptsData(DotKind kind, Type element) {
  switch (kind) {
  case DotKind::None:
    return false;
  case DotKind::UnsignedBytes:
    return element.isUnsignedInteger(8);
  case DotKind::SignedBytes:
    return element.isSignlessInteger(8);
  case DotKind::AnyBytes:
  case DotKind::Words:
    break;
  }
  return element.isUnsignedInteger(8) || element.isSignlessInteger(8);
}

static bool hasByteOperands(WeightedOpInterface op) {
  return elementOf(op.getData()).isInteger(8) &&
         elementOf(op.getWeights()).isSignlessInteger(8);
}

bool lathe::isByteDepthwise(Operation *op) {
  auto conv = dyn_cast<ConvOp>(op);
  if (!conv || !hasByteOperands(conv) || !conv.isDepthwise() ||
      conv.getSpatialRank() < 2)
    return false;
  ArrayRef<int64_t> weight = conv.getWeight().getType().getShape();
  return weight.back() == static_cast<int64_t>(conv.getGroup()) &&
         weight[conv.getSpatialRank() - 2] > 1;
}

bool lathe::isByteProduct(WeightedOpInterface op) {
  if (!hasByteOperands(op))
    return false;
  if (auto conv = dyn_cast<ConvOp>(op.getOperation()))
    return !conv.isDepthwise();
  auto product = dyn_cast<MatMulOp>(op.getOperation());
  return product && product.getRhs().getType().getRank() == 2 &&
         product.getRhsZeroPoint() == 0;
}

/// Whether `op` has elements that dot products are of, and no zero point.
static bool hasQuads(Operation *op) {
  auto conv = dyn_cast<ConvOp>(op);
  if (!conv)
    return cast<MatMulOp>(op).getLhsZeroPoint() == 0;
  if (conv.getInputZeroPoint() != 0)
    return false;
  if (isByteDepthwise(op))
    return conv.usesAllWeights();
  ArrayRef<int64_t> weight = conv.getWeight().getType().getShape();
  if (weight.take_back(2)[0] > 1)
    return weight.back() > static_cast<int64_t>(conv.getGroup());
  ArrayRef<int64_t> pads = conv.getPads();
  return conv.getGroup() == 1 && conv.getDilations().back() == 1 &&
         pads[pads.size() / 2 - 1] == 0 && pads.back() == 0;
}

/// Whether `op` must not compute on what a lane beyond the end of a row holds.
static bool canTrap(Operation &op) {
  return isa<DivOp, ModOp>(op) && elementOf(op.getResult(0)).isInteger();
}

bool lathe::usesDots(KernelOp kernel, DotKind kind) {
  LoopNestOpInterface root = getRoot(kernel);
  auto product = dyn_cast_if_present<WeightedOpInterface>(
      root ? root.getOperation() : nullptr);
  if (!product || !(isByteProduct(product) || isByteDepthwise(product)) ||
      !acceptsData(kind, elementOf(product.getData())))
    return false;
  auto weights = dyn_cast<BlockArgument>(product.getWeights());
  return isa<BlockArgument>(product.getData()) && weights &&
         weights.hasOneUse() &&
         kernel.getInputs()[weights.getArgNumber()]
             .getDefiningOp<ConstantOp>() &&
         hasQuads(product) && llvm::none_of(kernel.getBody().front(), canTrap);
}
