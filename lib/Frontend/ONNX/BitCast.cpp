//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// BitCast: the same bits as another type.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "LoopBuilder.h"
#include "OperatorRegistry.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

static LogicalResult convertBitCast(NodeContext &node) {
  Value input = node.getInput(0);
  int64_t dataType = node.getInt("to", 0);
  Type from = getElement(input);
  Type to = getElementTypeOfOnnx(node.getBuilder().getContext(),
                                 static_cast<int32_t>(dataType));
  if (!to)
    return node.error("element type " + Twine(dataType) + " is not supported");
  if (from == to)
    return node.setResults(input);
  // A bool is a byte that holds 0 or 1.
  auto getWidth = [](Type type) {
    return std::max(type.getIntOrFloatBitWidth(), 8u);
  };
  if (getWidth(from) != getWidth(to))
    return node.error("the types differ in width");
  // Integers keep their bits when only the sign changes.
  if (from.isInteger() && to.isInteger())
    return node.setResults(node.castTo(input, to));
  LoopBuilder loops(node, "BitCast", {input},
                    RankedTensorType::get(getShape(input), to));
  loops.forShape(getShape(input), [&](ArrayRef<Scalar> place) {
    loops.getOutput(0).storeBits(place, loops.getInput(0).loadBits(place));
  });
  return node.setResults(loops.finish());
}

void lathe::frontend::addBitCast(OperatorRegistry &registry) {
  registry.add("BitCast", {26}, 1, convertBitCast, OpenExtents::Kept);
}
