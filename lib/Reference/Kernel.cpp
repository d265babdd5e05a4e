//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The reference model of kernels: their bodies, run op by op.
//
//===----------------------------------------------------------------------===//

#include "Models.h"

#include "lathe/Reference/Evaluator.h"

using namespace mlir;
using namespace lathe;

namespace {
struct KernelModel
    : EvaluableOpInterface::ExternalModel<KernelModel, KernelOp> {
  LogicalResult evaluate(Operation *op, ArrayRef<HostTensor> operands,
                         SmallVectorImpl<HostTensor> &results) const {
    return evaluateBlock(cast<KernelOp>(op).getBody().front(), operands,
                         results);
  }
  bool takesStoredIntegers(Operation *) const { return true; }
};
} // namespace

void reference::registerKernelModels(MLIRContext *context) {
  KernelOp::attachInterface<KernelModel>(*context);
}
