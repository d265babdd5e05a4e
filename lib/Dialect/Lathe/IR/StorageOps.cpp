//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/LatheStorageOps.h"

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lathe;

#define GET_OP_CLASSES
#include "lathe/Dialect/Lathe/IR/LatheStorageOps.cpp.inc"

bool lathe::fitsFourBits(const HostTensor &tensor) {
  return llvm::all_of(tensor.data<int8_t>(),
                      [](int8_t x) { return x >= -8 && x <= 7; });
}

LogicalResult
DequantizeBlocksOp::inferReturnTypes(MLIRContext *context,
                                     std::optional<Location>, Adaptor adaptor,
                                     SmallVectorImpl<Type> &types) {
  auto input = cast<RankedTensorType>(adaptor.getInput().getType());
  types.push_back(
      RankedTensorType::get(input.getShape(), Float32Type::get(context)));
  return success();
}

LogicalResult DequantizeBlocksOp::verify() {
  RankedTensorType input = getInput().getType();
  auto axis = static_cast<int64_t>(getAxis());
  auto block = static_cast<int64_t>(getBlock());
  if (axis < 0 || axis >= input.getRank())
    return emitOpError("has no dimension ") << axis;
  if (block < 1)
    return emitOpError("needs blocks of at least one element");
  SmallVector<int64_t> blocks(input.getShape());
  blocks[axis] =
      llvm::divideCeil(static_cast<uint64_t>(blocks[axis]), getBlock());
  if (getScales().getType().getShape() != ArrayRef(blocks))
    return emitOpError("needs scales of shape [") << blocks << "]";
  return success();
}

Value DequantizeBlocksOp::buildPermuted(OpBuilder &builder, ValueRange operands,
                                        ArrayRef<int64_t> permutation) {
  const auto *axis = llvm::find(permutation, static_cast<int64_t>(getAxis()));
  return DequantizeBlocksOp::create(builder, getLoc(), operands[0], operands[1],
                                    axis - permutation.begin(), getBlock());
}
