//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Ops through which factors for channels pass.
//
//===----------------------------------------------------------------------===//

#include "Detail.h"

#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Reference/Evaluator.h"
#include "lathe/Support/HostTensorAttr.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::integer;

// passes(op) is whether factors for the channels of the operands come out.
template <typename Op> static bool passes(Op) { return true; }

static bool haveTypeOfResult(Operation *op) {
  return llvm::all_of(op->getOperands(), [&](Value operand) {
    return operand.getType() == op->getResult(0).getType() &&
           !isConstantExpression(operand);
  });
}
static bool passes(AddOp op) { return haveTypeOfResult(op); }
static bool passes(SubOp op) { return haveTypeOfResult(op); }

/// Factors do not change what is limited to 0.
static bool passes(ClampOp op) {
  return op.getMin().convertToDouble() == 0 &&
         op.getMax().convertToDouble() > 0;
}

static bool passes(ReshapeOp op) {
  RankedTensorType input = op.getInput().getType();
  return input.getRank() > 0 &&
         input.getShape().back() == op.getType().getShape().back();
}

static bool passes(ReduceOp op) {
  bool isHomogeneous = llvm::is_contained(
      {ReduceKind::Sum, ReduceKind::Mean, ReduceKind::Max, ReduceKind::Min},
      op.getKind());
  return isHomogeneous &&
         !llvm::is_contained(op.getAxes(),
                             op.getInput().getType().getRank() - 1);
}

namespace {

template <typename Op>
struct ChannelFactors
    : ChannelFactorOpInterface::ExternalModel<ChannelFactors<Op>, Op> {
  bool passesChannelFactors(Operation *op) const {
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    return type.getRank() > 0 && type.getElementType().isF32() &&
           passes(cast<Op>(op));
  }
  double getUpperLimit(Operation *op) const {
    if constexpr (std::is_same_v<Op, ClampOp>)
      return cast<ClampOp>(op).getMax().convertToDouble();
    return std::numeric_limits<double>::infinity();
  }
};

/// A normalization multiplies by its scale last.
struct LayerNormFactors
    : ChannelFactorOpInterface::ExternalModel<LayerNormFactors, LayerNormOp> {
  bool passesChannelFactors(Operation *) const { return false; }

  bool absorbsChannelFactors(Operation *op) const {
    auto norm = cast<LayerNormOp>(op);
    auto isKnown = [](Value value) {
      return !value || isConstantExpression(value);
    };
    return norm.getType().getElementType().isF32() &&
           static_cast<int64_t>(norm.getAxis()) ==
               norm.getType().getRank() - 1 &&
           isKnown(norm.getScale()) && isKnown(norm.getBias());
  }

  void absorbChannelFactors(Operation *op, ArrayRef<double> factors) const {
    auto norm = cast<LayerNormOp>(op);
    OpBuilder builder(op);
    auto multiply = [&](Value value) -> Value {
      HostTensor product = *evaluateConstant(value);
      for (int64_t i = 0; i < product.getNumElements(); ++i)
        product.setDouble(i, product.getDouble(i) * factors[i]);
      return ConstantOp::create(
          builder, value.getLoc(),
          toElementsAttr(product, op->getContext(), getConstantName(value)));
    };
    norm.getScaleMutable().assign(
        norm.getScale() ? multiply(norm.getScale())
                        : buildFactors(builder, op->getLoc(), factors));
    if (norm.getBias())
      norm.getBiasMutable().assign(multiply(norm.getBias()));
  }
};

template <typename... Ops> void attach(MLIRContext *context) {
  (Ops::template attachInterface<ChannelFactors<Ops>>(*context), ...);
}

} // namespace

void integer::registerChannelFactors(MLIRContext *context) {
  attach<ReluOp, ClampOp, MaxPoolOp, AvgPoolOp, AddOp, SubOp, ReshapeOp,
         ReduceOp>(context);
  LayerNormOp::attachInterface<LayerNormFactors>(*context);
}
