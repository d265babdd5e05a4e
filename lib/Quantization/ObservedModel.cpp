//===- ObservedModel.cpp - A model that shows its tensors -----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/ObservedModel.h"

#include "lathe/Dialect/Lathe/Transforms/Locations.h"
#include "lathe/Dialect/Lathe/Transforms/States.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace lathe;

std::string lathe::describeValue(Value value) {
  SmallVector<StringRef> names = getNodeNames(value.getLoc());
  std::string name = "'" + llvm::join(names, "', '") + "'";
  if (isa<BlockArgument>(value))
    return "input " + name;
  if (names.empty())
    return "an operation '" +
           value.getDefiningOp()->getName().getStringRef().str() +
           "' without a name";
  return (names.size() == 1 ? "node " : "nodes ") + name;
}

/// Makes `model` return `values` instead of its results, after its states.
static void returnValues(func::FuncOp model, ArrayRef<Value> values) {
  Operation *terminator = model.getBody().front().getTerminator();
  Builder builder(model.getContext());
  SmallVector<Value> operands;
  SmallVector<DictionaryAttr> attributes;
  for (unsigned i = 0; i < model.getNumResults(); ++i)
    if (isStateResult(model, i)) {
      operands.push_back(terminator->getOperand(i));
      attributes.push_back(model.getResultAttrDict(i));
    }
  for (auto [i, value] : llvm::enumerate(values)) {
    operands.push_back(value);
    auto name = builder.getNamedAttr(
        attr::name, builder.getStringAttr("observed" + Twine(i)));
    attributes.push_back(builder.getDictionaryAttr(name));
  }
  terminator->setOperands(operands);
  model.setType(builder.getFunctionType(model.getArgumentTypes(),
                                        ValueRange(operands).getTypes()));
  model.setAllResultAttrs(attributes);
}

static void removeLocations(ModuleOp module) {
  Location unknown = UnknownLoc::get(module.getContext());
  module.walk([&](Operation *op) {
    op->setLoc(unknown);
    for (Region &region : op->getRegions())
      for (Block &block : region)
        for (BlockArgument argument : block.getArguments())
          argument.setLoc(unknown);
  });
}

llvm::Expected<ModuleBytes>
lathe::createObservedModule(func::FuncOp model, ArrayRef<Value> values) {
  IRMapping mapping;
  OwningOpRef<ModuleOp> clone(
      cast<ModuleOp>(model->getParentOfType<ModuleOp>()->clone(mapping)));
  SmallVector<Value> cloned;
  for (Value value : values)
    cloned.push_back(mapping.lookup(value));
  returnValues(cast<func::FuncOp>(mapping.lookup(model.getOperation())),
               cloned);
  removeLocations(*clone);
  return toBytes(*clone);
}

llvm::Expected<std::unique_ptr<ObservedModel>>
ObservedModel::create(func::FuncOp model, ArrayRef<Value> values,
                      unsigned threads) {
  llvm::Expected<ModuleBytes> bytes = createObservedModule(model, values);
  if (!bytes)
    return bytes.takeError();
  auto prepared = prepareCopy(
      **bytes, "the model cannot be run to observe its tensors", threads);
  if (!prepared)
    return prepared.takeError();
  return std::unique_ptr<ObservedModel>(
      new ObservedModel(std::move(*prepared)));
}

SmallVector<HostTensor> ObservedModel::getTensors() const {
  return SmallVector<HostTensor>(
      llvm::make_second_range(prepared->getOutputs()));
}
