//===- KnownBounds.cpp - What limits a value by construction --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/KnownBounds.h"

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace lathe;

/// Joined tensors can be joined again from their parts; looking further back
/// than this finds little, and might take as long as there are paths.
static constexpr unsigned mostSteps = 8;

static constexpr RealInterval zero = {0, 0};

static RealInterval getBounds(Value value, unsigned steps);

/// Of a result whose elements are some of the operands'.
static RealInterval uniteOperands(Operation *op, unsigned steps) {
  std::optional<RealInterval> bounds;
  for (Value operand : op->getOperands()) {
    // Indices are no elements.
    if (!isa<FloatType>(getElementTypeOrSelf(operand)))
      continue;
    RealInterval other = getBounds(operand, steps);
    bounds = bounds ? bounds->unite(other) : other;
  }
  return bounds.value_or(RealInterval());
}

/// Of `x` times a function of it.
static RealInterval getBoundsOfGate(Value x, Value gate) {
  const double none = RealInterval().high;
  if (x == gate)
    return {0, none};
  if (auto sigmoid = gate.getDefiningOp<SigmoidOp>();
      sigmoid && sigmoid.getInput() == x)
    // The minimum of x / (1 + exp(-x)) is -0.278465, at -1.278465.
    return {-0.2785, none};
  auto hardSigmoid = gate.getDefiningOp<HardSigmoidOp>();
  if (!hardSigmoid || hardSigmoid.getInput() != x)
    return {};
  double alpha = hardSigmoid.getAlpha().convertToDouble();
  double beta = hardSigmoid.getBeta().convertToDouble();
  // The minimum of x * (alpha * x + beta); where the gate is limited to 0 or 1
  // the product is 0 or x, which is positive there.
  if (alpha > 0 && beta >= 0 && beta <= 1)
    return {-beta * beta / (4 * alpha), none};
  return {};
}

static RealInterval getBoundsFromOperands(Operation *op, unsigned steps) {
  auto quantization = dyn_cast<QuantizationOpInterface>(op);
  if (!quantization)
    return {};
  if (auto mul = dyn_cast<MulOp>(op))
    return getBoundsOfGate(mul.getLhs(), mul.getRhs())
        .intersect(getBoundsOfGate(mul.getRhs(), mul.getLhs()));
  if (auto pad = dyn_cast<PadOp>(op);
      pad && pad.getMode() == PadMode::Constant && !pad.getValue())
    return uniteOperands(op, steps).unite(zero);
  // Padding may count as zeros.
  if (auto pool = dyn_cast<AvgPoolOp>(op))
    return uniteOperands(op, steps).unite(zero);
  bool keepsElements =
      quantization.isLimit() ||
      quantization.getQuantizationKind() == QuantizationKind::SameParameters;
  return keepsElements ? uniteOperands(op, steps) : RealInterval();
}

static RealInterval getBounds(Value value, unsigned steps) {
  Operation *op = value.getDefiningOp();
  if (!op || steps == 0)
    return {};
  RealInterval bounds = getBoundsFromOperands(op, steps - 1);
  if (auto quantization = dyn_cast<QuantizationOpInterface>(op)) {
    RealInterval own = quantization.getResultBounds();
    // A limit beyond what the operand can be leaves one of its ends.
    if (own.low > bounds.high || own.high < bounds.low)
      return own;
    bounds = bounds.intersect(own);
  }
  return bounds;
}

RealInterval lathe::getKnownBounds(Value value) {
  return getBounds(value, mostSteps);
}
