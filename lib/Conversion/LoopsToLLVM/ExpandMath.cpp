//===- ExpandMath.cpp - Replace math that has no instruction --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Conversion/LoopsToLLVM/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace lathe {
#define GEN_PASS_DEF_EXPANDMATH
#include "lathe/Conversion/LoopsToLLVM/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

namespace {

template <typename... Ops> bool isOneOf(StringRef name) {
  return ((name == Ops::getOperationName()) || ...);
}

/// Functions whose polynomial upstream is accurate to 3e-7, which is 2.5 units
/// in the last place of f32, and right for infinities and NaN;
/// unittests/Target/LLVM/VectorMathTest.cpp measures each. Those of sin, cos,
/// atan, atan2 and cbrt are not.
bool isApproximated(StringRef name) {
  return isOneOf<math::ExpOp, math::ExpM1Op, math::LogOp, math::Log2Op,
                 math::Log1pOp, math::TanhOp, math::ErfOp, math::ErfcOp,
                 math::AsinOp, math::AcosOp>(name);
}

/// Rewrites the vector functions and nothing else: a scalar function is better
/// off in the C library, which is more accurate and not slower.
LogicalResult expandVectorMath(ModuleOp module) {
  SmallVector<Operation *> ops;
  module.walk([&](Operation *op) {
    if (isa<math::MathDialect>(op->getDialect()) &&
        llvm::any_of(op->getResultTypes(), llvm::IsaPred<VectorType>))
      ops.push_back(op);
  });
  RewritePatternSet patterns(module.getContext());
  populateMathF32ExpansionPatterns(patterns, [](StringRef) { return true; });
  populateMathPolynomialApproximationPatterns(patterns, isApproximated);
  GreedyRewriteConfig config;
  config.setStrictness(GreedyRewriteStrictness::ExistingAndNewOps);
  return applyOpPatternsGreedily(ops, std::move(patterns), config);
}

LogicalResult expandArith(ModuleOp module) {
  RewritePatternSet patterns(module.getContext());
  arith::populateExpandBFloat16Patterns(patterns);
  arith::populateCeilFloorDivExpandOpsPatterns(patterns);
  return applyPatternsGreedily(module, std::move(patterns));
}

/// Marks additions and multiplications so that they may be fused. Nothing else
/// is relaxed: infinities, NaN and the order of additions keep their meaning.
void allowContraction(ModuleOp module) {
  module.walk([](Operation *op) {
    if (!isa<arith::AddFOp, arith::SubFOp, arith::MulFOp>(op))
      return;
    auto interface = cast<arith::ArithFastMathInterface>(op);
    auto flags = interface.getFastMathFlagsAttr().getValue();
    op->setAttr(interface.getFastMathAttrName(),
                arith::FastMathFlagsAttr::get(
                    op->getContext(), flags | arith::FastMathFlags::contract));
  });
}

struct ExpandMath : public lathe::impl::ExpandMathBase<ExpandMath> {
  using ExpandMathBase::ExpandMathBase;

  void runOnOperation() override {
    // Before the polynomials come in: their authors chose where to round.
    if (fpContract)
      allowContraction(getOperation());
    if (failed(expandVectorMath(getOperation())) ||
        failed(expandArith(getOperation())))
      signalPassFailure();
  }
};

} // namespace
