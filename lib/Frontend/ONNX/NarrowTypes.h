//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Casts to any type of ONNX, those included whose elements Lathe holds in a
// wider one: integers of 2 and 4 bits, floats of 4, 6 and 8.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_NARROWTYPES_H
#define LATHE_LIB_FRONTEND_ONNX_NARROWTYPES_H

#include "NodeContext.h"

namespace lathe::frontend {

/// How floats become narrow ones (onnx/docs/Operators.md, Cast).
struct NarrowCast {
  /// To which power of two a value goes that is none, in FLOAT8E8M0.
  enum class Rounding { Up, Down, Nearest };

  /// Whether what is too large becomes the largest value, instead of an
  /// infinity or no number.
  bool saturates = true;
  Rounding rounding = Rounding::Up;

  /// That of the attributes 'saturate' and 'round_mode'.
  static NarrowCast get(NodeContext &node);
};

/// `value` with the values that TensorProto.DataType `dataType` has, in the
/// type that holds them. Null after an error: of a type that is not supported.
mlir::Value castToDataType(NodeContext &node, mlir::Value value,
                           int32_t dataType, NarrowCast how = {});

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_NARROWTYPES_H
