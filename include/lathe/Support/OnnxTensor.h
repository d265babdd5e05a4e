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

namespace onnx {
class TensorProto;
} // namespace onnx

namespace lathe {

/// The kind of a value of ONNX's enumeration TensorProto.DataType, or none for
/// what Lathe has no tensors of (strings, complex numbers, floats of 8 bits …).
std::optional<ElementKind> getElementKindOfOnnx(int32_t dataType);

/// The value of TensorProto.DataType for `kind`.
int32_t getOnnxDataType(ElementKind kind);

/// The tensor in `proto`, from its raw or its typed data. The bytes are copied.
/// Fails, without naming `proto`, on a type Lathe does not have, on data that
/// do not match the dimensions, and on data that lie in another file.
llvm::Expected<HostTensor> toHostTensor(const onnx::TensorProto &proto);

/// Fills `proto` with `tensor`, as raw data.
void toTensorProto(const HostTensor &tensor, onnx::TensorProto &proto);

} // namespace lathe

#endif // LATHE_SUPPORT_ONNXTENSOR_H
