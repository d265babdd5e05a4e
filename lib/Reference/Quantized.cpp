//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Quantized.h"

#include "Models.h"
#include "lathe/Dialect/Lathe/IR/QuantizedScales.h"
#include "lathe/Support/HostTensorAttr.h"

using namespace mlir;
using namespace lathe;

std::optional<ElementKind> reference::getStorageKind(Type type) {
  auto quantized = dyn_cast<quant::QuantizedType>(type);
  if (!quantized)
    return getElementKind(type);
  if (!isa<quant::UniformQuantizedType, quant::UniformQuantizedPerAxisType>(
          type) ||
      !getElementKind(quantized.getExpressedType()))
    return std::nullopt;
  bool isSigned = quantized.isSigned();
  unsigned width = quantized.getStorageTypeIntegralWidth();
  if (width <= 8)
    return isSigned ? ElementKind::I8 : ElementKind::UI8;
  if (width <= 16)
    return isSigned ? ElementKind::I16 : ElementKind::UI16;
  return isSigned ? ElementKind::I32 : ElementKind::UI32;
}

namespace {
/// Scale and zero point of each element of a tensor in row-major order.
class Parameters {
public:
  explicit Parameters(RankedTensorType type)
      : scales(*QuantizedScales::get(
            cast<quant::QuantizedType>(type.getElementType()))) {
    if (scales.axis)
      inner = ShapedType::getNumElements(
          type.getShape().drop_front(*scales.axis + 1));
  }

  double scale(int64_t i) const { return scales.scales[getIndex(i)]; }
  double zeroPoint(int64_t i) const {
    return static_cast<double>(scales.zeroPoints[getIndex(i)]);
  }

private:
  size_t getIndex(int64_t i) const {
    return static_cast<size_t>(i / inner) % scales.scales.size();
  }

  QuantizedScales scales;
  int64_t inner = 1;
};
} // namespace

HostTensor reference::dequantize(const HostTensor &stored,
                                 RankedTensorType type) {
  auto quantized = dyn_cast<quant::QuantizedType>(type.getElementType());
  if (!quantized)
    return stored;
  Parameters parameters(type);
  std::vector<double> values = widen<double>(stored);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = (values[i] - parameters.zeroPoint(i)) * parameters.scale(i);
  HostTensor real(*getElementKind(quantized.getExpressedType()),
                  type.getShape());
  store(ArrayRef(values), real);
  return real;
}

HostTensor reference::quantize(const HostTensor &real, RankedTensorType type) {
  auto quantized = dyn_cast<quant::QuantizedType>(type.getElementType());
  if (!quantized)
    return real;
  Parameters parameters(type);
  double low = static_cast<double>(quantized.getStorageTypeMin());
  double high = static_cast<double>(quantized.getStorageTypeMax());
  std::vector<double> values = widen<double>(real);
  for (size_t i = 0; i < values.size(); ++i) {
    double scaled = std::nearbyint(values[i] / parameters.scale(i));
    double code = (std::isnan(scaled) ? 0 : scaled) + parameters.zeroPoint(i);
    values[i] = minimum(maximum(code, low), high);
  }
  HostTensor stored(*getStorageKind(quantized), type.getShape());
  store(ArrayRef(values), stored);
  return stored;
}
