//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compiled with exceptions, unlike the rest of Lathe; none leaves this file.
//
//===----------------------------------------------------------------------===//

#include "LibONNX.h"

#include <exception>
#include <onnx/defs/parser.h>
#include <onnx/defs/schema.h>

using namespace lathe;

std::optional<std::string>
lathe::frontend::parseONNXText(const std::string &text,
                               onnx::ModelProto &model) {
  try {
    onnx::OnnxParser parser(text.c_str());
    auto status = parser.Parse(model);
    if (!status.IsOK())
      return status.ErrorMessage();
    if (!parser.EndOfInput())
      return "unexpected text after the model";
    return std::nullopt;
  } catch (const std::exception &error) {
    // Numbers that do not fit their type.
    return std::string("a literal is not valid (") + error.what() + ")";
  }
}

std::optional<frontend::OperatorBody>
lathe::frontend::getOperatorBody(const onnx::NodeProto &node, int64_t opset,
                                 llvm::ArrayRef<onnx::TypeProto> inputTypes) {
  try {
    const onnx::OpSchema *schema = onnx::OpSchemaRegistry::Schema(
        node.op_type(), static_cast<int>(opset), node.domain());
    if (!schema || node.input_size() < schema->min_input() ||
        node.input_size() > schema->max_input())
      return std::nullopt;
    OperatorBody body;
    for (const auto &[name, attribute] : schema->attributes())
      if (attribute.default_value.has_type())
        body.defaults.push_back(attribute.default_value);
    if (schema->HasFunction()) {
      body.function = *schema->GetFunction();
      return body;
    }
    onnx::FunctionBodyBuildContextImpl context(
        node,
        std::vector<onnx::TypeProto>(inputTypes.begin(), inputTypes.end()));
    if (schema->HasContextDependentFunction() &&
        schema->BuildContextDependentFunction(context, body.function))
      return body;
    return std::nullopt;
  } catch (const std::exception &) {
    return std::nullopt;
  }
}

std::vector<frontend::OperatorSchema> lathe::frontend::listOperators() {
  std::vector<OperatorSchema> operators;
  for (const onnx::OpSchema &schema :
       onnx::OpSchemaRegistry::get_all_schemas()) {
    OperatorSchema &added = operators.emplace_back();
    added.domain = schema.domain();
    added.name = schema.Name();
    added.hasBody =
        schema.HasFunction() || schema.HasContextDependentFunction();
    const auto &parameters =
        schema.inputs().empty() ? schema.outputs() : schema.inputs();
    if (!parameters.empty())
      for (const std::string *type : parameters.front().GetTypes())
        added.types.push_back(*type);
  }
  return operators;
}
