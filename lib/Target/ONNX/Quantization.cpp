//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Quantized tensors: QuantizeLinear and DequantizeLinear around integers. ONNX
// has no quantized types, so the parameters are inputs of those nodes.
//
//===----------------------------------------------------------------------===//

#include "ConverterRegistry.h"

#include "lathe/Dialect/Lathe/IR/LatheStorageOps.h"
#include "lathe/Dialect/Lathe/IR/QuantizedScales.h"
#include "lathe/Support/HostTensorAttr.h"
#include "lathe/Support/OnnxTensor.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::exporter;

namespace {

/// What QuantizeLinear and DequantizeLinear have beside the tensor.
struct LinearParameters {
  HostTensor scale, zeroPoint;
  /// The dimension of the value that the scales belong to; -1 for one scale.
  int64_t axis = -1;
};

} // namespace

static LinearParameters getParameters(quant::QuantizedType type) {
  ElementKind kind = *getElementKind(getStorageType(type));
  LinearParameters parameters;
  SmallVector<int64_t> shape;
  auto [scales, zeroPoints, axis] = *QuantizedScales::get(type);
  if (axis) {
    parameters.axis = *axis;
    shape = {static_cast<int64_t>(scales.size())};
  }
  parameters.scale = HostTensor(ElementKind::F32, shape);
  parameters.zeroPoint = HostTensor(kind, shape);
  for (size_t i = 0; i < scales.size(); ++i) {
    parameters.scale.setDouble(i, scales[i]);
    parameters.zeroPoint.setInt(i, zeroPoints[i]);
  }
  return parameters;
}

namespace {

/// The node of QuantizeLinear or DequantizeLinear for a tensor in some layout.
class LinearNode {
public:
  LinearNode(StringRef type, quant::QuantizedType quantized, OpContext &context)
      : type(type), graph(context.getGraph()), name(context.getName().str()),
        parameters(getParameters(quantized)) {
    // 16 bits came with version 21.
    if (quantized.getStorageTypeIntegralWidth() == 16)
      graph.requireOpset(21);
  }

  std::string add(const std::string &input, ArrayRef<int64_t> layout) const {
    std::string inputs[] = {
        input, graph.addInitializer(name + "/scale", parameters.scale),
        graph.addInitializer(name + "/zero_point", parameters.zeroPoint)};
    SmallVector<NodeAttribute, 1> attributes;
    if (parameters.axis >= 0)
      attributes.emplace_back("axis", getPosition(layout, parameters.axis));
    // The name alone is that of what computes.
    return graph.addNode(type, name + "/" + type.str(), inputs, attributes);
  }

private:
  StringRef type;
  GraphBuilder &graph;
  std::string name;
  LinearParameters parameters;
};

} // namespace

/// Lets `add` make the result of `op` from its input in some layout: a constant
/// in the one that the operator takes for which it is the weights.
template <typename Op>
static LogicalResult defineResult(Op op, OpContext &context,
                                  LazyTensors::Conversion add) {
  LazyTensors &tensors = context.getTensors();
  Value input = op.getInput();
  if (tensors.isConstant(input)) {
    tensors.defineConverted(op.getResult(), input, std::move(add));
    return success();
  }
  Layout layout = context.getLayout(input);
  tensors.define(op.getResult(), add(context.get(input, layout), layout),
                 layout);
  return success();
}

static LogicalResult convertQuantize(QuantizeOp op, OpContext &context) {
  auto type = cast<quant::QuantizedType>(op.getTo());
  // QuantizeLinear knows the range of the storage type alone.
  if (type.hasStorageTypeBounds())
    return context.error("ONNX cannot limit integers to a part of their range");
  LinearNode node("QuantizeLinear", type, context);
  Layout layout = context.getLayout(op.getInput());
  context.getTensors().define(
      op.getResult(), node.add(context.get(op.getInput(), layout), layout),
      layout);
  return success();
}

static LogicalResult convertDequantize(DequantizeOp op, OpContext &context) {
  auto type =
      cast<quant::QuantizedType>(lathe::impl::elementTypeOf(op.getInput()));
  LinearNode node("DequantizeLinear", type, context);
  return defineResult(
      op, context,
      [node](const std::string &integers, ArrayRef<int64_t> layout) {
        return node.add(integers, layout);
      });
}

