//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Prints the manifest of a compiled model.
//
//===----------------------------------------------------------------------===//

#include "lathe/Target/Common/Manifest.h"
#include "lathe/Target/Common/CLiterals.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/JSON.h"

using namespace mlir;

namespace lathe {

StringRef getElementTypeName(Type elementType) {
  if (elementType.isF16())
    return "float16";
  if (elementType.isBF16())
    return "bfloat16";
  if (elementType.isInteger(1))
    return "bool";
  return llvm::StringSwitch<StringRef>(getCStorageType(elementType))
      .Case("float", "float32")
      .Case("double", "float64")
      .Default(getCStorageType(elementType).drop_back(2));
}

static void emitTensor(const TensorInterface &tensor,
                       llvm::json::OStream &json) {
  json.object([&] {
    json.attribute("name", llvm::json::fixUTF8(tensor.name));
    json.attribute("identifier", tensor.identifier);
    json.attribute("type", getElementTypeName(tensor.elementType));
    json.attributeArray("shape", [&] {
      for (int64_t size : tensor.shape)
        json.value(size);
    });
    if (tensor.arenaOffset)
      json.attribute("offset", *tensor.arenaOffset);
    if (!tensor.dimsOf.empty())
      json.attribute("dims_of", llvm::json::fixUTF8(tensor.dimsOf));
    if (tensor.layer)
      json.attributeObject("layer", [&] {
        json.attribute("node", llvm::json::fixUTF8(tensor.layer->node));
        json.attribute("operator", llvm::json::fixUTF8(tensor.layer->op));
        json.attribute("number", tensor.layer->number);
      });
    if (auto type = dyn_cast<quant::UniformQuantizedType>(tensor.elementType)) {
      json.attribute("scale", type.getScale());
      json.attribute("zero_point", type.getZeroPoint());
    }
  });
}

static void emitStrings(StringRef key, ArrayRef<std::string> strings,
                        llvm::json::OStream &json) {
  json.attributeArray(key, [&] {
    for (const std::string &text : strings)
      json.value(text);
  });
}

static void emitArena(int64_t size, int64_t align, llvm::json::OStream &json) {
  json.attributeObject("arena", [&] {
    json.attribute("size", size);
    json.attribute("align", align);
  });
}

/// The inputs, outputs and states of `model`.
static void emitTensors(const ModelInterface &model,
                        llvm::json::OStream &json) {
  for (bool isInput : {true, false})
    json.attributeArray(isInput ? "inputs" : "outputs", [&] {
      for (const TensorInterface &tensor : model.tensors)
        if (tensor.isInput == isInput)
          emitTensor(tensor, json);
    });
  if (!model.states.empty())
    json.attributeArray("states", [&] {
      for (const TensorInterface &state : model.states)
        emitTensor(state, json);
    });
}

/// The layers of the model with this index.
static void emitLayers(const ManifestInfo &info, size_t index,
                       llvm::json::OStream &json) {
  if (index >= info.layers.size())
    return;
  json.attributeArray("layers", [&] {
    for (const ManifestLayer &layer : info.layers[index])
      json.object([&] {
        json.attribute("kernel", layer.kernel);
        json.attributeArray("nodes", [&] {
          for (const std::string &node : layer.nodes)
            json.value(llvm::json::fixUTF8(node));
        });
      });
  });
}

static void emitBindings(const ArtifactInterface &artifact,
                         const ManifestInfo &info, llvm::json::OStream &json) {
  json.attributeArray("bindings", [&] {
    for (auto [index, model] : llvm::enumerate(artifact.models))
      json.object([&] {
        json.attribute("suffix", model.getBinding());
        json.attribute("entry", model.getEntryName());
        emitArena(model.arenaSize, model.arenaAlign, json);
        emitTensors(model, json);
        emitLayers(info, index, json);
      });
  });
}

void emitManifest(const ArtifactInterface &artifact, const ManifestInfo &info,
                  raw_ostream &os) {
  const ModelInterface &first = artifact.models.front();
  llvm::json::OStream json(os, /*IndentSize=*/2);
  json.object([&] {
    json.attribute("lathe_manifest", 1);
    json.attribute("name", artifact.name);
    json.attribute("kind", info.kind);
    json.attribute("target", info.target);
    if (!artifact.hasBindings())
      json.attribute("entry", first.getEntryName());
    json.attribute("header", artifact.name + ".h");
    emitStrings("files", info.files, json);
    emitStrings("libraries", info.libraries, json);
    if (!info.flags.empty())
      emitStrings("flags", info.flags, json);
    if (!artifact.versions.empty())
      emitStrings("versions", artifact.versions, json);
    json.attribute("io", first.ioMode == IOMode::Arena ? "arena" : "arguments");
    emitArena(artifact.getArenaSize(), artifact.getArenaAlign(), json);
    json.attribute("weights_size", artifact.weightsSize);
    if (artifact.hasBindings()) {
      emitBindings(artifact, info, json);
    } else {
      emitTensors(first, json);
      emitLayers(info, 0, json);
    }
  });
  os << "\n";
}

} // namespace lathe
