//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reads the C interface of a compiled model off its entry function.
//
//===----------------------------------------------------------------------===//

#include "lathe/Target/Common/ModelInterface.h"
#include "lathe/Target/Common/CLiterals.h"
#include "lathe/Target/Common/CNames.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace lathe {

std::optional<LayerInterface> LayerInterface::get(DictionaryAttr attr) {
  auto node = attr ? attr.getAs<StringAttr>("node") : nullptr;
  auto op = attr ? attr.getAs<StringAttr>("operator") : nullptr;
  auto number = attr ? attr.getAs<IntegerAttr>("number") : nullptr;
  if (!node || !op || !number)
    return std::nullopt;
  return LayerInterface{node.str(), op.str(), number.getInt(),
                        attr.contains("in_function")};
}

int64_t TensorInterface::getNumElements() const {
  return ShapedType::getNumElements(shape);
}

int64_t TensorInterface::getSizeInBytes() const {
  return getNumElements() * getCStorageSize(elementType);
}

std::string ModelInterface::getMacroPrefix() const {
  return toMacroName(name) + "_";
}

unsigned ModelInterface::getNumInputs() const {
  return llvm::count_if(tensors,
                        [](const TensorInterface &t) { return t.isInput; });
}

std::string ModelInterface::getStatusPrefix() const {
  return toMacroName(artifact) + "_";
}

StringRef ModelInterface::getBinding() const {
  StringRef suffix = name;
  suffix.consume_front(artifact);
  suffix.consume_front("_");
  return suffix;
}

int64_t ArtifactInterface::getArenaSize() const {
  int64_t size = 0;
  for (const ModelInterface &model : models)
    size = std::max(size, model.arenaSize);
  return size;
}

int64_t ArtifactInterface::getArenaAlign() const {
  int64_t align = 1;
  for (const ModelInterface &model : models)
    align = std::max(align, model.arenaAlign);
  return align;
}

std::string ArtifactInterface::getMacroPrefix() const {
  return toMacroName(name) + "_";
}

const ModelInterface *ArtifactInterface::find(func::FuncOp function) const {
  StringRef name;
  if (function->hasAttr(attr::reset)) {
    // Where there is one model, it need not be named like its functions.
    if (models.size() == 1)
      return &models.front();
    name = function.getSymName();
    name.consume_back("_reset");
  } else if (function->hasAttr(attr::entry)) {
    name = function->getAttrOfType<StringAttr>(attr::model);
  }
  std::string identifier = name.empty() ? "" : sanitizeCIdentifier(name);
  auto found = llvm::find_if(models, [&](const ModelInterface &model) {
    return model.name == identifier;
  });
  return found == models.end() ? nullptr : &*found;
}

SmallVector<func::FuncOp> lookupEntries(ModuleOp module) {
  SmallVector<func::FuncOp> entries;
  for (auto function : module.getOps<func::FuncOp>())
    if (function->hasAttr(attr::entry))
      entries.push_back(function);
  return entries;
}

namespace {

/// Reads one entry function into a ModelInterface.
class InterfaceReader {
public:
  explicit InterfaceReader(func::FuncOp entry)
      : entry(entry), names(nullptr, CNameScope::Case::Insensitive) {}

  FailureOr<ModelInterface> read();

private:
  LogicalResult readArena();
  LogicalResult readArguments();
  LogicalResult readArenaTensors();
  LogicalResult readStates();
  LogicalResult readPlaced(StringRef key, std::vector<TensorInterface> &list);
  LogicalResult addTensor(StringRef name, ShapedType type, Type elementType,
                          std::optional<int64_t> offset,
                          std::vector<TensorInterface> &list);

  func::FuncOp entry;
  ModelInterface model;
  CNameScope names;
  int64_t numInputs = 0;
};

} // namespace

