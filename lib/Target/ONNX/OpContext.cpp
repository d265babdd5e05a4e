//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a converter sees of the op it converts.
//
//===----------------------------------------------------------------------===//

#include "OpContext.h"

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Dialect/Lathe/Transforms/Locations.h"
#include "lathe/Support/HostTensorAttr.h"
#include "lathe/Support/OnnxTensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::exporter;

ArrayRef<int64_t> exporter::getShape(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

int64_t exporter::getRank(Value value) {
  return static_cast<int64_t>(getShape(value).size());
}

Type exporter::getStoredElement(Type element) {
  auto quantized = dyn_cast<quant::QuantizedType>(element);
  return quantized ? getStorageType(quantized) : element;
}

ElementKind exporter::getKind(Value value) {
  return *getElementKind(getStoredElement(getElementTypeOrSelf(value)));
}

OpContext::OpContext(GraphBuilder &graph, LazyTensors &tensors, Operation *op)
    : graph(graph), tensors(tensors), op(op) {
  // Of a fused op, the first node is the one the others were fused into.
  SmallVector<StringRef> names = getNodeNames(op->getLoc());
  name = (names.empty() ? op->getName().stripDialect() : names.front()).str();
}

LogicalResult OpContext::error(const Twine &message) {
  return op->emitError(message);
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

std::string OpContext::get(Value value, ArrayRef<int64_t> layout) {
  return value ? tensors.get(value, layout, name) : std::string();
}

std::string OpContext::get(Value value) {
  return value ? get(value, getIdentity(getRank(value))) : std::string();
}

Layout OpContext::getLayout(Value value) const {
  return tensors.chooseLayout(value, getRank(value));
}

SmallVector<std::string> OpContext::getOperands(Layout &layout) {
  layout = tensors.chooseLayout(op->getOperands(), getRank(op->getResult(0)));
  SmallVector<std::string> inputs;
  for (Value operand : op->getOperands())
    inputs.push_back(get(operand, layout));
  return inputs;
}

std::string OpContext::createInts(StringRef label, ArrayRef<int64_t> values) {
  return graph.addInts((name + "/" + label).str(), values);
}

std::string OpContext::createScalar(StringRef label, ElementKind kind,
                                    double value) {
  HostTensor scalar(kind, {});
  scalar.setDouble(0, value);
  return graph.addInitializer((name + "/" + label).str(), scalar);
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

std::string OpContext::create(StringRef type, Inputs inputs,
                              ArrayRef<NodeAttribute> attributes) {
  return graph.addNode(type, (name + "/" + type).str(), inputs, attributes);
}

std::string OpContext::createCast(const std::string &tensor, ElementKind from,
                                  ElementKind to) {
  return from == to || tensor.empty()
             ? tensor
             : create("Cast", tensor, NodeAttribute("to", getOnnxDataType(to)));
}

LogicalResult OpContext::setResult(StringRef type, Inputs inputs,
                                   ArrayRef<NodeAttribute> attributes,
                                   ArrayRef<int64_t> layout) {
  tensors.define(op->getResult(0),
                 graph.addNode(type, name, inputs, attributes), layout);
  return success();
}

LogicalResult OpContext::setResult(StringRef type, Inputs inputs,
                                   ArrayRef<NodeAttribute> attributes) {
  return setResult(type, inputs, attributes,
                   getIdentity(getRank(op->getResult(0))));
}

LogicalResult OpContext::setResultIn(ElementKind kind, StringRef type,
                                     Inputs inputs,
                                     ArrayRef<NodeAttribute> attributes,
                                     ArrayRef<int64_t> layout) {
  ElementKind resultKind = exporter::getKind(op->getResult(0));
  if (kind == resultKind)
    return setResult(type, inputs, attributes, layout);
  return setResult("Cast", create(type, inputs, attributes),
                   NodeAttribute("to", getOnnxDataType(resultKind)), layout);
}

std::optional<ElementKind>
OpContext::getComputedKind(StringRef type, KindSet kinds, ElementKind kind) {
  if (kinds.contains(kind))
    return kind;
  if (isFloat(kind) && kinds.contains(ElementKind::F32))
    return ElementKind::F32;
  (void)error("ONNX's operator '" + type + "' takes no elements of type " +
              lathe::getName(kind));
  return std::nullopt;
}

LogicalResult OpContext::compute(StringRef type, KindSet kinds, Value like,
                                 MutableArrayRef<std::string> inputs,
                                 ArrayRef<NodeAttribute> attributes,
                                 ArrayRef<int64_t> layout) {
  ElementKind kind = exporter::getKind(like);
  ElementKind resultKind = exporter::getKind(op->getResult(0));
  std::optional<ElementKind> computed = getComputedKind(type, kinds, kind);
  if (!computed)
    return failure();
  for (std::string &input : inputs)
    input = createCast(std::move(input), kind, *computed);
  return setResultIn(kind == resultKind ? *computed : resultKind, type, inputs,
                     attributes, layout);
}

LogicalResult
OpContext::computeElementwise(StringRef type, KindSet kinds,
                              ArrayRef<NodeAttribute> attributes) {
  Layout layout;
  SmallVector<std::string> inputs = getOperands(layout);
  return compute(type, kinds, op->getOperand(0), inputs, attributes, layout);
}
