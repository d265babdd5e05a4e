//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Nodes: look-up of their converters, expansion of functions, constants.
//
//===----------------------------------------------------------------------===//

#include "GraphImporter.h"
#include "LibONNX.h"
#include "NodeContext.h"
#include "Sequence.h"

#include "lathe/Support/HostTensorAttr.h"
#include "lathe/Support/OnnxTensor.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;
using onnx::AttributeProto;
using onnx::FunctionProto;

//===----------------------------------------------------------------------===//
// Tensors by name
//===----------------------------------------------------------------------===//

FailureOr<Value> GraphImporter::addConstant(StringRef name,
                                            llvm::Expected<HostTensor> tensor,
                                            int32_t dataType) {
  if (!tensor)
    return error("tensor '" + name + "': " + toString(tensor.takeError()));
  if (isTooLarge(tensor->getShape()))
    return error("tensor '" + name + "' has shape " +
                 formatShape(tensor->getShape()) + ", which is too large");
  Location loc = NameLoc::get(builder.getStringAttr(name));
  Value constant = ConstantOp::create(
      builder, loc, toElementsAttr(*tensor, builder.getContext(), name));
  tables.setDataType(constant, dataType);
  return constant;
}

LogicalResult GraphImporter::checkClosed(Value value, StringRef name) {
  if (!isTensor(value))
    return error("tensor '" + name + "' is " + describeNoTensor(value) +
                 ", which cannot pass into or out of a loop or branch");
  if (!tables.extents.contains(value))
    return success();
  return error(
      "tensor '" + name +
      "' has an extent that is only known at run time, which cannot "
      "pass into or out of a loop or branch; end the model there with "
      "--outputs, or let the exporter keep a fixed number of elements");
}

FailureOr<Value> GraphImporter::readOuterTensor(Scope &scope, StringRef name) {
  FailureOr<Value> value = failure();
  {
    OpBuilder::InsertionGuard guard(builder);
    if (scope.body)
      builder.restoreInsertionPoint(scope.body->getOutside());
    value = readTensor(*scope.outer, name);
  }
  if (failed(value) || !*value || !scope.body)
    return value;
  if (failed(checkClosed(*value, name)))
    return failure();
  return scope.body->import(*value);
}

FailureOr<Value> GraphImporter::readTensor(Scope &scope, StringRef name) {
  auto value = scope.values.find(name);
  if (value != scope.values.end())
    return value->second;
  FailureOr<Value> constant = failure();
  auto dense = scope.initializers.find(name);
  auto sparse = scope.sparseInitializers.find(name);
  if (dense != scope.initializers.end())
    constant = addConstant(name, model->getTensor(*dense->second),
                           dense->second->data_type());
  else if (sparse != scope.sparseInitializers.end())
    constant = addConstant(name, model->getTensor(*sparse->second),
                           sparse->second->values().data_type());
  else if (auto why = scope.refused.find(name); why != scope.refused.end())
    return error(why->second);
  else if (scope.outer && scope.outer->canRead(name))
    constant = readOuterTensor(scope, name);
  else
    return error("tensor '" + name +
                 "' is an optional output of its node that is not supported");
  if (succeeded(constant))
    scope.values[name] = *constant;
  return constant;
}

