//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Elements at fractional positions that are computed at run time.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_SAMPLING_H
#define LATHE_LIB_FRONTEND_ONNX_SAMPLING_H

#include "LoopBuilder.h"

namespace lathe::frontend {

/// An element along one dimension that counts with a weight.
struct SampleTap {
  Scalar index, weight;
};
using SampleTaps = llvm::SmallVector<SampleTap, 4>;

/// `floor(x)` and, as a float, what is above it. Both stay near an extent of
/// `extent`, whatever `x` is.
std::pair<Scalar, Scalar> splitCoordinate(Scalar x, int64_t extent);

/// An index of type index into a dimension, moved into its bounds.
Scalar clampIndex(Scalar index, int64_t extent);

/// The two neighbours of `x` along a dimension, for linear interpolation; those
/// outside count zero.
SampleTaps getLinearTaps(Scalar x, int64_t extent);

/// The sum over all combinations of taps, one for each dimension, of their
/// weights' product times what `read` gives at their indices.
Scalar sumTaps(llvm::ArrayRef<SampleTaps> dims,
               llvm::function_ref<Scalar(llvm::ArrayRef<Scalar>)> read);

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_SAMPLING_H
