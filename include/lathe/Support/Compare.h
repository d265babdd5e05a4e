//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Comparison of a computed tensor with a reference, within a tolerance.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_SUPPORT_COMPARE_H
#define LATHE_SUPPORT_COMPARE_H

#include "lathe/Support/HostTensor.h"
#include <string>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace lathe {

/// How far an element `a` may lie from the element `b` of the reference `ref`:
/// |a - b| <= absolute * max|ref| + relative * |b|, the maximum being over the
/// finite elements of the reference.
struct Tolerance {
  double relative = 0;
  double absolute = 0;
  /// Bounds the mean of |a - b| over all elements instead of each of them:
  /// networks of integers may differ in a few, where roundings differ.
  std::optional<double> mean = std::nullopt;
  /// Whether the largest element must be the same one, as with the class that
  /// a classifier chooses. Of equal elements the first counts.
  bool sameLargest = false;
};

/// The outcome of a comparison.
struct Comparison {
  /// Why the tensors cannot be compared element by element; empty if they can.
  std::string incompatible;
  int64_t numElements = 0;
  /// How many elements lie outside the tolerance; none where only the mean is
  /// bounded.
  int64_t numFailed = 0;
  /// The largest |a - b|; NaN where just one is NaN.
  double largest = 0;
  /// The mean of |a - b|, and the bound if there is one.
  double mean = 0;
  std::optional<double> allowedMean;
  /// Whether the largest element is another one, although it must not be.
  bool largestDiffers = false;
  /// The element that lies furthest outside the tolerance, or nearest to
  /// leaving it, counted in row-major order; -1 for a tensor without elements.
  int64_t worstIndex = -1;
  llvm::SmallVector<int64_t, 4> worstPosition;
  /// The values of the worst element.
  double actual = 0;
  double expected = 0;
  /// |actual - expected| of the worst element (for integers rounded once from
  /// the exact difference; NaN where just one is NaN) and what was allowed.
  double difference = 0;
  double allowed = 0;

  bool passed() const {
    return incompatible.empty() && numFailed == 0 && !largestDiffers &&
           (!allowedMean || mean <= *allowedMean);
  }

  /// In one line: "ok, worst at [0, 3]: 1.0001 for 1, difference …".
  void print(llvm::raw_ostream &os) const;
};

/// Compares `actual` with `expected`, which must have the same shape and kind
/// of element. NaN equals NaN, an infinity the same infinity. Integers are
/// subtracted exactly.
Comparison compare(const HostTensor &actual, const HostTensor &expected,
                   Tolerance tolerance);

} // namespace lathe

#endif // LATHE_SUPPORT_COMPARE_H
