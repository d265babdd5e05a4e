//===- UnitNoise.h - What units in 8 bits do to the outputs -----*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_PLAN_UNITNOISE_H
#define LATHE_LIB_PLAN_UNITNOISE_H

#include "lathe/Partition/PlacementProblem.h"
#include "lathe/Plan/ModelUnits.h"
#include "lathe/Quantization/PrecisionStudy.h"

namespace lathe {

/// The noise of units, and of tensors that cross between devices in 8 bits, as
/// a sum that the engine can limit.
class UnitNoise {
public:
  /// `units` are those of the study's model. Measures nothing yet.
  UnitNoise(PrecisionStudy &study, const ModelUnits &units);

  /// Whether unit `unit` can be in 8 bits: it reads an activation that may be.
  bool isQuantizable(unsigned unit) const { return !valuesOf[unit].empty(); }
  /// The activation of the study's plan that tensor `tensor` is, moved at most.
  std::optional<unsigned> findValue(unsigned tensor) const {
    return valueOf[tensor];
  }

  /// Measures what each unit does alone, and each tensor.
  llvm::Error measure(llvm::function_ref<void(int64_t, int64_t)> progress);

  /// The mask with these units and tensors in 8 bits.
  PrecisionMask getMask(const llvm::SmallBitVector &units,
                        const llvm::SmallBitVector &tensors) const;

  /// Lets the sum be near to the noise of models like the one whose noise of
  /// parts is `shares`, simulated, and altogether `noise`. What is limited is
  /// the geometric mean of the parts' noise: a concave function, so it is at
  /// most what its tangent says, which is a sum over units.
  void linearize(llvm::ArrayRef<double> shares, double noise);

  /// Multiplies the sum.
  void scale(double factor);

  /// Gives the nodes of `problem` and its codecs of 8 bits their noise.
  void addTo(partition::PlacementProblem &problem) const;

private:
  double getNoise(llvm::ArrayRef<double> shares) const;
  void addShared(partition::PlacementProblem &problem) const;

  PrecisionStudy &study;
  /// Of each unit, which values it reads and which layers it has.
  std::vector<llvm::SmallVector<unsigned, 2>> valuesOf, layersOf;
  /// The units that read each value.
  std::vector<llvm::SmallVector<unsigned, 2>> readersOf;
  /// Of each tensor.
  std::vector<std::optional<unsigned>> valueOf;
  /// The noise of each part with one unit alone, and with one value; empty for
  /// what cannot be, or shares nothing.
  std::vector<llvm::SmallVector<double, 1>> unitShares, valueShares;
  /// What the noise of each part of what was measured alone counts.
  llvm::SmallVector<double, 1> weights;
};

/// The geometric mean over parts, above 0.
double getMeanNoise(llvm::ArrayRef<double> shares);

} // namespace lathe

#endif // LATHE_LIB_PLAN_UNITNOISE_H
