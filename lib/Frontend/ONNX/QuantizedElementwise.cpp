//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The other operators on quantized tensors that ONNX Runtime's quantizer
// writes: float operators between dequantization and quantization.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "OperatorRegistry.h"
#include "Pooling.h"
#include "Quantization.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

namespace {
/// A tensor of bytes with one scale and zero point. The tensor of a result
/// that is yet to be computed is null.
struct Quantized {
  Value value;
  Quantization parameters;
  Type element;

  /// Input `index`, with the scale and the zero point after it.
  static Quantized get(NodeContext &node, unsigned index);
  /// A result with the scale `index` and the zero point after it.
  static Quantized getResult(NodeContext &node, unsigned index, Type element);

  Value dequantize(NodeContext &node) const {
    return createDequantize(node, value, parameters);
  }
  Value quantize(NodeContext &node, Value real) const {
    return createQuantize(node, real, parameters, element,
                          StorageRange::get(element));
  }
};
} // namespace

static Quantization getScalarParameters(NodeContext &node, unsigned scale) {
  for (unsigned index : {scale, scale + 1}) {
    Value parameter = node.getInput(index);
    if (parameter && getType(parameter).getNumElements() != 1)
      (void)node.error("input " + Twine(index) +
                       ", a scale or zero point, must have one element");
  }
  return Quantization::get(node, {}, 0, scale, scale + 1);
}

Quantized Quantized::get(NodeContext &node, unsigned index) {
  Value value = node.getInput(index);
  if (!value || !node.getInput(index + 1)) {
    (void)node.error("input " + Twine(value ? index + 1 : index) +
                     " is missing");
    return {};
  }
  Type element = getElement(value);
  if (!isa<IntegerType>(element) || element.getIntOrFloatBitWidth() != 8)
    (void)node.error("input " + Twine(index) + " must be int8 or uint8");
  return {value, getScalarParameters(node, index + 1), element};
}

