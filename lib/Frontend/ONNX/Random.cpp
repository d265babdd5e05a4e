//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Random numbers, which no compiled program has. What a model draws in training
// only is not reached from its outputs and not imported.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "NodeContext.h"
#include "OperatorRegistry.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

static LogicalResult refuse(NodeContext &node) {
  if (node.hasAttribute("seed"))
    return node.error("random numbers are not supported: ONNX defines no "
                      "stream for a seed, so results could not be reproduced; "
                      "make the tensor an input of the model");
  return node.error("random numbers without a seed are not supported; make "
                    "the tensor an input of the model");
}

void lathe::frontend::addRandom(OperatorRegistry &registry) {
  registry.add("Bernoulli", {15}, 1, refuse);
  registry.add("Multinomial", {7}, 1, refuse);
  registry.add("RandomNormal", {1}, 0, refuse);
  registry.add("RandomNormalLike", {1}, 1, refuse);
  registry.add("RandomUniform", {1}, 0, refuse);
  registry.add("RandomUniformLike", {1}, 1, refuse);
}
