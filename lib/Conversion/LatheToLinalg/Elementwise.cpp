//===- Elementwise.cpp - Elementwise ops to linalg ------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GenericBuilder.h"
#include "Patterns.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::detail;

/// `value` in f32 if it is a narrower float.
static Value widen(ImplicitLocOpBuilder &b, Value value) {
  return isa<FloatType>(value.getType())
             ? convertScalar(b, value, sumTypeOf(value.getType()), false)
             : value;
}

namespace {

/// Any elementwise op: a generic whose maps broadcast the operands and whose
/// region is the op's own scalar form.
struct LowerElementwise : OpInterfaceConversionPattern<ElementwiseOpInterface> {
  using OpInterfaceConversionPattern::OpInterfaceConversionPattern;

  LogicalResult
  matchAndRewrite(ElementwiseOpInterface op, ArrayRef<Value> operands,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto type = getTypeConverter()->convertType<RankedTensorType>(
        op->getResult(0).getType());
    SmallVector<GenericInput> inputs;
    for (Value operand : operands)
      inputs.push_back(
          {operand,
           broadcastMap(b.getContext(), tensorTypeOf(operand).getShape(),
                        type.getShape(), type.getRank())});
    // A cast must see the very type it converts from.
    bool widens = !isa<CastOp>(op);
    auto body = [&](ImplicitLocOpBuilder &b, ValueRange elements) {
      SmallVector<Value> scalars(elements.drop_back());
      if (widens)
        for (Value &scalar : scalars)
          scalar = widen(b, scalar);
      Value result = op.buildScalar(b, b.getLoc(), scalars);
      return convertScalar(b, result, type.getElementType(), false);
    };
    rewriter.replaceOp(op, buildTensor(b, type.getShape(),
                                       type.getElementType(), inputs, body));
    return success();
  }
};

} // namespace

void lathe::detail::populateElementwisePatterns(const TypeConverter &converter,
                                                RewritePatternSet &patterns) {
  patterns.add<LowerElementwise>(converter, patterns.getContext());
}
