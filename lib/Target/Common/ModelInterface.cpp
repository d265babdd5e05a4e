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

func::FuncOp lookupEntry(ModuleOp module) {
  for (auto function : module.getOps<func::FuncOp>())
    if (function->hasAttr(attr::entry))
      return function;
  return nullptr;
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

FailureOr<ModelInterface> ModelInterface::get(ModuleOp module) {
  func::FuncOp entry = lookupEntry(module);
  if (!entry)
    return module.emitError("no function is marked '")
           << attr::entry << "'; is this a module at the loop level?";
  for (auto other : module.getOps<func::FuncOp>())
    if (other != entry && other->hasAttr(attr::entry))
      return other.emitError("a second function is marked '")
             << attr::entry << "'";
  FailureOr<ModelInterface> model = InterfaceReader(entry).read();
  if (succeeded(model))
    model->weightsSize = getWeightsSize(module);
  return model;
}

} // namespace lathe
