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

/// A loop of multiplications with an addition on vectors, with as many
/// independent accumulators as hide the units' latency: what kernels are
/// measured against.
class PeakKernel {
public:
  /// What is multiplied and added.
  enum class Kind {
    Floats,
    /// Four bytes for each lane of 32 bits, by an instruction that the host
    /// must have.
    Bytes
  };

  /// On vectors of `lanes` sums.
  static llvm::Expected<std::unique_ptr<PeakKernel>> create(unsigned lanes,
                                                            Kind kind);
  ~PeakKernel();

  void run(int64_t iterations) const { entry(iterations); }
  /// A multiplication and an addition count as one each.
  double getOpsPerIteration() const { return ops; }

private:
  using Entry = void (*)(int64_t);
  PeakKernel(std::unique_ptr<llvm::orc::LLJIT> jit, Entry entry, double ops);

  std::unique_ptr<llvm::orc::LLJIT> jit;
  Entry entry;
  double ops;
};

} // namespace lathe

#endif // LATHE_TARGET_LLVM_PEAKKERNEL_H
