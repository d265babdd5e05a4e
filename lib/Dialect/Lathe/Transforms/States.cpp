//===- States.cpp - Tensors that a model keeps between calls --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/Transforms/States.h"

using namespace mlir;
using namespace lathe;

static constexpr StringLiteral stateAttr = "lathe.state";
static constexpr StringLiteral nameAttr = "lathe.name";

SmallVector<State> lathe::getStates(func::FuncOp model) {
  SmallVector<State> states;
  for (unsigned argument = 0; argument < model.getNumArguments(); ++argument) {
    Attribute output = model.getArgAttr(argument, stateAttr);
    Attribute input = model.getArgAttr(argument, nameAttr);
    if (!output || !input)
      continue;
    for (unsigned result = 0; result < model.getNumResults(); ++result)
      if (model.getResultAttr(result, nameAttr) == output &&
          model.getResultAttr(result, stateAttr) == input &&
          model.getResultTypes()[result] == model.getArgumentTypes()[argument])
        states.push_back({argument, result});
  }
  return states;
}

bool lathe::isStateArgument(func::FuncOp model, unsigned index) {
  return static_cast<bool>(model.getArgAttr(index, stateAttr));
}

bool lathe::isStateResult(func::FuncOp model, unsigned index) {
  return static_cast<bool>(model.getResultAttr(index, stateAttr));
}
