//===- TestValues.h - Distributions as NumPy makes them ---------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_UNITTESTS_QUANTIZATION_TESTVALUES_H
#define LATHE_UNITTESTS_QUANTIZATION_TESTVALUES_H

#include <cmath>
#include <vector>

namespace lathe {

/// The Laplace distribution's quantiles at u = (i + 0.5) / n for i < n:
///   x = where(u < 0.5, log(2 * u), -log(2 * (1 - u))).astype(float32)
inline std::vector<float> makeLaplace(int n = 20000) {
  std::vector<float> values;
  for (int i = 0; i < n; ++i) {
    double u = (i + 0.5) / n;
    values.push_back(
        static_cast<float>(u < 0.5 ? std::log(2 * u) : -std::log(2 * (1 - u))));
  }
  return values;
}

/// Those of the exponential distribution: x = -log1p(-u).astype(float32)
inline std::vector<float> makeExponential(int n = 20000) {
  std::vector<float> values;
  for (int i = 0; i < n; ++i)
    values.push_back(static_cast<float>(-std::log1p(-(i + 0.5) / n)));
  return values;
}

} // namespace lathe

#endif // LATHE_UNITTESTS_QUANTIZATION_TESTVALUES_H
