//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Detail.h"

#include "lathe/Dialect/Lathe/IR/QuantizedScales.h"
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

std::optional<TensorQuantization> QuantizedOperand::getUniform() const {
  auto scales = type ? QuantizedScales::get(type) : std::nullopt;
  return scales ? scales->getUniform() : std::nullopt;
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

std::optional<TensorQuantization>
integer::readUniform(const QuantizedOperand &operand, std::string &reason) {
  std::optional<TensorQuantization> uniform = operand.getUniform();
  if (operand.stored && uniform)
    return uniform;
  reason = operand.stored ? severalScales : notQuantized;
  return std::nullopt;
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
// Moved elements, rescaling and tables
//===----------------------------------------------------------------------===//

bool lathe::movesElements(Operation *op) {
  auto quantization = dyn_cast_if_present<QuantizationOpInterface>(op);
  return quantization && op->getNumResults() == 1 &&
         isa<IntegerFormOpInterface>(op) &&
         quantization.getQuantizationKind() == QuantizationKind::SameParameters;
}

Value lathe::buildRescaled(OpBuilder &builder, Location loc,
                           const QuantizedOperand &operand,
                           const QuantizedResult &result) {
  std::optional<TensorQuantization> from = operand.getUniform();
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
  std::optional<TensorQuantization> from = operand.getUniform();
  if (!operand.stored || !from ||
      lathe::impl::elementTypeOf(operand.stored).getIntOrFloatBitWidth() != 8)
    return {};
  int64_t first = operand.type.isSigned() ? -128 : 0;
  UnaryTable entries = getUnaryTable(
      {from->scale, from->zeroPoint, first, first + 255},
      {result.getScale(), result.getZeroPoint(), result.low, result.high},
      function);
  HostTensor table(*getElementKind(getStorage(result)), {256});
  for (auto [i, entry] : llvm::enumerate(entries))
    table.setInt(static_cast<int64_t>(i), entry);
  IntegerBuilder b(builder, loc);
  Value place = b.cast(operand.stored, b.getI32());
  if (first != 0)
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