LogicalResult GraphImporter::readInputs(Scope &scope, const Call &call,
                                        SmallVectorImpl<Value> &inputs) {
  for (const std::string &name : call.node.input()) {
    if (name.empty()) {
      inputs.push_back({});
      continue;
    }
    FailureOr<Value> value = readTensor(scope, name);
    if (failed(value))
      return failure();
    inputs.push_back(*value);
  }
  while (!inputs.empty() && !inputs.back())
    inputs.pop_back();
  return success();
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

/// The node with the attributes that refer to its function's replaced by their
/// values; those that the call leaves out are left out here too.
static onnx::NodeProto
resolveAttributes(const onnx::NodeProto &node,
                  const llvm::StringMap<const AttributeProto *> &values) {
  onnx::NodeProto resolved = node;
  resolved.clear_attribute();
  for (const AttributeProto &attribute : node.attribute()) {
    if (attribute.ref_attr_name().empty()) {
      *resolved.add_attribute() = attribute;
      continue;
    }
    auto value = values.find(attribute.ref_attr_name());
    if (value == values.end())
      continue;
    AttributeProto *copy = resolved.add_attribute();
    *copy = *value->second;
    copy->set_name(attribute.name());
  }
  return resolved;
}

static constexpr size_t longestInnerName = 1024;

LogicalResult GraphImporter::importNodes(Scope &scope,
                                         ArrayRef<std::string> outputs) {
  NodeOrder order(scope.nodes);
  auto isDefined = [&](StringRef name) { return scope.contains(name); };
  auto isGiven = [&](StringRef name) { return scope.canRead(name); };
  if (llvm::Error cause = order.sort(outputs, isDefined, isGiven))
    return error(std::move(cause));
  for (int index : order.getSorted()) {
    const onnx::NodeProto &node = scope.nodes[index];
    std::string name = scope.prefix + getNodeName(node, index);
    // What is expanded many times must not multiply a long name.
    if (scope.depth != 0 && name.size() > longestInnerName)
      name.resize(longestInnerName);
    bool refers = llvm::any_of(node.attribute(), [](const auto &attribute) {
      return !attribute.ref_attr_name().empty();
    });
    onnx::NodeProto resolved;
    if (refers)
      resolved = resolveAttributes(node, scope.attributes);
    Call call{refers ? resolved : node, name,
              scope.opsets.find(node.domain()).value_or(0)};
    if (failed(importNode(scope, call)))
      return failure();
    if (scope.hasLayers)
      keepLayers(scope, call);
  }
  return success();
}

void GraphImporter::keepLayers(Scope &scope, const Call &call) {
  for (const std::string &name : call.node.output())
    if (Value value = scope.values.lookup(name); value && isTensor(value))
      layers.push_back({scope.prefix + name, call.name, call.node.op_type(),
                        value, layers.size(), scope.depth != 0});
}

/// The converter for a version of the operator, or null.
static const OperatorRegistry::Entry *
findEntry(const OperatorRegistry::Entries *entries, int64_t opset) {
  if (!entries)
    return nullptr;
  auto found = llvm::find_if(*entries, [&](const auto &entry) {
    return opset >= entry.versions.since && opset <= entry.versions.until;
  });
  return found == entries->end() ? nullptr : &*found;
}

/// ONNX's description of a tensor type.
static onnx::TypeProto describeType(Value value) {
  onnx::TypeProto type;
  if (!value || !isTensor(value))
    return type;
  std::optional<ElementKind> kind = getElementKind(getElement(value));
  type.mutable_tensor_type()->set_elem_type(kind ? getOnnxDataType(*kind) : 0);
  for (int64_t extent : getShape(value))
    type.mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(
        extent);
  return type;
}

LogicalResult GraphImporter::importNode(Scope &scope, const Call &call) {
  SmallVector<Value> inputs;
  if (call.opset == 0)
    return error(call, "the model imports no opset of domain '" +
                           call.node.domain() + "'");
  if (failed(readInputs(scope, call, inputs)))
    return failure();
  // A model's own function takes the place of an operator of that name.
  if (const FunctionProto *function = findFunction(call.node))
    return expandFunction(scope, call, *function, inputs, /*defaults=*/{},
                          scope.hasLayers);
  const OperatorRegistry::Entries *entries = OperatorRegistry::get().find(
      normalizeDomain(call.node.domain()), call.node.op_type());
  if (const OperatorRegistry::Entry *entry = findEntry(entries, call.opset))
    return convert(scope, call, *entry, inputs);
  StringRef reason = OperatorRegistry::get().getRefusal(
      normalizeDomain(call.node.domain()), call.node.op_type());
  if (!reason.empty())
    return error(call, "the operator is not supported: " + reason);
  auto types = llvm::map_to_vector(inputs, describeType);
  if (std::optional<OperatorBody> body =
          getOperatorBody(call.node, call.opset, types))
    return expandFunction(scope, call, body->function, inputs, body->defaults,
                          /*hasLayers=*/false);
  return reportUnsupported(call, entries);
}

LogicalResult
GraphImporter::reportUnsupported(const Call &call,
                                 const OperatorRegistry::Entries *known) {
  if (known)
    return error(call, "the operator is supported for opset " +
                           Twine(known->front().versions.since) + " to " +
                           Twine(known->back().versions.until));
  StringRef similar =
      OperatorRegistry::get().getSimilarName(call.node.op_type());
  return error(
      call,
      "the operator is not supported" +
          (similar.empty() ? Twine() : "; did you mean '" + similar + "'?") +
          "; lathe operators lists those that are");
}

/// The model's inputs that `value` is computed from. Those of `bodies` are
/// followed to where they are captured.
static llvm::SetVector<BlockArgument> collectInputs(Value value,
                                                    ArrayRef<Body *> bodies) {
  llvm::SetVector<BlockArgument> inputs;
  llvm::SetVector<Value> visited;
  visited.insert(value);
  for (unsigned i = 0; i < visited.size(); ++i) {
    auto argument = dyn_cast<BlockArgument>(visited[i]);
    Value outside;
    for (Body *body : bodies)
      if (argument && !outside)
        outside = body->getOutside(argument);
    if (outside)
      visited.insert(outside);
    else if (argument)
      inputs.insert(argument);
    else
      visited.insert_range(visited[i].getDefiningOp()->getOperands());
  }
  return inputs;
}

bool GraphImporter::fixInputsOf(Value value) {
  llvm::SetVector<BlockArgument> arguments = collectInputs(value, bodies);
  std::vector<std::string> names;
  for (BlockArgument argument : arguments) {
    auto function = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
    auto name = function ? function.getArgAttrOfType<StringAttr>(
                               argument.getArgNumber(), "lathe.name")
                         : StringAttr();
    if (!name || !getKnown(name))
      return false;
    names.push_back(name.str());
  }
  fixedInputs.insert(names.begin(), names.end());
  wantsAnotherAttempt = !names.empty();
  return wantsAnotherAttempt;
}

LogicalResult GraphImporter::checkTensors(const Call &call,
                                          ArrayRef<Value> inputs) {
  for (auto [index, value] : llvm::enumerate(inputs))
    if (value && !isTensor(value))
      return error(call, "input " + Twine(index) + ", '" +
                             call.node.input(static_cast<int>(index)) +
                             "', is " + describeNoTensor(value) +
                             ", and the operator takes tensors");
  return success();
}

LogicalResult GraphImporter::checkExtents(const Call &call,
                                          const OperatorRegistry::Entry &entry,
                                          ArrayRef<Value> inputs) {
  std::optional<unsigned> open = findOpen(inputs, tables.extents);
  if (!open || entry.extents == OpenExtents::Handled)
    return success();
  constexpr StringLiteral remedy =
      "; end the model there with --outputs, or let the exporter keep a fixed "
      "number of elements";
  if (entry.extents == OpenExtents::Kept) {
    std::optional<std::string> mismatch = findMismatch(inputs, tables.extents);
    return mismatch ? error(call, *mismatch + remedy) : success();
  }
  return error(call, "tensor '" + call.node.input(*open) +
                         "' has an extent that is only known at run time, "
                         "which the operator cannot read" +
                         remedy);
}

/// Gives the node's results their names. Those that a converter does not give
/// are reported where they are read.
void GraphImporter::addResults(Scope &scope, const NodeContext &context,
                               const OperatorRegistry::Entry &entry) {
  std::optional<unsigned> open = findOpen(context.getInputs(), tables.extents);
  for (auto [index, value] : llvm::enumerate(context.getResults())) {
    if (!value)
      continue;
    const onnx::NodeProto &node = context.getNode();
    if (static_cast<int>(index) < node.output_size() &&
        !node.output(index).empty())
      scope.values[node.output(index)] = value;
    ArrayRef<std::optional<DynamicExtents>> given = context.getResultExtents();
    if (index < given.size() && given[index])
      tables.extents[value] = *given[index];
    else if (entry.extents == OpenExtents::Kept && open)
      tables.extents[value] =
          DynamicExtents(tables.extents.at(context.getInput(*open)));
  }
}

LogicalResult GraphImporter::convert(Scope &scope, const Call &call,
                                     const OperatorRegistry::Entry &entry,
                                     ArrayRef<Value> inputs) {
  const onnx::NodeProto &node = call.node;
  if (inputs.size() > entry.inputs.most)
    return error(call, "it has " + Twine(inputs.size()) +
                           " inputs, and the operator takes at most " +
                           Twine(entry.inputs.most));
  for (unsigned i = 0; i < entry.inputs.least; ++i)
    if (i >= inputs.size() || !inputs[i])
      return error(call, "input " + Twine(i) + " is missing");
  if ((!entry.takesSequences && failed(checkTensors(call, inputs))) ||
      failed(checkExtents(call, entry, inputs)))
    return failure();
  // The node's name, and behind it that of its first result.
  std::string output = node.output_size() ? node.output(0) : std::string();
  Location loc = NameLoc::get(builder.getStringAttr(call.name),
                              NameLoc::get(builder.getStringAttr(output)));
  auto emitError = [&](const Twine &message) { (void)error(call, message); };
  auto fixValue = [&](Value value) { return fixInputsOf(value); };
  auto importInner = [&](const onnx::GraphProto &graph,
                         ArrayRef<Value> graphInputs, Body *body) {
    return importGraph(scope, call, graph, graphInputs, body);
  };
  NodeContext context(*model, node, call.opset, inputs, tables, builder, loc,
                      emitError, fixValue, importInner);
  if (failed(entry.converter(context)) || failed(context.checkAttributesUsed()))
    return failure();
  addResults(scope, context, entry);
  for (const auto &[index, why] : context.getRefusals())
    if (static_cast<int>(index) < node.output_size())
      scope.refused[node.output(static_cast<int>(index))] =
          "node '" + call.name + "' (" + node.op_type() + "): " + why;
  return success();
}

//===----------------------------------------------------------------------===//
// Graphs inside nodes
//===----------------------------------------------------------------------===//

// Deeper than any model nests functions and graphs; a recursive one has no end.
static constexpr unsigned maxDepth = 64;

/// How many results the nodes of `graph` and of graphs inside it have.
static size_t countTensors(const onnx::GraphProto &graph) {
  size_t count = 0;
  for (const onnx::NodeProto &node : graph.node()) {
    count += node.output_size();
    for (const AttributeProto &attribute : node.attribute()) {
      if (attribute.has_g())
        count += countTensors(attribute.g());
      for (const onnx::GraphProto &inner : attribute.graphs())
        count += countTensors(inner);
    }
  }
  return count;
}

LogicalResult GraphImporter::chargeExpansion(const Call &call, unsigned size) {
  if (size > expansionBudget)
    return error(call, "functions and loops expand to more nodes than are "
                       "supported; export the model with fewer of them");
  expansionBudget -= size;
  return success();
}

FailureOr<SmallVector<Value>>
GraphImporter::importGraph(Scope &outer, const Call &call,
                           const onnx::GraphProto &graph,
                           ArrayRef<Value> inputs, Body *body) {
  if (outer.depth == maxDepth)
    return error(call,
                 "graphs are nested more than " + Twine(maxDepth) + " deep");
  // One more, because a graph without nodes takes time as well.
  if (failed(chargeExpansion(call,
                             1 + graph.node_size() + graph.initializer_size())))
    return failure();
  Scope scope(graph.node(), outer.opsets);
  scope.attributes = outer.attributes;
  scope.prefix = call.name + "/";
  scope.depth = outer.depth + 1;
  scope.outer = &outer;
  scope.body = body;
  // What a body computes is not there after it ran.
  scope.hasLayers = outer.hasLayers && !body;
  if (outer.hasLayers && body)
    numLeftOut += countTensors(graph);
  if (failed(collectInitializers(scope, graph)))
    return failure();
  if (graph.input_size() != static_cast<int>(inputs.size()))
    return error(call, "its graph '" + graph.name() + "' has " +
                           Twine(graph.input_size()) + " inputs, but gets " +
                           Twine(inputs.size()));
  for (auto [input, value] : llvm::zip(graph.input(), inputs))
    if (!scope.values.try_emplace(input.name(), value).second)
      return error(call, "its graph has two inputs '" + input.name() + "'");
  SmallVector<std::string> names;
  for (const auto &output : graph.output())
    names.push_back(output.name());
  if (body)
    bodies.push_back(body);
  LogicalResult imported = importNodes(scope, names);
  if (body)
    bodies.pop_back();
  if (failed(imported))
    return failure();
  SmallVector<Value> results;
  for (const std::string &name : names) {
    FailureOr<Value> value = readTensor(scope, name);
    if (failed(value) || (body && failed(checkClosed(*value, name))))
      return failure();
    if (!*value)
      return error(call, "output '" + name +
                             "' of its graph is an input of a function that is "
                             "left out");
    results.push_back(*value);
  }
  return results;
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

const FunctionProto *
GraphImporter::findFunction(const onnx::NodeProto &node) const {
  if (functions.empty())
    return nullptr;
  auto found =
      functions.find({normalizeDomain(node.domain()).str(), node.op_type()});
  return found == functions.end() ? nullptr : found->second;
}

LogicalResult GraphImporter::bindAttributes(const Call &call,
                                            const FunctionProto &function,
                                            ArrayRef<AttributeProto> defaults,
                                            Scope &scope) {
  for (const AttributeProto &attribute : defaults)
    scope.attributes[attribute.name()] = &attribute;
  for (const AttributeProto &attribute : call.node.attribute()) {
    if (!llvm::is_contained(function.attribute(), attribute.name()))
      return error(call, "attribute '" + attribute.name() +
                             "' is not one that the function has");
    scope.attributes[attribute.name()] = &attribute;
  }
  return success();
}

LogicalResult GraphImporter::expandFunction(Scope &caller, const Call &call,
                                            const FunctionProto &function,
                                            ArrayRef<Value> inputs,
                                            ArrayRef<AttributeProto> defaults,
                                            bool hasLayers) {
  if (caller.depth == maxDepth)
    return error(call, "functions call each other " + Twine(maxDepth) +
                           " deep, so they seem to be recursive");
  if (failed(chargeExpansion(call, 1 + function.node_size())))
    return failure();
  Scope scope(function.node(), OpsetVersions(function.opset_import()));
  scope.prefix = call.name + "/";
  scope.depth = caller.depth + 1;
  scope.hasLayers = hasLayers;
  if (scope.opsets.getAll().empty())
    scope.opsets = caller.opsets;
  if (static_cast<int>(inputs.size()) > function.input_size() ||
      call.node.output_size() > function.output_size())
    return error(call, "it has more inputs or outputs than the function");
  // Inputs that the call leaves out are null, as an empty name would be.
  for (auto [index, name] : llvm::enumerate(function.input()))
    scope.values[name] = index < inputs.size() ? inputs[index] : Value();
  if (failed(bindAttributes(call, function, defaults, scope)))
    return failure();
  SmallVector<std::string> outputs(function.output().begin(),
                                   function.output().end());
  outputs.resize(call.node.output_size());
  if (failed(importNodes(scope, outputs)))
    return failure();
  for (auto [name, output] : llvm::zip(call.node.output(), outputs)) {
    if (name.empty())
      continue;
    FailureOr<Value> value = readTensor(scope, output);
    if (failed(value))
      return failure();
    if (!*value)
      return error(call, "output '" + output + "' is an input left out");
    caller.values[name] = *value;
  }
  return success();
}
