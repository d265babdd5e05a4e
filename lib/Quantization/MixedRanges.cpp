//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MixedRanges.h"

#include "lathe/Dialect/Lathe/IntegerForms/IntegerForms.h"

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

/// The values that `value` is joined of, moved at most.
static SmallVector<Value> getParts(Value value) {
  SmallVector<Value> parts, pending = {value};
  while (!pending.empty()) {
    Value next = pending.pop_back_val();
    Operation *op = next.getDefiningOp();
    if (op && movesElements(op) &&
        (op->getNumOperands() == 1 || joinsOperands(op)))
      llvm::append_range(pending, op->getOperands());
    else
      parts.push_back(next);
  }
  return parts;
}

SmallVector<MixedOutput> lathe::findMixedOutputs(
    func::FuncOp model,
    llvm::function_ref<const TensorStatistics *(Value)> lookUp) {
  constexpr double mostRatio = 16;
  SmallVector<MixedOutput> mixed;
  Operation *terminator = model.getBody().front().getTerminator();
  for (auto [number, output] : llvm::enumerate(terminator->getOperands())) {
    double widest = 0, narrowest = std::numeric_limits<double>::infinity();
    for (Value part : getParts(output)) {
      const TensorStatistics *statistics = lookUp(part);
      if (!statistics || statistics->getHistogram().empty())
        continue;
      const Histogram &histogram = statistics->getHistogram();
      double magnitude = std::max<double>(std::abs(histogram.getMin()),
                                          std::abs(histogram.getMax()));
      widest = std::max(widest, magnitude);
      narrowest = std::min(narrowest, magnitude);
    }
    if (widest > mostRatio * narrowest)
      mixed.push_back({static_cast<unsigned>(number), widest, narrowest});
  }
  return mixed;
}
