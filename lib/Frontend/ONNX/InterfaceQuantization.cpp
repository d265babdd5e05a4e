//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Finds out what the integers at the edges of a model stand for.
//
//===----------------------------------------------------------------------===//

#include "lathe/Frontend/ONNX/InterfaceQuantization.h"
#include "Model.h"

#include "llvm/ADT/StringSwitch.h"
#include <cmath>

using namespace lathe;
using namespace lathe::frontend;
using llvm::StringRef;
using onnx::NodeProto;

/// Whether the operator moves the elements of its first input and leaves them
/// as they are.
static bool movesElements(StringRef operatorName) {
  return llvm::StringSwitch<bool>(operatorName)
      .Cases({"Identity", "Transpose", "Reshape", "Flatten"}, true)
      .Cases({"Squeeze", "Unsqueeze"}, true)
      .Default(false);
}

/// The place among the operator's inputs of the scale of its first input, with
/// the zero point behind it; 0 if it has none.
static int getInputScale(StringRef operatorName) {
  return operatorName == "DequantizeLinear" || operatorName == "QGemm" ||
                 operatorName.starts_with("QLinear")
             ? 1
             : 0;
}

/// The same for its output.
static int getOutputScale(StringRef operatorName) {
  return llvm::StringSwitch<int>(operatorName)
      .Case("QuantizeLinear", 1)
      .Cases({"QLinearSigmoid", "QLinearSoftmax", "QLinearLeakyRelu"}, 3)
      .Cases({"QLinearAveragePool", "QLinearGlobalAveragePool"}, 3)
      .Cases({"QLinearConv", "QLinearMatMul", "QLinearAdd", "QLinearMul"}, 6)
      .Case("QGemm", 7)
      .Default(0);
}

namespace {

class InterfaceReader {
public:
  explicit InterfaceReader(Model &model)
      : model(model), graph(model.getProto().graph()) {
    for (const onnx::TensorProto &tensor : graph.initializer())
      constants[tensor.name()] = &tensor;
    for (const NodeProto &node : graph.node()) {
      if (node.op_type() == "Constant" && node.output_size() == 1)
        for (const onnx::AttributeProto &attribute : node.attribute())
          if (attribute.name() == "value")
            constants[node.output(0)] = &attribute.t();
      if (node.input_size() > 0)
        consumers.try_emplace(node.input(0), &node);
      if (node.output_size() > 0)
        producers[node.output(0)] = &node;
    }
  }

  llvm::StringMap<TensorQuantization> read() {
    llvm::StringMap<TensorQuantization> result;
    auto add = [&](StringRef name, std::optional<TensorQuantization> found) {
      if (found)
        result[name] = *found;
    };
    for (const onnx::ValueInfoProto &input : graph.input())
      add(input.name(), followInput(input.name()));
    for (const onnx::ValueInfoProto &output : graph.output())
      add(output.name(), followOutput(output.name()));
    return result;
  }

private:
  using Nodes = llvm::StringMap<const NodeProto *>;

  std::optional<TensorQuantization> followInput(StringRef name) {
    // A chain is no longer than the graph, even in a file with a cycle.
    for (int i = 0; i < graph.node_size(); ++i) {
      const NodeProto *node = consumers.lookup(name);
      if (!node)
        break;
      if (int place = getInputScale(node->op_type()))
        return getParameters(*node, place);
      if (!movesElements(node->op_type()) || node->output_size() == 0)
        break;
      name = node->output(0);
    }
    return std::nullopt;
  }

  std::optional<TensorQuantization> followOutput(StringRef name) {
    for (int i = 0; i < graph.node_size(); ++i) {
      const NodeProto *node = producers.lookup(name);
      if (!node)
        break;
      if (int place = getOutputScale(node->op_type()))
        return getParameters(*node, place);
      if (!movesElements(node->op_type()) || node->input_size() == 0)
        break;
      name = node->input(0);
    }
    return std::nullopt;
  }

  /// The scale at that place and the zero point behind it, if they are
  /// constants for the whole tensor.
  std::optional<TensorQuantization> getParameters(const NodeProto &node,
                                                  int place) {
    std::optional<HostTensor> scale = getNumber(node, place);
    if (!scale)
      return std::nullopt;
    TensorQuantization result;
    result.scale = scale->getDouble(0);
    const bool hasZeroPoint =
        place + 1 < node.input_size() && !node.input(place + 1).empty();
    std::optional<HostTensor> zeroPoint = getNumber(node, place + 1);
    if (hasZeroPoint && !zeroPoint)
      return std::nullopt;
    if (zeroPoint)
      result.zeroPoint = zeroPoint->getInt(0);
    if (!(result.scale > 0) || !std::isfinite(result.scale))
      return std::nullopt;
    return result;
  }

  std::optional<HostTensor> getNumber(const NodeProto &node, int place) {
    const onnx::TensorProto *proto = place < node.input_size()
                                         ? constants.lookup(node.input(place))
                                         : nullptr;
    if (!proto)
      return std::nullopt;
    llvm::Expected<HostTensor> tensor = model.getTensor(*proto);
    if (!tensor) {
      // The importer has complained.
      llvm::consumeError(tensor.takeError());
      return std::nullopt;
    }
    return tensor->getNumElements() == 1 ? std::optional(*tensor)
                                         : std::nullopt;
  }

  Model &model;
  const onnx::GraphProto &graph;
  llvm::StringMap<const onnx::TensorProto *> constants;
  /// By the first input and by the first output.
  Nodes consumers, producers;
};

} // namespace

llvm::FailureOr<llvm::StringMap<TensorQuantization>>
lathe::readInterfaceQuantization(llvm::MemoryBufferRef buffer,
                                 mlir::MLIRContext *context) {
  std::shared_ptr<Model> model = Model::load(buffer, context);
  if (!model)
    return llvm::failure();
  return InterfaceReader(*model).read();
}
