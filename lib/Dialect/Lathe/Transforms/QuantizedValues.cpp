//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QuantizedValues.h"

using namespace mlir;
using namespace lathe;

Value lathe::getStoredIntegers(OpBuilder &builder, Value quantized) {
  auto type = cast<quant::QuantizedType>(lathe::impl::elementTypeOf(quantized));
  if (auto cast = quantized.getDefiningOp<StorageCastOp>())
    return cast.getInput();
  return StorageCastOp::create(builder, quantized.getLoc(), quantized,
                               getStorageType(type));
}

QuantizedOperand lathe::getQuantizedOperand(OpBuilder &builder, Value real) {
  if (auto dequantize = real.getDefiningOp<DequantizeOp>()) {
    Value quantized = dequantize.getInput();
    return {real, getStoredIntegers(builder, quantized),
            cast<quant::QuantizedType>(lathe::impl::elementTypeOf(quantized))};
  }
  // Weights with a scale for each channel, in another layout.
  auto transpose = real.getDefiningOp<TransposeOp>();
  if (!transpose)
    return {real, Value(), {}};
  QuantizedOperand source = getQuantizedOperand(builder, transpose.getInput());
  if (!source.stored)
    return {real, Value(), {}};
  Value stored = TransposeOp::create(builder, transpose.getLoc(), source.stored,
                                     transpose.getPermutation());
  return {real, stored,
          cast<quant::QuantizedType>(lathe::impl::permuteQuantization(
              source.type, transpose.getPermutation()))};
}
