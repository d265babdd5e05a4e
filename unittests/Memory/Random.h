//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Numbers for random instances that are the same with any standard library.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_UNITTESTS_MEMORY_RANDOM_H
#define LATHE_UNITTESTS_MEMORY_RANDOM_H

#include <random>

namespace lathe::test {

class Random {
public:
  explicit Random(unsigned seed) : engine(seed) {}

  /// From `low` to `high`, both included.
  unsigned get(unsigned low, unsigned high) {
    return low + engine() % (high - low + 1);
  }
  bool oneIn(unsigned n) { return get(1, n) == 1; }

private:
  std::mt19937 engine;
};

} // namespace lathe::test

#endif // LATHE_UNITTESTS_MEMORY_RANDOM_H
