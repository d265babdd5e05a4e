//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Activations.
//
//===----------------------------------------------------------------------===//

#include "ConverterRegistry.h"

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::exporter;

static LogicalResult convertRelu(ReluOp op, OpContext &context) {
  bool isUnsigned = isUnsignedInteger(getKind(op.getInput()));
  return context.computeElementwise(isUnsigned ? "Identity" : "Relu", numbers);
}

static LogicalResult convertSigmoid(SigmoidOp, OpContext &context) {
  return context.computeElementwise("Sigmoid", floats);
}

static LogicalResult convertSoftplus(SoftplusOp, OpContext &context) {
  return context.computeElementwise("Softplus", ieeeFloats);
}

static LogicalResult convertLeakyRelu(LeakyReluOp op, OpContext &context) {
  return context.computeElementwise(
      "LeakyRelu", floats,
      NodeAttribute("alpha", op.getAlpha().convertToDouble()));
}

static LogicalResult convertElu(EluOp op, OpContext &context) {
  return context.computeElementwise(
      "Elu", ieeeFloats,
      NodeAttribute("alpha", op.getAlpha().convertToDouble()));
}

static LogicalResult convertHardSigmoid(HardSigmoidOp op, OpContext &context) {
  return context.computeElementwise(
      "HardSigmoid", ieeeFloats,
      {NodeAttribute("alpha", op.getAlpha().convertToDouble()),
       NodeAttribute("beta", op.getBeta().convertToDouble())});
}

static LogicalResult convertClamp(ClampOp op, OpContext &context) {
  ElementKind kind = getKind(op.getInput());
  Layout layout = context.getLayout(op.getInput());
  std::string inputs[3] = {context.get(op.getInput(), layout)};
  // A limit beyond what the elements can be limits nothing.
  if (!op.getMin().isInfinity() || !op.getMin().isNegative())
    inputs[1] =
        context.createScalar("min", kind, op.getMin().convertToDouble());
  if (!op.getMax().isInfinity() || op.getMax().isNegative())
    inputs[2] =
        context.createScalar("max", kind, op.getMax().convertToDouble());
  return context.setResult("Clip", inputs, {}, layout);
}

/// ONNX has Gelu from version 20 on; here it is spelled out.
static LogicalResult convertGelu(GeluOp op, OpContext &context) {
  Layout layout = context.getLayout(op.getInput());
  ElementKind kind = getKind(op.getInput());
  // Rounding each step to 16 bits would lose too much.
  ElementKind computed =
      kind == ElementKind::F64 ? ElementKind::F64 : ElementKind::F32;
  std::string x =
      context.createCast(context.get(op.getInput(), layout), kind, computed);
  auto scalar = [&](StringRef label, double value) {
    return context.createScalar(label, computed, value);
  };
  std::string phi;
  if (op.getTanhApproximation()) {
    std::string square = context.create("Mul", {x, x});
    std::string cube = context.create("Mul", {square, x});
    std::string term =
        context.create("Mul", {cube, scalar("coefficient", 0.044715)});
    std::string sum = context.create("Add", {x, term});
    // sqrt(2 / pi)
    std::string scaled =
        context.create("Mul", {sum, scalar("scale", 0.7978845608028654)});
    phi = context.create("Tanh", scaled);
  } else {
    // sqrt(1 / 2)
    std::string scaled =
        context.create("Mul", {x, scalar("scale", 0.7071067811865476)});
    phi = context.create("Erf", scaled);
  }
  std::string weight = context.create("Add", {phi, scalar("one", 1)});
  std::string half = context.create("Mul", {x, scalar("half", 0.5)});
  return context.setResultIn(computed, "Mul", {half, weight}, {}, layout);
}

void lathe::exporter::addActivations(ConverterRegistry &registry) {
  registry.add<ReluOp>(convertRelu);
  registry.add<SigmoidOp>(convertSigmoid);
  registry.add<SoftplusOp>(convertSoftplus);
  registry.add<LeakyReluOp>(convertLeakyRelu);
  registry.add<EluOp>(convertElu);
  registry.add<HardSigmoidOp>(convertHardSigmoid);
  registry.add<GeluOp>(convertGelu);
  registry.add<ClampOp>(convertClamp);
}
