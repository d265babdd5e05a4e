//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_OUTPUTPARTS_H
#define LATHE_QUANTIZATION_OUTPUTPARTS_H

#include "lathe/Quantization/ErrorMeasure.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace lathe {

/// The values that `value` is joined of, moved at most; itself if it is not
/// joined. One that is there several times is so in the result.
llvm::SmallVector<mlir::Value> getJoinedValues(mlir::Value value);

/// The parts of each output of `model`, which is at the graph level: what its
/// last concatenations join. An output whose extents are not known is one part.
std::vector<TensorParts> findOutputParts(mlir::func::FuncOp model);

} // namespace lathe

#endif // LATHE_QUANTIZATION_OUTPUTPARTS_H
