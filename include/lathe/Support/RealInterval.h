//===- RealInterval.h - Numbers between two ends ----------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_SUPPORT_REALINTERVAL_H
#define LATHE_SUPPORT_REALINTERVAL_H

#include <algorithm>
#include <limits>

namespace lathe {

/// Real numbers from `low` to `high`, both included.
struct RealInterval {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();

  double getWidth() const { return high - low; }
  double getMagnitude() const { return std::max(-low, high); }

  /// What lies in both.
  RealInterval intersect(const RealInterval &other) const {
    return {std::max(low, other.low), std::min(high, other.high)};
  }
  /// The least interval that holds both.
  RealInterval unite(const RealInterval &other) const {
    return {std::min(low, other.low), std::max(high, other.high)};
  }
};

} // namespace lathe

#endif // LATHE_SUPPORT_REALINTERVAL_H
