//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The module and function around the nodes: inputs, outputs, names, versions.
//
//===----------------------------------------------------------------------===//

#include "GraphImporter.h"
#include "NodeContext.h"
#include "Sequence.h"
#include "ShapeBindings.h"

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Dialect/Lathe/IR/QuantizedInterface.h"
#include "lathe/Reference/EvaluableOpInterface.h"
#include "lathe/Support/HostTensorAttr.h"
#include "lathe/Support/OnnxTensor.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

// More than unrolled loops and functions of real models come to. Functions that
// call others several times, and loops in loops, grow exponentially.
static constexpr unsigned mostExpanded = 1 << 20;

StringRef lathe::frontend::normalizeDomain(StringRef domain) {
  return domain == "ai.onnx" ? StringRef() : domain;
}

OpsetVersions::OpsetVersions(
    const google::protobuf::RepeatedPtrField<onnx::OperatorSetIdProto>
        &imports) {
  for (const auto &import : imports)
    versions[normalizeDomain(import.domain()).str()] = import.version();
}

std::optional<int64_t> OpsetVersions::find(StringRef domain) const {
  auto found = versions.find(normalizeDomain(domain).str());
  if (found == versions.end())
    return std::nullopt;
  return found->second;
}

GraphImporter::GraphImporter(std::shared_ptr<Model> loaded,
                             const ImportOptions &options, MLIRContext *context,
                             const ImportOptions::ShapeBinding *shapeBinding)
    : model(std::move(loaded)), options(options), shapeBinding(shapeBinding),
      builder(context) {
  for (const onnx::FunctionProto &function : model->getProto().functions())
    functions.try_emplace(
        {normalizeDomain(function.domain()).str(), function.name()}, &function);
}

LogicalResult GraphImporter::error(const Twine &message) {
  return emitError(getFileLocation(builder.getContext(), model->getPath()),
                   makePrintable(message));
}

LogicalResult GraphImporter::error(llvm::Error cause) {
  return error(toString(std::move(cause)));
}

LogicalResult GraphImporter::error(const Call &call, const Twine &message) {
  Location loc =
      NameLoc::get(builder.getStringAttr(call.name),
                   getFileLocation(builder.getContext(), model->getPath()));
  StringRef domain = normalizeDomain(call.node.domain());
  return emitError(loc) << makePrintable("node '" + call.name + "' (" + domain +
                                         (domain.empty() ? "" : ".") +
                                         call.node.op_type() + ", opset " +
                                         Twine(call.opset) + "): " + message);
}

LogicalResult GraphImporter::checkVersions() {
  OpsetVersions opsets(model->getProto().opset_import());
  std::optional<int64_t> opset = opsets.find("");
  if (!opset) {
    // Models of other domains only, and those before IR version 3.
    if (!opsets.getAll().empty())
      return success();
    return error("the model names no opset; save it with a newer exporter");
  }
  if (*opset > newestOpset)
    return error("the model is written in opset " + Twine(*opset) +
                 ", and the newest that is supported is " + Twine(newestOpset) +
                 "; export it for that one, or convert it with "
                 "onnx.version_converter");
  return success();
}

LogicalResult
GraphImporter::collectInitializers(Scope &scope,
                                   const onnx::GraphProto &graph) {
  for (const onnx::TensorProto &tensor : graph.initializer())
    if (!scope.initializers.try_emplace(tensor.name(), &tensor).second)
      return error("initializer '" + tensor.name() + "' stands twice");
  for (const onnx::SparseTensorProto &tensor : graph.sparse_initializer()) {
    const std::string &name = tensor.values().name();
    if (scope.contains(name) ||
        !scope.sparseInitializers.try_emplace(name, &tensor).second)
      return error("initializer '" + name + "' stands twice");
  }
  return success();
}

const HostTensor *GraphImporter::getKnown(StringRef input) const {
  return findKnown(options, input, numInputs);
}

