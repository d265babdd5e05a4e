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
  return isOneOf<math::ExpM1Op, math::LogOp, math::Log2Op, math::Log1pOp,
                 math::TanhOp, math::ErfOp, math::ErfcOp, math::AsinOp,
                 math::AcosOp>(name);
}

/// Arithmetic on vectors of f32 whose products may be contracted with sums.
class FloatMath {
public:
  FloatMath(OpBuilder &builder, Location loc, VectorType type)
      : builder(builder), loc(loc), type(type) {}

  Value constant(double value) {
    FloatAttr element = builder.getFloatAttr(type.getElementType(), value);
    return arith::ConstantOp::create(
        builder, loc, SplatElementsAttr::get(type, Attribute(element)));
  }
  Value sub(Value a, Value b) {
    return arith::SubFOp::create(builder, loc, a, b);
  }
  Value mul(Value a, Value b) {
    return arith::MulFOp::create(builder, loc, a, b, contract);
  }
  /// a * b + c
  Value mulAdd(Value a, Value b, Value c) {
    return arith::AddFOp::create(builder, loc, mul(a, b), c, contract);
  }
  /// The greater (or less) of `a` and `bound`; NaN if `a` is.
  Value clamp(Value a, arith::CmpFPredicate beyond, Value bound) {
    Value isBeyond = arith::CmpFOp::create(builder, loc, beyond, a, bound);
    return arith::SelectOp::create(builder, loc, isBeyond, bound, a);
  }

private:
  static constexpr auto contract = arith::FastMathFlags::contract;

  OpBuilder &builder;
  Location loc;
  VectorType type;
};

/// exp(x) = 2^n exp(r) with n an integer and |r| <= ln(2) / 2 (W. Cody and W.
/// Waite, "Software Manual for the Elementary Functions", 1980). exp(r) is the
/// polynomial 1 + c1 r + ... + c5 r^5 of least relative error, 9.2e-8; with the
/// rounding it is within two units in the last place. It is doubled here, since
/// 2^n itself is infinite for the largest results. Below -86.99, where these
/// are less than twice the least normal number, they are 0.
struct ExpandExp : OpRewritePattern<math::ExpOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::ExpOp op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<VectorType>(op.getType());
    if (!type || !type.getElementType().isF32())
      return failure();
    Location loc = op.getLoc();
    FloatMath math(rewriter, loc, type);
    // Within these, n is in [-126, 128], so that the power below is 0 at the
    // low end, and the product infinite at the high one.
    Value x = math.clamp(op.getOperand(), arith::CmpFPredicate::OLT,
                         math.constant(-87.3));
    x = math.clamp(x, arith::CmpFPredicate::OGT, math.constant(88.8));
    // Where floats are integers, adding rounds. The last bits of the sum are
    // n - 1 plus the bias of the exponent.
    Value shift = math.constant(12582912.0 + 126.0); // 1.5 * 2^23
    Value sum = math.mulAdd(x, math.constant(1.44269504), shift);
    Value n = math.sub(sum, shift);
    // ln(2) in two parts, the first with so few bits that n times it is exact.
    Value r = math.mulAdd(n, math.constant(-0.693145752), x);
    r = math.mulAdd(n, math.constant(-1.42860677e-6), r);
    Value p = math.constant(2 * 8.29029735e-3);
    for (double coefficient :
         {4.18980233e-2, 0.166676372, 0.499991477, 0.999999702, 1.0})
      p = math.mulAdd(p, r, math.constant(2 * coefficient));
    VectorType bits = type.clone(rewriter.getI32Type());
    Value power = arith::BitcastOp::create(rewriter, loc, bits, sum);
    power = arith::ShLIOp::create(
        rewriter, loc, power,
        arith::ConstantOp::create(
            rewriter, loc,
            SplatElementsAttr::get(bits, rewriter.getI32IntegerAttr(23))));
    power = arith::BitcastOp::create(rewriter, loc, type, power);
    rewriter.replaceOp(op, math.mul(p, power));
    return success();
  }
};

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
  patterns.add<ExpandExp>(module.getContext());
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
