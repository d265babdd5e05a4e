//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StoredWeights.h"
#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IntegerForms/IntegerForms.h"
#include "lathe/Quantization/KnownBounds.h"
#include "lathe/Quantization/Passes.h"
#include "lathe/Reference/Evaluator.h"

namespace lathe {
#define GEN_PASS_DEF_QUANTIZEDYNAMICALLY
#include "lathe/Quantization/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

namespace {

/// Data of a product, quantized when the model runs.
struct RuntimeQuantized {
  Value stored;
  /// A scalar of f32.
  Value scale;
  /// Of `stored`, with 1 in place of the scale.
  quant::UniformQuantizedType type;
};

struct QuantizeDynamically
    : lathe::impl::QuantizeDynamicallyBase<QuantizeDynamically> {
  using QuantizeDynamicallyBase::QuantizeDynamicallyBase;

  void getDependentDialects(DialectRegistry &registry) const override {
    QuantizeDynamicallyBase::getDependentDialects(registry);
    registerIntegerForms(registry);
  }

  void runOnOperation() override {
    quantized.clear();
    SmallVector<IntegerFormOpInterface> products;
    getOperation().walk([&](IntegerFormOpInterface op) {
      if (isa<WeightedOpInterface>(op.getOperation()))
        products.push_back(op);
    });
    for (IntegerFormOpInterface op : products)
      convert(op);
  }

private:
  void convert(IntegerFormOpInterface op);
  const RuntimeQuantized &quantize(Value data);

  llvm::DenseMap<Value, RuntimeQuantized> quantized;
};

} // namespace

/// `data` by its greatest magnitude: without a sign where it has none.
const RuntimeQuantized &QuantizeDynamically::quantize(Value data) {
  auto [entry, isNew] = quantized.try_emplace(data);
  RuntimeQuantized &result = entry->second;
  if (!isNew)
    return result;
  ++numTensors;
  OpBuilder builder(&getContext());
  builder.setInsertionPointAfterValue(data);
  Location loc = data.getLoc();
  auto tensor = cast<RankedTensorType>(data.getType());
  auto scalar = [&](double value) {
    return createSplat(builder, loc, tensor.clone(ArrayRef<int64_t>{}), value);
  };
  bool isUnsigned = getKnownBounds(data).low >= 0;
  double levels = isUnsigned ? 255 : 127;
  // A tensor of zeros has a scale, too.
  constexpr double least = 0x1p-100;

  Value magnitude =
      isUnsigned ? data : AbsOp::create(builder, loc, data).getResult();
  auto axes = llvm::to_vector(llvm::seq<int64_t>(0, tensor.getRank()));
  Value largest = MaxOp::create(builder, loc,
                                ReduceOp::create(builder, loc, magnitude,
                                                 ReduceKind::Max, axes,
                                                 /*keep_dims=*/false),
                                scalar(least));
  result.scale = DivOp::create(builder, loc, largest, scalar(levels));
  Value perStep = DivOp::create(builder, loc, scalar(levels), largest);
  Value steps =
      RoundOp::create(builder, loc, MulOp::create(builder, loc, data, perStep));
  Value limited = ClampOp::create(
      builder, loc, steps, APFloat(isUnsigned ? 0 : -levels), APFloat(levels));
  result.stored =
      CastOp::create(builder, loc, limited,
                     IntegerType::get(&getContext(), 8,
                                      isUnsigned ? IntegerType::Unsigned
                                                 : IntegerType::Signless));
  result.type = quant::UniformQuantizedType::get(
      isUnsigned ? 0 : quant::QuantizationFlags::Signed,
      builder.getIntegerType(8), builder.getF32Type(), /*scale=*/1,
      /*zeroPoint=*/0, isUnsigned ? 0 : -127, isUnsigned ? 255 : 127);
  return result;
}

void QuantizeDynamically::convert(IntegerFormOpInterface op) {
  auto product = cast<WeightedOpInterface>(op.getOperation());
  Value data = product.getData(), weights = product.getWeights();
  auto type = cast<RankedTensorType>(weights.getType());
  if (!lathe::impl::elementTypeOf(data).isF32() || isConstantExpression(data) ||
      !isConstantExpression(weights) || type.getNumElements() < minElements ||
      data.getDefiningOp<DequantizeOp>() ||
      weights.getDefiningOp<DequantizeOp>())
    return;
  std::optional<HostTensor> real = evaluateConstant(weights);
  if (!real)
    return;
  const RuntimeQuantized &input = quantize(data);
  OpBuilder builder(op);
  Location loc = op.getLoc();
  QuantizedStorage storage = QuantizedStorage::int8Weights();
  StoredWeights stored =
      storeWeights(builder, weights, *real,
                   getWeightScales(*real, storage, WeightRange::MSE), storage);
  QuantizedOperand operands[] = {{data, input.stored, input.type},
                                 {weights, stored.integers, stored.type}};
  SmallVector<double> units;
  std::string reason;
  Value sums = op.buildSums(builder, operands, units, reason);
  if (!sums)
    return;
  Value unit = MulOp::create(builder, loc, buildFactors(builder, loc, units),
                             input.scale);
  Value result = MulOp::create(
      builder, loc, CastOp::create(builder, loc, sums, builder.getF32Type()),
      unit);
  if (Value bias = product.getBias())
    result = AddOp::create(builder, loc, result, bias);
  op->getResult(0).replaceAllUsesWith(result);
  op->erase();
  ++numProducts;
}