std::optional<llvm::Expected<HostTensor>>
GraphImporter::getFixedValue(StringRef input, RankedTensorType type) const {
  for (const ImportOptions::Binding &binding : options.bindings)
    if (binding.input == input)
      return getBoundValue(binding, type);
  if (!fixedInputs.count(input.str()))
    return std::nullopt;
  const HostTensor *known = getKnown(input);
  if (known->getShape() != type.getShape() ||
      known->getKind() != getElementKind(type.getElementType()))
    return llvm::createStringError("input '" + input +
                                   "' has another shape or type than the "
                                   "tensor given for it");
  return *known;
}

LogicalResult GraphImporter::addInputs(Scope &scope, func::FuncOp function) {
  // Up to IR version 3 initializers had to be inputs as well; later, such an
  // input has a default value, which is taken.
  SmallVector<const onnx::ValueInfoProto *> inputs;
  llvm::StringSet<> names;
  for (const onnx::ValueInfoProto &input : model->getProto().graph().input()) {
    if (!names.insert(input.name()).second)
      return error("input '" + input.name() + "' stands twice");
    if (!scope.contains(input.name()))
      inputs.push_back(&input);
  }
  numInputs = inputs.size();
  llvm::Expected<InputBinding> binding =
      InputBinding::create(inputs, options, shapeBinding);
  if (!binding)
    return error(binding.takeError());
  SmallVector<DictionaryAttr> attributes;
  for (const onnx::ValueInfoProto *input : inputs) {
    int32_t dataType = input->type().tensor_type().elem_type();
    llvm::Expected<RankedTensorType> type =
        binding->getType(*input, builder.getContext());
    if (!type)
      return error(type.takeError());
    Location loc = NameLoc::get(builder.getStringAttr(input->name()));
    if (auto value = getFixedValue(input->name(), *type)) {
      FailureOr<Value> constant =
          addConstant(input->name(), std::move(*value), dataType);
      if (failed(constant))
        return failure();
      scope.values[input->name()] = *constant;
      continue;
    }
    attributes.push_back(builder.getDictionaryAttr(builder.getNamedAttr(
        "lathe.name", builder.getStringAttr(input->name()))));
    Value value = function.front().addArgument(*type, loc);
    // Of a tensor without elements, everything is known.
    if (type->getNumElements() == 0)
      value = ConstantOp::create(
          builder, loc, DenseElementsAttr::get(*type, ArrayRef<Attribute>()));
    tables.setDataType(value, dataType);
    scope.values[input->name()] = value;
  }
  // All at once: each change makes a copy of all.
  function.setType(
      builder.getFunctionType(function.front().getArgumentTypes(), {}));
  function.setAllArgAttrs(attributes);
  return success();
}

SmallVector<std::string> GraphImporter::getOutputNames() const {
  if (!options.outputs.empty())
    return SmallVector<std::string>(options.outputs.begin(),
                                    options.outputs.end());
  SmallVector<std::string> names;
  for (const auto &output : model->getProto().graph().output())
    names.push_back(output.name());
  return names;
}

LogicalResult GraphImporter::checkDeclaredType(
    StringRef name, const onnx::ValueInfoProto *output, RankedTensorType type) {
  // Tensors that --outputs names need not be outputs of the graph.
  if (!output)
    return success();
  int32_t declared = output->type().tensor_type().elem_type();
  Type element = type.getElementType();
  std::optional<StoredType> stored = getStoredType(declared);
  if (declared != onnx::TensorProto::UNDEFINED &&
      (!stored || stored->kind != getElementKind(element))) {
    std::string computed;
    llvm::raw_string_ostream(computed) << element;
    return error("output '" + name.str() + "' is declared with elements of " +
                 "type " + getDataTypeName(declared) + ", but computed with " +
                 computed);
  }
  checkDeclaredShape(*output, type);
  return success();
}

