//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Quantization.h"

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

/// Larger than any zero point (16 bits), so that what is limited to it cannot
/// overflow when one is added, and still saturates.
static constexpr double beyondZeroPoints = 1 << 20;

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

StorageRange StorageRange::get(Type element) {
  unsigned width = element.getIntOrFloatBitWidth();
  if (element.isUnsignedInteger())
    return {0, static_cast<int64_t>(llvm::maxUIntN(width))};
  return {llvm::minIntN(width), llvm::maxIntN(width)};
}

/// `parameter` in another shape. A constant stays one, however large it is: its
/// elements are looked at while importing.
static Value reshapeParameter(NodeContext &node, Value parameter,
                              ArrayRef<int64_t> shape) {
  if (std::optional<HostTensor> known = getConstant(parameter))
    return node.createConstant(known->reshape(shape));
  return node.createReshape(parameter, shape);
}

Value lathe::frontend::alignParameter(NodeContext &node, Value parameter,
                                      ArrayRef<int64_t> shape, int64_t axis) {
  if (node.hasFailed() || !parameter)
    return {};
  if (getType(parameter).getNumElements() == 1)
    return reshapeParameter(node, parameter, {});
  int64_t rank = shape.size();
  if (getRank(parameter) != 1)
    return parameter;
  if (axis < 0 || axis >= rank || getShape(parameter)[0] != shape[axis])
    return (void)node.error(
               "a scale or zero point has " + Twine(getShape(parameter)[0]) +
               " elements, which must be 1 or the extent of dimension " +
               Twine(axis) + " of " + formatShape(shape)),
           Value();
  SmallVector<int64_t> aligned(rank, 1);
  aligned[axis] = shape[axis];
  return reshapeParameter(node, parameter, aligned);
}

Value lathe::frontend::dropZero(Value zeroPoint) {
  std::optional<HostTensor> known = getConstant(zeroPoint);
  if (!known)
    return zeroPoint;
  for (int64_t i = 0; i < known->getNumElements(); ++i)
    if (known->getDouble(i) != 0)
      return zeroPoint;
  return {};
}

Quantization Quantization::get(NodeContext &node, ArrayRef<int64_t> shape,
                               int64_t axis, unsigned scale,
                               unsigned zeroPoint) {
  Value zero = dropZero(node.getInput(zeroPoint));
  return {alignParameter(node, node.getInput(scale), shape, axis),
          alignParameter(node, zero, shape, axis)};
}

/// The zero point if it is one known integer, 0 if there is none.
static std::optional<int64_t> getKnownZeroPoint(Value zeroPoint) {
  if (!zeroPoint)
    return 0;
  std::optional<HostTensor> known = getConstant(zeroPoint);
  if (!known || known->getNumElements() != 1)
    return std::nullopt;
  return known->getInt(0);
}

/// The dimension along which the elements of a known parameter lie; -1 for a
/// scalar, none if there are several.
static std::optional<int64_t> getParameterAxis(const HostTensor &parameter) {
  int64_t axis = -1;
  for (auto [dim, extent] : llvm::enumerate(parameter.getShape())) {
    if (extent == 1)
      continue;
    if (axis >= 0)
      return std::nullopt;
    axis = static_cast<int64_t>(dim);
  }
  return axis;
}

quant::QuantizedType
lathe::frontend::getQuantizedType(const Quantization &parameters,
                                  ArrayRef<int64_t> shape, Type element,
                                  StorageRange range) {
  std::optional<HostTensor> scale = getConstant(parameters.scale);
  std::optional<HostTensor> zero = getConstant(parameters.zeroPoint);
  auto integer = dyn_cast<IntegerType>(element);
  if (!scale || (parameters.zeroPoint && !zero) || !integer ||
      integer.getWidth() > 32 || integer.getWidth() < 8 ||
      llvm::is_contained(shape, 0))
    return {};
  std::optional<int64_t> axis = getParameterAxis(*scale);
  std::optional<int64_t> zeroAxis = zero ? getParameterAxis(*zero) : -1;
  if (!axis || !zeroAxis || (*zeroAxis >= 0 && *zeroAxis != *axis))
    return {};

  SmallVector<double> scales;
  SmallVector<int64_t> zeroPoints;
  for (int64_t i = 0; i < scale->getNumElements(); ++i) {
    scales.push_back(scale->getDouble(i));
    zeroPoints.push_back(zero ? zero->getInt(*zeroAxis < 0 ? 0 : i) : 0);
    if (!(scales.back() > 0) || !std::isfinite(scales.back()) ||
        zeroPoints.back() < range.low || zeroPoints.back() > range.high)
      return {};
  }
  MLIRContext *context = element.getContext();
  unsigned flags = integer.isUnsigned() ? 0 : quant::QuantizationFlags::Signed;
  Type storage = IntegerType::get(context, integer.getWidth());
  Type real = Float32Type::get(context);
  auto ignore = [&] { return InFlightDiagnostic(); };
  if (*axis < 0)
    return quant::UniformQuantizedType::getChecked(ignore, flags, storage, real,
                                                   scales[0], zeroPoints[0],
                                                   range.low, range.high);
  return quant::UniformQuantizedPerAxisType::getChecked(
      ignore, flags, storage, real, scales, zeroPoints,
      static_cast<int32_t>(*axis), range.low, range.high);
}

//===----------------------------------------------------------------------===//
// Integers to float and back
//===----------------------------------------------------------------------===//

