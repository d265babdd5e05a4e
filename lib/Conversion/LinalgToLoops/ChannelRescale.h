//===- ChannelRescale.h - Requantization behind a product -------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_CONVERSION_LINALGTOLOOPS_CHANNELRESCALE_H
#define LATHE_LIB_CONVERSION_LINALGTOLOOPS_CHANNELRESCALE_H

#include "KernelLoops.h"

namespace lathe {

/// All that a kernel computes of the sums of its root, a product whose channels
/// come last: each is rescaled by its channel's factor, limited and stored as a
/// byte.
struct ChannelRescale {
  mlir::Value factors; ///< [channels] of i32
  mlir::Value target;  ///< dense memory of the root's shape
  int64_t zeroPoint, low, high;

  /// None if the kernel computes anything else.
  static std::optional<ChannelRescale> match(const KernelBody &body,
                                             mlir::Value root);
};

} // namespace lathe

#endif // LATHE_LIB_CONVERSION_LINALGTOLOOPS_CHANNELRESCALE_H