void GraphImporter::checkDeclaredShape(const onnx::ValueInfoProto &output,
                                       RankedTensorType type) {
  // Exporters leave old shapes, so that others are no error; with --reshape
  // they are what was asked for.
  const onnx::TypeProto::Tensor &declared = output.type().tensor_type();
  if (!declared.has_shape() || !options.reshapes.empty())
    return;
  SmallVector<int64_t> shape;
  for (const auto &dim : declared.shape().dim())
    shape.push_back(dim.has_dim_value() ? dim.dim_value()
                                        : ShapedType::kDynamic);
  auto agrees = [](auto pair) {
    auto [stated, computed] = pair;
    return ShapedType::isDynamic(stated) || stated == computed;
  };
  if (shape.size() == type.getShape().size() &&
      llvm::all_of(llvm::zip(shape, type.getShape()), agrees))
    return;
  emitWarning(getFileLocation(builder.getContext(), model->getPath()))
      << makePrintable("output '" + output.name() +
                       "' is declared with shape " + formatShape(shape) +
                       ", but computed with " + formatShape(type.getShape()) +
                       ", which is taken");
}

DictionaryAttr GraphImporter::describe(const Layer &layer, Builder &builder) {
  NamedAttrList description;
  description.set("node", builder.getStringAttr(layer.node));
  description.set("operator", builder.getStringAttr(layer.op));
  description.set("number", builder.getI64IntegerAttr(layer.number));
  if (layer.isInFunction)
    description.set("in_function", builder.getUnitAttr());
  return description.getDictionary(builder.getContext());
}

void GraphImporter::addResult(StringRef name, Value value, Results &results) {
  auto nameAttr = builder.getStringAttr(name);
  NamedAttrList attributes;
  attributes.set("lathe.name", nameAttr);
  auto layer = llvm::find_if(
      layers, [&](const Layer &layer) { return layer.tensor == name; });
  if (layer != layers.end())
    attributes.set("lathe.layer", describe(*layer, builder));
  results.values.push_back(value);
  results.attributes.push_back(attributes.getDictionary(builder.getContext()));
  auto open = tables.extents.find(value);
  if (open == tables.extents.end())
    return;
  // The caller learns from a second result how much of the first is filled.
  std::string dims = (name + "_dims").str();
  while (!results.names.insert(dims).second)
    dims += "_";
  results.values.push_back(open->second.actual);
  results.attributes.push_back(builder.getDictionaryAttr(
      {builder.getNamedAttr("lathe.dims_of", nameAttr),
       builder.getNamedAttr("lathe.name", builder.getStringAttr(dims))}));
}

/// The values of `block` that are computed from its arguments.
static llvm::DenseSet<Value> collectVarying(Block &block) {
  llvm::DenseSet<Value> varying(block.args_begin(), block.args_end());
  for (Operation &op : block)
    if (llvm::any_of(op.getOperands(),
                     [&](Value operand) { return varying.contains(operand); }))
      varying.insert(op.result_begin(), op.result_end());
  return varying;
}

/// The layers that depend on the inputs and whose names are not taken; these
/// are added to `taken`.
SmallVector<const GraphImporter::Layer *>
GraphImporter::selectLayers(llvm::StringSet<> &taken) {
  llvm::DenseSet<Value> varying = collectVarying(*builder.getBlock());
  SmallVector<const Layer *> selected;
  for (const Layer &layer : layers)
    if (varying.contains(layer.value) && taken.insert(layer.tensor).second)
      selected.push_back(&layer);
  return selected;
}

LogicalResult GraphImporter::addResults(Scope &scope, func::FuncOp function) {
  Results results;
  SmallVector<std::string> names = getOutputNames();
  results.names.insert_range(names);
  SmallVector<const Layer *> added = selectLayers(results.names);
  llvm::StringMap<const onnx::ValueInfoProto *> declared;
  for (const auto &output : model->getProto().graph().output())
    declared[output.name()] = &output;
  for (const std::string &name : names) {
    FailureOr<Value> value = readTensor(scope, name);
    if (failed(value))
      return failure();
    if (!isTensor(*value))
      return error("output '" + name + "' is " + describeNoTensor(*value) +
                   ", which compiled models cannot return; end the model at "
                   "its elements with --outputs");
    if (failed(checkDeclaredType(name, declared.lookup(name),
                                 cast<RankedTensorType>(value->getType()))))
      return failure();
    addResult(name, *value, results);
  }
  for (const Layer *layer : added)
    addResult(layer->tensor, layer->value, results);
  func::ReturnOp::create(builder, function.getLoc(), results.values);
  SmallVector<Type> types =
      llvm::to_vector(ValueRange(results.values).getTypes());
  function.setType(builder.getFunctionType(function.getArgumentTypes(), types));
  function.setAllResultAttrs(results.attributes);
  return success();
}

