//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What converters of quantized operators have in common. A quantized tensor is
// integers q that stand for scale * (q - zero point).
//
// Where scales and zero points are known, a quantized operator becomes the
// float operator between lathe.dequantize and lathe.quantize, which a later
// pass computes in integers (lathe-integer-graph). Otherwise it is computed
// here: sums of products exactly in int32, the rest in float.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_QUANTIZATION_H
#define LATHE_LIB_FRONTEND_ONNX_QUANTIZATION_H

#include "NodeContext.h"

namespace lathe::frontend {

/// The least and the largest integer of a quantized tensor, which may use less
/// than its element type has.
struct StorageRange {
  int64_t low, high;

  /// That of an integer element type.
  static StorageRange get(mlir::Type element);
};

/// Scale and zero point of a quantized tensor. They are scalars, or have the
/// tensor's rank and broadcast to it; the zero point is null where it is 0.
struct Quantization {
  mlir::Value scale, zeroPoint;

  /// Those that inputs `scale` and `zeroPoint` of the node give. An input that
  /// is one-dimensional has an element for each index of dimension `axis` of a
  /// tensor with shape `shape`, one of the tensor's rank is taken as it is.
  /// The zero point may be left out.
  static Quantization get(NodeContext &node, mlir::ArrayRef<int64_t> shape,
                          int64_t axis, unsigned scale, unsigned zeroPoint);
};

/// A one-dimensional `parameter` along dimension `axis` of a tensor with shape
/// `shape`; one of a single element as a scalar, others as they are.
mlir::Value alignParameter(NodeContext &node, mlir::Value parameter,
                           mlir::ArrayRef<int64_t> shape, int64_t axis);

/// Null for a zero point that is known to be 0, else `zeroPoint`.
mlir::Value dropZero(mlir::Value zeroPoint);

/// `value - zeroPoint` in int32.
mlir::Value createCentered(NodeContext &node, mlir::Value value,
                           mlir::Value zeroPoint);

/// The type of a tensor of shape `shape`, with elements of type `element` of
/// which it uses `range`. None unless the parameters are known, the scales
/// positive, and one for all or one for each index of a dimension.
mlir::quant::QuantizedType getQuantizedType(const Quantization &parameters,
                                            mlir::ArrayRef<int64_t> shape,
                                            mlir::Type element,
                                            StorageRange range);

/// `(value - zeroPoint) * scale` in float.
mlir::Value createDequantize(NodeContext &node, mlir::Value value,
                             const Quantization &parameters);

/// `saturate(round(value / scale) + zeroPoint)`, halves to even, as elements
/// of type `element` within `range`.
mlir::Value createQuantize(NodeContext &node, mlir::Value value,
                           const Quantization &parameters, mlir::Type element,
                           StorageRange range);

/// The quantized tensor nearest to the int32 `sums` of which each unit means
/// `factors` (their product), computed in float. The result has the type
/// `element`.
mlir::Value createRequantize(NodeContext &node, mlir::Value sums,
                             mlir::ArrayRef<mlir::Value> factors,
                             const Quantization &to, mlir::Type element);

/// `value + zeroPoint` of an integer type, limited to the range of `element`.
mlir::Value createSaturated(NodeContext &node, mlir::Value value,
                            mlir::Value zeroPoint, mlir::Type element);

/// A float tensor quantized with a scale and zero point (uint8) taken from its
/// least and largest elements: ONNX's DynamicQuantizeLinear.
struct DynamicallyQuantized {
  mlir::Value value;
  Quantization parameters;

  static DynamicallyQuantized get(NodeContext &node, mlir::Value input);
};

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_QUANTIZATION_H
