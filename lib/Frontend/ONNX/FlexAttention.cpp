//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// FlexAttention of the domain ai.onnx.preview: attention whose scores and
// probabilities pass through graphs of the model's.
//
//===----------------------------------------------------------------------===//

#include "Attention.h"
#include "Converters.h"
#include "OperatorRegistry.h"

#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

/// What the graph that is attribute `name`, if there is one, makes of `value`.
/// Errors may have been emitted at nodes of the graph.
static FailureOr<Value> applyModifier(NodeContext &node, StringRef name,
                                      Value value) {
  if (node.hasFailed())
    return failure();
  if (!node.hasAttribute(name))
    return value;
  const onnx::GraphProto *graph = node.getGraph(name);
  if (!graph)
    return failure();
  if (graph->input_size() != 1 || graph->output_size() != 1)
    return node.error("the graph '" + name +
                      "' must have one input and one output");
  FailureOr<SmallVector<Value>> results =
      node.importGraph(*graph, value, /*body=*/nullptr);
  if (failed(results))
    return failure();
  Value result = results->front();
  if (result.getType() != value.getType())
    return node.error("the graph '" + name +
                      "' must make a tensor of the shape and type that it "
                      "gets, " +
                      formatShape(getShape(value)));
  return result;
}

/// The type that the softmax and its surroundings are computed in.
static FloatType getPrecision(NodeContext &node, Type element) {
  Builder &builder = node.getBuilder();
  Type precise = element.isF64() ? element : builder.getF32Type();
  if (int64_t dataType = node.getInt("softmax_precision", 0))
    precise = getElementTypeOfOnnx(builder.getContext(),
                                   static_cast<int32_t>(dataType));
  auto type = dyn_cast_or_null<FloatType>(precise);
  if (!type)
    (void)node.error("attribute 'softmax_precision' is not a float type");
  return type;
}

static LogicalResult convertFlexAttention(NodeContext &node) {
  Value query = node.getInput(0), key = node.getInput(1),
        value = node.getInput(2);
  if (failed(checkHeads(node, query, key, value)))
    return failure();
  Type element = getElement(query);
  double width = static_cast<double>(getShape(query)[3]);
  double scale = node.getFloat("scale", 1 / std::sqrt(width));
  FloatType precise = getPrecision(node, element);
  if (node.hasFailed())
    return failure();
  Value scaled =
      node.create<MulOp>(query, node.createScalar(scale, getElement(query)));
  Value scores =
      multiplyHeads(node, scaled, node.createTranspose(key, {0, 1, 3, 2}));
  FailureOr<Value> modified =
      applyModifier(node, "score_mod", node.castTo(scores, precise));
  if (failed(modified))
    return failure();
  FailureOr<Value> probabilities = applyModifier(
      node, "prob_mod", node.create<SoftmaxOp>(*modified, 3, /*log=*/false));
  if (failed(probabilities))
    return failure();
  Value output =
      multiplyHeads(node, *probabilities, node.castTo(value, precise));
  return node.setResults(node.castTo(output, element));
}

void lathe::frontend::addFlexAttention(OperatorRegistry &registry) {
  // Operators of this domain change without a new version.
  registry.addInDomain("ai.onnx.preview", "FlexAttention", {1, 1}, 3,
                       convertFlexAttention);
}