/// The number of the argument or result whose `lathe.name` is `name`.
template <typename GetAttr>
static std::optional<unsigned> findNamed(unsigned count, StringRef name,
                                         GetAttr getAttr) {
  for (unsigned i = 0; i < count; ++i)
    if (getAttr(i).getValue() == name)
      return i;
  return std::nullopt;
}

LogicalResult GraphImporter::connectStates(func::FuncOp function) {
  for (const auto &[output, input] : options.states) {
    std::string flag = "--state " + output + "=" + input;
    std::optional<unsigned> argument =
        findNamed(function.getNumArguments(), input, [&](unsigned i) {
          return function.getArgAttrOfType<StringAttr>(i, "lathe.name");
        });
    std::optional<unsigned> result =
        findNamed(function.getNumResults(), output, [&](unsigned i) {
          return function.getResultAttrOfType<StringAttr>(i, "lathe.name");
        });
    if (!argument || !result)
      return error(flag + ": there is no " +
                   (argument ? "output '" + output : "input '" + input) + "'");
    if (function.getArgumentTypes()[*argument] !=
        function.getResultTypes()[*result])
      return error(flag + ": the output and the input differ in type");
    if (function.getArgAttr(*argument, "lathe.state") ||
        function.getResultAttr(*result, "lathe.state"))
      return error(flag + ": the output or the input is a state already");
    function.setArgAttr(*argument, "lathe.state",
                        builder.getStringAttr(output));
    function.setResultAttr(*result, "lathe.state",
                           builder.getStringAttr(input));
  }
  return success();
}

/// `name` as an identifier of C.
static std::string makeIdentifier(StringRef name) {
  std::string identifier;
  for (char c : name)
    identifier += llvm::isAlnum(c) ? c : '_';
  if (identifier.empty() || llvm::isDigit(identifier.front()))
    identifier.insert(0, "model_");
  return identifier;
}

std::string GraphImporter::getModelName() const {
  StringRef name = options.name;
  return makeIdentifier(name.empty() ? llvm::sys::path::stem(model->getPath())
                                     : name);
}

void GraphImporter::annotateModule(ModuleOp module) const {
  const onnx::ModelProto &proto = model->getProto();
  OpBuilder builder(module.getContext());
  SmallVector<NamedAttribute> opsets;
  OpsetVersions versions(proto.opset_import());
  for (const auto &[domain, version] : versions.getAll())
    opsets.push_back(builder.getNamedAttr(domain.empty() ? "ai.onnx" : domain,
                                          builder.getI64IntegerAttr(version)));
  std::string producer = proto.producer_name();
  if (!proto.producer_version().empty())
    producer += " " + proto.producer_version();
  if (!producer.empty())
    module->setAttr("lathe.producer", builder.getStringAttr(producer));
  module->setAttr("lathe.ir_version",
                  builder.getI64IntegerAttr(proto.ir_version()));
  module->setAttr("lathe.opsets", builder.getDictionaryAttr(opsets));
}

/// Removes what was only needed to import: constants of shapes and the like.
static void eraseDeadOps(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isOpTriviallyDead(&op))
      op.erase();
}