Value lathe::frontend::createCentered(NodeContext &node, Value value,
                                      Value zeroPoint) {
  Type wide = node.getBuilder().getI32Type();
  value = node.castTo(value, wide);
  if (!zeroPoint)
    return value;
  return node.create<SubOp>(value, node.castTo(zeroPoint, wide));
}

Value lathe::frontend::createDequantize(NodeContext &node, Value value,
                                        const Quantization &parameters) {
  if (node.hasFailed())
    return {};
  Type real = node.getBuilder().getF32Type();
  Type element = getElement(value);
  if (isa<IntegerType>(element))
    if (auto type = getQuantizedType(parameters, getShape(value), element,
                                     StorageRange::get(element)))
      return node.create<DequantizeOp>(node.create<StorageCastOp>(value, type),
                                       real);
  Value centered = createCentered(node, value, parameters.zeroPoint);
  return node.create<MulOp>(node.castTo(centered, real),
                            node.castTo(parameters.scale, real));
}

/// `value`, int32 or float, limited to `range`, as int32 after the zero point
/// has been added.
static Value addZeroPoint(NodeContext &node, Value value, Value zeroPoint,
                          StorageRange range) {
  Type wide = node.getBuilder().getI32Type();
  auto clamp = [&](Value x, double low, double high) {
    return node.create<ClampOp>(x, llvm::APFloat(low), llvm::APFloat(high));
  };
  if (std::optional<int64_t> known = getKnownZeroPoint(zeroPoint)) {
    // As doubles, which also hold the differences of 64-bit numbers.
    double zero = static_cast<double>(*known);
    Value limited =
        node.castTo(clamp(value, static_cast<double>(range.low) - zero,
                          static_cast<double>(range.high) - zero),
                    wide);
    return *known == 0
               ? limited
               : node.create<AddOp>(limited, node.createScalar(*known, wide));
  }
  Value small =
      node.castTo(clamp(value, -beyondZeroPoints, beyondZeroPoints), wide);
  return clamp(node.create<AddOp>(small, node.castTo(zeroPoint, wide)),
               range.low, range.high);
}

Value lathe::frontend::createSaturated(NodeContext &node, Value value,
                                       Value zeroPoint, Type element) {
  return node.castTo(
      addZeroPoint(node, value, zeroPoint, StorageRange::get(element)),
      element);
}

Value lathe::frontend::createQuantize(NodeContext &node, Value value,
                                      const Quantization &parameters,
                                      Type element, StorageRange range) {
  if (node.hasFailed())
    return {};
  Type real = node.getBuilder().getF32Type();
  if (auto type = getQuantizedType(parameters, getShape(value), element, range))
    return node.create<StorageCastOp>(
        node.create<QuantizeOp>(node.castTo(value, real), type), element);
  Value steps = node.create<RoundOp>(node.create<DivOp>(
      node.castTo(value, real), node.castTo(parameters.scale, real)));
  return node.castTo(addZeroPoint(node, steps, parameters.zeroPoint, range),
                     element);
}

//===----------------------------------------------------------------------===//
// Integers to integers
//===----------------------------------------------------------------------===//

Value lathe::frontend::createRequantize(NodeContext &node, Value sums,
                                        ArrayRef<Value> factors,
                                        const Quantization &to, Type element) {
  if (node.hasFailed())
    return {};
  Type real = node.getBuilder().getF32Type();
  Value factor = node.castTo(factors.front(), real);
  for (Value next : factors.drop_front())
    factor = node.create<MulOp>(factor, node.castTo(next, real));
  factor = node.create<DivOp>(factor, node.castTo(to.scale, real));
  Value steps =
      node.create<RoundOp>(node.create<MulOp>(node.castTo(sums, real), factor));
  return createSaturated(node, steps, to.zeroPoint, element);
}

//===----------------------------------------------------------------------===//
// Dynamic quantization
//===----------------------------------------------------------------------===//

DynamicallyQuantized DynamicallyQuantized::get(NodeContext &node, Value input) {
  OpBuilder &builder = node.getBuilder();
  Type real = builder.getF32Type();
  Type byte = builder.getIntegerType(8, /*isSigned=*/false);
  auto axes = llvm::to_vector(llvm::seq<int64_t>(0, getRank(input)));
  Value zero = node.createScalar(0, real);
  // The range holds 0, so that padding is exact.
  Value low = node.create<MinOp>(
      node.create<ReduceOp>(input, ReduceKind::Min, axes, /*keep_dims=*/false),
      zero);
  Value high = node.create<MaxOp>(
      node.create<ReduceOp>(input, ReduceKind::Max, axes, /*keep_dims=*/false),
      zero);
  Value width = node.create<SubOp>(high, low);
  Value scale = node.create<DivOp>(width, node.createScalar(255, real));
  // A tensor of zeros has scale 1, as in ONNX Runtime.
  scale = node.create<SelectOp>(
      node.create<CompareOp>(ComparePredicate::EQ, width, zero),
      node.createScalar(1, real), scale);
  Value steps = node.create<RoundOp>(
      node.create<DivOp>(node.create<SubOp>(zero, low), scale));
  Value zeroPoint = createSaturated(node, steps, Value(), byte);
  Quantization parameters{scale, zeroPoint};
  if (node.hasFailed())
    return {};
  Value value =
      createQuantize(node, input, parameters, byte, StorageRange::get(byte));
  return {value, parameters};
}
