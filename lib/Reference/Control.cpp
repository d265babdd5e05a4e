//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The reference models of conditionals and loops.
//
//===----------------------------------------------------------------------===//

#include "Models.h"
#include "Quantized.h"

#include "lathe/Dialect/Lathe/IR/LatheMemoryOps.h"
#include "lathe/Reference/Evaluator.h"
#include "lathe/Support/HostTensorAttr.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::reference;

/// Runs the function called `body`.
static LogicalResult runBody(Operation *op, FlatSymbolRefAttr body,
                             ArrayRef<HostTensor> inputs,
                             SmallVectorImpl<HostTensor> &results) {
  auto function = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(op, body);
  if (!function || !function.getBody().hasOneBlock())
    return op->emitOpError() << body << " is no function of one block";
  return evaluateBlock(function.getBody().front(), inputs, results);
}

namespace {

struct IfModel : EvaluableOpInterface::ExternalModel<IfModel, IfOp> {
  LogicalResult evaluate(Operation *op, ArrayRef<HostTensor> operands,
                         SmallVectorImpl<HostTensor> &results) const {
    auto branch = cast<IfOp>(op);
    ArrayRef<HostTensor> inputs = operands.drop_front();
    size_t numThen = branch.getThenInputs().size();
    return operands[0].getInt(0) != 0
               ? runBody(op, branch.getThenBodyAttr(),
                         inputs.take_front(numThen), results)
               : runBody(op, branch.getElseBodyAttr(),
                         inputs.drop_front(numThen), results);
  }
  bool takesStoredIntegers(Operation *) const { return true; }
};

/// The state of one loop.
class LoopRun {
public:
  LoopRun(LoopOp op, ArrayRef<HostTensor> operands) : op(op) {
    auto take = [&](size_t count) {
      ArrayRef<HostTensor> taken = operands.take_front(count);
      operands = operands.drop_front(count);
      return taken;
    };
    tripCount = take(op.getTripCount() ? 1 : 0);
    condition = take(op.getCondition() ? 1 : 0);
    scanned = take(op.getScanned().size());
    carried = llvm::to_vector(take(op.getInitial().size()));
    captured = operands;
    for (Value result : op.getStacked()) {
      auto type = cast<RankedTensorType>(result.getType());
      stacked.emplace_back(getStorageKind(type.getElementType()).value(),
                           type.getShape());
    }
  }

  LogicalResult run(SmallVectorImpl<HostTensor> &results) {
    int64_t limit = op.getBound().value_or(std::numeric_limits<int64_t>::max());
    if (!tripCount.empty())
      limit = std::min(limit, tripCount[0].getInt(0));
    bool goesOn = condition.empty() || condition[0].getInt(0) != 0;
    for (int64_t i = 0; i < limit && goesOn; ++i) {
      FailureOr<bool> next = runIteration(i);
      if (failed(next))
        return failure();
      goesOn = *next;
    }
    results.append(carried.begin(), carried.end());
    results.append(stacked.begin(), stacked.end());
    return success();
  }

private:
  static size_t getRowBytes(const HostTensor &rows) {
    return rows.getSizeInBytes() / rows.getShape()[0];
  }

  HostTensor getSlice(unsigned index, int64_t i) {
    const HostTensor &rows = scanned[index];
    if (op.isReversedInput(index))
      i = *op.getBound() - 1 - i;
    size_t bytes = getRowBytes(rows);
    return HostTensor::copyOf(rows.getKind(), rows.getShape().drop_front(),
                              rows.getBytes().slice(i * bytes, bytes));
  }

  void setElement(unsigned index, int64_t i, const HostTensor &element) {
    HostTensor &rows = stacked[index];
    if (op.isReversedOutput(index))
      i = *op.getBound() - 1 - i;
    llvm::copy(element.getBytes(),
               rows.getMutableBytes().begin() + i * getRowBytes(rows));
  }

  /// Whether there is a next iteration, as far as the condition goes.
  FailureOr<bool> runIteration(int64_t i) {
    SmallVector<HostTensor> inputs, outputs;
    if (failed(takeStep(op)))
      return failure();
    for (unsigned index = 0; index < scanned.size(); ++index)
      inputs.push_back(getSlice(index, i));
    inputs.append(carried.begin(), carried.end());
    inputs.append(captured.begin(), captured.end());
    if (failed(runBody(op, op.getBodyAttr(), inputs, outputs)))
      return failure();
    ArrayRef<HostTensor> rest = outputs;
    bool goesOn = condition.empty() || rest.front().getInt(0) != 0;
    rest = rest.drop_front(condition.size());
    carried.assign(rest.begin(), rest.begin() + carried.size());
    rest = rest.drop_front(carried.size());
    for (auto [index, element] : llvm::enumerate(rest))
      setElement(index, i, element);
    return goesOn;
  }

  LoopOp op;
  ArrayRef<HostTensor> tripCount, condition, scanned, captured;
  SmallVector<HostTensor> carried, stacked;
};

struct LoopModel : EvaluableOpInterface::ExternalModel<LoopModel, LoopOp> {
  LogicalResult evaluate(Operation *op, ArrayRef<HostTensor> operands,
                         SmallVectorImpl<HostTensor> &results) const {
    return LoopRun(cast<LoopOp>(op), operands).run(results);
  }
  bool takesStoredIntegers(Operation *) const { return true; }
};

} // namespace

void reference::registerControlModels(MLIRContext *context) {
  IfOp::attachInterface<IfModel>(*context);
  LoopOp::attachInterface<LoopModel>(*context);
}
