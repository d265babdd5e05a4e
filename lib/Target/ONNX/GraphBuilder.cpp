//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Builds the protobuf of an ONNX model.
//
//===----------------------------------------------------------------------===//

#include "GraphBuilder.h"

#include "lathe/Support/OnnxTensor.h"
#include <onnx/onnx_pb.h>

using namespace lathe;
using namespace lathe::exporter;
using llvm::ArrayRef;
using llvm::StringRef;

/// Enters `name` in `taken`, with a number after it if it is there already.
static std::string makeUnique(StringRef name, llvm::StringSet<> &taken) {
  std::string unique = name.str();
  for (unsigned i = 1; !taken.insert(unique).second; ++i)
    unique = (name + "_" + llvm::Twine(i)).str();
  return unique;
}

static void setType(onnx::ValueInfoProto &info, StringRef name,
                    ElementKind kind, ArrayRef<int64_t> shape) {
  info.set_name(name.str());
  onnx::TypeProto::Tensor *type = info.mutable_type()->mutable_tensor_type();
  type->set_elem_type(getOnnxDataType(kind));
  // Present for a scalar too: without it the rank is unknown.
  onnx::TensorShapeProto *dims = type->mutable_shape();
  for (int64_t extent : shape)
    dims->add_dim()->set_dim_value(extent);
}

static void setValue(onnx::AttributeProto &proto,
                     const NodeAttribute &attribute) {
  proto.set_name(attribute.name.str());
  if (const auto *number = std::get_if<int64_t>(&attribute.value)) {
    proto.set_type(onnx::AttributeProto::INT);
    proto.set_i(*number);
  } else if (const auto *real = std::get_if<double>(&attribute.value)) {
    proto.set_type(onnx::AttributeProto::FLOAT);
    proto.set_f(static_cast<float>(*real));
  } else if (const auto *text = std::get_if<std::string>(&attribute.value)) {
    proto.set_type(onnx::AttributeProto::STRING);
    proto.set_s(*text);
  } else {
    proto.set_type(onnx::AttributeProto::INTS);
    for (int64_t value : std::get<std::vector<int64_t>>(attribute.value))
      proto.add_ints(value);
  }
}

GraphBuilder::GraphBuilder(StringRef graphName)
    : model(std::make_unique<onnx::ModelProto>()) {
  model->set_producer_name("lathe");
  model->mutable_graph()->set_name(graphName.str());
}

GraphBuilder::~GraphBuilder() = default;

void GraphBuilder::addInput(StringRef name, ElementKind kind,
                            ArrayRef<int64_t> shape) {
  tensorNames.insert(name);
  setType(*model->mutable_graph()->add_input(), name, kind, shape);
}

std::string GraphBuilder::reserveOutput(StringRef name) {
  return makeUnique(name, tensorNames);
}

void GraphBuilder::addOutput(StringRef name, const std::string &tensor,
                             ElementKind kind, ArrayRef<int64_t> shape) {
  if (nodeResults.contains(tensor) && !outputNames.contains(tensor))
    outputNames[tensor] = name.str();
  else
    addNodeTo(name.str(), "Identity", name, tensor, {});
  setType(*model->mutable_graph()->add_output(), name, kind, shape);
}

std::string GraphBuilder::addInitializer(StringRef name,
                                         const HostTensor &tensor) {
  onnx::TensorProto *proto = model->mutable_graph()->add_initializer();
  proto->set_name(makeUnique(name, tensorNames));
  toTensorProto(tensor, *proto);
  return proto->name();
}

void GraphBuilder::storeInFourBits(StringRef name) {
  // TensorProto.INT4, which headers before ONNX 1.16 do not name. The first of
  // two elements is in the lower half of their byte.
  constexpr int32_t int4 = 22;
  for (onnx::TensorProto &proto :
       *model->mutable_graph()->mutable_initializer()) {
    if (proto.name() != name || proto.data_type() == int4)
      continue;
    const std::string &bytes = proto.raw_data();
    std::string packed((bytes.size() + 1) / 2, 0);
    for (size_t i = 0; i < bytes.size(); ++i)
      packed[i / 2] |= static_cast<char>((bytes[i] & 15) << (i % 2 * 4));
    proto.set_data_type(int4);
    proto.set_raw_data(std::move(packed));
  }
  requireOpset(21);
}

std::string GraphBuilder::addNode(StringRef type, StringRef name, Inputs inputs,
                                  ArrayRef<NodeAttribute> attributes) {
  std::string output = makeUnique(name, tensorNames);
  nodeResults.insert(output);
  return addNodeTo(std::move(output), type, name, inputs, attributes);
}

std::string GraphBuilder::addNodeTo(std::string output, StringRef type,
                                    StringRef name, Inputs inputs,
                                    ArrayRef<NodeAttribute> attributes) {
  onnx::NodeProto *node = model->mutable_graph()->add_node();
  node->set_name(makeUnique(name, nodeNames));
  node->set_op_type(type.str());
  while (!inputs.empty() && inputs.back().empty())
    inputs = inputs.drop_back();
  for (const std::string &input : inputs)
    node->add_input(input);
  node->add_output(output);
  for (const NodeAttribute &attribute : attributes)
    setValue(*node->add_attribute(), attribute);
  return output;
}

std::string GraphBuilder::addReshape(StringRef name, std::string tensor,
                                     ArrayRef<int64_t> shape) {
  std::string target = addInts((name + "/shape").str(), shape);
  // Otherwise a zero copies the input's extent.
  llvm::SmallVector<NodeAttribute, 1> attributes;
  if (llvm::is_contained(shape, 0))
    attributes.emplace_back("allowzero", 1);
  return addNode("Reshape", name, {std::move(tensor), std::move(target)},
                 attributes);
}

std::string GraphBuilder::addInts(StringRef name, ArrayRef<int64_t> values) {
  auto size = static_cast<int64_t>(values.size());
  return addInitializer(name, HostTensor::get<int64_t>({size}, values));
}

void GraphBuilder::requireOpset(int64_t version) {
  opset = std::max(opset, version);
}

std::optional<std::string> GraphBuilder::finish() {
  auto rename = [&](std::string &name) {
    auto found = outputNames.find(name);
    if (found != outputNames.end())
      name = found->second;
  };
  for (onnx::NodeProto &node : *model->mutable_graph()->mutable_node()) {
    for (std::string &input : *node.mutable_input())
      rename(input);
    rename(*node.mutable_output(0));
  }
  // Which version of the file format came with which operators is stated in
  // ONNX's docs/Versioning.md: 8 with 18 (and before), 9 with 19, 10 with 21.
  model->set_ir_version(opset >= 21 ? 10 : opset >= 19 ? 9 : 8);
  model->add_opset_import()->set_version(opset);
  if (model->ByteSizeLong() > size_t(INT32_MAX))
    return std::nullopt;
  return model->SerializeAsString();
}
