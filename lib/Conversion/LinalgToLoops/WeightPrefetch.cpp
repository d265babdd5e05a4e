//===- WeightPrefetch.cpp - Fetch weights before their turn ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WeightPrefetch.h"

#include "lathe/Dialect/Lathe/IR/LatheDotOps.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lathe;

Value lathe::findMemory(Value tensor) {
  while (Operation *op = tensor.getDefiningOp()) {
    if (auto buffer = dyn_cast<bufferization::ToTensorOp>(op))
      return buffer.getBuffer();
    auto generic = dyn_cast<linalg::GenericOp>(op);
    if (!isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp,
             tensor::ExtractSliceOp>(op) &&
        (!generic || generic.getNumDpsInputs() != 1))
      return {};
    tensor = op->getOperand(0);
  }
  return {};
}

std::optional<PackedWeights> lathe::findPackedWeights(linalg::GenericOp root) {
  if (root.getNumDpsInputs() < 2)
    return std::nullopt;
  Value weights = root.getInputs()[1], memref = findMemory(weights);
  if (!memref)
    return std::nullopt;
  auto type = cast<MemRefType>(memref.getType());
  if (root->hasAttr("lathe.dot") && type.getDimSize(0) == 1)
    return PackedWeights{memref, type.getShape().back() / DotConvOp::quad};
  int64_t rank = cast<RankedTensorType>(weights.getType()).getRank();
  // Groups and panels come first.
  if (type.getRank() != rank + 2 || type.getDimSize(0) != 1)
    return std::nullopt;
  return PackedWeights{memref, type.getShape().back()};
}

void lathe::buildPrefetch(OpBuilder &builder, const IndexSpace &space,
                          Location loc, Value memref, AffineExpr number,
                          unsigned locality) {
  Value index = space.materialize(builder, loc, space.flatten(number));
  auto type = cast<MemRefType>(memref.getType());
  auto [strides, offset] = type.getStridesAndOffset();
  // As many elements as the strides span.
  int64_t span = 1;
  for (auto [extent, stride] : llvm::zip_equal(type.getShape(), strides))
    span += (extent - 1) * stride;
  auto layout = offset == 0
                    ? StridedLayoutAttr()
                    : StridedLayoutAttr::get(builder.getContext(), offset, {1});
  auto flat = MemRefType::get({span}, type.getElementType(), layout);
  Value view =
      memref::ReinterpretCastOp::create(builder, loc, flat, memref, offset,
                                        flat.getShape(), ArrayRef<int64_t>{1});
  memref::PrefetchOp::create(builder, loc, view, index, /*isWrite=*/false,
                             locality, /*isDataCache=*/true);
}

/// So many passes take so much longer than fetching a panel that it is not
/// worth an instruction in each step.
static constexpr int64_t mostPasses = 32;

WeightPrefetch::WeightPrefetch(Value memref, int64_t elements, int64_t passes,
                               int64_t steps)
    : elements(elements), passes(passes), steps(steps) {
  if (passes > 1 && passes <= mostPasses)
    this->memref = memref;
}

void WeightPrefetch::emit(OpBuilder &builder, const IndexSpace &space,
                          Location loc, AffineExpr panel, AffineExpr pass,
                          AffineExpr step) const {
  if (!memref)
    return;
  constexpr unsigned secondLevel = 2;
  constexpr int64_t bitsOfLine = 64 * 8;
  auto type = cast<MemRefType>(memref.getType());
  int64_t line = bitsOfLine / type.getElementTypeBitWidth();
  int64_t share = llvm::divideCeil(elements, passes * steps);
  AffineExpr first = panel + elements + (pass * steps + step) * share;
  for (int64_t offset = 0; offset < share; offset += line)
    buildPrefetch(builder, space, loc, memref, first + offset, secondLevel);
}
