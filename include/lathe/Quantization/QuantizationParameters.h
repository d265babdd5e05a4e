//===- QuantizationParameters.h - Integers for real numbers -----*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_QUANTIZATIONPARAMETERS_H
#define LATHE_QUANTIZATION_QUANTIZATIONPARAMETERS_H

#include "lathe/Support/HostTensor.h"
#include "lathe/Support/TensorQuantization.h"
#include <vector>

namespace lathe {

/// Which integers a tensor becomes.
struct QuantizedStorage {
  int64_t low = -128, high = 127;
  /// Whether the zero point is 0.
  bool symmetric = false;

  int64_t getNumLevels() const { return high - low + 1; }
  unsigned getNumBits() const { return high > 127 ? 16 : 8; }

  /// That of constants beside such activations: of as many bits, symmetric in
  /// value too.
  constexpr QuantizedStorage forConstants() const {
    return {-high, high, true};
  }

  /// Activations of 8 bits.
  static constexpr QuantizedStorage int8() { return {-128, 127, false}; }
  /// Activations of 16 bits beside weights of 8.
  static constexpr QuantizedStorage int16() { return {-32768, 32767, true}; }
  /// Weights. Without -128 a product with any other 8-bit integer negates into
  /// the same bits.
  static constexpr QuantizedStorage int8Weights() { return {-127, 127, true}; }
};

/// No scale is below this, so that the product of two is a normal f32.
inline constexpr double leastScale = 0x1p-60;

/// The parameters with which `range`, widened to hold 0, is what the integers
/// stand for: exactly if it is symmetric, else up to the rounding of the zero
/// point, so that 0 is exact. A range of nothing but 0 gets the scale 1.
QuantizationParameters getParameters(RealInterval range,
                                     const QuantizedStorage &storage);

/// How the range of a channel's weights is chosen.
enum class WeightRange {
  Max, ///< the greatest magnitude is the greatest integer
  MSE  ///< of the least mean squared error
};

/// A scale for each channel of `weights`, floats whose last dimension is the
/// channels. Where these lie on a grid of few enough steps, as those of a model
/// that was quantized before, that is its step. A channel of zeros gets the
/// greatest scale of the others, or 1 if there are none.
std::vector<double> getWeightScales(const HostTensor &weights,
                                    const QuantizedStorage &storage,
                                    WeightRange method);

/// The least scale of a channel's weights with which its bias, in integers of
/// `inputScale` times that scale, leaves one of 32 bits room for as much again.
double getLeastWeightScale(double bias, double inputScale);

} // namespace lathe

#endif // LATHE_QUANTIZATION_QUANTIZATIONPARAMETERS_H
