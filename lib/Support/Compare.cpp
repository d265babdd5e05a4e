//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Support/Compare.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>
#include <limits>

using namespace lathe;
using llvm::ArrayRef;

template <typename T> static double getDifference(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    // Exact in 64 bits without a sign, whatever the integers are.
    return a > b ? double(uint64_t(a) - uint64_t(b))
                 : double(uint64_t(b) - uint64_t(a));
  } else {
    const double x = a, y = b;
    if (x == y || (std::isnan(x) && std::isnan(y)))
      return 0;
    return std::fabs(x - y);
  }
}

/// The largest magnitude among the finite elements of `values`.
template <typename T> static double getLargestMagnitude(ArrayRef<T> values) {
  double largest = 0;
  for (T value : values)
    if (std::isfinite(double(value)))
      largest = std::max(largest, std::fabs(double(value)));
  return largest;
}

/// Where the first of the largest elements stands; 0 if there are none.
template <typename T> static int64_t getLargestIndex(ArrayRef<T> values) {
  auto isLess = [](T a, T b) { return double(a) < double(b); };
  return std::max_element(values.begin(), values.end(), isLess) -
         values.begin();
}

/// How far outside the tolerance a difference is: negative inside. NaN, as
/// between a NaN and a number, is as far as can be.
static double getExcess(double difference, double allowed) {
  return std::isnan(difference) ? std::numeric_limits<double>::infinity()
                                : difference - allowed;
}

template <typename T>
static void compareElements(ArrayRef<T> actual, ArrayRef<T> expected,
                            Tolerance tolerance, Comparison &result) {
  const double absolute = tolerance.absolute * getLargestMagnitude<T>(expected);
  double worstExcess = -std::numeric_limits<double>::infinity();
  for (auto [index, a, b] : llvm::enumerate(actual, expected)) {
    const double difference = getDifference<T>(a, b);
    if (!(difference <= result.largest) && !std::isnan(result.largest))
      result.largest = difference;
    result.mean += difference / double(expected.size());
    const double magnitude = std::fabs(double(b));
    // An infinite reference allows no difference, rather than any.
    const double allowed =
        absolute +
        (std::isfinite(magnitude) ? tolerance.relative * magnitude : 0);
    const double excess = getExcess(difference, allowed);
    result.numFailed += excess > 0 && !tolerance.mean;
    if (excess <= worstExcess && result.worstIndex >= 0)
      continue;
    worstExcess = excess;
    result.worstIndex = index;
    result.actual = double(a);
    result.expected = double(b);
    result.difference = difference;
    result.allowed = allowed;
  }
}

/// The position of element `index` of the row-major order in `shape`.
static llvm::SmallVector<int64_t, 4> getPosition(int64_t index,
                                                 ArrayRef<int64_t> shape) {
  llvm::SmallVector<int64_t, 4> position(shape.size());
  for (size_t i = shape.size(); i-- > 0;) {
    position[i] = index % shape[i];
    index /= shape[i];
  }
  return position;
}

static void printType(llvm::raw_ostream &os, const HostTensor &tensor) {
  for (int64_t size : tensor.getShape())
    os << size << 'x';
  os << getName(tensor.getKind());
}

Comparison lathe::compare(const HostTensor &actual, const HostTensor &expected,
                          Tolerance tolerance) {
  Comparison result;
  if (actual.getKind() != expected.getKind() ||
      actual.getShape() != expected.getShape()) {
    llvm::raw_string_ostream os(result.incompatible);
    os << "it is ";
    printType(os, actual);
    os << ", and the reference ";
    printType(os, expected);
    return result;
  }
  result.numElements = actual.getNumElements();
  visitElementType(actual.getKind(), [&](auto zero) {
    using T = decltype(zero);
    ArrayRef<T> data = actual.data<T>(), reference = expected.data<T>();
    compareElements<T>(data, reference, tolerance, result);
    result.largestDiffers = tolerance.sameLargest &&
                            getLargestIndex(data) != getLargestIndex(reference);
  });
  result.allowedMean = tolerance.mean;
  if (result.worstIndex >= 0)
    result.worstPosition = getPosition(result.worstIndex, actual.getShape());
  return result;
}

void Comparison::print(llvm::raw_ostream &os) const {
  if (!incompatible.empty()) {
    os << "cannot be compared: " << incompatible;
    return;
  }
  if (numFailed)
    os << numFailed << " of " << numElements << " elements differ";
  else if (largestDiffers)
    os << "the largest element is another one";
  else
    os << (passed() ? "ok" : "the elements differ");
  if (allowedMean)
    os << llvm::format(", mean difference %.3g of %.3g allowed", mean,
                       *allowedMean);
  if (worstIndex < 0 || allowedMean)
    return;
  os << ", worst at [";
  llvm::interleaveComma(worstPosition, os);
  os << llvm::format("]: %.9g for %.9g, difference %.3g of %.3g allowed",
                     actual, expected, difference, allowed);
}