FailureOr<ModelInterface> InterfaceReader::read() {
  auto name = entry->getAttrOfType<StringAttr>(attr::model);
  auto inputs = entry->getAttrOfType<IntegerAttr>(attr::numInputs);
  if (!name || !inputs)
    return entry.emitError("the entry needs the attributes '")
           << attr::model << "' and '" << attr::numInputs << "'";
  model.name = sanitizeCIdentifier(name.getValue());
  model.artifact = model.name;
  numInputs = inputs.getInt();

  // `arena` names the last parameter and, as a macro, its size; a tensor of
  // that name has to give way.
  names.claim("arena");
  names.claim("weights");
  if (failed(readArena()))
    return failure();

  auto io = entry->getAttrOfType<StringAttr>(attr::io);
  if (io && io.getValue() != "arena")
    return entry.emitError("'")
           << attr::io << "' is \"" << io.getValue()
           << "\"; the only mode besides the default is \"arena\"";
  model.ioMode = io ? IOMode::Arena : IOMode::Arguments;
  if (failed(io ? readArenaTensors() : readArguments()))
    return failure();
  if (numInputs < 0 || numInputs > static_cast<int64_t>(model.tensors.size()))
    return entry.emitError("'")
           << attr::numInputs << "' is " << numInputs << ", but the entry has "
           << model.tensors.size() << " tensors";
  for (auto [index, tensor] : llvm::enumerate(model.tensors))
    tensor.isInput = static_cast<int64_t>(index) < numInputs;
  if (failed(readStates()))
    return failure();
  return model;
}

LogicalResult InterfaceReader::readArena() {
  unsigned last = entry.getNumArguments();
  auto type = last == 0 ? MemRefType()
                        : dyn_cast<MemRefType>(entry.getArgumentTypes().back());
  if (!type || type.getRank() != 1 || !type.hasStaticShape() ||
      !type.getElementType().isInteger(8))
    return entry.emitError(
        "the entry's last argument must be the arena, a static memref<?xi8>");
  model.arenaSize = type.getNumElements();
  if (auto align = entry.getArgAttrOfType<IntegerAttr>(last - 1, attr::align))
    model.arenaAlign = align.getInt();
  if (model.arenaAlign <= 0 || !llvm::isPowerOf2_64(model.arenaAlign))
    return entry.emitError("the arena's alignment ")
           << model.arenaAlign << " is not a power of two";
  return success();
}

LogicalResult InterfaceReader::readArguments() {
  for (unsigned i = 0, e = entry.getNumArguments() - 1; i < e; ++i) {
    auto type = dyn_cast<MemRefType>(entry.getArgument(i).getType());
    if (!type || !type.hasStaticShape() || !type.getLayout().isIdentity())
      return entry.emitError("argument ")
             << i << " of the entry is not a contiguous static memref";
    auto name = entry.getArgAttrOfType<StringAttr>(i, attr::name);
    if (!name)
      return entry.emitError("argument ")
             << i << " of the entry has no '" << attr::name << "'";
    Type elementType = type.getElementType();
    if (auto exact = entry.getArgAttrOfType<TypeAttr>(i, attr::type))
      elementType = exact.getValue();
    if (getCStorageSize(elementType) != getCStorageSize(type.getElementType()))
      return entry.emitError("argument ")
             << i << " of the entry has elements of type "
             << type.getElementType() << ", which cannot stand for "
             << elementType;
    if (failed(addTensor(name.getValue(), type, elementType, std::nullopt,
                         model.tensors)))
      return failure();
    if (auto dims = entry.getArgAttrOfType<StringAttr>(i, attr::dimsOf))
      model.tensors.back().dimsOf = dims.str();
    model.tensors.back().layer = LayerInterface::get(
        entry.getArgAttrOfType<DictionaryAttr>(i, attr::layer));
  }
  return success();
}

LogicalResult InterfaceReader::readArenaTensors() {
  if (entry.getNumArguments() != 1)
    return entry.emitError("with '")
           << attr::io << " = \"arena\"' the entry takes the arena alone";
  if (!entry->hasAttr(attr::ioTensors))
    return entry.emitError("with '") << attr::io << " = \"arena\"' the entry "
                                     << "needs '" << attr::ioTensors << "'";
  return readPlaced(attr::ioTensors, model.tensors);
}

LogicalResult InterfaceReader::readStates() {
  return entry->hasAttr(attr::states) ? readPlaced(attr::states, model.states)
                                      : success();
}

