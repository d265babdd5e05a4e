//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Walks over ops, hands their operands to their reference models, and frees
// what no later op reads.
//
//===----------------------------------------------------------------------===//

#include "lathe/Reference/Evaluator.h"

#include "Models.h"
#include "Quantized.h"
#include "lathe/Reference/EvaluableOpInterface.h"

#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::reference;

static thread_local uint64_t remainingSteps =
    std::numeric_limits<uint64_t>::max();

EvaluationLimit::EvaluationLimit(uint64_t steps)
    : outer(std::exchange(remainingSteps, steps)) {}

EvaluationLimit::~EvaluationLimit() { remainingSteps = outer; }

LogicalResult reference::takeStep(Operation *op) {
  if (remainingSteps == 0)
    return op->emitError("takes more steps to evaluate than are allowed");
  --remainingSteps;
  return success();
}

/// Whether values of `type` are tensors that can be computed.
static bool isEvaluableType(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.hasStaticShape() &&
         getNumElements(tensor.getShape()) &&
         getStorageKind(tensor.getElementType());
}

/// Whether `tensor` is a value of `type`.
static bool hasType(const HostTensor &tensor, Type type) {
  auto expected = cast<RankedTensorType>(type);
  return tensor.getKind() == getStorageKind(expected.getElementType()) &&
         tensor.getShape() == expected.getShape();
}

bool lathe::isEvaluable(Operation *op) {
  return isa<EvaluableOpInterface>(op) &&
         llvm::all_of(op->getOperandTypes(), isEvaluableType) &&
         llvm::all_of(op->getResultTypes(), isEvaluableType);
}

LogicalResult lathe::evaluateOp(Operation *op, ArrayRef<HostTensor> operands,
                                SmallVectorImpl<HostTensor> &results) {
  auto model = dyn_cast<EvaluableOpInterface>(op);
  if (!model)
    return op->emitError("the reference evaluator does not know '")
           << op->getName() << "'";
  if (!isEvaluable(op))
    return op->emitError("the reference evaluator cannot represent the types "
                         "of '")
           << op->getName() << "'";
  if (model.takesStoredIntegers())
    return model.evaluate(operands, results);

  SmallVector<HostTensor> realOperands, realResults;
  for (auto [operand, type] : llvm::zip(operands, op->getOperandTypes()))
    realOperands.push_back(dequantize(operand, cast<RankedTensorType>(type)));
  if (failed(model.evaluate(realOperands, realResults)))
    return failure();
  for (auto [result, type] : llvm::zip(realResults, op->getResultTypes()))
    results.push_back(quantize(result, cast<RankedTensorType>(type)));
  return success();
}

std::optional<HostTensor> lathe::evaluateConstant(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || !isEvaluable(op) || !isMemoryEffectFree(op))
    return std::nullopt;
  SmallVector<HostTensor> operands, results;
  for (Value operand : op->getOperands()) {
    std::optional<HostTensor> known = evaluateConstant(operand);
    if (!known)
      return std::nullopt;
    operands.push_back(std::move(*known));
  }
  if (failed(evaluateOp(op, operands, results)))
    return std::nullopt;
  return results[cast<OpResult>(value).getResultNumber()];
}

namespace {
/// The tensors of a block that are still to be read.
class LiveTensors {
public:
  /// Keeps `tensor` for the uses of `value`.
  void define(Value value, const HostTensor &tensor) {
    if (int64_t uses = std::distance(value.use_begin(), value.use_end()))
      live.try_emplace(value, Entry{tensor, uses});
  }

  /// Reads `value` for one of its uses, and drops it after the last.
  HostTensor use(Value value) {
    auto found = live.find(value);
    if (--found->second.remainingUses > 0)
      return found->second.tensor;
    HostTensor tensor = std::move(found->second.tensor);
    live.erase(found);
    return tensor;
  }

private:
  struct Entry {
    HostTensor tensor;
    int64_t remainingUses;
  };
  llvm::DenseMap<Value, Entry> live;
};
} // namespace

LogicalResult lathe::evaluateBlock(Block &block, ArrayRef<HostTensor> inputs,
                                   SmallVectorImpl<HostTensor> &results,
                                   EvaluationObserver observer) {
  LiveTensors live;
  for (auto [argument, input] : llvm::zip(block.getArguments(), inputs))
    live.define(argument, input);
  for (Operation &op : block.without_terminator()) {
    SmallVector<HostTensor> operands, opResults;
    for (Value operand : op.getOperands())
      operands.push_back(live.use(operand));
    if (failed(takeStep(&op)) || failed(evaluateOp(&op, operands, opResults)))
      return failure();
    if (observer)
      observer(&op, opResults);
    for (auto [value, tensor] : llvm::zip(op.getResults(), opResults))
      live.define(value, tensor);
  }
  for (Value operand : block.getTerminator()->getOperands())
    results.push_back(live.use(operand));
  return success();
}

/// Emits an error unless `inputs` can be arguments of `function`.
static LogicalResult checkInputs(func::FuncOp function,
                                 ArrayRef<HostTensor> inputs) {
  if (!function.getBody().hasOneBlock())
    return function.emitError("only a function of one block can be evaluated");
  if (inputs.size() != function.getNumArguments())
    return function.emitError("takes ") << function.getNumArguments()
                                        << " inputs, but got " << inputs.size();
  for (auto [i, input] : llvm::enumerate(inputs)) {
    Type type = function.getArgumentTypes()[i];
    if (!isEvaluableType(type) || !hasType(input, type))
      return function.emitError("input ")
             << i << " has element type " << getName(input.getKind())
             << " and shape [" << input.getShape() << "], but must be " << type;
  }
  return success();
}

llvm::Expected<SmallVector<HostTensor>>
lathe::evaluate(func::FuncOp function, ArrayRef<HostTensor> inputs,
                EvaluationObserver observer) {
  // Errors go to the caller instead of the context's handler.
  std::string message;
  llvm::raw_string_ostream stream(message);
  ScopedDiagnosticHandler handler(
      function.getContext(), [&](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
          return failure();
        if (auto node = diagnostic.getLocation()->findInstanceOf<NameLoc>())
          stream << "node '" << node.getName().strref() << "': ";
        stream << diagnostic;
        return success();
      });
  SmallVector<HostTensor> results;
  if (failed(checkInputs(function, inputs)) ||
      failed(
          evaluateBlock(function.getBody().front(), inputs, results, observer)))
    return llvm::createStringError(message);
  return results;
}
