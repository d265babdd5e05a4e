//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Detail.h"

#include "lathe/Support/FixedPoint.h"
#include "lathe/Support/HostTensorAttr.h"

#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::integer;

#include "lathe/Dialect/Lathe/IntegerForms/IntegerFormOpInterfaces.cpp.inc"

//===----------------------------------------------------------------------===//
// Operands and results
//===----------------------------------------------------------------------===//

std::optional<UniformScale> QuantizedOperand::getUniform() const {
  if (auto uniform = dyn_cast_if_present<quant::UniformQuantizedType>(type))
    return UniformScale{uniform.getScale(), uniform.getZeroPoint()};
  auto perAxis = dyn_cast_if_present<quant::UniformQuantizedPerAxisType>(type);
  if (!perAxis || perAxis.getScales().empty() ||
      !llvm::all_equal(perAxis.getScales()) ||
      !llvm::all_equal(perAxis.getZeroPoints()))
    return std::nullopt;
  return UniformScale{perAxis.getScales()[0], perAxis.getZeroPoints()[0]};
}

QuantizedResult QuantizedResult::get(quant::UniformQuantizedType type) {
  return {type, type.getStorageTypeMin(), type.getStorageTypeMax()};
}

QuantizedResult QuantizedResult::limitedTo(RealInterval bounds) const {
  auto quantize = [&](double real) {
    double steps = roundHalfEven(real / getScale());
    return static_cast<int64_t>(std::clamp<double>(
        steps + static_cast<double>(getZeroPoint()), static_cast<double>(low),
        static_cast<double>(high)));
  };
  return {type, quantize(bounds.low), quantize(bounds.high)};
}

Type integer::getStorage(const QuantizedResult &result) {
  return getStorageType(result.type);
}
int64_t integer::getLow(const QuantizedOperand &operand) {
  return operand.type.getStorageTypeMin();
}
int64_t integer::getHigh(const QuantizedOperand &operand) {
  return operand.type.getStorageTypeMax();
}

//===----------------------------------------------------------------------===//
// IntegerBuilder
//===----------------------------------------------------------------------===//

Value IntegerBuilder::constant(const HostTensor &tensor) {
  return create<ConstantOp>(toElementsAttr(tensor, builder.getContext()));
}

Value IntegerBuilder::scalar(int64_t value, Type element) {
  HostTensor tensor(*getElementKind(element), {});
  tensor.setInt(0, value);
  return constant(tensor);
}

Value IntegerBuilder::cast(Value value, Type element) {
  return lathe::impl::elementTypeOf(value) == element
             ? value
             : create<CastOp>(value, element);
}

Value IntegerBuilder::center(const QuantizedOperand &operand) {
  Value wide = cast(operand.stored, getI32());
  int64_t zeroPoint = operand.getUniform()->zeroPoint;
  return zeroPoint == 0 ? wide
                        : create<SubOp>(wide, scalar(zeroPoint, getI32()));
}

Value IntegerBuilder::saturate(Value steps, const QuantizedResult &result) {
  auto zero = static_cast<double>(result.getZeroPoint());
  Value limited = create<ClampOp>(
      steps, llvm::APFloat(static_cast<double>(result.low) - zero),
      llvm::APFloat(static_cast<double>(result.high) - zero));
  limited = cast(limited, getI32());
  if (zero != 0)
    limited = create<AddOp>(limited, scalar(result.getZeroPoint(), getI32()));
  return cast(limited, getStorage(result));
}

Value IntegerBuilder::requantize(Value sums, ArrayRef<double> factors,
                                 ArrayRef<int64_t> shape,
                                 const QuantizedResult &result) {
  if (!llvm::all_of(factors, [](double factor) {
        return std::isfinite(factor) && factor >= 0;
      }))
    return {};
  Requantization steps = Requantization::get(factors);
  auto multipliers =
      HostTensor::get<int32_t>(shape, ArrayRef(steps.multipliers));
  return create<RequantizeOp>(sums, constant(multipliers), steps.getShift(),
                              result.getZeroPoint(), result.low, result.high,
                              getStorage(result));
}

//===----------------------------------------------------------------------===//
// Rescaling and tables
//===----------------------------------------------------------------------===//

Value lathe::buildRescaled(OpBuilder &builder, Location loc,
                           const QuantizedOperand &operand,
                           const QuantizedResult &result) {
  std::optional<UniformScale> from = operand.getUniform();
  if (!operand.stored || !from)
    return {};
  // Equal parameters change nothing, unless less of the range is left.
  if (operand.type == result.type && result.low <= getLow(operand) &&
      result.high >= getHigh(operand))
    return operand.stored;
  IntegerBuilder b(builder, loc);
  return b.requantize(b.center(operand), from->scale / result.getScale(), {},
                      result);
}

Value lathe::buildTable(OpBuilder &builder, Location loc,
                        const QuantizedOperand &operand,
                        const QuantizedResult &result,
                        llvm::function_ref<double(double)> function) {
  std::optional<UniformScale> from = operand.getUniform();
  if (!operand.stored || !from ||
      lathe::impl::elementTypeOf(operand.stored).getIntOrFloatBitWidth() != 8)
    return {};
  Type storage = getStorage(result);
  bool isSigned = operand.type.isSigned();
  int64_t first = isSigned ? -128 : 0;
  HostTensor table(*getElementKind(storage), {256});
  for (int64_t i = 0; i < 256; ++i) {
    double real =
        from->scale * static_cast<double>(first + i - from->zeroPoint);
    double steps = std::floor(function(real) / result.getScale() + 0.5);
    // NaN, of a logarithm maybe, is no number that could be stored.
    steps = std::isnan(steps) ? 0 : steps;
    table.setDouble(i, std::clamp<double>(
                           static_cast<double>(result.getZeroPoint()) + steps,
                           static_cast<double>(result.low),
                           static_cast<double>(result.high)));
  }
  IntegerBuilder b(builder, loc);
  Value place = b.cast(operand.stored, b.getI32());
  if (isSigned)
    place = b.create<SubOp>(place, b.scalar(first, b.getI32()));
  return b.create<GatherOp>(b.constant(table), place, 0);
}

void lathe::registerIntegerForms(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, LatheDialect *) {
    registerArithmeticForms(context);
    registerMeanForms(context);
    registerProductForms(context);
    registerRealFunctions(context);
    registerSoftmaxForm(context);
  });
}
