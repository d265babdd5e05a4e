//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// ONNX's TensorProto to and from host tensors.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_SUPPORT_ONNXTENSOR_H
#define LATHE_SUPPORT_ONNXTENSOR_H

#include "lathe/Support/HostTensor.h"
#include "llvm/Support/Error.h"
#include <string>

namespace llvm {
struct fltSemantics;
} // namespace llvm

namespace onnx {
class TensorProto;
} // namespace onnx

namespace lathe {

/// The kind of a value of ONNX's enumeration TensorProto.DataType, or none for
/// what Lathe has no tensors of (strings, complex numbers) or does not compute
/// in (floats of 8 bits, integers of 4 …; see `getStoredType`).
std::optional<ElementKind> getElementKindOfOnnx(int32_t dataType);

/// The value of TensorProto.DataType for `kind`.
int32_t getOnnxDataType(ElementKind kind);

/// How Lathe holds elements of an ONNX type: in `kind`, of which they take
/// `bits` in a file. Integers of 2 and 4 bits are held in bytes, floats of 4,
/// 6 and 8 bits in the narrowest float that has all their values.
struct StoredType {
  ElementKind kind;
  unsigned bits;
};

/// The same for a value of TensorProto.DataType; none for what Lathe cannot
/// hold (strings, complex numbers).
std::optional<StoredType> getStoredType(int32_t dataType);

/// The format of the floats of at most 8 bits that a value of
/// TensorProto.DataType stands for; null for other types.
const llvm::fltSemantics *getNarrowFloat(int32_t dataType);

/// The elements of a type of at most 8 bits, packed in `bytes` as ONNX's raw
/// data. Fails if these do not fill the shape.
llvm::Expected<HostTensor> unpackElements(int32_t dataType,
                                          llvm::ArrayRef<int64_t> shape,
                                          llvm::ArrayRef<char> bytes);

/// The tensor in `proto`, from its raw or its typed data. The bytes are copied.
/// Elements of less than 8 bits and floats of 8 are unpacked.
/// Fails, without naming `proto`, on a type Lathe does not have, on data that
/// do not match the dimensions, and on data that lie in another file.
llvm::Expected<HostTensor> toHostTensor(const onnx::TensorProto &proto);

/// Fills `proto` with `tensor`, as raw data.
void toTensorProto(const HostTensor &tensor, onnx::TensorProto &proto);

} // namespace lathe

#endif // LATHE_SUPPORT_ONNXTENSOR_H
