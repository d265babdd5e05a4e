//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_NOISEMODEL_H
#define LATHE_QUANTIZATION_NOISEMODEL_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallBitVector.h"
#include <optional>
#include <vector>

namespace lathe {

/// A measured noise: which of some layers were quantized, and what that gave.
struct NoiseSample {
  llvm::SmallBitVector quantized;
  double noise = 0;
};

/// The noise at a model's outputs as a polynomial of which layers are
/// quantized, q_i being 0 or 1: the sum of c_i q_i, of degree 2 also of
/// c_ij q_i q_j, of degree 3 also of c_ijk q_i q_j q_k. 0 if none is.
class NoiseModel {
public:
  struct Term {
    llvm::SmallVector<unsigned, 3> layers; ///< in ascending order
    double coefficient;
  };

  /// Fits one of `degree` 1 to 3 to `samples` by least squares, with a little
  /// of the squares of the coefficients, so that more terms than samples do no
  /// harm. None without samples, or if no layers are there.
  static std::optional<NoiseModel> fit(llvm::ArrayRef<NoiseSample> samples,
                                       unsigned degree);

  double predict(const llvm::SmallBitVector &quantized) const;

  /// The share of the variance of `samples` that is explained, R^2: 1 at best,
  /// below 0 if their mean would do better. None if all are equal.
  std::optional<double> computeR2(llvm::ArrayRef<NoiseSample> samples) const;

  unsigned getDegree() const { return degree; }
  /// By their number of layers, then by the layers.
  llvm::ArrayRef<Term> getTerms() const { return terms; }

private:
  unsigned degree = 1;
  std::vector<Term> terms;
};

} // namespace lathe

#endif // LATHE_QUANTIZATION_NOISEMODEL_H
