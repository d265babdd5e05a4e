//===- LineSearch.cpp - Minimize a function of one variable ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LineSearch.h"

#include <algorithm>

using namespace lathe;

double lathe::minimizeOnInterval(llvm::function_ref<double(double)> cost,
                                 double low, double high, int gridSteps,
                                 int goldenSteps) {
  double best = high, bestCost = cost(high);
  auto probe = [&](double x) {
    double value = cost(x);
    if (value < bestCost) {
      best = x;
      bestCost = value;
    }
    return value;
  };
  const double step = (high - low) / gridSteps;
  for (int i = 1; i <= gridSteps; ++i)
    probe(high - i * step);

  constexpr double ratio = 0.6180339887498949; // (sqrt(5) - 1) / 2
  double left = std::max(best - step, low), right = std::min(best + step, high);
  double a = right - ratio * (right - left), b = left + ratio * (right - left);
  double costOfA = probe(a), costOfB = probe(b);
  for (int i = 0; i < goldenSteps; ++i) {
    if (costOfA < costOfB) {
      right = b;
      b = a;
      costOfB = costOfA;
      a = right - ratio * (right - left);
      costOfA = probe(a);
    } else {
      left = a;
      a = b;
      costOfA = costOfB;
      b = left + ratio * (right - left);
      costOfB = probe(b);
    }
  }
  return best;
}
