//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Body.h"
#include "ConstantFolding.h"
#include "NodeContext.h"

#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IR/LatheMemoryOps.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

Body::Body(NodeContext &node, StringRef name)
    : builder(node.getBuilder()), tables(node.getTables()),
      outside(builder.saveInsertionPoint()) {
  auto module = outside.getBlock()->getParentOp()->getParentOfType<ModuleOp>();
  // Behind the model, which stays the module's first function.
  builder.setInsertionPointToEnd(module.getBody());
  function =
      func::FuncOp::create(builder, node.getLoc(), tables.makeSymbol(name),
                           builder.getFunctionType({}, {}));
  function.setPrivate();
  builder.setInsertionPointToStart(function.addEntryBlock());
}

Body::~Body() {
  if (isFinished)
    return;
  builder.restoreInsertionPoint(outside);
  tables.forget(function);
  function.erase();
}

Value Body::addArgument(Type type) {
  return function.front().addArgument(type, function.getLoc());
}

SmallVector<Value> Body::addSlices(ValueRange scanned) {
  return llvm::map_to_vector(scanned, [&](Value rows) {
    return addArgument(
        RankedTensorType::get(getShape(rows).drop_front(), getElement(rows)));
  });
}

SmallVector<Value> Body::addCarried(ValueRange initial) {
  return llvm::map_to_vector(
      initial, [&](Value value) { return addArgument(value.getType()); });
}

void Body::removeArgument(Value argument) {
  function.front().eraseArgument(cast<BlockArgument>(argument).getArgNumber());
}

/// Clones the ops that compute `value`; these are few, see
/// isConstantExpression.
Value Body::cloneConstant(Value value) {
  if (Value known = imported.lookupOrNull(value))
    return known;
  Operation *op = value.getDefiningOp();
  for (Value operand : op->getOperands())
    cloneConstant(operand);
  builder.clone(*op, imported);
  return imported.lookup(value);
}

Value Body::import(Value value) {
  if (Value known = imported.lookupOrNull(value))
    return known;
  Value inside;
  if (isConstantExpression(value)) {
    inside = cloneConstant(value);
  } else {
    captured.push_back(value);
    inside = addArgument(value.getType());
    imported.map(value, inside);
  }
  tables.setDataType(inside, tables.getDataType(value));
  return inside;
}

Value Body::getOutside(BlockArgument argument) const {
  for (Value value : captured)
    if (imported.lookupOrNull(value) == argument)
      return value;
  return {};
}

FlatSymbolRefAttr Body::finish(ValueRange results) {
  func::ReturnOp::create(builder, function.getLoc(), results);
  function.setType(builder.getFunctionType(function.front().getArgumentTypes(),
                                           results.getTypes()));
  builder.restoreInsertionPoint(outside);
  isFinished = true;
  return FlatSymbolRefAttr::get(function.getSymNameAttr());
}

/// Null if no tensor is reversed.
static DenseBoolArrayAttr getFlags(OpBuilder &builder, ArrayRef<bool> flags) {
  return llvm::is_contained(flags, true) ? builder.getDenseBoolArrayAttr(flags)
                                         : DenseBoolArrayAttr();
}

SmallVector<Value> lathe::frontend::finishLoop(NodeContext &node, Body &body,
                                               const LoopParts &parts,
                                               ArrayRef<Value> returned) {
  OpBuilder &builder = node.getBuilder();
  ArrayRef<Value> elements =
      returned.drop_front((parts.condition ? 1 : 0) + parts.initial.size());
  SmallVector<Value> nothing(parts.initial.size() + elements.size());
  if (node.hasFailed())
    return nothing;
  SmallVector<Type> stacked;
  for (Value element : elements) {
    SmallVector<int64_t> shape = {parts.bound.value_or(0)};
    llvm::append_range(shape, getShape(element));
    if (isTooLarge(shape))
      return (void)node.error("what it stacks has shape " + formatShape(shape) +
                              ", which is too large"),
             nothing;
    stacked.push_back(RankedTensorType::get(shape, getElement(element)));
  }
  FlatSymbolRefAttr function = body.finish(returned);
  auto loop = LoopOp::create(
      builder, node.getLoc(), ValueRange(parts.initial).getTypes(), stacked,
      function, parts.tripCount, parts.condition, parts.scanned, parts.initial,
      body.getCaptured(),
      parts.bound ? builder.getI64IntegerAttr(*parts.bound) : IntegerAttr(),
      getFlags(builder, parts.reversedInputs),
      getFlags(builder, parts.reversedOutputs));
  return foldOrKeepAll(loop, builder);
}
