//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Quantization/QuantizeGraph.h"
#include "lathe/Reference/Evaluator.h"
#include "lathe/Support/HostTensorAttr.h"

using namespace mlir;
using namespace lathe;

/// The data of `op` before it was quantized, if it was; null if more lies in
/// between.
static Value getRealData(WeightedOpInterface op) {
  auto dequantize = op.getData().getDefiningOp<DequantizeOp>();
  if (!dequantize)
    return op.getData();
  auto quantize = dequantize.getInput().getDefiningOp<QuantizeOp>();
  return quantize ? quantize.getInput() : Value();
}

/// What the errors of the weights, `actual` less `real` of shape [..., inputs
/// of a group, outputs], add to the mean of each output.
static SmallVector<double> getMeanErrors(const HostTensor &real,
                                         const HostTensor &actual,
                                         ArrayRef<double> means) {
  int64_t outputs = real.getShape().back();
  int64_t inputs = real.getShape().take_back(2)[0];
  auto groups = static_cast<int64_t>(means.size()) / inputs;
  int64_t groupOutputs = outputs / groups;
  SmallVector<double> errors(outputs, 0);
  for (int64_t i = 0; i < real.getNumElements(); ++i) {
    int64_t output = i % outputs, input = i / outputs % inputs;
    double mean = means[output / groupOutputs * inputs + input];
    errors[output] += (actual.getDouble(i) - real.getDouble(i)) * mean;
  }
  return errors;
}

bool lathe::addToBias(WeightedOpInterface op, ArrayRef<double> changes) {
  HostTensor bias(ElementKind::F32, {static_cast<int64_t>(changes.size())});
  if (op.getBias()) {
    std::optional<HostTensor> known = evaluateConstant(op.getBias());
    if (!known)
      return false;
    bias = *known;
  }
  for (auto [i, change] : llvm::enumerate(changes))
    bias.setDouble(i, bias.getDouble(i) + change);
  OpBuilder builder(op);
  op.setBias(ConstantOp::create(
      builder, op.getBias() ? op.getBias().getLoc() : op.getLoc(),
      toElementsAttr(bias, op.getContext(), "bias")));
  return true;
}

static bool correct(const QuantizedWeights &weights, ArrayRef<double> means) {
  WeightedOpInterface op = weights.op;
  ArrayRef<int64_t> shape = weights.real.getShape();
  int64_t inputs = shape.take_back(2)[0], outputs = shape.back();
  auto channels = static_cast<int64_t>(means.size());
  // Transposed convolutions have their groups elsewhere.
  auto result = cast<RankedTensorType>(op->getResult(0).getType());
  if (channels % inputs != 0 || outputs % (channels / inputs) != 0 ||
      result.getShape().back() != outputs)
    return false;
  std::optional<HostTensor> actual = evaluateConstant(op.getWeights());
  SmallVector<double> errors = getMeanErrors(weights.real, *actual, means);
  for (double &error : errors)
    error = -error;
  return addToBias(op, errors);
}

int64_t lathe::correctBiases(
    ArrayRef<QuantizedWeights> weights,
    llvm::function_ref<std::optional<SmallVector<double>>(Value)> getMeans) {
  int64_t count = 0;
  for (const QuantizedWeights &entry : weights) {
    Value data = getRealData(entry.op);
    if (std::optional<SmallVector<double>> means =
            data ? getMeans(data) : std::nullopt)
      count += correct(entry, *means);
  }
  return count;
}
