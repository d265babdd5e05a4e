//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ConstantFolding.h"
#include "NodeContext.h"

#include "lathe/Reference/Evaluator.h"
#include "lathe/Support/HostTensorAttr.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

// Shapes have few elements, but tables of indices computed from them more.
// Floats appear between them where extents are scaled.
static constexpr int64_t maxIntegerElements = 4096;
static constexpr int64_t maxFloatElements = 8;
// What is computed of tensors without elements is nothing but zeros or the
// like.
static constexpr int64_t maxElementsOfNothing = 1 << 20;

// Of loops, which a few elements may keep running. More than sorting the
// largest tables takes.
static constexpr uint64_t maxSteps = 1 << 20;

static int64_t countElements(Type type) {
  return cast<RankedTensorType>(type).getNumElements();
}

bool lathe::frontend::readsNothing(Operation *op) {
  return llvm::any_of(op->getOperandTypes(),
                      [](Type type) { return countElements(type) == 0; });
}

static bool isShapeArithmetic(Operation *op) {
  bool ofNothing = readsNothing(op);
  auto isSmall = [&](Type type) {
    if (ofNothing)
      return countElements(type) <= maxElementsOfNothing;
    bool isFloat = isa<FloatType>(getElementTypeOrSelf(type));
    return countElements(type) <=
           (isFloat ? maxFloatElements : maxIntegerElements);
  };
  return isEvaluable(op) && llvm::all_of(op->getOperandTypes(), isSmall) &&
         llvm::all_of(op->getResultTypes(), isSmall);
}

/// The results of `op` computed by the reference evaluator; none where an
/// operand is not constant or the values make no sense to the op.
static SmallVector<ElementsAttr> foldByEvaluation(Operation *op) {
  if (!isShapeArithmetic(op))
    return {};
  SmallVector<HostTensor> operands, results;
  for (Value operand : op->getOperands()) {
    std::optional<HostTensor> constant = getConstant(operand);
    if (!constant)
      return {};
    operands.push_back(*constant);
  }
  ScopedDiagnosticHandler silence(op->getContext(),
                                  [](Diagnostic &) { return success(); });
  EvaluationLimit limit(maxSteps);
  if (failed(evaluateOp(op, operands, results)))
    return {};
  return llvm::map_to_vector(results, [&](const HostTensor &result) {
    return toElementsAttr(result, op->getContext());
  });
}

Value lathe::frontend::foldOrKeep(Operation *op, OpBuilder &builder) {
  SmallVector<Attribute> constants;
  for (Value operand : op->getOperands()) {
    Attribute constant;
    matchPattern(operand, m_Constant(&constant));
    constants.push_back(constant);
  }
  SmallVector<OpFoldResult, 1> folded;
  ElementsAttr elements;
  if (succeeded(op->fold(constants, folded)) && !folded.empty()) {
    if (auto value = dyn_cast<Value>(folded.front())) {
      op->erase();
      return value;
    }
    elements = dyn_cast<ElementsAttr>(cast<Attribute>(folded.front()));
  }
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  if (!elements && type.getNumElements() == 0)
    elements = DenseElementsAttr::get(type, ArrayRef<Attribute>());
  if (!elements) {
    SmallVector<ElementsAttr> results = foldByEvaluation(op);
    elements = results.empty() ? ElementsAttr() : results.front();
  }
  if (!elements || elements.getType() != type)
    return op->getResult(0);
  Location loc = op->getLoc();
  op->erase();
  return ConstantOp::create(builder, loc, elements);
}

SmallVector<Value> lathe::frontend::foldOrKeepAll(Operation *op,
                                                  OpBuilder &builder) {
  SmallVector<ElementsAttr> results = foldByEvaluation(op);
  if (results.empty())
    return llvm::to_vector_of<Value>(op->getResults());
  Location loc = op->getLoc();
  op->erase();
  return llvm::map_to_vector(results, [&](ElementsAttr elements) -> Value {
    return ConstantOp::create(builder, loc, elements);
  });
}
