//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_BLOCKSCALES_H
#define LATHE_QUANTIZATION_BLOCKSCALES_H

#include "lathe/Support/HostTensor.h"

namespace lathe {

/// Integers with a scale for each block of them.
struct BlockwiseTensor {
  /// i8 in [-8, 7].
  HostTensor integers;
  /// f16; the shape of the integers but for the dimension of the blocks, which
  /// has one element for each.
  HostTensor scales;
};

/// `real`, of f32, in blocks of `block` elements along dimension `axis`. The
/// scale of each has the least squared error of those that map its greatest
/// magnitude to between 5.5 and 8.5 steps, on the side of -8 or on that of 7.
BlockwiseTensor quantizeInBlocks(const HostTensor &real, int64_t axis,
                                 int64_t block);

} // namespace lathe

#endif // LATHE_QUANTIZATION_BLOCKSCALES_H
