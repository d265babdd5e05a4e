//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Kernels: fused groups of ops.
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace lathe;

LogicalResult KernelOp::verify() {
  Block &body = getBody().front();
  if (body.getArgumentTypes() != getInputs().getTypes())
    return emitOpError("block arguments need the types of the inputs");
  auto yield = dyn_cast<YieldOp>(body.getTerminator());
  if (!yield || yield.getOperandTypes() != getOutputs().getTypes())
    return emitOpError("must end with a lathe.yield of the results' types");
  if (auto placements = getPlacements())
    if (placements->size() != getNumResults())
      return emitOpError("needs one placement for each of the ")
             << getNumResults() << " results";
  if (auto inPlace = getInPlace()) {
    if (inPlace->size() != getNumResults())
      return emitOpError("needs one entry of 'in_place' for each of the ")
             << getNumResults() << " results";
    for (int64_t input : *inPlace)
      if (input < -1 || input >= static_cast<int64_t>(getInputs().size()))
        return emitOpError("'in_place' names input ")
               << input << ", but there are " << getInputs().size();
  }
  return success();
}

namespace {
/// Drops inputs that the body does not use and joins equal ones.
struct SimplifyInputs : OpRewritePattern<KernelOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(KernelOp kernel,
                                PatternRewriter &rewriter) const override {
    if (kernel.getInPlace() || kernel.getPlacements())
      return failure(); // positions of the inputs are referred to
    Block &body = kernel.getBody().front();
    llvm::BitVector dropped(body.getNumArguments());
    for (unsigned i = 0; i < body.getNumArguments(); ++i) {
      BlockArgument argument = body.getArgument(i);
      for (unsigned j = 0; j < i; ++j)
        if (!dropped[j] && kernel.getInputs()[j] == kernel.getInputs()[i]) {
          rewriter.replaceAllUsesWith(argument, body.getArgument(j));
          break;
        }
      if (argument.use_empty())
        dropped.set(i);
    }
    if (dropped.none())
      return failure();
    rewriter.modifyOpInPlace(kernel, [&] {
      body.eraseArguments(dropped);
      kernel->eraseOperands(dropped);
    });
    return success();
  }
};
} // namespace

void KernelOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  patterns.add<SimplifyInputs>(context);
}
