//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ImportTables.h"

#include "lathe/Support/HostTensorAttr.h"
#include "lathe/Support/OnnxTensor.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

int32_t ImportTables::getDataType(Value value) const {
  if (int32_t narrow = narrowTypes.lookup(value))
    return narrow;
  std::optional<ElementKind> kind =
      getElementKind(getElementTypeOrSelf(value.getType()));
  return kind ? getOnnxDataType(*kind) : 0;
}

void ImportTables::setDataType(Value value, int32_t dataType) {
  if (getDataType(value) != dataType)
    narrowTypes[value] = dataType;
}

std::string ImportTables::makeSymbol(StringRef name) {
  std::string identifier;
  for (char c : name)
    identifier += llvm::isAlnum(c) ? c : '_';
  if (identifier.empty() || llvm::isDigit(identifier.front()))
    identifier.insert(0, "_");
  std::string unique = identifier;
  while (!symbols.try_emplace(unique, 1).second)
    unique = identifier + "_" + std::to_string(symbols[identifier]++);
  return unique;
}

void ImportTables::forget(func::FuncOp function) {
  symbols.erase(function.getSymName());
  auto forgetValue = [&](Value value) {
    extents.erase(value);
    narrowTypes.erase(value);
  };
  function.walk([&](Block *block) {
    llvm::for_each(block->getArguments(), forgetValue);
    for (Operation &op : *block)
      llvm::for_each(op.getResults(), forgetValue);
  });
}
