//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Detail.h"

#include "lathe/Dialect/Lathe/IR/QuantizedScales.h"
#include "lathe/Dialect/Lathe/IR/TableLookup.h"
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

bool integer::isWide(const QuantizedOperand &operand) {
  return operand.type.getStorageTypeIntegralWidth() > 8;
}
int64_t integer::getMagnitude(const QuantizedOperand &operand,
                              int64_t zeroPoint) {
  return std::max(getHigh(operand) - zeroPoint, zeroPoint - getLow(operand));
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

Value IntegerBuilder::lookUp(Value table, Value indices) {
  auto gather = GatherOp::create(builder, loc, table, indices, 0);
  gather->setAttr(inBoundsAttrName, builder.getUnitAttr());
  return gather;
}

Value IntegerBuilder::center(const QuantizedOperand &operand) {
  Value wide = cast(operand.stored, getI32());
  int64_t zeroPoint = operand.getUniform()->zeroPoint;
  return zeroPoint == 0 ? wide
                        : create<SubOp>(wide, scalar(zeroPoint, getI32()));
}

Value IntegerBuilder::zeroBias(int64_t channels, int64_t bound) {
  return bound <= INT32_MAX ? constant(HostTensor(ElementKind::I32, {channels}))
                            : Value();
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

Value IntegerBuilder::requantize(Value sums, ArrayRef<int32_t> multipliers,
                                 unsigned shift, ArrayRef<int64_t> shape,
                                 const QuantizedResult &result) {
  return create<RequantizeOp>(
      sums, constant(HostTensor::get<int32_t>(shape, multipliers)), shift,
      result.getZeroPoint(), result.low, result.high, getStorage(result));
}

/// With a shift for each factor, in 64 bits.
Value IntegerBuilder::requantizeEach(Value sums,
                                     const WideRequantization &steps,
                                     ArrayRef<int64_t> shape,
                                     const QuantizedResult &result) {
  auto tensor = [&](ArrayRef<int64_t> values) {
    return constant(HostTensor::get<int64_t>(shape, values));
  };
  SmallVector<int64_t> multipliers(steps.multipliers.begin(),
                                   steps.multipliers.end());
  SmallVector<int64_t> shifts(steps.shifts.begin(), steps.shifts.end());
  auto halves = llvm::map_to_vector(
      shifts, [](int64_t shift) { return int64_t(1) << (shift - 1); });
  Value product = create<MulOp>(cast(sums, getI64()), tensor(multipliers));
  return saturate(create<ShiftRightOp>(create<AddOp>(product, tensor(halves)),
                                       tensor(shifts)),
                  result);
}

Value IntegerBuilder::requantize(const Sums &sums, ArrayRef<double> factors,
                                 ArrayRef<int64_t> shape,
                                 const QuantizedResult &result) {
  if (!llvm::all_of(factors, [](double factor) {
        return std::isfinite(factor) && factor >= 0;
      }))
    return {};
  if (!sums.wideBound) {
    Requantization steps = Requantization::get(factors);
    return requantize(sums.value, steps.multipliers, steps.getShift(), shape,
                      result);
  }
  WideRequantization steps = WideRequantization::get(factors);
  if (!steps.unifyShifts(*sums.wideBound))
    return requantizeEach(sums.value, steps, shape, result);
  return requantize(sums.value, steps.multipliers, steps.shifts.front(), shape,
                    result);
}

//===----------------------------------------------------------------------===//
// Moved elements, rescaling and tables
//===----------------------------------------------------------------------===//

Value lathe::buildFactors(OpBuilder &builder, Location loc,
                          ArrayRef<double> factors) {
  SmallVector<int64_t> shape;
  if (factors.size() > 1)
    shape.push_back(static_cast<int64_t>(factors.size()));
  auto values = llvm::map_to_vector(
      factors, [](double factor) { return static_cast<float>(factor); });
  return ConstantOp::create(
      builder, loc,
      toElementsAttr(HostTensor::get<float>(shape, ArrayRef(values)),
                     builder.getContext()));
}

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
  Sums centered{b.center(operand)};
  if (isWide(operand))
    centered.wideBound = getMagnitude(operand, from->zeroPoint);
  return b.requantize(centered, from->scale / result.getScale(), {}, result);
}

/// A table as a constant of the type that `result` is stored in.
static Value buildEntries(IntegerBuilder &b, ArrayRef<int32_t> entries,
                          const QuantizedResult &result) {
  HostTensor table(*getElementKind(getStorage(result)),
                   {static_cast<int64_t>(entries.size())});
  for (auto [i, entry] : llvm::enumerate(entries))
    table.setInt(static_cast<int64_t>(i), entry);
  return b.constant(table);
}

/// What `interpolate` computes for each element of `place`.
static Value buildInterpolation(IntegerBuilder &b, const WideUnaryTable &table,
                                Value place, const QuantizedResult &result) {
  auto number = [&](int64_t value) { return b.scalar(value, b.getI32()); };
  Value entries = buildEntries(b, table.entries, result);
  int64_t segment = int64_t(1) << table.shift;
  Value index = b.create<ShiftRightOp>(place, number(table.shift));
  auto getEntry = [&](Value index) {
    return b.cast(b.lookUp(entries, index), b.getI32());
  };
  Value begin = getEntry(index);
  Value end = getEntry(b.create<AddOp>(index, number(1)));
  Value rest = b.create<AndOp>(place, number(segment - 1));
  Value rise = b.create<MulOp>(b.create<SubOp>(end, begin), rest);
  rise = b.create<ShiftRightOp>(b.create<AddOp>(rise, number(segment / 2)),
                                number(table.shift));
  return b.cast(b.create<AddOp>(begin, rise), getStorage(result));
}

/// The table of the fewest lines that are close to `function`; none if even the
/// most are not: beyond half a step where the same range is 256 numbers, and
/// what the rounding of entries and between them adds.
static std::optional<WideUnaryTable>
findLines(const QuantizationParameters &from, const QuantizationParameters &to,
          llvm::function_ref<double(double)> function) {
  double tolerance = static_cast<double>(to.high - to.low) / 512 + 1;
  for (unsigned shift = coarsestLines; shift >= finestLines; --shift) {
    WideUnaryTable table = getWideUnaryTable(from, to, function, shift);
    if (getInterpolationError(table, from, to, function) <= tolerance)
      return table;
  }
  return std::nullopt;
}

Value lathe::buildTable(OpBuilder &builder, Location loc,
                        const QuantizedOperand &operand,
                        const QuantizedResult &result,
                        llvm::function_ref<double(double)> function,
                        std::string &reason) {
  std::optional<TensorQuantization> uniform = readUniform(operand, reason);
  if (!uniform)
    return {};
  unsigned width =
      lathe::impl::elementTypeOf(operand.stored).getIntOrFloatBitWidth();
  if (width != 8 && width != 16)
    return reason = "tables are for 8 and 16 bits", Value();
  int64_t count = int64_t(1) << width;
  int64_t first = operand.type.isSigned() ? -count / 2 : 0;
  QuantizationParameters from(uniform->scale, uniform->zeroPoint, first,
                              first + count - 1);
  QuantizationParameters to(result.getScale(), result.getZeroPoint(),
                            result.low, result.high);
  std::optional<WideUnaryTable> lines;
  if (width == 16 && !(lines = findLines(from, to, function)))
    return reason = "the function is too steep for lines between 8193 numbers",
           Value();
  IntegerBuilder b(builder, loc);
  Value place = b.cast(operand.stored, b.getI32());
  if (first != 0)
    place = b.create<SubOp>(place, b.scalar(first, b.getI32()));
  if (width == 16)
    return buildInterpolation(b, *lines, place, result);
  UnaryTable entries = getUnaryTable(from, to, function);
  return b.lookUp(buildEntries(b, entries, result), place);
}

void lathe::registerIntegerForms(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, LatheDialect *) {
    registerArithmeticForms(context);
    registerChannelFactors(context);
    registerMeanForms(context);
    registerProductForms(context);
    registerRealFunctions(context);
    registerSoftmaxForm(context);
  });
}
