//===- Profiler.h - Where the time of a model goes -----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DRIVER_PROFILER_H
#define LATHE_DRIVER_PROFILER_H

#include "lathe/Driver/Compiler.h"
#include "lathe/Driver/KernelProfile.h"
#include "lathe/Support/NamedTensors.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace lathe {

/// What one call of a kernel does, and how long it takes.
struct KernelProfile : KernelDescription {
  double seconds = 0; ///< median over the runs
};

struct ModelProfile {
  std::vector<KernelProfile> kernels; ///< in the order they run
  double seconds = 0;                 ///< median of the whole model
  unsigned numRuns = 0;
};

/// What this processor can do at most.
struct MachinePeaks {
  double flops = 0; ///< f32 operations a second, one thread
  /// Operations a second on bytes, one thread; 0 without an instruction for
  /// their dot products.
  double byteOps = 0;
  double bandwidth = 0; ///< bytes a second that one thread reads from memory

  /// What `kernel` can be measured by.
  double getOpsFor(const KernelProfile &kernel) const {
    return kernel.multipliesBytes && byteOps > 0 ? byteOps : flops;
  }
};

struct ProfileOptions {
  CodeOptions code;
  double seconds = 1; ///< how long to run the model
};

/// Compiles the model of `module`, at the graph level, for this processor, runs
/// it on `inputs`, or without any on pseudo-random ones, and measures each
/// kernel. The clock is read behind each, which costs some 20 ns.
llvm::Expected<ModelProfile> profileModel(mlir::ModuleOp module,
                                          const NamedTensors &inputs,
                                          const ProfileOptions &options);

/// Measures the peaks with one thread: independent fused multiplications and
/// additions in the widest vectors, and a sum over more than any cache holds.
llvm::Expected<MachinePeaks> measurePeaks();

} // namespace lathe

#endif // LATHE_DRIVER_PROFILER_H
