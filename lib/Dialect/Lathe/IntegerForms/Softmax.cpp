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

#include "lathe/Support/FixedPoint.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::integer;

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
    if (operands[0].type.getStorageTypeIntegralWidth() > 8)
      return reason = "it has more than 8 bits", Value();
    if (!(1 / result.getScale() <= (1 << 30)))
      return reason = hugeScale, Value();
    IntegerBuilder b(builder, op->getLoc());
    int64_t axis = softmax.getAxis();
    Value x = b.cast(operands[0].stored, b.getI32());
    Value largest =
        b.create<ReduceOp>(x, ReduceKind::Max, axis, /*keep_dims=*/true);
    auto table = HostTensor::get<int32_t>({256}, getSoftmaxTable(from->scale));
    Value terms = b.cast(
        b.create<GatherOp>(b.constant(table), b.create<SubOp>(largest, x), 0),
        b.getI64());
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
