//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Discrete Fourier transforms.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_FOURIER_H
#define LATHE_LIB_FRONTEND_ONNX_FOURIER_H

#include "NodeContext.h"

namespace lathe::frontend {

/// A discrete Fourier transform of `length` points.
struct Fourier {
  int64_t length;
  /// Towards time, divided by the length.
  bool isInverse = false;
  /// Half of the spectrum is left out, since it mirrors the other: in the
  /// results, or for an inverse one in the input, and the results are real.
  bool isOneSided = false;

  int64_t getHalf() const { return length / 2 + 1; }
  /// How many points the transform reads at most, and how many it has.
  int64_t getNumInputs() const {
    return isOneSided && isInverse ? getHalf() : length;
  }
  int64_t getNumOutputs() const {
    return isOneSided && !isInverse ? getHalf() : length;
  }
  /// 2 for complex results, whose parts lie side by side, 1 for real ones.
  int64_t getNumParts() const { return isOneSided && isInverse ? 1 : 2; }
};

/// The transform of each row of `rows` [batch, points, parts], whose points are
/// cut off or followed by zeros where they are not as many as it reads. The
/// result is [batch, outputs, parts]. Null after an error.
mlir::Value createFourier(NodeContext &node, mlir::Value rows,
                          const Fourier &transform);

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_FOURIER_H
