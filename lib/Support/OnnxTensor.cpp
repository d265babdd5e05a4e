//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// ONNX's TensorProto keeps elements either as raw little-endian bytes or in a
// typed field. Of those, int32_data holds every type of up to 32 bits that is
// signed or floating point of 16 bits (as its bit pattern), uint64_data the
// rest of the unsigned ones (onnx.proto, message TensorProto).
//
//===----------------------------------------------------------------------===//

#include "lathe/Support/OnnxTensor.h"
#include "lathe/Support/TensorIO.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/MathExtras.h"
#include <onnx/onnx_pb.h>

using namespace lathe;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;
using onnx::TensorProto;

std::optional<ElementKind> lathe::getElementKindOfOnnx(int32_t dataType) {
  switch (dataType) {
  case TensorProto::BOOL:
    return ElementKind::Bool;
  case TensorProto::INT8:
    return ElementKind::I8;
  case TensorProto::INT16:
    return ElementKind::I16;
  case TensorProto::INT32:
    return ElementKind::I32;
  case TensorProto::INT64:
    return ElementKind::I64;
  case TensorProto::UINT8:
    return ElementKind::UI8;
  case TensorProto::UINT16:
    return ElementKind::UI16;
  case TensorProto::UINT32:
    return ElementKind::UI32;
  case TensorProto::UINT64:
    return ElementKind::UI64;
  case TensorProto::FLOAT16:
    return ElementKind::F16;
  case TensorProto::BFLOAT16:
    return ElementKind::BF16;
  case TensorProto::FLOAT:
    return ElementKind::F32;
  case TensorProto::DOUBLE:
    return ElementKind::F64;
  default:
    return std::nullopt;
  }
}

int32_t lathe::getOnnxDataType(ElementKind kind) {
  switch (kind) {
  case ElementKind::Bool:
    return TensorProto::BOOL;
  case ElementKind::I8:
    return TensorProto::INT8;
  case ElementKind::I16:
    return TensorProto::INT16;
  case ElementKind::I32:
    return TensorProto::INT32;
  case ElementKind::I64:
    return TensorProto::INT64;
  case ElementKind::UI8:
    return TensorProto::UINT8;
  case ElementKind::UI16:
    return TensorProto::UINT16;
  case ElementKind::UI32:
    return TensorProto::UINT32;
  case ElementKind::UI64:
    return TensorProto::UINT64;
  case ElementKind::F16:
    return TensorProto::FLOAT16;
  case ElementKind::BF16:
    return TensorProto::BFLOAT16;
  case ElementKind::F32:
    return TensorProto::FLOAT;
  case ElementKind::F64:
    return TensorProto::DOUBLE;
  }
  llvm_unreachable("every kind is handled");
}

/// Copies one of the typed fields of a TensorProto into `tensor`.
template <typename Field>
static Error copyTypedData(const Field &field, HostTensor &tensor) {
  if (field.size() != tensor.getNumElements())
    return createStringError("it holds " + llvm::Twine(field.size()) +
                             " elements, and its dimensions ask for " +
                             llvm::Twine(tensor.getNumElements()));
  visitElementType(tensor.getKind(), [&](auto zero) {
    using T = decltype(zero);
    llvm::MutableArrayRef<T> data = tensor.mutableData<T>();
    for (int i = 0; i < field.size(); ++i) {
      if constexpr (std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>)
        data[i].bits = uint16_t(field.Get(i));
      else
        data[i] = T(field.Get(i));
    }
  });
  return Error::success();
}

static Error copyTypedData(const TensorProto &proto, HostTensor &tensor) {
  switch (tensor.getKind()) {
  case ElementKind::F32:
    return copyTypedData(proto.float_data(), tensor);
  case ElementKind::F64:
    return copyTypedData(proto.double_data(), tensor);
  case ElementKind::I64:
    return copyTypedData(proto.int64_data(), tensor);
  case ElementKind::UI32:
  case ElementKind::UI64:
    return copyTypedData(proto.uint64_data(), tensor);
  default:
    return copyTypedData(proto.int32_data(), tensor);
  }
}

/// The name of a data type for a message, or its number.
static std::string getDataTypeName(int32_t dataType) {
  return TensorProto::DataType_IsValid(dataType)
             ? TensorProto::DataType_Name(TensorProto::DataType(dataType))
             : std::to_string(dataType);
}

