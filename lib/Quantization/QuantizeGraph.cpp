//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/QuantizeGraph.h"
#include "StoredWeights.h"
#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Dialect/Lathe/IntegerForms/IntegerForms.h"
#include "lathe/Reference/Evaluator.h"

using namespace mlir;
using namespace lathe;

quant::UniformQuantizedType
lathe::getQuantizedType(MLIRContext *context,
                        const QuantizationParameters &parameters) {
  unsigned width = parameters.high > 127 ? 16 : 8;
  return quant::UniformQuantizedType::get(
      quant::QuantizationFlags::Signed, IntegerType::get(context, width),
      Float32Type::get(context), parameters.scale, parameters.zeroPoint,
      parameters.low, parameters.high);
}

void lathe::quantizeActivations(const ActivationParameters &parameters) {
  for (const auto &[key, chosen] : parameters) {
    Value value = key;
    OpBuilder builder(value.getContext());
    builder.setInsertionPointAfterValue(value);
    auto type = getQuantizedType(value.getContext(), chosen);
    Value quantized = QuantizeOp::create(builder, value.getLoc(), value, type);
    Value real = DequantizeOp::create(builder, value.getLoc(), quantized,
                                      builder.getF32Type());
    value.replaceAllUsesExcept(real, quantized.getDefiningOp());
  }
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// Whether `value` is dequantized, maybe moved in between.
static bool isQuantized(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (isa<DequantizeOp>(op))
      return true;
    auto quantization = dyn_cast<QuantizationOpInterface>(op);
    if (!quantization ||
        quantization.getQuantizationKind() != QuantizationKind::SameParameters)
      return false;
    value = op->getOperand(0);
  }
  return false;
}

/// The scales of the weights of `op`, none so small that the bias would not fit
/// in 32 bits of their unit.
static std::vector<double> getScales(WeightedOpInterface op,
                                     const HostTensor &weights,
                                     const QuantizedStorage &storage,
                                     WeightRange method) {
  std::vector<double> scales = getWeightScales(weights, storage, method);
  Value bias = op.getBias();
  auto dequantize = op.getData().getDefiningOp<DequantizeOp>();
  std::optional<HostTensor> known =
      bias ? evaluateConstant(bias) : std::nullopt;
  if (!known || !dequantize)
    return scales;
  auto type = dyn_cast<quant::UniformQuantizedType>(
      lathe::impl::elementTypeOf(dequantize.getInput()));
  for (int64_t i = 0; type && i < known->getNumElements(); ++i) {
    double &scale = scales[i % scales.size()];
    scale = std::max(scale,
                     getLeastWeightScale(known->getDouble(i), type.getScale()));
  }
  return scales;
}

SmallVector<QuantizedWeights>
lathe::quantizeWeights(func::FuncOp model, const QuantizedStorage &weights,
                       const QuantizedStorage &constants, WeightRange method,
                       llvm::function_ref<bool(Operation *)> staysReal,
                       ArrayRef<std::optional<RoundedWeights>> rounded) {
  SmallVector<QuantizedWeights> quantized;
  SmallVector<Operation *> ops;
  model.walk([&](IntegerFormOpInterface op) { ops.push_back(op); });
  for (Operation *op : ops) {
    if (llvm::none_of(op->getOperands(), isQuantized) || staysReal(op))
      continue;
    auto weighted = dyn_cast<WeightedOpInterface>(op);
    // What is only moved takes the parameters of the rest.
    if (cast<QuantizationOpInterface>(op).getQuantizationKind() ==
        QuantizationKind::SameParameters)
      continue;
    for (OpOperand &operand : op->getOpOperands()) {
      // A number is part of a function, whose table has it exactly.
      if (getSplatValue(operand.get()) && isa<RealFunctionOpInterface>(op))
        continue;
      bool isBias = weighted && operand.get() == weighted.getBias();
      if (isBias || !lathe::impl::elementTypeOf(operand.get()).isF32())
        continue;
      std::optional<HostTensor> real = evaluateConstant(operand.get());
      if (!real || isQuantized(operand.get()))
        continue;
      bool isWeight = weighted && operand.get() == weighted.getWeights();
      const QuantizedStorage &storage = isWeight ? weights : constants;
      std::vector<double> scales =
          isWeight ? getScales(weighted, *real, storage, method)
                   : getWeightScales(real->reshape({real->getNumElements(), 1}),
                                     storage, method);
      auto store = [&](const HostTensor &values) {
        OpBuilder builder(op);
        operand.set(
            storeAsIntegers(builder, operand.get(), values, scales, storage));
      };
      if (!isWeight) {
        store(*real);
        continue;
      }
      HostTensor stored = *real;
      if (const std::optional<RoundedWeights> &given =
              rounded.empty() ? std::nullopt : rounded[quantized.size()]) {
        stored = given->values;
        scales = given->scales;
        addToBias(weighted, given->biasChanges);
      }
      store(stored);
      quantized.push_back({weighted, *real, std::move(scales)});
    }
  }
  return quantized;
}
