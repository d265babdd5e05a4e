//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StoredWeights.h"

#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Dialect/Lathe/IR/LatheStorageOps.h"
#include "lathe/Quantization/BlockScales.h"
#include "lathe/Support/HostTensorAttr.h"

#include <cmath>

using namespace mlir;
using namespace lathe;

/// The integers of `real` with a scale for each index of the last dimension, or
/// one for all.
static HostTensor quantize(const HostTensor &real, ArrayRef<double> scales,
                           const QuantizedStorage &storage) {
  HostTensor stored(storage.getNumBits() == 8 ? ElementKind::I8
                                              : ElementKind::I16,
                    real.getShape());
  for (int64_t i = 0; i < real.getNumElements(); ++i) {
    double steps =
        std::nearbyint(real.getDouble(i) / scales[i % scales.size()]);
    stored.setInt(i, static_cast<int64_t>(std::clamp<double>(
                         steps, static_cast<double>(storage.low),
                         static_cast<double>(storage.high))));
  }
  return stored;
}

StoredWeights lathe::storeWeights(OpBuilder &builder, Value weights,
                                  const HostTensor &real,
                                  ArrayRef<double> scales,
                                  const QuantizedStorage &storage) {
  StoredWeights result;
  result.integers = ConstantOp::create(
      builder, weights.getLoc(),
      toElementsAttr(quantize(real, scales, storage), builder.getContext(),
                     getConstantName(weights)));
  unsigned flags = quant::QuantizationFlags::Signed;
  Type integer = builder.getIntegerType(storage.getNumBits());
  Type f32 = builder.getF32Type();
  if (scales.size() == 1)
    result.type = quant::UniformQuantizedType::get(
        flags, integer, f32, scales[0], 0, storage.low, storage.high);
  else
    result.type = quant::UniformQuantizedPerAxisType::get(
        flags, integer, f32, scales, SmallVector<int64_t>(scales.size(), 0),
        static_cast<int32_t>(real.getRank() - 1), storage.low, storage.high);
  return result;
}

Value lathe::storeAsIntegers(OpBuilder &builder, Value weights,
                             const HostTensor &real, ArrayRef<double> scales,
                             const QuantizedStorage &storage) {
  StoredWeights stored = storeWeights(builder, weights, real, scales, storage);
  Location loc = weights.getLoc();
  Value quantized =
      StorageCastOp::create(builder, loc, stored.integers, stored.type);
  return DequantizeOp::create(builder, loc, quantized, builder.getF32Type());
}

Value lathe::storeInBlocks(OpBuilder &builder, Value weights,
                           const HostTensor &real, int64_t block) {
  int64_t axis = real.getRank() - 2;
  BlockwiseTensor stored = quantizeInBlocks(real, axis, block);
  Location loc = weights.getLoc();
  StringRef name = getConstantName(weights);
  Value integers = ConstantOp::create(
      builder, loc,
      toElementsAttr(stored.integers, builder.getContext(), name));
  Value scales =
      ConstantOp::create(builder, loc,
                         toElementsAttr(stored.scales, builder.getContext(),
                                        (name + "_scales").str()));
  return DequantizeBlocksOp::create(builder, loc, integers, scales, axis,
                                    block);
}
