//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Activation functions. The rare ones are composed of others.
//
//===----------------------------------------------------------------------===//

#include "Activation.h"
#include "Converters.h"
#include "NodeContext.h"
#include "OperatorRegistry.h"

#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

template <typename OpTy> static LogicalResult convertUnary(NodeContext &node) {
  return node.setResults(node.create<OpTy>(node.getInput(0)));
}

/// An op with an attribute `alpha`.
template <typename OpTy>
static LogicalResult convertWithAlpha(NodeContext &node, double otherwise) {
  llvm::APFloat alpha(node.getFloat("alpha", otherwise));
  return node.setResults(node.create<OpTy>(node.getInput(0), alpha));
}

static LogicalResult convertLeakyRelu(NodeContext &node) {
  return convertWithAlpha<LeakyReluOp>(node, 0.01);
}

static LogicalResult convertElu(NodeContext &node) {
  return convertWithAlpha<EluOp>(node, 1.0);
}

static LogicalResult convertSelu(NodeContext &node) {
  Value input = node.getInput(0);
  llvm::APFloat alpha(node.getFloat("alpha", 1.67326319217681884765625));
  double gamma = node.getFloat("gamma", 1.05070102214813232421875);
  Value elu = node.create<EluOp>(input, alpha);
  return node.setResults(
      node.create<MulOp>(elu, node.createScalar(gamma, getElement(input))));
}

/// max(0, x) + min(0, alpha * (exp(x / alpha) - 1)), which is
/// alpha * elu(x / alpha) for positive alpha.
static LogicalResult convertCelu(NodeContext &node) {
  Value input = node.getInput(0);
  double alpha = node.getFloat("alpha", 1.0);
  if (alpha <= 0)
    return node.error("alpha must be positive");
  Value scale = node.createScalar(alpha, getElement(input));
  Value elu =
      node.create<EluOp>(node.create<DivOp>(input, scale), llvm::APFloat(1.0));
  return node.setResults(node.create<MulOp>(elu, scale));
}

static LogicalResult convertHardSigmoid(NodeContext &node) {
  llvm::APFloat alpha(node.getFloat("alpha", 0.2));
  llvm::APFloat beta(node.getFloat("beta", 0.5));
  return node.setResults(
      node.create<HardSigmoidOp>(node.getInput(0), alpha, beta));
}

static LogicalResult convertHardSwish(NodeContext &node) {
  Value input = node.getInput(0);
  Value gate = node.create<HardSigmoidOp>(input, llvm::APFloat(1.0 / 6),
                                          llvm::APFloat(0.5));
  return node.setResults(node.create<MulOp>(input, gate));
}

/// x * sigmoid(alpha * x), where alpha is an attribute.
static Value createSwish(NodeContext &node, Value input) {
  double alpha = node.getFloat("alpha", 1.0);
  Value scaled = input;
  if (alpha != 1)
    scaled =
        node.create<MulOp>(input, node.createScalar(alpha, getElement(input)));
  return node.create<MulOp>(input, node.create<SigmoidOp>(scaled));
}

static LogicalResult convertSwish(NodeContext &node) {
  return node.setResults(createSwish(node, node.getInput(0)));
}

/// The swish of a gate times another input (Shazeer, GLU Variants Improve
/// Transformer, 2020).
static LogicalResult convertSwiGLU(NodeContext &node) {
  Value gate = node.getInput(0), value = node.getInput(1);
  if (getType(gate) != getType(value))
    return node.error("the gate of shape " + formatShape(getShape(gate)) +
                      " and the value of shape " +
                      formatShape(getShape(value)) +
                      " must be of one shape and type");
  return node.setResults(node.create<MulOp>(createSwish(node, gate), value));
}

/// x * tanh(softplus(x)).
static LogicalResult convertMish(NodeContext &node) {
  Value input = node.getInput(0);
  Value gate = node.create<TanhOp>(node.create<SoftplusOp>(input));
  return node.setResults(node.create<MulOp>(input, gate));
}

