//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_UNITTESTS_EVALUATION_PSEUDORANDOM_H
#define LATHE_UNITTESTS_EVALUATION_PSEUDORANDOM_H

#include <cstdint>

/// Numbers that a few lines of Python repeat, so that other programs can
/// compute what is expected:
///   state = (state * 1103515245 + 12345) & 0x7fffffff; number = state >> 16
class PseudoRandom {
public:
  explicit PseudoRandom(uint32_t seed) : state(seed) {}

  int64_t below(int64_t limit) {
    state = (state * 1103515245u + 12345u) & 0x7fffffffu;
    return int64_t(state >> 16) % limit;
  }

private:
  uint32_t state;
};

#endif // LATHE_UNITTESTS_EVALUATION_PSEUDORANDOM_H
