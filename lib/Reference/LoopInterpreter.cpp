//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Loops and memory: the reference model of computations stated as loops.
//
//===----------------------------------------------------------------------===//

#include "LoopInterpreter.h"
#include "Models.h"

#include "lathe/Dialect/Lathe/IR/LatheMemoryOps.h"
#include "lathe/Support/HostTensorAttr.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::reference;

SmallVector<Scalar> LoopInterpreter::get(ValueRange values) const {
  return llvm::map_to_vector(
      values, [&](Value value) { return scalars.lookup(value); });
}

void LoopInterpreter::set(ValueRange values, ArrayRef<Scalar> results) {
  for (auto [value, result] : llvm::zip_equal(values, results))
    scalars[value] = result;
}

FailureOr<SmallVector<Scalar>> LoopInterpreter::run(Block &block) {
  if (failed(takeStep(block.getParentOp())))
    return failure();
  for (Operation &op : block) {
    if (op.hasTrait<OpTrait::IsTerminator>())
      return get(op.getOperands());
    if (failed(execute(&op)))
      return failure();
  }
  return SmallVector<Scalar>();
}

LogicalResult LoopInterpreter::executeFor(Operation *op) {
  auto loop = cast<scf::ForOp>(op);
  SmallVector<Scalar> carried = get(loop.getInitArgs());
  int64_t upper = scalars.lookup(loop.getUpperBound()).integer;
  int64_t step = scalars.lookup(loop.getStep()).integer;
  for (int64_t i = scalars.lookup(loop.getLowerBound()).integer; i < upper;
       i += step) {
    scalars[loop.getInductionVar()].integer = i;
    set(loop.getRegionIterArgs(), carried);
    FailureOr<SmallVector<Scalar>> next = run(*loop.getBody());
    if (failed(next))
      return failure();
    carried = std::move(*next);
  }
  set(loop.getResults(), carried);
  return success();
}

LogicalResult LoopInterpreter::executeIf(Operation *op) {
  auto branch = cast<scf::IfOp>(op);
  bool condition = scalars.lookup(branch.getCondition()).integer != 0;
  Region &taken = condition ? branch.getThenRegion() : branch.getElseRegion();
  if (taken.empty())
    return success();
  FailureOr<SmallVector<Scalar>> results = run(taken.front());
  if (failed(results))
    return failure();
  set(branch.getResults(), *results);
  return success();
}

LogicalResult LoopInterpreter::executeWhile(Operation *op) {
  auto loop = cast<scf::WhileOp>(op);
  SmallVector<Scalar> carried = get(loop.getInits());
  while (true) {
    set(loop.getBeforeArguments(), carried);
    FailureOr<SmallVector<Scalar>> tested = run(*loop.getBeforeBody());
    if (failed(tested))
      return failure();
    // The first operand of scf.condition is whether to go on.
    ArrayRef<Scalar> passed = ArrayRef(*tested).drop_front();
    if (tested->front().integer == 0) {
      set(loop.getResults(), passed);
      return success();
    }
    set(loop.getAfterArguments(), passed);
    FailureOr<SmallVector<Scalar>> next = run(*loop.getAfterBody());
    if (failed(next))
      return failure();
    carried = std::move(*next);
  }
}

/// The number of an element in row-major order.
FailureOr<int64_t> LoopInterpreter::locate(Operation *op, Value memory,
                                           ValueRange indices) {
  const HostTensor *tensor = memories.lookup(memory);
  if (!tensor)
    return op->emitError("reads or writes memory that is not given");
  int64_t position = 0;
  for (auto [index, extent] : llvm::zip_equal(indices, tensor->getShape())) {
    int64_t i = scalars.lookup(index).integer;
    if (i < 0 || i >= extent)
      return op->emitError("index ")
             << i << " is not within a dimension of extent " << extent;
    position = position * extent + i;
  }
  return position;
}

LogicalResult LoopInterpreter::execute(Operation *op) {
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<scf::ForOp>([&](auto) { return executeFor(op); })
      .Case<scf::IfOp>([&](auto) { return executeIf(op); })
      .Case<scf::WhileOp>([&](auto) { return executeWhile(op); })
      .Case<memref::LoadOp>([&](auto load) -> LogicalResult {
        FailureOr<int64_t> position =
            locate(op, load.getMemRef(), load.getIndices());
        if (failed(position))
          return failure();
        const HostTensor &tensor = *memories.lookup(load.getMemRef());
        Scalar &result = scalars[load.getResult()];
        if (isFloat(tensor.getKind()))
          result.real = tensor.getDouble(*position);
        else
          result.integer = tensor.getInt(*position);
        return success();
      })
      .Case<memref::StoreOp>([&](auto store) -> LogicalResult {
        FailureOr<int64_t> position =
            locate(op, store.getMemRef(), store.getIndices());
        if (failed(position))
          return failure();
        HostTensor &tensor = *memories.lookup(store.getMemRef());
        Scalar value = scalars.lookup(store.getValueToStore());
        if (isFloat(tensor.getKind()))
          tensor.setDouble(*position, value.real);
        else
          tensor.setInt(*position, value.integer);
        return success();
      })
      .Default([&](Operation *) -> LogicalResult {
        std::optional<Scalar> result =
            op->getNumResults() == 1 && op->getNumRegions() == 0
                ? computeScalar(op, get(op->getOperands()))
                : std::nullopt;
        if (!result)
          return op->emitError("the reference evaluator does not know '")
                 << op->getName() << "' in loops";
        scalars[op->getResult(0)] = *result;
        return success();
      });
}

namespace {
struct LoopsModel : EvaluableOpInterface::ExternalModel<LoopsModel, LoopsOp> {
  LogicalResult evaluate(Operation *op, ArrayRef<HostTensor> operands,
                         SmallVectorImpl<HostTensor> &results) const {
    Block &body = cast<LoopsOp>(op).getBody().front();
    // Signless, as memory in the body is; then with the results' own types.
    std::vector<HostTensor> memory;
    for (BlockArgument argument : body.getArguments()) {
      auto type = cast<MemRefType>(argument.getType());
      ElementKind kind = getElementKind(type.getElementType()).value();
      unsigned i = argument.getArgNumber();
      memory.push_back(i < operands.size()
                           ? HostTensor::borrow(kind, type.getShape(),
                                                operands[i].getBytes())
                           : HostTensor(kind, type.getShape()));
    }
    LoopInterpreter interpreter;
    for (auto [argument, tensor] : llvm::zip(body.getArguments(), memory))
      interpreter.bind(argument, tensor);
    if (failed(interpreter.run(body)))
      return failure();
    for (OpResult result : op->getResults()) {
      auto type = cast<RankedTensorType>(result.getType());
      results.push_back(HostTensor::copyOf(
          getElementKind(type.getElementType()).value(), type.getShape(),
          memory[operands.size() + result.getResultNumber()].getBytes()));
    }
    return success();
  }
  bool takesStoredIntegers(Operation *) const { return true; }
};
} // namespace

void reference::registerLoopsModel(MLIRContext *context) {
  LoopsOp::attachInterface<LoopsModel>(*context);
}
