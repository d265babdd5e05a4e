//===- RemovedChannels.cpp - What shrinking saved -------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/Transforms/RemovedChannels.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace lathe;

static constexpr llvm::StringLiteral attributeName = "lathe.removed";

RemovedChannels RemovedChannels::get(func::FuncOp function) {
  auto dictionary = function->getAttrOfType<DictionaryAttr>(attributeName);
  auto read = [&](StringRef key) -> int64_t {
    auto number = dictionary ? dictionary.getAs<IntegerAttr>(key) : nullptr;
    return number ? number.getInt() : 0;
  };
  return {read("channels"), read("macs"), read("weight_bytes")};
}

void RemovedChannels::addTo(func::FuncOp function) const {
  RemovedChannels sum = get(function);
  sum.channels += channels;
  sum.macs += macs;
  sum.weightBytes += weightBytes;
  if (sum.channels == 0)
    return;
  Builder builder(function.getContext());
  auto number = [&](StringRef key, int64_t value) {
    return builder.getNamedAttr(key, builder.getI64IntegerAttr(value));
  };
  function->setAttr(
      attributeName,
      builder.getDictionaryAttr({number("channels", sum.channels),
                                 number("macs", sum.macs),
                                 number("weight_bytes", sum.weightBytes)}));
}
