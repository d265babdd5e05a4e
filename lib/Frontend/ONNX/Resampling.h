//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Resampling with the neighbours of every output element and their weights in
// tables, for what lathe.resize has no closed form of.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_RESAMPLING_H
#define LATHE_LIB_FRONTEND_ONNX_RESAMPLING_H

#include "NodeContext.h"

namespace lathe::frontend {

/// Where an output element lies in the input: attribute
/// 'coordinate_transformation_mode' of Resize.
enum class Transformation {
  HalfPixel,
  HalfPixelSymmetric,
  PytorchHalfPixel,
  AlignCorners,
  Asymmetric,
  HalfPixelForNearest,
  CropAndResize
};

/// How elements are interpolated.
struct Interpolation {
  ResizeMode mode = ResizeMode::Nearest;
  Transformation transformation = Transformation::Asymmetric;
  RoundingMode rounding = RoundingMode::Floor;
  double cubicCoefficient = -0.75;
  bool excludeOutside = false;
  bool antialias = false;
  /// What elements outside the input hold, with CropAndResize.
  double extrapolation = 0;
};

/// What happens to one dimension of a tensor.
struct ResampledDim {
  int64_t from, to;
  /// The stated ratio of `to` to `from`.
  double scale;
  /// The part of the input that is resampled, as fractions of its extent; for
  /// CropAndResize.
  double begin = 0, end = 1;

  bool isIdentity() const {
    return from == to && scale == 1 && begin == 0 && end == 1;
  }
};

/// `input` with dimension d resampled as `dims[d]` says, one dimension after
/// the other.
mlir::Value resampleByTables(NodeContext &node, mlir::Value input,
                             llvm::ArrayRef<ResampledDim> dims,
                             const Interpolation &how);

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_RESAMPLING_H
