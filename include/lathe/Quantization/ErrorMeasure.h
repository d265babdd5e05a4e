//===- ErrorMeasure.h - How far a model moved from its original -*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Measures that need no labels. A step of quantization is kept or rolled back
// by what they say of samples that it did not see.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_ERRORMEASURE_H
#define LATHE_QUANTIZATION_ERRORMEASURE_H

#include "lathe/Support/NamedTensors.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

namespace lathe {

/// The signal-to-noise ratio of values that stand for others.
class NoiseMeasure {
public:
  /// Adds the values of `actual`, and of the original at the same places;
  /// floats or integers of the same number of elements.
  void add(const HostTensor &actual, const HostTensor &original) {
    add(actual, original, 0, original.getNumElements());
  }
  /// The same for the elements from `begin` to before `end`, in row-major
  /// order.
  void add(const HostTensor &actual, const HostTensor &original, int64_t begin,
           int64_t end);

  double getSignal() const { return signal; } ///< sum of x^2
  double getNoise() const { return noise; }   ///< sum of (y - x)^2

  /// 10 log10(signal / noise): infinity without noise, minus infinity without a
  /// signal, and if there is any NaN or infinity in `actual` alone.
  double getDecibels() const;

private:
  double signal = 0, noise = 0;
};

/// The parts that a tensor is joined of, such as boxes and scores. Each of
/// `runs` begins at an element in row-major order, the first at 0, and ends
/// where the next one begins; a tensor of one part needs none.
struct TensorParts {
  struct Run {
    int64_t begin, part;
  };
  int64_t numParts = 1;
  llvm::SmallVector<Run> runs;
};

/// The signal-to-noise ratios of a model's outputs, or of their parts, so that
/// the large numbers of one do not hide another, for each of some samples, so
/// that a few extreme ones do not stand for all: what speech coding calls the
/// segmental ratio.
class OutputNoise {
public:
  /// `parts` has an entry for each output and outlives this, or is empty if
  /// each is one part.
  explicit OutputNoise(llvm::ArrayRef<TensorParts> parts = {}) : parts(parts) {}

  /// Adds what a model and its original made of one sample, in all calls the
  /// same outputs in the same order. An output whose extents depend on the data
  /// and came out others than the original's counts as zeros.
  void add(const NamedTensors &actual, const NamedTensors &original);

  /// The mean of the ratios of all samples' parts, of which none counts more
  /// than `mostDecibels`, so that one that nothing changes hides no other.
  double getDecibels() const;

  /// The noise of each part, those of the first output first, of each sample
  /// for a signal of 1.
  llvm::SmallVector<double, 1> getShares() const;

  /// About what the rounding to f32 leaves.
  static constexpr double mostDecibels = 150;

private:
  llvm::ArrayRef<TensorParts> parts;
  llvm::SmallVector<NoiseMeasure, 1> measures;
};

/// The ratio of a signal of 1 to `noise`, both squares, in dB, at most
/// OutputNoise::mostDecibels.
double toDecibels(double noise);

/// The mean ratio of parts whose noise for a signal of 1 is `shares`, in dB.
double getMeanDecibels(llvm::ArrayRef<double> shares);

/// How differently a classifier sees classes.
class DivergenceMeasure {
public:
  /// Adds classifications: the last dimension has an entry for each class. With
  /// `areLogits` the entries become probabilities by softmax, else they are
  /// probabilities, negative ones counting as 0.
  void add(const HostTensor &actual, const HostTensor &original,
           bool areLogits);

  int64_t getNumRows() const { return numRows; }
  /// The mean over all rows of the Kullback-Leibler divergence
  /// sum(p log(p / q)) in nats, p being the original and q the actual
  /// probabilities. 0 for no rows, infinite or NaN if an actual entry is.
  double getMeanDivergence() const;
  /// The share of rows in which the same class is the likeliest, of equals the
  /// first. 1 for no rows.
  double getAgreement() const;

private:
  double sum = 0;
  int64_t numRows = 0, numAgreeing = 0;
};

/// The signal-to-noise ratio of one tensor in decibels (see NoiseMeasure).
double computeSQNR(const HostTensor &actual, const HostTensor &original);

} // namespace lathe

#endif // LATHE_QUANTIZATION_ERRORMEASURE_H
