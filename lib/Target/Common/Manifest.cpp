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

void emitManifest(const ModelInterface &model, const ManifestInfo &info,
                  raw_ostream &os) {
  llvm::json::OStream json(os, /*IndentSize=*/2);
  auto emitTensors = [&](StringRef key, bool inputs) {
    json.attributeArray(key, [&] {
      for (const TensorInterface &tensor : model.tensors)
        if (tensor.isInput == inputs)
          emitTensor(tensor, json);
    });
  };
  json.object([&] {
    json.attribute("lathe_manifest", 1);
    json.attribute("name", model.name);
    json.attribute("kind", info.kind);
    json.attribute("target", info.target);
    json.attribute("entry", model.getEntryName());
    json.attribute("header", model.name + ".h");
    emitStrings("files", info.files, json);
    emitStrings("libraries", info.libraries, json);
    json.attribute("io", model.ioMode == IOMode::Arena ? "arena" : "arguments");
    json.attributeObject("arena", [&] {
      json.attribute("size", model.arenaSize);
      json.attribute("align", model.arenaAlign);
    });
    json.attribute("weights_size", model.weightsSize);
    emitTensors("inputs", true);
    emitTensors("outputs", false);
    if (!model.states.empty())
      json.attributeArray("states", [&] {
        for (const TensorInterface &state : model.states)
          emitTensor(state, json);
      });
  });
  os << "\n";
}

} // namespace lathe
