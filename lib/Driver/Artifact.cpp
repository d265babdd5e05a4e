//===- Artifact.cpp - Read what was compiled ------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/Artifact.h"
#include "lathe/Driver/OutputExtents.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace lathe;
namespace json = llvm::json;
namespace path = llvm::sys::path;

/// The kind that NumPy calls `name`.
static std::optional<ElementKind> kindOfName(llvm::StringRef name) {
  static const std::pair<llvm::StringLiteral, ElementKind> names[] = {
      {"bool", ElementKind::Bool},     {"int8", ElementKind::I8},
      {"int16", ElementKind::I16},     {"int32", ElementKind::I32},
      {"int64", ElementKind::I64},     {"uint8", ElementKind::UI8},
      {"uint16", ElementKind::UI16},   {"uint32", ElementKind::UI32},
      {"uint64", ElementKind::UI64},   {"float16", ElementKind::F16},
      {"bfloat16", ElementKind::BF16}, {"float32", ElementKind::F32},
      {"float64", ElementKind::F64}};
  for (const auto &[text, kind] : names)
    if (text == name)
      return kind;
  return std::nullopt;
}

namespace lathe {

static bool fromJSON(const json::Value &value, LayerInterface &layer,
                     json::Path where) {
  json::ObjectMapper object(value, where);
  return object && object.map("node", layer.node) &&
         object.map("operator", layer.op) && object.map("number", layer.number);
}

static bool fromJSON(const json::Value &value, CompiledModel::Layer &layer,
                     json::Path where) {
  json::ObjectMapper object(value, where);
  return object && object.map("kernel", layer.kernel) &&
         object.map("nodes", layer.nodes);
}

/// Found by llvm::json through the arguments' namespace.
static bool fromJSON(const json::Value &value, CompiledModel::Tensor &tensor,
                     json::Path where) {
  json::ObjectMapper object(value, where);
  std::string type;
  std::vector<int64_t> shape;
  if (!object || !object.map("name", tensor.name) ||
      !object.map("identifier", tensor.identifier) ||
      !object.map("type", type) || !object.map("shape", shape) ||
      !object.mapOptional("offset", tensor.offset) ||
      !object.mapOptional("dims_of", tensor.dimsOf) ||
      !object.mapOptional("layer", tensor.layer))
    return false;
  std::optional<ElementKind> kind = kindOfName(type);
  if (!kind || !getNumElements(shape)) {
    where.report("has an unknown type or shape");
    return false;
  }
  tensor.kind = *kind;
  tensor.shape.assign(shape.begin(), shape.end());
  return true;
}

/// Reads what is of the model itself, wherever it stands.
static bool readModel(const json::Value &value, json::ObjectMapper &object,
                      CompiledModel &model, json::Path where) {
  if (!object.map("inputs", model.inputs) ||
      !object.map("outputs", model.outputs) ||
      !object.mapOptional("states", model.states) ||
      !object.mapOptional("layers", model.layers))
    return false;
  const json::Object *arena = value.getAsObject()->getObject("arena");
  if (!arena) {
    where.field("arena").report("is missing");
    return false;
  }
  model.arenaSize = arena->getInteger("size").value_or(0);
  model.arenaAlign = arena->getInteger("align").value_or(1);
  return true;
}

static bool fromJSON(const json::Value &value, CompiledModel &binding,
                     json::Path where) {
  json::ObjectMapper object(value, where);
  return object && object.map("suffix", binding.suffix) &&
         readModel(value, object, binding, where);
}

static bool fromJSON(const json::Value &value, Artifact &artifact,
                     json::Path where) {
  json::ObjectMapper object(value, where);
  std::string io;
  if (!object || !object.map("name", artifact.name) ||
      !object.map("target", artifact.target) ||
      !object.map("files", artifact.files) ||
      !object.map("libraries", artifact.libraries) || !object.map("io", io) ||
      !object.map("weights_size", artifact.weightsSize) ||
      !object.mapOptional("flags", artifact.flags) ||
      !object.mapOptional("bindings", artifact.bindings))
    return false;
  artifact.ioInArena = io == "arena";
  return !artifact.bindings.empty() ||
         readModel(value, object, artifact, where);
}

} // namespace lathe

