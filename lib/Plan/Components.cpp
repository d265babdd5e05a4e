//===- Components.cpp - A model cut into models ---------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Plan/Components.h"
#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Plan/Plan.h"
#include "lathe/Target/Common/ModelInterface.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace lathe;

//===----------------------------------------------------------------------===//
// What crosses
//===----------------------------------------------------------------------===//

std::string PassedTensor::getName(const ModelUnits &units) const {
  return PlanTransfer::getPassedName(units.tensors[tensor].name, isHalf);
}

namespace {

/// Finds what passes between components.
class PassageFinder {
public:
  PassageFinder(const ModelUnits &units, std::vector<Component> &components,
                function_ref<bool(unsigned, unsigned)> isHalf)
      : units(units), components(components), isHalf(isHalf),
        componentOf(units.units.size(), 0) {
    for (const auto &[number, component] : llvm::enumerate(components))
      for (unsigned unit : component.units)
        componentOf[unit] = number;
  }

  void add(unsigned tensor);

private:
  const ModelUnits &units;
  std::vector<Component> &components;
  function_ref<bool(unsigned, unsigned)> isHalf;
  std::vector<unsigned> componentOf;
};

} // namespace

/// Adds `tensor` to the components that read and compute it.
void PassageFinder::add(unsigned number) {
  const UnitTensor &tensor = units.tensors[number];
  std::optional<unsigned> source;
  if (tensor.source)
    source = componentOf[*tensor.source];
  SmallVector<unsigned> readers;
  for (unsigned unit : tensor.consumers)
    readers.push_back(componentOf[unit]);
  llvm::sort(readers);
  readers.erase(llvm::unique(readers), readers.end());
  bool isWanted[] = {!tensor.outputs.empty(), false};
  for (unsigned reader : readers) {
    if (reader == source)
      continue;
    unsigned device = components[reader].device;
    bool crosses = !source || components[*source].device != device;
    bool asHalf = crosses && isHalf(number, device);
    components[reader].inputs.push_back({number, asHalf});
    isWanted[asHalf] = true;
  }
  for (bool asHalf : {false, true})
    if (source && isWanted[asHalf])
      components[*source].outputs.push_back({number, asHalf});
}

void lathe::addTensors(const ModelUnits &units,
                       std::vector<Component> &components,
                       function_ref<bool(unsigned, unsigned)> isHalf) {
  PassageFinder finder(units, components, isHalf);
  for (unsigned tensor = 0; tensor < units.tensors.size(); ++tensor)
    finder.add(tensor);
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
  void addArgument(unsigned index, PassedTensor passed);
  void cloneConstants(Operation *op);
  Value getResult(PassedTensor passed);
  DictionaryAttr getAttributes(PassedTensor passed, bool isInput);

  func::FuncOp model;
  const ModelUnits &units;
  const Component &component;
  OpBuilder builder;
  func::FuncOp function;
  IRMapping mapping;
};

} // namespace

/// The type in which `tensor` is passed on.
static RankedTensorType getPassedType(const UnitTensor &tensor, bool isHalf) {
  auto type = cast<RankedTensorType>(tensor.value.getType());
  if (isHalf)
    return type.clone(Float16Type::get(type.getContext()));
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
DictionaryAttr ComponentExtractor::getAttributes(PassedTensor passed,
                                                 bool isInput) {
  const UnitTensor &tensor = units.tensors[passed.tensor];
  auto name = builder.getNamedAttr(
      attr::name, builder.getStringAttr(passed.getName(units)));
  if (passed.isHalf)
    return builder.getDictionaryAttr(name);
  if (auto argument = dyn_cast<BlockArgument>(tensor.value);
      argument && isInput)
    if (auto attributes = model.getArgAttrDict(argument.getArgNumber()))
      return attributes;
  if (!tensor.outputs.empty())
    if (auto attributes = model.getResultAttrDict(tensor.outputs.front()))
      return attributes;
  SmallVector<NamedAttribute> attributes = {name};
  Type element =
      cast<RankedTensorType>(tensor.value.getType()).getElementType();
  if (isa<quant::QuantizedType>(element))
    attributes.push_back(
        builder.getNamedAttr(attr::type, TypeAttr::get(element)));
  return builder.getDictionaryAttr(attributes);
}

func::FuncOp ComponentExtractor::createFunction(StringRef name) {
  SmallVector<Type> inputs, outputs;
  for (auto [tensor, isHalf] : component.inputs)
    inputs.push_back(getPassedType(units.tensors[tensor], isHalf));
  for (auto [tensor, isHalf] : component.outputs)
    outputs.push_back(getPassedType(units.tensors[tensor], isHalf));
  auto created = func::FuncOp::create(builder, model.getLoc(), name,
                                      builder.getFunctionType(inputs, outputs));
  for (auto [i, tensor] : llvm::enumerate(component.inputs))
    created.setArgAttrs(i, getAttributes(tensor, true));
  for (auto [i, tensor] : llvm::enumerate(component.outputs))
    created.setResultAttrs(i, getAttributes(tensor, false));
  return created;
}

void ComponentExtractor::addArgument(unsigned index, PassedTensor passed) {
  Value argument = function.getArgument(index);
  Value value = units.tensors[passed.tensor].value;
  Location loc = value.getLoc();
  argument.setLoc(loc);
  Type element = cast<RankedTensorType>(value.getType()).getElementType();
  if (passed.isHalf)
    argument = CastOp::create(builder, loc, argument, element);
  else if (argument.getType() != value.getType())
    argument = StorageCastOp::create(builder, loc, argument, element);
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

Value ComponentExtractor::getResult(PassedTensor passed) {
  const UnitTensor &tensor = units.tensors[passed.tensor];
  Value value = mapping.lookup(tensor.value);
  RankedTensorType type = getPassedType(tensor, passed.isHalf);
  if (value.getType() == type)
    return value;
  if (passed.isHalf)
    return CastOp::create(builder, value.getLoc(), value,
                          type.getElementType());
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
  auto results =
      llvm::map_to_vector(component.outputs, [&](PassedTensor passed) {
        return getResult(passed);
      });
  func::ReturnOp::create(builder, model.getLoc(), results);
  return module;
}

OwningOpRef<ModuleOp> lathe::extractComponent(func::FuncOp model,
                                              const ModelUnits &units,
                                              const Component &component,
                                              StringRef name) {
  return ComponentExtractor(model, units, component).extract(name);
}
