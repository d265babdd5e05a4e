//===- Components.cpp - A model cut into models ---------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Plan/Components.h"
#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Target/Common/ModelInterface.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace lathe;

//===----------------------------------------------------------------------===//
// What crosses
//===----------------------------------------------------------------------===//

/// Fills in what component `number` reads and gives.
static void addTensors(const ModelUnits &units, ArrayRef<unsigned> componentOf,
                       unsigned number, Component &component) {
  auto isInside = [&](unsigned unit) { return componentOf[unit] == number; };
  for (const auto &[index, tensor] : llvm::enumerate(units.tensors)) {
    bool isRead = llvm::any_of(tensor.consumers, isInside);
    if (!tensor.source || !isInside(*tensor.source)) {
      if (isRead)
        component.inputs.push_back(index);
    } else if (!tensor.outputs.empty() ||
               !llvm::all_of(tensor.consumers, isInside)) {
      component.outputs.push_back(index);
    }
  }
}

void lathe::addTensors(const ModelUnits &units,
                       std::vector<Component> &components) {
  std::vector<unsigned> componentOf(units.units.size(), 0);
  for (const auto &[number, component] : llvm::enumerate(components))
    for (unsigned unit : component.units)
      componentOf[unit] = number;
  for (const auto &[number, component] : llvm::enumerate(components))
    ::addTensors(units, componentOf, number, component);
}

//===----------------------------------------------------------------------===//
// The model of a component
//===----------------------------------------------------------------------===//

namespace {

/// Builds the function of a component.
class ComponentExtractor {
public:
  ComponentExtractor(func::FuncOp model, const ModelUnits &units,
                     const Component &component)
      : model(model), units(units), component(component),
        builder(model.getContext()) {}

  OwningOpRef<ModuleOp> extract(StringRef name);

private:
  func::FuncOp createFunction(StringRef name);
  void addArgument(unsigned index, unsigned tensor);
  void cloneConstants(Operation *op);
  Value getResult(unsigned tensor);
  DictionaryAttr getAttributes(const UnitTensor &tensor, bool isInput);

  func::FuncOp model;
  const ModelUnits &units;
  const Component &component;
  OpBuilder builder;
  func::FuncOp function;
  IRMapping mapping;
};

} // namespace

/// The type in which `tensor` is passed on.
static RankedTensorType getPassedType(const UnitTensor &tensor) {
  auto type = cast<RankedTensorType>(tensor.value.getType());
  auto quantized = dyn_cast<quant::QuantizedType>(type.getElementType());
  if (!quantized)
    return type;
  unsigned width = quantized.getStorageTypeIntegralWidth();
  auto element = IntegerType::get(type.getContext(), width,
                                  quantized.isSigned() ? IntegerType::Signless
                                                       : IntegerType::Unsigned);
  return type.clone(element);
}

/// What an input or output of the model says of itself stays; others have a
/// name, and the quantized type that their integers have.
DictionaryAttr ComponentExtractor::getAttributes(const UnitTensor &tensor,
                                                 bool isInput) {
  if (auto argument = dyn_cast<BlockArgument>(tensor.value);
      argument && isInput)
    if (auto attributes = model.getArgAttrDict(argument.getArgNumber()))
      return attributes;
  if (!tensor.outputs.empty())
    if (auto attributes = model.getResultAttrDict(tensor.outputs.front()))
      return attributes;
  SmallVector<NamedAttribute> attributes = {
      builder.getNamedAttr(attr::name, builder.getStringAttr(tensor.name))};
  Type element =
      cast<RankedTensorType>(tensor.value.getType()).getElementType();
  if (isa<quant::QuantizedType>(element))
    attributes.push_back(
        builder.getNamedAttr(attr::type, TypeAttr::get(element)));
  return builder.getDictionaryAttr(attributes);
}

func::FuncOp ComponentExtractor::createFunction(StringRef name) {
  SmallVector<Type> inputs, outputs;
  for (unsigned tensor : component.inputs)
    inputs.push_back(getPassedType(units.tensors[tensor]));
  for (unsigned tensor : component.outputs)
    outputs.push_back(getPassedType(units.tensors[tensor]));
  auto created = func::FuncOp::create(builder, model.getLoc(), name,
                                      builder.getFunctionType(inputs, outputs));
  for (auto [i, tensor] : llvm::enumerate(component.inputs))
    created.setArgAttrs(i, getAttributes(units.tensors[tensor], true));
  for (auto [i, tensor] : llvm::enumerate(component.outputs))
    created.setResultAttrs(i, getAttributes(units.tensors[tensor], false));
  return created;
}

void ComponentExtractor::addArgument(unsigned index, unsigned tensor) {
  Value argument = function.getArgument(index);
  Value value = units.tensors[tensor].value;
  argument.setLoc(value.getLoc());
  if (argument.getType() != value.getType()) {
    Type element = cast<RankedTensorType>(value.getType()).getElementType();
    argument =
        StorageCastOp::create(builder, value.getLoc(), argument, element);
  }
  mapping.map(value, argument);
}

/// Copies the constants that `op` reads, with what they are computed from.
void ComponentExtractor::cloneConstants(Operation *op) {
  for (Value operand : op->getOperands()) {
    Operation *source = operand.getDefiningOp();
    if (!source || mapping.contains(operand) || !isConstantOp(source))
      continue;
    cloneConstants(source);
    builder.clone(*source, mapping);
  }
}

Value ComponentExtractor::getResult(unsigned tensor) {
  Value value = mapping.lookup(units.tensors[tensor].value);
  RankedTensorType type = getPassedType(units.tensors[tensor]);
  if (value.getType() == type)
    return value;
  return StorageCastOp::create(builder, value.getLoc(), value,
                               type.getElementType());
}

OwningOpRef<ModuleOp> ComponentExtractor::extract(StringRef name) {
  auto whole = model->getParentOfType<ModuleOp>();
  OwningOpRef<ModuleOp> module = ModuleOp::create(builder, whole.getLoc());
  (*module)->setAttrs(whole->getAttrs());
  builder.setInsertionPointToEnd(module->getBody());
  function = createFunction(name);
  // Functions that ops of the model run.
  for (auto other : whole.getOps<func::FuncOp>())
    if (other != model)
      builder.clone(*other);
  builder.setInsertionPointToStart(function.addEntryBlock());
  for (auto [index, tensor] : llvm::enumerate(component.inputs))
    addArgument(index, tensor);
  std::vector<Operation *> ops;
  for (unsigned unit : component.units)
    llvm::append_range(ops, units.units[unit].ops);
  llvm::sort(ops,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  for (Operation *op : ops) {
    cloneConstants(op);
    builder.clone(*op, mapping);
  }
  auto results = llvm::map_to_vector(
      component.outputs, [&](unsigned tensor) { return getResult(tensor); });
  func::ReturnOp::create(builder, model.getLoc(), results);
  return module;
}

OwningOpRef<ModuleOp> lathe::extractComponent(func::FuncOp model,
                                              const ModelUnits &units,
                                              const Component &component,
                                              StringRef name) {
  return ComponentExtractor(model, units, component).extract(name);
}
