//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sums, differences and products of two quantized tensors, and ops that move or
// choose elements of several.
//
//===----------------------------------------------------------------------===//

#include "Detail.h"

#include "lathe/Reference/Evaluator.h"

#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::integer;

/// Whether all `operands` are quantized with one scale each; else says why not.
static bool areUniform(ArrayRef<QuantizedOperand> operands,
                       std::string &reason) {
  return llvm::all_of(operands, [&](const QuantizedOperand &operand) {
    return readUniform(operand, reason).has_value();
  });
}

namespace {

/// `z + ((a - z_a) m_a + (b - z_b) m_b + 2^(s - 1)) >> s`, or the difference.
template <typename Op>
struct SumForm : IntegerFormOpInterface::ExternalModel<SumForm<Op>, Op> {
  Value buildInteger(Operation *op, OpBuilder &builder,
                     ArrayRef<QuantizedOperand> operands,
                     const QuantizedResult &result, std::string &reason) const {
    if (!areUniform(operands, reason))
      return {};
    if (llvm::any_of(operands, [](const QuantizedOperand &operand) {
          return operand.type.getStorageTypeIntegralWidth() > 16;
        }))
      return reason = "an operand has more than 16 bits", Value();
    IntegerBuilder b(builder, op->getLoc());
    Type type = llvm::any_of(operands, isWide) ? b.getI64() : b.getI32();
    double lhsFactor = operands[0].getUniform()->scale / result.getScale();
    double rhsFactor = operands[1].getUniform()->scale / result.getScale();
    // Beyond this, the integers have no bit left behind the point.
    if (!(std::max(lhsFactor, rhsFactor) < (1 << 21)))
      return reason = hugeScale, Value();
    SumScaling scaling = SumScaling::get(lhsFactor, rhsFactor);
    auto scale = [&](const QuantizedOperand &operand, int32_t factor) {
      return b.create<MulOp>(b.cast(b.center(operand), type),
                             b.scalar(factor, type));
    };
    Value sum = b.create<Op>(scale(operands[0], scaling.lhs),
                             scale(operands[1], scaling.rhs));
    if (scaling.shift > 0) {
      Value half = b.scalar(int64_t(1) << (scaling.shift - 1), type);
      sum = b.create<ShiftRightOp>(b.create<AddOp>(sum, half),
                                   b.scalar(scaling.shift, type));
    }
    return b.saturate(sum, result);
  }
};

struct MulForm : IntegerFormOpInterface::ExternalModel<MulForm, MulOp> {
  Value buildInteger(Operation *op, OpBuilder &builder,
                     ArrayRef<QuantizedOperand> operands,
                     const QuantizedResult &result, std::string &reason) const {
    if (!areUniform(operands, reason))
      return {};
    int64_t largest = 1;
    for (const QuantizedOperand &operand : operands) {
      if (operand.type.getStorageTypeIntegralWidth() > 16)
        return reason = "an operand has more than 16 bits", Value();
      largest *= getMagnitude(operand, operand.getUniform()->zeroPoint);
    }
    IntegerBuilder b(builder, op->getLoc());
    double factor = operands[0].getUniform()->scale *
                    operands[1].getUniform()->scale / result.getScale();
    if (!std::isfinite(factor))
      return reason = hugeScale, Value();
    Type type = largest <= INT32_MAX ? b.getI32() : b.getI64();
    Sums product{b.create<MulOp>(b.cast(b.center(operands[0]), type),
                                 b.cast(b.center(operands[1]), type))};
    if (llvm::any_of(operands, isWide))
      product.wideBound = largest;
    return b.requantize(product, factor, {}, result);
  }
};

/// `operand` in the parameters of `result`, or null and why not.
Value rescale(OpBuilder &builder, Operation *op,
              const QuantizedOperand &operand, const QuantizedResult &result,
              std::string &reason) {
  if (!areUniform(operand, reason))
    return {};
  if (!std::isfinite(operand.getUniform()->scale / result.getScale()))
    return reason = hugeScale, Value();
  return buildRescaled(builder, op->getLoc(), operand, result);
}

/// `op`, whose result has elements of its quantized operands, on integers: they
/// get the parameters of the result first. Limits of the result do not matter
/// to what is chosen, because they limit all alike.
Value buildChoice(OpBuilder &builder, Operation *op,
                  ArrayRef<QuantizedOperand> operands,
                  const QuantizedResult &result, std::string &reason) {
  SmallVector<Value> values;
  Type element = lathe::impl::elementTypeOf(op->getResult(0));
  for (const QuantizedOperand &operand : operands) {
    // Conditions and the like are what they are.
    bool isData = lathe::impl::elementTypeOf(operand.real) == element;
    values.push_back(isData ? rescale(builder, op, operand, result, reason)
                            : operand.real);
    if (!values.back())
      return {};
  }
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  OperationState state(
      op->getLoc(), op->getName(), values,
      RankedTensorType::get(type.getShape(), getStorage(result)),
      op->getAttrs());
  return builder.create(state)->getResult(0);
}

template <typename Op>
struct ChoiceForm : IntegerFormOpInterface::ExternalModel<ChoiceForm<Op>, Op> {
  Value buildInteger(Operation *op, OpBuilder &builder,
                     ArrayRef<QuantizedOperand> operands,
                     const QuantizedResult &result, std::string &reason) const {
    return buildChoice(builder, op, operands, result, reason);
  }
};

/// What is around the tensor has its parameters, too; nothing means real 0.
struct PadForm : IntegerFormOpInterface::ExternalModel<PadForm, PadOp> {
  Value buildInteger(Operation *op, OpBuilder &builder,
                     ArrayRef<QuantizedOperand> operands,
                     const QuantizedResult &result, std::string &reason) const {
    auto pad = cast<PadOp>(op);
    double value = 0;
    if (pad.getValue()) {
      std::optional<HostTensor> known = evaluateConstant(pad.getValue());
      if (!known)
        return reason = "the padding is not constant", Value();
      value = known->getDouble(0);
    }
    Value input = rescale(builder, op, operands[0], result, reason);
    if (!input)
      return {};
    IntegerBuilder b(builder, op->getLoc());
    Value border;
    if (pad.getMode() == PadMode::Constant)
      border =
          b.scalar(result.limitedTo({value, value}).low, getStorage(result));
    return b.create<PadOp>(input, border, pad.getLow(), pad.getHigh(),
                           pad.getMode());
  }
};

/// Nearest neighbours are elements as they are.
struct ResizeForm
    : IntegerFormOpInterface::ExternalModel<ResizeForm, ResizeOp> {
  Value buildInteger(Operation *op, OpBuilder &builder,
                     ArrayRef<QuantizedOperand> operands,
                     const QuantizedResult &result, std::string &reason) const {
    if (cast<ResizeOp>(op).getMode() != ResizeMode::Nearest)
      return reason = "interpolation is done in float", Value();
    return buildChoice(builder, op, operands, result, reason);
  }
};

template <typename... Ops> void attachChoice(MLIRContext *context) {
  (Ops::template attachInterface<ChoiceForm<Ops>>(*context), ...);
}

} // namespace

void integer::registerArithmeticForms(MLIRContext *context) {
  AddOp::attachInterface<SumForm<AddOp>>(*context);
  SubOp::attachInterface<SumForm<SubOp>>(*context);
  MulOp::attachInterface<MulForm>(*context);
  attachChoice<ReshapeOp, TransposeOp, SliceOp, BroadcastOp, ConcatOp, GatherOp,
               TileOp, CopyOp, MaxPoolOp, SelectOp, MinOp, MaxOp>(context);
  PadOp::attachInterface<PadForm>(*context);
  ResizeOp::attachInterface<ResizeForm>(*context);
}
