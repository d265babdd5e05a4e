//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The functions of the header between floats and the integers of a model's
// inputs and outputs. They are static and inline, so that a program that does
// not call them has none of their code, and need no C library.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "lathe/Target/Common/CLiterals.h"
#include "lathe/Target/Common/CNames.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace lathe {

/// The type of `tensor` if a function converts it: one scale for all elements
/// and, for inputs, no more bits than a float's integers are exact in.
static quant::UniformQuantizedType
getConvertedType(const TensorInterface &tensor) {
  auto type = dyn_cast<quant::UniformQuantizedType>(tensor.elementType);
  if (!type || (tensor.isInput && type.getStorageTypeIntegralWidth() > 16))
    return {};
  return type;
}

std::string
ModelInterface::getConverterName(const TensorInterface &tensor) const {
  if (!getConvertedType(tensor))
    return "";
  return name + (tensor.isInput ? "_quantize_" : "_dequantize_") +
         tensor.identifier;
}

/// `value` as the right operand of + or -.
static std::string formatOperand(int64_t value) {
  std::string text = std::to_string(value);
  return value < 0 ? "(" + text + ")" : text;
}

/// QuantizeLinear: `saturate(round(x / s) + z)`. The quotient is rounded only
/// where it lies between the ends of the range, so that it fits an int32_t.
static void emitQuantizer(StringRef function, StringRef macro,
                          const TensorInterface &tensor, raw_ostream &os) {
  quant::UniformQuantizedType type = getConvertedType(tensor);
  int64_t zero = type.getZeroPoint();
  int64_t low = type.getStorageTypeMin(), high = type.getStorageTypeMax();
  os << llvm::formatv(
      R"(
/* The element of "{0}" that stands for value: value / {1}_SCALE
   + {1}_ZERO_POINT, rounded to the nearest, halves to even, and saturated.
   NaN gives {1}_ZERO_POINT. */
static inline {2} {3}(float value) {{
  const float scaled = value / {1}_SCALE;
  int32_t result = {8}; /* of NaN, for which no condition holds */
  if (scaled >= {4}) {{
    result = {6};
  }
  if (scaled <= {5}) {{
    result = {7};
  }
  if ((scaled > {5}) && (scaled < {4})) {{
    const int32_t whole = (int32_t)scaled;
    const float rest = scaled - (float)whole;
    const int32_t odd = whole % 2;
    result = whole + {9};
    if ((rest > 0.5f) || ((rest >= 0.5f) && (odd != 0))) {{
      result += 1;
    }
    if ((rest < -0.5f) || ((rest <= -0.5f) && (odd != 0))) {{
      result -= 1;
    }
  }
  return ({2})result;
}
)",
      escapeForCComment(tensor.name), macro,
      getCStorageType(tensor.elementType), function,
      formatCFloat(static_cast<float>(high - zero)),
      formatCFloat(static_cast<float>(low - zero)), high, low, zero,
      formatOperand(zero));
}

/// DequantizeLinear: `(q - z) * s`.
static void emitDequantizer(StringRef function, StringRef macro,
                            const TensorInterface &tensor, raw_ostream &os) {
  quant::UniformQuantizedType type = getConvertedType(tensor);
  int64_t zero = type.getZeroPoint();
  // Only elements of 32 bits may be further from the zero point than int32_t
  // reaches.
  StringRef distance =
      type.getStorageTypeIntegralWidth() > 16 ? "int64_t" : "int32_t";
  os << llvm::formatv(
      R"(
/* What an element of "{0}" stands for: (value - {1}_ZERO_POINT)
   * {1}_SCALE. */
static inline float {2}({3} value) {{
  const {4} distance = ({4})value - {5};
  return (float)distance * {1}_SCALE;
}
)",
      escapeForCComment(tensor.name), macro, function,
      getCStorageType(tensor.elementType), distance, formatOperand(zero));
}

void emitConverters(const ModelInterface &model, raw_ostream &os) {
  for (const TensorInterface &tensor : model.tensors) {
    std::string function = model.getConverterName(tensor);
    if (function.empty())
      continue;
    std::string macro = model.getMacroPrefix() + toMacroName(tensor.identifier);
    (tensor.isInput ? emitQuantizer : emitDequantizer)(function, macro, tensor,
                                                       os);
  }
}

} // namespace lathe
