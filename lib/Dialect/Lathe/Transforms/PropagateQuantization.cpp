//===- PropagateQuantization.cpp - Move data as integers ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QuantizedValues.h"
#include "lathe/Dialect/Lathe/Transforms/Passes.h"

#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace lathe {
#define GEN_PASS_DEF_PROPAGATEQUANTIZATION
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

namespace {

/// Moves what `dequantize` gives in the integers before it.
struct SinkDequantize : OpInterfaceRewritePattern<IntegerFormOpInterface> {
  SinkDequantize(MLIRContext *context, Pass::Statistic &count)
      : OpInterfaceRewritePattern(context), count(count) {}

  LogicalResult matchAndRewrite(IntegerFormOpInterface op,
                                PatternRewriter &rewriter) const override {
    if (!movesElements(op))
      return failure();
    quant::UniformQuantizedType type;
    for (Value operand : op->getOperands()) {
      auto dequantize = operand.getDefiningOp<DequantizeOp>();
      if (!dequantize)
        continue;
      auto next = dyn_cast<quant::UniformQuantizedType>(
          lathe::impl::elementTypeOf(dequantize.getInput()));
      if (!next || (type && next != type))
        return failure();
      type = next;
    }
    // A result that is quantized otherwise is better rescaled part by part.
    if (!type || llvm::any_of(op->getUsers(), [](Operation *user) {
          return isa<QuantizeOp>(user);
        }))
      return failure();
    SmallVector<QuantizedOperand> operands;
    for (Value operand : op->getOperands())
      operands.push_back(getQuantizedOperand(rewriter, operand));
    std::string reason;
    Value stored =
        op.buildInteger(rewriter, operands, QuantizedResult::get(type), reason);
    if (!stored)
      return failure();
    Value quantized =
        StorageCastOp::create(rewriter, op.getLoc(), stored, type);
    rewriter.replaceOpWithNewOp<DequantizeOp>(op, quantized,
                                              type.getExpressedType());
    ++count;
    return success();
  }

  Pass::Statistic &count;
};

/// Quantizes before elements are moved what is quantized behind.
struct HoistQuantize : OpRewritePattern<QuantizeOp> {
  HoistQuantize(MLIRContext *context, Pass::Statistic &count)
      : OpRewritePattern(context), count(count) {}

  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    Operation *producer = op.getInput().getDefiningOp();
    if (!producer || producer->getNumOperands() != 1 ||
        !movesElements(producer) || !producer->hasOneUse() ||
        !isa<IntegerFormOpInterface>(producer) ||
        !isa<quant::UniformQuantizedType>(op.getTo()))
      return failure();
    Operation *source = producer->getOperand(0).getDefiningOp();
    if (!source || isa<DequantizeOp>(source))
      return failure();
    rewriter.setInsertionPoint(producer);
    Value quantized = QuantizeOp::create(rewriter, op.getLoc(),
                                         producer->getOperand(0), op.getTo());
    Value real = DequantizeOp::create(
        rewriter, op.getLoc(), quantized,
        lathe::impl::elementTypeOf(producer->getOperand(0)));
    rewriter.modifyOpInPlace(producer, [&] { producer->setOperand(0, real); });
    ++count;
    return success();
  }

  Pass::Statistic &count;
};

struct PropagateQuantization
    : lathe::impl::PropagateQuantizationBase<PropagateQuantization> {
  void getDependentDialects(DialectRegistry &registry) const override {
    PropagateQuantizationBase::getDependentDialects(registry);
    registerIntegerForms(registry);
  }

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<SinkDequantize>(&getContext(), numSunk);
    patterns.add<HoistQuantize>(&getContext(), numHoisted);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
