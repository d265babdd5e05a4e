//===- StatefulEvaluator.cpp - Evaluate call after call -------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/StatefulEvaluator.h"

#include "lathe/Dialect/Lathe/Transforms/States.h"
#include "lathe/Reference/Evaluator.h"
#include "lathe/Support/HostTensorAttr.h"

using namespace mlir;
using namespace lathe;

llvm::Error StatefulEvaluator::clear() {
  for (State state : getStates(model)) {
    auto type =
        cast<RankedTensorType>(model.getArgumentTypes()[state.argument]);
    std::optional<ElementKind> kind = getElementKind(type.getElementType());
    if (!kind)
      return llvm::createStringError(
          "a state has a type that is not evaluated");
    values.push_back(HostTensor(*kind, type.getShape()));
  }
  return llvm::Error::success();
}

llvm::Expected<SmallVector<HostTensor>>
StatefulEvaluator::run(ArrayRef<HostTensor> inputs) {
  SmallVector<State> states = getStates(model);
  if (inputs.size() + states.size() != model.getNumArguments())
    return llvm::createStringError("the model takes %zu inputs, not %zu",
                                   model.getNumArguments() - states.size(),
                                   inputs.size());
  if (values.empty())
    if (llvm::Error error = clear())
      return std::move(error);
  SmallVector<HostTensor> arguments(inputs);
  for (auto [state, value] : llvm::zip_equal(states, values))
    arguments.insert(arguments.begin() + state.argument, value);
  auto results = evaluate(model, arguments);
  if (!results)
    return results.takeError();
  SmallVector<HostTensor> outputs;
  for (auto [i, result] : llvm::enumerate(*results))
    if (!isStateResult(model, i))
      outputs.push_back(result);
  for (auto [state, value] : llvm::zip_equal(states, values))
    value = (*results)[state.result];
  return outputs;
}