/// The typed data of elements of at most 8 bits as raw data. An integer of
/// theirs holds a byte of those, or one element of 6 bits.
static llvm::SmallVector<char> packTypedData(const TensorProto &proto) {
  const auto &data = proto.int32_data();
  if (getStoredType(proto.data_type())->bits != 6)
    return {data.begin(), data.end()};
  llvm::SmallVector<char> bytes(llvm::divideCeil(size_t(data.size()) * 6, 8));
  for (int i = 0; i < data.size(); ++i) {
    size_t first = size_t(i) * 6 / 8, offset = size_t(i) * 6 % 8;
    unsigned window = (data.Get(i) & 0x3f) << offset;
    bytes[first] |= static_cast<char>(window);
    if (window > 0xff)
      bytes[first + 1] |= static_cast<char>(window >> 8);
  }
  return bytes;
}

/// A tensor of elements that `unpackElements` reads.
static Expected<HostTensor> unpackTensor(const TensorProto &proto,
                                         llvm::ArrayRef<int64_t> shape) {
  if (proto.has_raw_data())
    return unpackElements(proto.data_type(), shape,
                          {proto.raw_data().data(), proto.raw_data().size()});
  return unpackElements(proto.data_type(), shape, packTypedData(proto));
}

Expected<HostTensor> lathe::toHostTensor(const TensorProto &proto) {
  std::optional<ElementKind> kind = getElementKindOfOnnx(proto.data_type());
  if (!getStoredType(proto.data_type()))
    return createStringError("elements of type " +
                             getDataTypeName(proto.data_type()) +
                             " are not supported");
  if (proto.data_location() == TensorProto::EXTERNAL)
    return createStringError("its elements lie in another file");
  llvm::SmallVector<int64_t, 4> shape(proto.dims().begin(), proto.dims().end());
  if (!kind)
    return unpackTensor(proto, shape);
  std::optional<int64_t> elements = getNumElements(shape);
  const uint64_t elementSize = getByteSize(*kind);
  // Each element takes at least a byte in the file, which bounds what is
  // allocated for dimensions that are made up.
  if (!elements || uint64_t(*elements) > proto.ByteSizeLong())
    return createStringError("its elements do not fill its dimensions");

  if (!proto.has_raw_data()) {
    HostTensor tensor(*kind, shape);
    if (Error error = copyTypedData(proto, tensor))
      return std::move(error);
    return tensor;
  }
  const std::string &raw = proto.raw_data();
  if (raw.size() != *elements * elementSize)
    return createStringError("it holds " + llvm::Twine(raw.size()) +
                             " bytes, and its dimensions ask for " +
                             llvm::Twine(*elements * elementSize));
  HostTensor tensor =
      HostTensor::copyOf(*kind, shape, {raw.data(), raw.size()});
  if (*kind == ElementKind::Bool)
    for (char &byte : tensor.getMutableBytes())
      byte = byte != 0;
  return tensor;
}

void lathe::toTensorProto(const HostTensor &tensor, TensorProto &proto) {
  proto.set_data_type(getOnnxDataType(tensor.getKind()));
  for (int64_t size : tensor.getShape())
    proto.add_dims(size);
  proto.set_raw_data(tensor.getBytes().data(), tensor.getSizeInBytes());
}

Expected<NamedTensors> lathe::parseTensorProto(llvm::MemoryBufferRef buffer) {
  llvm::StringRef bytes = buffer.getBuffer();
  TensorProto proto;
  // Protobuf's own limit on a message.
  if (bytes.size() > size_t(INT32_MAX) ||
      !proto.ParseFromArray(bytes.data(), bytes.size()) ||
      proto.data_type() == TensorProto::UNDEFINED)
    return llvm::createFileError(
        buffer.getBufferIdentifier(),
        createStringError("not a tensor of ONNX, nor an .npy or .npz file"));
  Expected<HostTensor> tensor = toHostTensor(proto);
  if (!tensor)
    return llvm::createFileError(buffer.getBufferIdentifier(),
                                 tensor.takeError());
  NamedTensors result;
  result.set(proto.name(), std::move(*tensor));
  return result;
}
