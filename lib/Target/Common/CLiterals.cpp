//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Numbers and element types as C source.
//
//===----------------------------------------------------------------------===//

#include "lathe/Target/Common/CLiterals.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringExtras.h"
#include <charconv>
#include <cmath>

using namespace mlir;

namespace lathe {

/// std::to_chars gives the shortest text that round-trips and, unlike printf,
/// ignores the locale.
template <typename T> static std::string formatFinite(T value) {
  char buffer[64];
  std::to_chars_result end =
      std::to_chars(std::begin(buffer), std::end(buffer), value);
  std::string text(std::begin(buffer), end.ptr);
  if (text.find_first_of(".e") == std::string::npos)
    text += ".0";
  return text;
}

std::string formatCFloat(float value) {
  if (std::isnan(value))
    return "NAN";
  if (std::isinf(value))
    return value < 0 ? "-INFINITY" : "INFINITY";
  return formatFinite(value) + "f";
}

std::string formatCFloat(double value) {
  // NAN and INFINITY are of type float; the casts keep clang's
  // -Wdouble-promotion silent.
  if (std::isnan(value))
    return "(double)NAN";
  if (std::isinf(value))
    return value < 0 ? "-HUGE_VAL" : "HUGE_VAL";
  return formatFinite(value);
}

std::string formatCInteger(int64_t value) {
  // The most negative values have no literal in C: `-2147483648` is a minus
  // applied to a constant too large for int.
  if (value == INT32_MIN)
    return "INT32_MIN";
  if (value == INT64_MIN)
    return "INT64_MIN";
  if (llvm::isInt<32>(value))
    return llvm::itostr(value);
  return llvm::itostr(value) + "LL";
}

std::string formatCUnsigned(uint64_t value) {
  return llvm::utostr(value) + (llvm::isUInt<32>(value) ? "u" : "ULL");
}

StringRef getCStorageType(Type elementType) {
  if (auto quantized = dyn_cast<quant::QuantizedType>(elementType)) {
    switch (quantized.getStorageTypeIntegralWidth()) {
    case 8:
      return quantized.isSigned() ? "int8_t" : "uint8_t";
    case 16:
      return quantized.isSigned() ? "int16_t" : "uint16_t";
    case 32:
      return quantized.isSigned() ? "int32_t" : "uint32_t";
    }
    return "";
  }
  if (elementType.isF32())
    return "float";
  if (elementType.isF64())
    return "double";
  if (elementType.isF16() || elementType.isBF16())
    return "uint16_t";
  auto integer = dyn_cast<IntegerType>(elementType);
  if (!integer)
    return "";
  switch (integer.getWidth()) {
  case 1:
    return "uint8_t";
  case 8:
    return integer.isUnsigned() ? "uint8_t" : "int8_t";
  case 16:
    return integer.isUnsigned() ? "uint16_t" : "int16_t";
  case 32:
    return integer.isUnsigned() ? "uint32_t" : "int32_t";
  case 64:
    return integer.isUnsigned() ? "uint64_t" : "int64_t";
  }
  return "";
}

unsigned getCStorageSize(Type elementType) {
  if (getCStorageType(elementType).empty())
    return 0;
  if (auto quantized = dyn_cast<quant::QuantizedType>(elementType))
    return quantized.getStorageTypeIntegralWidth() / 8;
  return (elementType.getIntOrFloatBitWidth() + 7) / 8;
}

} // namespace lathe