/// Removes bodies whose ops were computed at compile time.
static void eraseUnusedBodies(ModuleOp module) {
  // A body stands before those that it runs, or behind the ops that do.
  for (auto function :
       llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
    if (function.isPrivate() &&
        SymbolTable::symbolKnownUseEmpty(function.getSymNameAttr(), module))
      function.erase();
}

OwningOpRef<ModuleOp> GraphImporter::run() {
  OwningOpRef<ModuleOp> module;
  do {
    wantsAnotherAttempt = false;
    module = attempt();
  } while (wantsAnotherAttempt);
  if (module && numLeftOut != 0)
    emitRemark(getFileLocation(builder.getContext(), model->getPath()))
        << numLeftOut << (numLeftOut == 1 ? " tensor" : " tensors")
        << " inside branches and loops are no layers";
  return module;
}

OwningOpRef<ModuleOp> GraphImporter::attempt() {
  tables = ImportTables();
  expansionBudget = mostExpanded;
  layers.clear();
  numLeftOut = 0;
  const onnx::GraphProto &graph = model->getProto().graph();
  if (failed(checkVersions()))
    return {};
  std::string name = getModelName();
  if (shapeBinding)
    name += "_" + shapeBinding->suffix;
  Location loc = NameLoc::get(builder.getStringAttr(name));
  OwningOpRef<ModuleOp> module(ModuleOp::create(loc));
  annotateModule(*module);
  builder.setInsertionPointToStart(module->getBody());
  auto function = func::FuncOp::create(builder, loc, tables.makeSymbol(name),
                                       builder.getFunctionType({}, {}));
  Block *body = function.addEntryBlock();
  builder.setInsertionPointToStart(body);

  Scope scope(graph.node(), OpsetVersions(model->getProto().opset_import()));
  scope.hasLayers = options.keepLayers;
  if (getOutputNames().empty())
    return (void)error("the graph has no outputs"), nullptr;
  if (failed(collectInitializers(scope, graph)) ||
      failed(addInputs(scope, function)) ||
      failed(importNodes(scope, getOutputNames())) ||
      failed(addResults(scope, function)) || failed(connectStates(function)))
    return {};
  for (auto imported : module->getOps<func::FuncOp>())
    eraseDeadOps(imported.front());
  eraseUnusedBodies(*module);
  recordInterfaceTypes(function);
  if (failed(verify(*module)))
    return {};
  return module;
}

//===----------------------------------------------------------------------===//
// Entry points
//===----------------------------------------------------------------------===//

OwningOpRef<ModuleOp> lathe::importONNX(llvm::MemoryBufferRef buffer,
                                        const ImportOptions &options,
                                        MLIRContext *context) {
  DialectRegistry registry;
  registry.insert<LatheDialect, func::FuncDialect, memref::MemRefDialect,
                  scf::SCFDialect>();
  registerReferenceModels(registry);
  context->appendDialectRegistry(registry);
  context->loadDialect<LatheDialect, func::FuncDialect, memref::MemRefDialect,
                       scf::SCFDialect>();
  std::shared_ptr<Model> model = Model::load(buffer, context);
  if (!model)
    return {};
  if (!options.shapeBindings.empty())
    return importShapeBindings(model, options, context);
  return GraphImporter(std::move(model), options, context).run();
}

/// The bytes of a model file, or null after an error was emitted.
static std::unique_ptr<llvm::MemoryBuffer> readFile(StringRef path,
                                                    MLIRContext *context) {
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer =
      llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                  /*RequiresNullTerminator=*/false);
  if (buffer)
    return std::move(*buffer);
  emitError(getFileLocation(context, path))
      << "cannot be read: " << buffer.getError().message();
  return nullptr;
}

OwningOpRef<ModuleOp> lathe::importONNXFile(StringRef path,
                                            const ImportOptions &options,
                                            MLIRContext *context) {
  std::unique_ptr<llvm::MemoryBuffer> buffer = readFile(path, context);
  return buffer ? importONNX(*buffer, options, context)
                : OwningOpRef<ModuleOp>();
}

FailureOr<TensorNames> lathe::readTensorNames(StringRef path,
                                              MLIRContext *context) {
  std::unique_ptr<llvm::MemoryBuffer> buffer = readFile(path, context);
  std::shared_ptr<Model> model =
      buffer ? Model::load(*buffer, context) : nullptr;
  if (!model)
    return failure();
  const onnx::GraphProto &graph = model->getProto().graph();
  llvm::StringSet<> initialized;
  for (const onnx::TensorProto &tensor : graph.initializer())
    initialized.insert(tensor.name());
  for (const onnx::SparseTensorProto &tensor : graph.sparse_initializer())
    initialized.insert(tensor.values().name());
  TensorNames names;
  for (const onnx::ValueInfoProto &input : graph.input())
    if (!initialized.contains(input.name()))
      names.inputs.push_back(input.name());
  for (const onnx::ValueInfoProto &output : graph.output())
    names.outputs.push_back(output.name());
  return names;
}