namespace {

/// The node of DequantizeLinear for integers in blocks, in some layout.
class BlocksNode {
public:
  BlocksNode(DequantizeBlocksOp op, OpContext &context)
      : op(op), graph(context.getGraph()), tensors(context.getTensors()),
        name(context.getName().str()) {
    graph.requireOpset(21);
  }

  std::string add(const std::string &integers, ArrayRef<int64_t> layout) const {
    std::string scales = tensors.get(op.getScales(), layout, name);
    // The product has the type of the scales; those of 16 bits would round it.
    if (getKind(op.getScales()) != ElementKind::F32)
      scales =
          graph.addNode("Cast", name + "/scales", scales,
                        NodeAttribute("to", getOnnxDataType(ElementKind::F32)));
    NodeAttribute attributes[] = {{"axis", getPosition(layout, op.getAxis())},
                                  {"block_size", op.getBlock()}};
    return graph.addNode("DequantizeLinear", name + "/DequantizeLinear",
                         {integers, scales}, attributes);
  }

  GraphBuilder &getGraph() const { return graph; }

private:
  mutable DequantizeBlocksOp op;
  GraphBuilder &graph;
  LazyTensors &tensors;
  std::string name;
};

} // namespace

static LogicalResult convertDequantizeBlocks(DequantizeBlocksOp op,
                                             OpContext &context) {
  BlocksNode node(op, context);
  const HostTensor *stored = context.getTensors().getConstant(op.getInput());
  bool isNarrow = stored && fitsFourBits(*stored);
  return defineResult(
      op, context,
      [node, isNarrow](const std::string &integers, ArrayRef<int64_t> layout) {
        if (isNarrow)
          node.getGraph().storeInFourBits(integers);
        return node.add(integers, layout);
      });
}

/// The integers are there already.
static LogicalResult convertStorageCast(StorageCastOp op, OpContext &context) {
  context.getTensors().defineAlias(op.getResult(), op.getInput());
  return success();
}

/// ONNX has no arithmetic shift: what is left of a multiple of 2^shift is
/// subtracted first, so that the division is exact.
static LogicalResult convertRequantize(RequantizeOp op, OpContext &context) {
  Layout layout;
  SmallVector<std::string> inputs = context.getOperands(layout);
  constexpr ElementKind wide = ElementKind::I64;
  auto constant = [&](StringRef label, int64_t value) {
    HostTensor scalar(wide, {});
    scalar.setInt(0, value);
    return context.getGraph().addInitializer(
        (context.getName() + "/" + label).str(), scalar);
  };
  std::string sums =
      context.createCast(inputs[0], getKind(op.getInput()), wide);
  std::string multipliers =
      context.createCast(inputs[1], getKind(op.getMultipliers()), wide);
  std::string product = context.create("Mul", {sums, multipliers});
  std::string unit = constant("unit", int64_t(1) << op.getShift());
  std::string raised = context.create(
      "Add", {product, constant("half", int64_t(1) << (op.getShift() - 1))});
  std::string rest = context.create("Mod", {raised, unit});
  std::string steps =
      context.create("Div", {context.create("Sub", {raised, rest}), unit});
  int64_t zero = op.getZeroPoint();
  std::string limited =
      context.create("Clip", {steps, constant("low", op.getLow() - zero),
                              constant("high", op.getHigh() - zero)});
  std::string shifted =
      context.create("Add", {limited, constant("zero_point", zero)});
  return context.setResult(
      "Cast", shifted,
      NodeAttribute("to", getOnnxDataType(getKind(op.getResult()))), layout);
}

void lathe::exporter::addQuantization(ConverterRegistry &registry) {
  registry.add<QuantizeOp>(convertQuantize);
  registry.add<DequantizeOp>(convertDequantize);
  registry.add<DequantizeBlocksOp>(convertDequantizeBlocks);
  registry.add<StorageCastOp>(convertStorageCast);
  registry.add<RequantizeOp>(convertRequantize);
}
