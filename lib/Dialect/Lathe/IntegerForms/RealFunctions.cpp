//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Functions of one element for tables. Each is made of IEEE 754's basic
// operations, so that a model has the same tables wherever it is compiled.
//
//===----------------------------------------------------------------------===//

#include "Detail.h"

#include "lathe/Support/FixedPoint.h"

#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::integer;

/// 1 / (1 + e^-x) without overflow.
static double sigmoid(double x) { return 1 / (1 + computeExp(-x)); }

static double tanhOf(double x) {
  double decay = computeExp(-2 * std::abs(x));
  return std::copysign((1 - decay) / (1 + decay), x);
}

static double gelu(GeluOp op, double x) {
  // sqrt(2 / pi) and 1 / sqrt(2)
  double inner = op.getTanhApproximation()
                     ? tanhOf(0.7978845608028654 * (x + 0.044715 * x * x * x))
                     : computeErf(x * 0.7071067811865476);
  return 0.5 * x * (1 + inner);
}

static double signOf(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }

/// max(x, 0) + log(1 + e^-|x|)
static double softplus(double x) {
  return std::max(x, 0.0) + computeLog(1 + computeExp(-std::abs(x)));
}

// function(op, x...) is what `op` computes.
static double function(AbsOp, double x) { return std::abs(x); }
static double function(NegOp, double x) { return -x; }
static double function(SignOp, double x) { return signOf(x); }
static double function(FloorOp, double x) { return std::floor(x); }
static double function(CeilOp, double x) { return std::ceil(x); }
static double function(RoundOp, double x) { return roundHalfEven(x); }
static double function(SqrtOp, double x) { return std::sqrt(x); }
static double function(ReciprocalOp, double x) { return 1 / x; }
static double function(ExpOp, double x) { return computeExp(x); }
static double function(LogOp, double x) { return computeLog(x); }
static double function(ErfOp, double x) { return computeErf(x); }
static double function(TanhOp, double x) { return tanhOf(x); }
static double function(SigmoidOp, double x) { return sigmoid(x); }
static double function(SoftplusOp, double x) { return softplus(x); }
static double function(ReluOp, double x) { return std::max(x, 0.0); }
static double function(LeakyReluOp op, double x) {
  return x < 0 ? op.getAlpha().convertToDouble() * x : x;
}
static double function(EluOp op, double x) {
  return x < 0 ? op.getAlpha().convertToDouble() * (computeExp(x) - 1) : x;
}
static double function(HardSigmoidOp op, double x) {
  double line =
      op.getAlpha().convertToDouble() * x + op.getBeta().convertToDouble();
  return std::max(0.0, std::min(1.0, line));
}
static double function(GeluOp op, double x) { return gelu(op, x); }
static double function(ClampOp op, double x) {
  return std::min(op.getMax().convertToDouble(),
                  std::max(op.getMin().convertToDouble(), x));
}
static double function(AddOp, double a, double b) { return a + b; }
static double function(SubOp, double a, double b) { return a - b; }
static double function(MulOp, double a, double b) { return a * b; }
static double function(DivOp, double a, double b) { return a / b; }
static double function(MinOp, double a, double b) { return std::min(a, b); }
static double function(MaxOp, double a, double b) { return std::max(a, b); }

namespace {

template <typename Op>
struct RealFunction
    : RealFunctionOpInterface::ExternalModel<RealFunction<Op>, Op> {
  double computeReal(Operation *op, ArrayRef<double> operands) const {
    if constexpr (Op::template hasTrait<OpTrait::OneOperand>())
      return function(cast<Op>(op), operands[0]);
    else
      return function(cast<Op>(op), operands[0], operands[1]);
  }
};

template <typename... Ops> void attach(MLIRContext *context) {
  (Ops::template attachInterface<RealFunction<Ops>>(*context), ...);
}

} // namespace

void integer::registerRealFunctions(MLIRContext *context) {
  attach<AbsOp, NegOp, SignOp, FloorOp, CeilOp, RoundOp, SqrtOp, ReciprocalOp,
         ExpOp, LogOp, ErfOp, TanhOp, SigmoidOp, SoftplusOp, ReluOp,
         LeakyReluOp, EluOp, HardSigmoidOp, GeluOp, ClampOp, AddOp, SubOp,
         MulOp, DivOp, MinOp, MaxOp>(context);
}
