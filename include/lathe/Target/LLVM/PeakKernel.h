//===- PeakKernel.h - A loop that does as much as the FMA units can ------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TARGET_LLVM_PEAKKERNEL_H
#define LATHE_TARGET_LLVM_PEAKKERNEL_H

#include "llvm/Support/Error.h"

#include <memory>

namespace llvm::orc {
class LLJIT;
}

namespace lathe {

/// A loop of fused multiplications and additions on f32 vectors, with as many
/// independent accumulators as hide the units' latency: what kernels are
/// measured against.
class PeakKernel {
public:
  /// On vectors of `lanes` elements.
  static llvm::Expected<std::unique_ptr<PeakKernel>> create(unsigned lanes);
  ~PeakKernel();

  void run(int64_t iterations) const { entry(iterations); }
  /// A multiplication and an addition count as one each.
  double getFlopsPerIteration() const { return flops; }

private:
  using Entry = float (*)(int64_t);
  PeakKernel(std::unique_ptr<llvm::orc::LLJIT> jit, Entry entry, double flops);

  std::unique_ptr<llvm::orc::LLJIT> jit;
  Entry entry;
  double flops;
};

} // namespace lathe

#endif // LATHE_TARGET_LLVM_PEAKKERNEL_H
