//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Softmax over integers.
//
//===----------------------------------------------------------------------===//

#include "Detail.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::integer;

/// The entries of `table` at `indices`, from 0 to 255.
static Value lookUp(IntegerBuilder &b, ArrayRef<int32_t> table, Value indices) {
  return b.lookUp(b.constant(HostTensor::get<int32_t>({256}, table)), indices);
}

/// exp(-distance * scale) * 2^22 in 64 bits: from a table, or for data of 16
/// bits the product of two, of which one knows the upper half of the distance.
static Value buildTerms(IntegerBuilder &b, Value distance, double scale,
                        bool isWide) {
  if (!isWide)
    return b.cast(lookUp(b, getSoftmaxTable(scale), distance), b.getI64());
  auto number = [&](int64_t value, Type type) { return b.scalar(value, type); };
  Value low = b.create<AndOp>(distance, number(255, b.getI32()));
  Value high = b.create<ShiftRightOp>(distance, number(8, b.getI32()));
  low = b.cast(lookUp(b, getSoftmaxTable(scale), low), b.getI64());
  high = b.cast(lookUp(b, getSoftmaxTable(scale * 256), high), b.getI64());
  Value half = number(int64_t(1) << 21, b.getI64());
  return b.create<ShiftRightOp>(
      b.create<AddOp>(b.create<MulOp>(high, low), half),
      number(22, b.getI64()));
}

namespace {

/// With e = exp(x - max) from a table, e / sum(e) in units of the result,
/// rounded to nearest, halves up.
struct SoftmaxForm
    : IntegerFormOpInterface::ExternalModel<SoftmaxForm, SoftmaxOp> {
  Value buildInteger(Operation *op, OpBuilder &builder,
                     ArrayRef<QuantizedOperand> operands,
                     const QuantizedResult &result, std::string &reason) const {
    auto softmax = cast<SoftmaxOp>(op);
    std::optional<TensorQuantization> from = readUniform(operands[0], reason);
    if (!from)
      return {};
    if (softmax.getLog())
      return reason = "the logarithm of a softmax has no form in integers",
             Value();
    if (operands[0].type.getStorageTypeIntegralWidth() > 16)
      return reason = "it has more than 16 bits", Value();
    if (!(1 / result.getScale() <= (1 << 30)))
      return reason = hugeScale, Value();
    IntegerBuilder b(builder, op->getLoc());
    int64_t axis = softmax.getAxis();
    Value x = b.cast(operands[0].stored, b.getI32());
    Value largest =
        b.create<ReduceOp>(x, ReduceKind::Max, axis, /*keep_dims=*/true);
    Value terms = buildTerms(b, b.create<SubOp>(largest, x), from->scale,
                             isWide(operands[0]));
    Value sum =
        b.create<ReduceOp>(terms, ReduceKind::Sum, axis, /*keep_dims=*/true);
    Value steps =
        b.scalar(static_cast<int64_t>(2 * roundHalfEven(1 / result.getScale())),
                 b.getI64());
    Value rounded =
        b.create<DivOp>(b.create<AddOp>(b.create<MulOp>(terms, steps), sum),
                        b.create<AddOp>(sum, sum));
    return b.saturate(rounded, result);
  }
};

} // namespace

void integer::registerSoftmaxForm(MLIRContext *context) {
  SoftmaxOp::attachInterface<SoftmaxForm>(*context);
}