/// x / (1 + |x|).
static LogicalResult convertSoftsign(NodeContext &node) {
  Value input = node.getInput(0);
  Value one = node.createScalar(1, getElement(input));
  Value divisor = node.create<AddOp>(node.create<AbsOp>(input), one);
  return node.setResults(node.create<DivOp>(input, divisor));
}

static LogicalResult convertGelu(NodeContext &node) {
  bool tanh = node.getChoice<bool>("approximate", "none",
                                   {{"none", false}, {"tanh", true}});
  return node.setResults(node.create<GeluOp>(node.getInput(0), tanh));
}

static LogicalResult convertPRelu(NodeContext &node) {
  Value input = node.getInput(0), slope = node.getInput(1);
  // Before opset 7 a vector held the slopes of the channels.
  if (node.getOpset() < 7 && getRank(slope) == 1 && getRank(input) > 2 &&
      getShape(slope)[0] == getShape(input)[1]) {
    SmallVector<int64_t> shape(getRank(input) - 1, 1);
    shape.front() = getShape(slope)[0];
    slope = node.createReshape(slope, shape);
  }
  std::optional<HostTensor> known = getConstant(slope);
  if (known && known->getNumElements() == 1) {
    llvm::APFloat alpha(known->getDouble(0));
    return node.setResults(node.create<LeakyReluOp>(input, alpha));
  }
  Value zero = node.createScalar(0, getElement(input));
  Value positive = node.create<CompareOp>(ComparePredicate::GE, input, zero);
  Value scaled = node.create<MulOp>(input, slope);
  return node.setResults(node.create<SelectOp>(positive, input, scaled));
}

static LogicalResult convertThresholdedRelu(NodeContext &node) {
  Value input = node.getInput(0);
  Type element = getElement(input);
  Value threshold = node.createScalar(node.getFloat("alpha", 1.0), element);
  Value above = node.create<CompareOp>(ComparePredicate::GT, input, threshold);
  return node.setResults(
      node.create<SelectOp>(above, input, node.createScalar(0, element)));
}

/// x + bias below -lambd, x - bias above lambd, 0 between.
static LogicalResult convertShrink(NodeContext &node) {
  Value input = node.getInput(0);
  Type element = getElement(input);
  double lambd = node.getFloat("lambd", 0.5);
  Value bias = node.createScalar(node.getFloat("bias", 0), element);
  Value below = node.create<CompareOp>(ComparePredicate::LT, input,
                                       node.createScalar(-lambd, element));
  Value above = node.create<CompareOp>(ComparePredicate::GT, input,
                                       node.createScalar(lambd, element));
  Value upper = node.create<SelectOp>(above, node.create<SubOp>(input, bias),
                                      node.createScalar(0, element));
  return node.setResults(
      node.create<SelectOp>(below, node.create<AddOp>(input, bias), upper));
}

/// Limits that are known become one clamp.
static LogicalResult clamp(NodeContext &node, double min, double max) {
  return node.setResults(node.create<ClampOp>(
      node.getInput(0), llvm::APFloat(min), llvm::APFloat(max)));
}

static LogicalResult convertClipOfAttributes(NodeContext &node) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  double min = node.getFloat("min", -infinity);
  double max = node.getFloat("max", infinity);
  return clamp(node, min, max);
}

/// Whether a limit that may be left out can be an attribute: it is known, and a
/// double holds it.
static bool isExact(Value limit) {
  std::optional<HostTensor> known = getConstant(limit);
  if (!limit || !known)
    return !limit;
  constexpr int64_t most = int64_t(1) << 53;
  return isFloat(known->getKind()) || known->getNumElements() != 1 ||
         std::abs(known->getDouble(0)) <= most;
}

