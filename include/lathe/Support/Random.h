//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Numbers for random instances that are the same with any standard library:
// the engine is fixed by the standard, its distributions are not.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_SUPPORT_RANDOM_H
#define LATHE_SUPPORT_RANDOM_H

#include <random>

namespace lathe {

class Random {
public:
  explicit Random(unsigned seed) : engine(seed) {}

  /// From `low` to `high`, both included.
  unsigned get(unsigned low, unsigned high) {
    return low + engine() % (high - low + 1);
  }
  bool oneIn(unsigned n) { return get(1, n) == 1; }
  /// At least `low` and less than `high`.
  double getReal(double low, double high) {
    return low + (high - low) * (engine() / 4294967296.0);
  }

private:
  std::mt19937 engine;
};

} // namespace lathe

#endif // LATHE_SUPPORT_RANDOM_H
