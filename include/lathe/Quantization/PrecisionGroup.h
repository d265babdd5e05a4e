//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What changes its precision together.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_PRECISIONGROUP_H
#define LATHE_QUANTIZATION_PRECISIONGROUP_H

#include "lathe/Quantization/QuantizeGraph.h"

#include "llvm/Support/Error.h"

namespace lathe {

/// What activations, and the layers that read them, are computed in.
enum class Precision {
  Int8,       ///< activations and weights of 8 bits
  Int16,      ///< activations of 16 bits, weights of 8
  Float,      ///< both as they were
  Int4Weights ///< weights of 4 bits, computed in float
};

inline constexpr Precision allPrecisions[] = {Precision::Int8, Precision::Int16,
                                              Precision::Float,
                                              Precision::Int4Weights};

/// "int8", "int16", "float", "int4-weights".
llvm::StringRef getName(Precision precision);

/// The precision of that name; an error lists the names.
llvm::Expected<Precision> parsePrecision(llvm::StringRef name);

/// Activations with the same parameters, and the layers that read them.
struct PrecisionGroup {
  /// Their places among the values of the plan.
  llvm::SmallVector<size_t, 1> values;
  /// The ops that multiply one of them, moved at most, by constant weights.
  llvm::SmallVector<WeightedOpInterface, 1> layers;
  /// The multiplications of all ops that read one of them.
  int64_t macs = 0;
  /// The elements of the activations.
  int64_t numElements = 0;

  int64_t countWeights() const;
};

/// The groups of the values of `plan`, each value being in one; in the order of
/// their first values.
std::vector<PrecisionGroup> getPrecisionGroups(const QuantizationPlan &plan);

/// The ops that read each value of `plan`, behind those that only move it up to
/// the next one.
std::vector<llvm::SmallVector<mlir::Operation *>>
getReaders(const QuantizationPlan &plan);

/// What noise a group makes at the outputs, and what it costs to spare it.
struct GroupNoise {
  /// Of each part of the outputs of each sample for a signal of 1, when this
  /// group alone is quantized.
  llvm::ArrayRef<double> shares;
  int64_t macs;
};

/// The groups that most of the noise comes from, were it additive: one after
/// the other is spared that gains most, the mean over the parts in dB, as long
/// as it gains half a dB and all together have no more than `mostMACs`. In
/// ascending order.
llvm::SmallVector<size_t> findDominantGroups(llvm::ArrayRef<GroupNoise> groups,
                                             int64_t mostMACs);

} // namespace lathe

#endif // LATHE_QUANTIZATION_PRECISIONGROUP_H