/// Reads the tensors with a place in the arena that attribute `key` lists.
LogicalResult InterfaceReader::readPlaced(StringRef key,
                                          std::vector<TensorInterface> &list) {
  auto tensors = entry->getAttrOfType<ArrayAttr>(key);
  if (!tensors)
    return entry.emitError("'") << key << "' is no array";
  for (auto [index, element] : llvm::enumerate(tensors)) {
    auto tensor = dyn_cast<DictionaryAttr>(element);
    auto name = tensor ? tensor.getAs<StringAttr>("name") : nullptr;
    auto typeAttr = tensor ? tensor.getAs<TypeAttr>("type") : nullptr;
    auto offset = tensor ? tensor.getAs<IntegerAttr>("offset") : nullptr;
    auto type = typeAttr ? dyn_cast<RankedTensorType>(typeAttr.getValue())
                         : RankedTensorType();
    if (!name || !offset || !type || !type.hasStaticShape())
      return entry.emitError("element ")
             << index << " of '" << key
             << "' is not {name = string, type = static tensor type, "
                "offset = bytes}";
    if (failed(addTensor(name.getValue(), type, type.getElementType(),
                         offset.getInt(), list)))
      return failure();
    TensorInterface &added = list.back();
    if (auto dims = tensor.getAs<StringAttr>("dims_of"))
      added.dimsOf = dims.str();
    added.layer = LayerInterface::get(tensor.getAs<DictionaryAttr>("layer"));
    if (offset.getInt() < 0 ||
        offset.getInt() + added.getSizeInBytes() > model.arenaSize)
      return entry.emitError("tensor '")
             << added.name << "' at byte " << offset.getInt()
             << " does not fit the arena of " << model.arenaSize << " bytes";
  }
  return success();
}

LogicalResult InterfaceReader::addTensor(StringRef name, ShapedType type,
                                         Type elementType,
                                         std::optional<int64_t> offset,
                                         std::vector<TensorInterface> &list) {
  if (getCStorageType(elementType).empty())
    return entry.emitError("tensor '")
           << name << "' has elements of type " << elementType
           << ", for which C has no type";
  TensorInterface tensor;
  tensor.name = name.str();
  tensor.identifier = names.claim(name);
  tensor.shape.assign(type.getShape().begin(), type.getShape().end());
  tensor.elementType = elementType;
  tensor.arenaOffset = offset;
  list.push_back(std::move(tensor));
  return success();
}

static int64_t getWeightsSize(ModuleOp module) {
  int64_t bytes = 0;
  for (auto global : module.getOps<memref::GlobalOp>())
    bytes += global.getType().getNumElements() *
             getCStorageSize(global.getType().getElementType());
  return bytes;
}

/// Notes which artifact `models` are parts of; `name` is its name.
static LogicalResult setArtifact(ModuleOp module, StringRef name,
                                 std::vector<ModelInterface> &models) {
  llvm::StringSet<> suffixes;
  for (ModelInterface &model : models) {
    model.artifact = name.str();
    StringRef suffix = model.getBinding();
    if (!StringRef(model.name).starts_with((name + "_").str()) ||
        suffix.empty() || !suffixes.insert(toMacroName(suffix)).second)
      return module.emitError("model '")
             << model.name << "' is no shape binding of '" << name
             << "', or not the only one of its name";
  }
  return success();
}

FailureOr<ArtifactInterface> ArtifactInterface::get(ModuleOp module) {
  SmallVector<func::FuncOp> entries = lookupEntries(module);
  if (entries.empty())
    return module.emitError("no function is marked '")
           << attr::entry << "'; is this a module at the loop level?";
  auto name = module->getAttrOfType<StringAttr>(attr::artifact);
  if (!name && entries.size() > 1)
    return entries[1].emitError("a second function is marked '")
           << attr::entry << "'";
  ArtifactInterface artifact;
  for (func::FuncOp entry : entries) {
    FailureOr<ModelInterface> model = InterfaceReader(entry).read();
    if (failed(model))
      return failure();
    artifact.models.push_back(std::move(*model));
  }
  artifact.name = name ? sanitizeCIdentifier(name.getValue())
                       : artifact.models.front().name;
  if (name && failed(setArtifact(module, artifact.name, artifact.models)))
    return failure();
  artifact.weightsSize = getWeightsSize(module);
  return artifact;
}

} // namespace lathe