static std::string manifestIn(llvm::StringRef directory) {
  llvm::SmallString<128> file(directory);
  path::append(file, "manifest.json");
  return file.str().str();
}

bool Artifact::isArtifact(llvm::StringRef directory) {
  return llvm::sys::fs::is_directory(directory);
}

llvm::Expected<Artifact> Artifact::load(llvm::StringRef directory) {
  std::string file = manifestIn(directory);
  auto buffer = llvm::MemoryBuffer::getFile(file, /*IsText=*/true);
  if (!buffer)
    return llvm::createStringError(
        file + ": " + buffer.getError().message() +
        "; a folder that lathe compile wrote has this file, unless with "
        "--package=single");
  llvm::Expected<json::Value> value = json::parse((*buffer)->getBuffer());
  if (!value)
    return llvm::createStringError(
        file + ": is not JSON: " + llvm::toString(value.takeError()));
  Artifact artifact;
  json::Path::Root root("manifest");
  if (!fromJSON(*value, artifact, root))
    return llvm::createStringError(file + ": " +
                                   llvm::toString(root.getError()));
  artifact.directory = directory.str();
  return artifact;
}

/// Whether `inputs` has a tensor of the right shape for each input of `model`.
static bool fits(const CompiledModel &model, const NamedTensors &inputs) {
  return llvm::all_of(model.inputs, [&](const CompiledModel::Tensor &input) {
    const HostTensor *given = inputs.find(input.name);
    if (!given && model.inputs.size() == 1 && inputs.size() == 1)
      given = inputs.find("");
    return given && given->getShape() == llvm::ArrayRef<int64_t>(input.shape);
  });
}

llvm::Expected<Artifact> Artifact::select(const NamedTensors &inputs) const {
  Artifact selected = *this;
  if (bindings.empty())
    return selected;
  selected.bindings.clear();
  std::string list;
  llvm::raw_string_ostream os(list);
  for (const CompiledModel &binding : bindings) {
    if (fits(binding, inputs)) {
      static_cast<CompiledModel &>(selected) = binding;
      return selected;
    }
    os << (list.empty() ? " " : "; ") << binding.suffix << " (";
    llvm::interleaveComma(binding.inputs, os, [&](const Tensor &input) {
      os << input.name << " ";
      llvm::interleave(input.shape, os, "x");
    });
    os << ")";
  }
  return llvm::createStringError(
      directory +
      ": the inputs have the shapes of none of its bindings:" + list);
}

llvm::Expected<NamedTensors> lathe::readArena(const Artifact &artifact,
                                              llvm::StringRef file) {
  if (!artifact.ioInArena)
    return llvm::createStringError(artifact.directory +
                                   ": the outputs are not in the arena; pass "
                                   "--io=arena to lathe compile");
  auto buffer = llvm::MemoryBuffer::getFile(file, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return llvm::createFileError(file, buffer.getError());
  llvm::StringRef bytes = (*buffer)->getBuffer();
  if (static_cast<int64_t>(bytes.size()) != artifact.arenaSize)
    return llvm::createStringError(file + ": has " + llvm::Twine(bytes.size()) +
                                   " bytes, and the arena of " + artifact.name +
                                   " " + llvm::Twine(artifact.arenaSize));
  NamedTensors outputs;
  llvm::SmallVector<OutputExtents> extents;
  for (const Artifact::Tensor &output : artifact.outputs) {
    HostTensor tensor(output.kind, output.shape);
    llvm::StringRef part = bytes.substr(output.offset.value_or(bytes.size()),
                                        tensor.getSizeInBytes());
    if (part.size() != tensor.getSizeInBytes())
      return llvm::createStringError(artifact.directory + ": places output '" +
                                     output.name + "' outside the arena");
    llvm::copy(part, tensor.getMutableBytes().data());
    outputs.set(output.name, std::move(tensor));
    if (!output.dimsOf.empty())
      extents.emplace_back(output.dimsOf, output.name);
  }
  return cropOutputs(outputs, extents);
}
