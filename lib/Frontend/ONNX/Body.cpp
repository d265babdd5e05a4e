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
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

/// An identifier of C like `name` that no symbol of `module` has.
static std::string makeSymbol(ModuleOp module, StringRef name) {
  std::string identifier;
  for (char c : name)
    identifier += llvm::isAlnum(c) ? c : '_';
  if (identifier.empty() || llvm::isDigit(identifier.front()))
    identifier.insert(0, "_");
  std::string unique = identifier;
  for (unsigned i = 1; SymbolTable::lookupSymbolIn(module, unique); ++i)
    unique = identifier + "_" + std::to_string(i);
  return unique;
}

Body::Body(OpBuilder &builder, Location loc, StringRef name)
    : builder(builder), outside(builder.saveInsertionPoint()) {
  auto module = outside.getBlock()->getParentOp()->getParentOfType<ModuleOp>();
  // Behind the model, which stays the module's first function.
  builder.setInsertionPointToEnd(module.getBody());
  function = func::FuncOp::create(builder, loc, makeSymbol(module, name),
                                  builder.getFunctionType({}, {}));
  function.setPrivate();
  builder.setInsertionPointToStart(function.addEntryBlock());
}

Body::~Body() {
  if (isFinished)
    return;
  builder.restoreInsertionPoint(outside);
  function.erase();
}

Value Body::addArgument(Type type) {
  return function.front().addArgument(type, function.getLoc());
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
  if (isConstantExpression(value))
    return cloneConstant(value);
  captured.push_back(value);
  Value argument = addArgument(value.getType());
  imported.map(value, argument);
  return argument;
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
  FlatSymbolRefAttr function = body.finish(returned);
  OpBuilder &builder = node.getBuilder();
  SmallVector<Type> stacked;
  for (Value element :
       returned.drop_front((parts.condition ? 1 : 0) + parts.initial.size())) {
    SmallVector<int64_t> shape = {parts.bound.value_or(0)};
    llvm::append_range(shape, getShape(element));
    stacked.push_back(RankedTensorType::get(shape, getElement(element)));
  }
  auto loop = LoopOp::create(
      builder, node.getLoc(), ValueRange(parts.initial).getTypes(), stacked,
      function, parts.tripCount, parts.condition, parts.scanned, parts.initial,
      body.getCaptured(),
      parts.bound ? builder.getI64IntegerAttr(*parts.bound) : IntegerAttr(),
      getFlags(builder, parts.reversedInputs),
      getFlags(builder, parts.reversedOutputs));
  return foldOrKeepAll(loop, builder);
}
