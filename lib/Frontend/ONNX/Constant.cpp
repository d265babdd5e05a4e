//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Constants, and operators whose result follows from constants alone.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "NodeContext.h"
#include "OperatorRegistry.h"

#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

/// One of the attributes by which a constant states its value.
static std::optional<HostTensor> getValueAttribute(NodeContext &node) {
  if (node.hasAttribute("value"))
    return node.getTensor("value");
  if (node.hasAttribute("value_float"))
    return HostTensor::get<float>(
        {}, {static_cast<float>(node.getFloat("value_float", 0))});
  if (node.hasAttribute("value_int"))
    return HostTensor::get<int64_t>({}, {node.getInt("value_int", 0)});
  if (node.hasAttribute("value_ints")) {
    SmallVector<int64_t> values = node.getInts("value_ints");
    return HostTensor::get<int64_t>({int64_t(values.size())}, values);
  }
  if (node.hasAttribute("value_floats")) {
    SmallVector<double> values = node.getFloats("value_floats");
    SmallVector<float> floats(values.begin(), values.end());
    return HostTensor::get<float>({int64_t(floats.size())}, floats);
  }
  if (node.hasAttribute("sparse_value"))
    return node.getSparseTensor("sparse_value");
  (void)node.error("it has no numeric value; strings are not supported");
  return std::nullopt;
}

static LogicalResult convertConstant(NodeContext &node) {
  std::optional<HostTensor> value = getValueAttribute(node);
  if (!value)
    return failure();
  Value constant = node.createConstant(*value);
  for (const onnx::AttributeProto &attribute : node.getNode().attribute())
    if (attribute.has_t())
      node.setDataType(constant, attribute.t().data_type());
  return node.setResults(constant);
}

static LogicalResult convertConstantOfShape(NodeContext &node) {
  std::optional<SmallVector<int64_t>> shape = node.getIntegers(0, "shape");
  HostTensor value(ElementKind::F32, {1});
  if (node.hasAttribute("value"))
    value = node.getTensor("value").value_or(value);
  if (!shape || node.hasFailed())
    return failure();
  if (value.getNumElements() != 1)
    return node.error("attribute 'value' must have one element");
  if (!getNumElements(*shape))
    return node.error("the shape has a negative dimension or is too large");
  Value scalar = node.createConstant(value.reshape({}));
  return node.setResults(node.create<BroadcastOp>(scalar, *shape));
}

/// start, start + delta, … below (for a negative delta above) the limit.
static LogicalResult convertRange(NodeContext &node) {
  node.getInt("stash_type", 1); // We compute in double.
  std::optional<HostTensor> start = getConstant(node.getInput(0));
  std::optional<double> first = node.getNumber(0, "start");
  std::optional<double> limit = node.getNumber(1, "limit");
  std::optional<double> delta = node.getNumber(2, "delta");
  if (!first || !limit || !delta)
    return failure();
  double count = *delta == 0 ? -1 : std::ceil((*limit - *first) / *delta);
  count = std::max(count, 0.0);
  if (*delta == 0)
    return node.error("the range has no end");
  if (failed(node.checkTable(count)))
    return failure();
  HostTensor range(start->getKind(), {static_cast<int64_t>(count)});
  for (int64_t i = 0; i < range.getNumElements(); ++i)
    range.setDouble(i, *first + static_cast<double>(i) * *delta);
  return node.setResults(node.createConstant(range));
}

void lathe::frontend::addConstants(OperatorRegistry &registry) {
  registry.add("Constant", {1}, 0, convertConstant).lacks("strings");
  registry.add("ConstantOfShape", {9}, 1, convertConstantOfShape)
      .needs("the shape");
  registry.add("Range", {11}, 3, convertRange).needs("start, limit and delta");
}
