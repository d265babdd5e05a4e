//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_QUANTIZATION_MIXEDRANGES_H
#define LATHE_LIB_QUANTIZATION_MIXEDRANGES_H

#include "lathe/Quantization/TensorStatistics.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace lathe {

/// An output that joins tensors of very different ranges.
struct MixedOutput {
  unsigned number;
  /// The greatest magnitudes of the widest part and of the narrowest.
  double widest, narrowest;
};

/// The outputs of `model` whose parts one scale of 8 bits cannot hold: of one,
/// such as scores in [0, 1] beside boxes in [0, 640], four bits or fewer would
/// be left. `lookUp` gives what was observed of a value, or null.
llvm::SmallVector<MixedOutput> findMixedOutputs(
    mlir::func::FuncOp model,
    llvm::function_ref<const TensorStatistics *(mlir::Value)> lookUp);

} // namespace lathe

#endif // LATHE_LIB_QUANTIZATION_MIXEDRANGES_H
