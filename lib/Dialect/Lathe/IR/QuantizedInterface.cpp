//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/QuantizedInterface.h"
#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Dialect/Lathe/IR/Movement.h"

#include "mlir/Dialect/Quant/IR/QuantTypes.h"

using namespace mlir;
using namespace lathe;

static constexpr llvm::StringLiteral typeName = "lathe.type";
static constexpr llvm::StringLiteral tensorName = "lathe.name";

static quant::UniformQuantizedType getUniformType(Value value) {
  return dyn_cast<quant::UniformQuantizedType>(
      lathe::impl::elementTypeOf(value));
}

/// What its readers take the integers of `value` for; null if that does not
/// show, or if they differ.
static quant::UniformQuantizedType findTypeOfInput(Value value) {
  quant::UniformQuantizedType found;
  SmallVector<Value> pending = {value};
  while (!pending.empty())
    for (Operation *user : pending.pop_back_val().getUsers()) {
      if (movesOneTensor(user))
        pending.push_back(user->getResult(0));
      auto cast = dyn_cast<StorageCastOp>(user);
      auto type = cast ? getUniformType(cast.getResult()) : nullptr;
      if (type && found && type != found)
        return {};
      found = type ? type : found;
    }
  return found;
}

static quant::UniformQuantizedType findTypeOfOutput(Value value) {
  Operation *op = value.getDefiningOp();
  while (movesOneTensor(op))
    op = op->getOperand(0).getDefiningOp();
  auto cast = dyn_cast_if_present<StorageCastOp>(op);
  return cast ? getUniformType(cast.getInput()) : nullptr;
}

void lathe::recordInterfaceTypes(func::FuncOp model) {
  auto isInteger = [](Value value) {
    return isa<IntegerType>(lathe::impl::elementTypeOf(value));
  };
  for (BlockArgument argument : model.getArguments())
    if (isInteger(argument))
      if (auto type = findTypeOfInput(argument))
        model.setArgAttr(argument.getArgNumber(), typeName,
                         TypeAttr::get(type));
  Operation *terminator = model.getBody().front().getTerminator();
  for (OpOperand &result : terminator->getOpOperands())
    if (isInteger(result.get()))
      if (auto type = findTypeOfOutput(result.get()))
        model.setResultAttr(result.getOperandNumber(), typeName,
                            TypeAttr::get(type));
}

llvm::StringMap<TensorQuantization>
lathe::getInterfaceQuantization(func::FuncOp model) {
  llvm::StringMap<TensorQuantization> result;
  auto add = [&](DictionaryAttr attributes) {
    auto name = attributes ? attributes.getAs<StringAttr>(tensorName) : nullptr;
    auto type = attributes ? attributes.getAs<TypeAttr>(typeName) : nullptr;
    auto uniform =
        type ? dyn_cast<quant::UniformQuantizedType>(type.getValue()) : nullptr;
    if (name && uniform)
      result[name] = {uniform.getScale(), uniform.getZeroPoint()};
  };
  for (unsigned i = 0; i < model.getNumArguments(); ++i)
    add(model.getArgAttrDict(i));
  for (unsigned i = 0; i < model.getNumResults(); ++i)
    add(model.getResultAttrDict(i));
  return result;
}