static LogicalResult convertClip(NodeContext &node) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Value low = node.getInput(1), high = node.getInput(2);
  if (isExact(low) && isExact(high)) {
    double min = low ? node.getNumber(1, "minimum").value_or(0) : -infinity;
    double max = high ? node.getNumber(2, "maximum").value_or(0) : infinity;
    return clamp(node, min, max);
  }
  Value result = node.getInput(0);
  if (low)
    result = node.create<MaxOp>(result, low);
  if (high)
    result = node.create<MinOp>(result, high);
  return node.setResults(result);
}

//===----------------------------------------------------------------------===//
// Fused behind other operators
//===----------------------------------------------------------------------===//

Value lathe::frontend::createActivation(NodeContext &node, Value value,
                                        StringRef name,
                                        ArrayRef<double> parameters) {
  auto get = [&](size_t index, double otherwise) {
    return llvm::APFloat(index < parameters.size() ? parameters[index]
                                                   : otherwise);
  };
  if (name.empty())
    return value;
  if (name == "Relu")
    return node.create<ReluOp>(value);
  if (name == "Sigmoid")
    return node.create<SigmoidOp>(value);
  if (name == "Tanh")
    return node.create<TanhOp>(value);
  if (name == "Softplus")
    return node.create<SoftplusOp>(value);
  if (name == "LeakyRelu")
    return node.create<LeakyReluOp>(value, get(0, 0.01));
  if (name == "Elu")
    return node.create<EluOp>(value, get(0, 1));
  if (name == "HardSigmoid")
    return node.create<HardSigmoidOp>(value, get(0, 0.2), get(1, 0.5));
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (name == "Clip")
    return node.create<ClampOp>(value, get(0, -infinity), get(1, infinity));
  if (name == "HardSwish")
    return node.create<MulOp>(
        value, node.create<HardSigmoidOp>(value, llvm::APFloat(1.0 / 6),
                                          llvm::APFloat(0.5)));
  return (void)node.error("the activation '" + name +
                          "' is not one that Lathe knows as fused; export the "
                          "model without that fusion"),
         Value();
}

void lathe::frontend::addActivations(OperatorRegistry &registry) {
  registry.add("Relu", {1}, 1, convertUnary<ReluOp>, OpenExtents::Kept);
  registry.add("Sigmoid", {1}, 1, convertUnary<SigmoidOp>, OpenExtents::Kept);
  registry.add("Softplus", {1}, 1, convertUnary<SoftplusOp>, OpenExtents::Kept);
  registry.add("Tanh", {1}, 1, convertUnary<TanhOp>, OpenExtents::Kept);
  registry.add("LeakyRelu", {1}, 1, convertLeakyRelu, OpenExtents::Kept);
  registry.add("Elu", {1}, 1, convertElu, OpenExtents::Kept);
  registry.add("Selu", {1}, 1, convertSelu, OpenExtents::Kept);
  registry.add("Celu", {12}, 1, convertCelu, OpenExtents::Kept);
  registry.add("HardSigmoid", {1}, 1, convertHardSigmoid, OpenExtents::Kept);
  registry.add("HardSwish", {14}, 1, convertHardSwish, OpenExtents::Kept);
  registry.add("Swish", {24}, 1, convertSwish, OpenExtents::Kept);
  registry.add("SwiGLU", {28}, 2, convertSwiGLU, OpenExtents::Kept);
  registry.add("Mish", {18}, 1, convertMish, OpenExtents::Kept);
  registry.add("Softsign", {1}, 1, convertSoftsign, OpenExtents::Kept);
  registry.add("Gelu", {20}, 1, convertGelu, OpenExtents::Kept);
  registry.add("PRelu", {1}, 2, convertPRelu, OpenExtents::Kept);
  registry.add("ThresholdedRelu", {10}, 1, convertThresholdedRelu,
               OpenExtents::Kept);
  registry.add("Shrink", {9}, 1, convertShrink, OpenExtents::Kept);
  registry.add("Clip", {1, 10}, 1, convertClipOfAttributes, OpenExtents::Kept);
  registry.add("Clip", {11}, {1, 3}, convertClip, OpenExtents::Kept);
}
