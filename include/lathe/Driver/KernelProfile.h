//===- KernelProfile.h - What one call of a kernel does ---------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DRIVER_KERNELPROFILE_H
#define LATHE_DRIVER_KERNELPROFILE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <string>

namespace lathe {

/// What one call of a kernel does, on whatever machine.
struct KernelDescription {
  std::string name;       ///< of its function
  std::string nodes;      ///< ONNX nodes that it computes, fused ones included
  std::string shapes;     ///< of what it reads and writes
  int64_t macs = 0;       ///< multiplications with an addition
  int64_t products = 0;   ///< multiplications that are carried out for these
  int64_t elementOps = 0; ///< other operations on elements
  int64_t bytes = 0; ///< of the tensors that it reads and writes, weights too
  /// Whether it multiplies bytes.
  bool multipliesBytes = false;

  /// A multiplication and an addition count as one each.
  double getFlops() const {
    return 2.0 * static_cast<double>(macs) + static_cast<double>(elementOps);
  }
};

/// Reads it off the call and the attributes of its kernel, at the loop level.
KernelDescription describeKernel(mlir::func::CallOp call);

} // namespace lathe

#endif // LATHE_DRIVER_KERNELPROFILE_H
