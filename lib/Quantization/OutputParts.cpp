//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/OutputParts.h"

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Dialect/Lathe/IntegerForms/IntegerForms.h"
#include "lathe/Reference/Evaluator.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace lathe;

static int64_t countElements(Value value) {
  return cast<RankedTensorType>(value.getType()).getNumElements();
}

/// Whether the result of `op` has all elements of all operands, each once or in
/// part.
static bool joinsOperands(Operation *op) {
  int64_t elements = 0;
  for (Value operand : op->getOperands())
    elements += countElements(operand);
  return op->getNumOperands() > 1 &&
         elements == countElements(op->getResult(0));
}

/// Whether `op` joins and moves what its operands hold, all of which is data.
static bool movesOrJoins(Operation *op) {
  return op && movesElements(op) &&
         (op->getNumOperands() == 1 || joinsOperands(op));
}

SmallVector<Value> lathe::getJoinedValues(Value value) {
  SmallVector<Value> parts, pending = {value};
  while (!pending.empty()) {
    Value next = pending.pop_back_val();
    Operation *op = next.getDefiningOp();
    if (movesOrJoins(op))
      llvm::append_range(pending, op->getOperands());
    else
      parts.push_back(next);
  }
  return parts;
}

namespace {

/// Finds for each element of a value which of the joined values it is from.
class PartLabels {
public:
  explicit PartLabels(ArrayRef<Value> joined) : joined(joined) {}

  /// The number among the joined values of each element, in the type of the
  /// data, because `value` is moved as it is; none if one of the ops
  /// cannot be evaluated.
  std::optional<HostTensor> get(Value value) {
    auto found = llvm::find(joined, value);
    if (found == joined.end())
      return move(value.getDefiningOp());
    HostTensor labels(ElementKind::F32,
                      cast<RankedTensorType>(value.getType()).getShape());
    llvm::fill(labels.mutableData<float>(),
               static_cast<float>(found - joined.begin()));
    return labels;
  }

private:
  /// What `op` makes of labels.
  std::optional<HostTensor> move(Operation *op) {
    SmallVector<HostTensor> operands, results;
    for (Value operand : op->getOperands()) {
      std::optional<HostTensor> labels = get(operand);
      if (!labels)
        return std::nullopt;
      operands.push_back(std::move(*labels));
    }
    if (failed(evaluateOp(op, operands, results)))
      return std::nullopt;
    return std::move(results.front());
  }

  ArrayRef<Value> joined;
};

} // namespace

static TensorParts findParts(Value output) {
  TensorParts parts;
  if (!cast<RankedTensorType>(output.getType()).hasStaticShape())
    return parts;
  llvm::SetVector<Value> joined;
  for (Value value : getJoinedValues(output))
    joined.insert(value);
  if (joined.size() == 1)
    return parts;
  std::optional<HostTensor> labels =
      PartLabels(joined.getArrayRef()).get(output);
  if (!labels)
    return parts;
  parts.numParts = static_cast<int64_t>(joined.size());
  for (auto [i, label] : llvm::enumerate(labels->data<float>())) {
    auto part = static_cast<int64_t>(label);
    if (i == 0 || part != parts.runs.back().part)
      parts.runs.push_back({static_cast<int64_t>(i), part});
  }
  return parts;
}

std::vector<TensorParts> lathe::findOutputParts(func::FuncOp model) {
  std::vector<TensorParts> parts;
  for (Value output : model.getBody().front().getTerminator()->getOperands())
    parts.push_back(findParts(output));
  return parts;
}
