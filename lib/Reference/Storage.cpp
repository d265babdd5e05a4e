//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reference models of what expands stored numbers.
//
//===----------------------------------------------------------------------===//

#include "Models.h"

#include "lathe/Dialect/Lathe/IR/LatheStorageOps.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::reference;

namespace {

struct DequantizeBlocksModel
    : EvaluableOpInterface::ExternalModel<DequantizeBlocksModel,
                                          DequantizeBlocksOp> {
  LogicalResult evaluate(Operation *op, ArrayRef<HostTensor> operands,
                         SmallVectorImpl<HostTensor> &results) const {
    auto blocks = cast<DequantizeBlocksOp>(op);
    ArrayRef<int64_t> shape = operands[0].getShape();
    auto axis = static_cast<int64_t>(blocks.getAxis());
    auto block = static_cast<int64_t>(blocks.getBlock());
    int64_t extent = shape[axis];
    int64_t count = operands[1].getShape()[axis];
    int64_t inner = ShapedType::getNumElements(shape.drop_front(axis + 1));
    ArrayRef<int8_t> stored = operands[0].data<int8_t>();
    HostTensor result = makeResult(op->getResult(0));
    MutableArrayRef<float> real = result.mutableData<float>();
    for (size_t i = 0; i < real.size(); ++i) {
      auto at = static_cast<int64_t>(i);
      int64_t along = at / inner % extent, outer = at / inner / extent;
      double scale = operands[1].getDouble(
          (outer * count + along / block) * inner + at % inner);
      real[i] = static_cast<float>(scale * stored[i]);
    }
    results.push_back(std::move(result));
    return success();
  }
};

} // namespace

void reference::registerStorageModels(MLIRContext *context) {
  DequantizeBlocksOp::attachInterface<DequantizeBlocksModel>(*context);
}