Quantized Quantized::getResult(NodeContext &node, unsigned index,
                               Type element) {
  return {Value(), getScalarParameters(node, index), element};
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

template <typename Op> static LogicalResult convertBinary(NodeContext &node) {
  Quantized lhs = Quantized::get(node, 0), rhs = Quantized::get(node, 3);
  Quantized result = Quantized::getResult(node, 6, lhs.element);
  if (node.hasFailed())
    return failure();
  return node.setResults(result.quantize(
      node, node.create<Op>(lhs.dequantize(node), rhs.dequantize(node))));
}

static LogicalResult convertQLinearConcat(NodeContext &node) {
  unsigned count = node.getNumInputs();
  if (count % 3 != 2)
    return node.error("behind the result's scale and zero point, each input "
                      "must be a tensor, its scale and its zero point");
  if (!node.getInput(2))
    return node.error("input 2 is missing");
  Quantized result =
      Quantized::getResult(node, 0, getElement(node.getInput(2)));
  SmallVector<Value> parts;
  for (unsigned i = 2; i < count; i += 3)
    parts.push_back(Quantized::get(node, i).dequantize(node));
  if (node.hasFailed())
    return failure();
  int64_t axis =
      node.normalizeAxis(node.getInt("axis", 0), getRank(parts.front()));
  return node.setResults(
      result.quantize(node, node.create<ConcatOp>(parts, axis)));
}

static LogicalResult convertQLinearWhere(NodeContext &node) {
  Quantized lhs = Quantized::get(node, 1), rhs = Quantized::get(node, 4);
  Quantized result = Quantized::getResult(node, 7, lhs.element);
  if (node.hasFailed())
    return failure();
  return node.setResults(result.quantize(
      node, node.create<SelectOp>(node.getInput(0), lhs.dequantize(node),
                                  rhs.dequantize(node))));
}

//===----------------------------------------------------------------------===//
// Functions of one element
//===----------------------------------------------------------------------===//

static LogicalResult convertQLinearSigmoid(NodeContext &node) {
  Quantized input = Quantized::get(node, 0);
  Quantized result = Quantized::getResult(node, 3, input.element);
  if (node.hasFailed())
    return failure();
  return node.setResults(
      result.quantize(node, node.create<SigmoidOp>(input.dequantize(node))));
}

static LogicalResult convertQLinearLeakyRelu(NodeContext &node) {
  llvm::APFloat alpha(node.getFloat("alpha", 0.01));
  Quantized input = Quantized::get(node, 0);
  Quantized result = Quantized::getResult(node, 3, input.element);
  if (node.hasFailed())
    return failure();
  return node.setResults(result.quantize(
      node, node.create<LeakyReluOp>(input.dequantize(node), alpha)));
}

static LogicalResult convertQLinearSoftmax(NodeContext &node) {
  Quantized input = Quantized::get(node, 0);
  Quantized result = Quantized::getResult(node, 3, input.element);
  if (node.hasFailed())
    return failure();
  SmallVector<int64_t> shape(getShape(input.value));
  int64_t rank = shape.size();
  // Before opset 13, which an attribute tells, all dimensions from the axis on
  // counted as one.
  bool flat = node.getInt("opset", 13) < 13;
  int64_t axis = node.normalizeAxis(node.getInt("axis", flat ? 1 : -1), rank);
  if (node.hasFailed())
    return failure();
  if (flat) {
    input.value = node.createReshape(
        input.value,
        {ShapedType::getNumElements(ArrayRef(shape).take_front(axis)),
         ShapedType::getNumElements(ArrayRef(shape).drop_front(axis))});
    axis = 1;
  }
  Value softmax =
      result.quantize(node, node.create<SoftmaxOp>(input.dequantize(node), axis,
                                                   /*log=*/false));
  return node.setResults(flat ? node.createReshape(softmax, shape) : softmax);
}

//===----------------------------------------------------------------------===//
// Means
//===----------------------------------------------------------------------===//

/// The mean over `axes`, which stay with extent 1 if `keepDims`.
static Value createMean(NodeContext &node, const Quantized &input,
                        const Quantized &result, ArrayRef<int64_t> axes,
                        bool keepDims) {
  return result.quantize(node, node.create<ReduceOp>(input.dequantize(node),
                                                     ReduceKind::Mean, axes,
                                                     keepDims));
}

static LogicalResult convertQLinearGlobalAveragePool(NodeContext &node) {
  Quantized input = Quantized::get(node, 0);
  Quantized result = Quantized::getResult(node, 3, input.element);
  bool channelsLast = node.getBool("channels_last", false);
  if (node.hasFailed())
    return failure();
  int64_t rank = getRank(input.value);
  if (rank < 3)
    return node.error("the input needs at least 3 dimensions");
  if (!channelsLast)
    input.value = node.toChannelsLast(input.value);
  auto axes = llvm::to_vector(llvm::seq<int64_t>(1, rank - 1));
  Value mean = createMean(node, input, result, axes, /*keepDims=*/true);
  return node.setResults(channelsLast ? mean : node.toChannelsFirst(mean));
}

static LogicalResult convertQLinearReduceMean(NodeContext &node) {
  Quantized input = Quantized::get(node, 0);
  Quantized result = Quantized::getResult(node, 3, input.element);
  bool keepDims = node.getBool("keepdims", true);
  SmallVector<int64_t> axes = node.getInts("axes");
  if (node.hasFailed())
    return failure();
  int64_t rank = getRank(input.value);
  axes = axes.empty() ? llvm::to_vector(llvm::seq<int64_t>(0, rank))
                      : node.normalizeAxes(axes, rank);
  if (node.hasFailed())
    return failure();
  return node.setResults(createMean(node, input, result, axes, keepDims));
}

static LogicalResult convertQLinearAveragePool(NodeContext &node) {
  Quantized input = Quantized::get(node, 0);
  Quantized result = Quantized::getResult(node, 3, input.element);
  bool channelsLast = node.getBool("channels_last", false);
  if (node.hasFailed())
    return failure();
  if (channelsLast && getRank(input.value) >= 3)
    input.value = node.toChannelsFirst(input.value);
  Value mean = createAveragePool(node, input.dequantize(node));
  if (!mean)
    return failure();
  mean = result.quantize(node, mean);
  return node.setResults(channelsLast ? node.toChannelsLast(mean) : mean);
}

void lathe::frontend::addQuantizedElementwise(OperatorRegistry &registry) {
  auto add = [&](StringRef name, Inputs inputs, Converter converter) {
    registry.addInDomain("com.microsoft", name, {1}, inputs, converter);
  };
  add("QLinearAdd", {7, 8}, convertBinary<AddOp>);
  add("QLinearMul", {7, 8}, convertBinary<MulOp>);
  add("QLinearConcat", {3, Inputs::any}, convertQLinearConcat);
  add("QLinearWhere", {8, 9}, convertQLinearWhere);
  add("QLinearSigmoid", {4, 5}, convertQLinearSigmoid);
  add("QLinearLeakyRelu", {4, 5}, convertQLinearLeakyRelu);
  add("QLinearSoftmax", {4, 5}, convertQLinearSoftmax);
  add("QLinearAveragePool", {4, 5}, convertQLinearAveragePool);
  add("QLinearGlobalAveragePool", {4, 5}, convertQLinearGlobalAveragePool);
  add("QLinearReduceMean", {4, 5}, convertQLinearReduceMean);
}
