//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Elements of ONNX that Lathe holds in a wider type: integers of 2 and 4 bits,
// floats of 4, 6 and 8.
//
//===----------------------------------------------------------------------===//

#include "lathe/Support/OnnxTensor.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/APInt.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/MathExtras.h"

using namespace lathe;
using llvm::APFloat;
using llvm::ArrayRef;
using llvm::Expected;

namespace {
/// TensorProto.DataType of the types that the installed protobuf definition
/// may be too old for (onnx/onnx.proto).
enum NarrowType : int32_t {
  Float8E4M3FN = 17,
  Float8E4M3FNUZ = 18,
  Float8E5M2 = 19,
  Float8E5M2FNUZ = 20,
  UInt4 = 21,
  Int4 = 22,
  Float4E2M1 = 23,
  Float8E8M0 = 24,
  UInt2 = 25,
  Int2 = 26,
  Float6E2M3 = 27,
  Float6E3M2 = 28
};
} // namespace

std::optional<StoredType> lathe::getStoredType(int32_t dataType) {
  if (std::optional<ElementKind> kind = getElementKindOfOnnx(dataType))
    return StoredType{*kind, 8 * getByteSize(*kind)};
  switch (dataType) {
  case Float8E4M3FN:
  case Float8E4M3FNUZ:
  case Float8E5M2:
  case Float8E5M2FNUZ:
    return StoredType{ElementKind::F16, 8};
  case Float8E8M0: // 2^-127 to 2^127
    return StoredType{ElementKind::F32, 8};
  case Float4E2M1:
    return StoredType{ElementKind::F16, 4};
  case Float6E2M3:
  case Float6E3M2:
    return StoredType{ElementKind::F16, 6};
  case UInt4:
    return StoredType{ElementKind::UI8, 4};
  case Int4:
    return StoredType{ElementKind::I8, 4};
  case UInt2:
    return StoredType{ElementKind::UI8, 2};
  case Int2:
    return StoredType{ElementKind::I8, 2};
  default:
    return std::nullopt;
  }
}

const llvm::fltSemantics *lathe::getNarrowFloat(int32_t dataType) {
  switch (dataType) {
  case Float8E4M3FN:
    return &APFloat::Float8E4M3FN();
  case Float8E4M3FNUZ:
    return &APFloat::Float8E4M3FNUZ();
  case Float8E5M2:
    return &APFloat::Float8E5M2();
  case Float8E5M2FNUZ:
    return &APFloat::Float8E5M2FNUZ();
  case Float8E8M0:
    return &APFloat::Float8E8M0FNU();
  case Float4E2M1:
    return &APFloat::Float4E2M1FN();
  case Float6E2M3:
    return &APFloat::Float6E2M3FN();
  case Float6E3M2:
    return &APFloat::Float6E3M2FN();
  default:
    return nullptr;
  }
}

Expected<HostTensor> lathe::unpackElements(int32_t dataType,
                                           ArrayRef<int64_t> shape,
                                           ArrayRef<char> bytes) {
  std::optional<StoredType> type = getStoredType(dataType);
  std::optional<int64_t> elements = getNumElements(shape);
  if (!type || !elements)
    return llvm::createStringError("its elements or dimensions are not "
                                   "supported");
  const unsigned bits = type->bits;
  if (bytes.size() != llvm::divideCeil(uint64_t(*elements) * bits, 8))
    return llvm::createStringError(
        "it holds " + llvm::Twine(bytes.size()) + " bytes of " +
        llvm::Twine(bits) + "-bit elements, and its dimensions ask for " +
        llvm::Twine(*elements) + " elements");
  HostTensor tensor(type->kind, shape);
  for (int64_t i = 0; i < *elements; ++i) {
    // The first element is in the low bits. One of 6 bits may go on in the next
    // byte.
    size_t first = i * bits / 8, offset = i * bits % 8;
    unsigned window = static_cast<uint8_t>(bytes[first]);
    if (offset + bits > 8)
      window |= static_cast<uint8_t>(bytes[first + 1]) << 8;
    llvm::APInt value(bits, (window >> offset) &
                                llvm::maskTrailingOnes<unsigned>(bits));
    if (const llvm::fltSemantics *format = getNarrowFloat(dataType))
      tensor.setDouble(i, APFloat(*format, value).convertToDouble());
    else
      tensor.setInt(i, isUnsignedInteger(type->kind)
                           ? int64_t(value.getZExtValue())
                           : value.getSExtValue());
  }
  return tensor;
}
