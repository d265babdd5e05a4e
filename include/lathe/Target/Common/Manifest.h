//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The manifest of a compiled model: what a program needs to know to run it.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TARGET_COMMON_MANIFEST_H
#define LATHE_TARGET_COMMON_MANIFEST_H

#include "lathe/Target/Common/ModelInterface.h"

namespace lathe {

/// What a manifest says beyond the model's interface.
/// A kernel that a model calls.
struct ManifestLayer {
  std::string kernel;
  /// The ONNX nodes that it computes.
  std::vector<std::string> nodes;
};

struct ManifestInfo {
  /// What was compiled: "c" for C sources, "native" for objects or libraries.
  std::string kind;
  /// The target as the user gave it, such as "cortex-m4".
  std::string target;
  /// The files to compile or link, relative to the manifest.
  std::vector<std::string> files;
  /// Libraries to link with, such as "m".
  std::vector<std::string> libraries;
  /// The layers of each model, where they are known; else empty.
  std::vector<std::vector<ManifestLayer>> layers;
  /// Flags that C sources are compiled with, such as "-Os".
  std::vector<std::string> flags;
};

/// `float32`, `uint8`, `bool` …: the name of the storage type in NumPy.
llvm::StringRef getElementTypeName(mlir::Type elementType);

/// Prints manifest.json: a JSON object with the name, kind, target, entry,
/// header, files, libraries, flags and versions where there are any, io
/// ("arguments" or "arena"), arena {size, align} in bytes, weights_size, and
/// the inputs and outputs, each {name, identifier, type, shape} with offset for
/// io "arena" and scale and zero_point where quantized. With shape bindings
/// there is a list `bindings` instead of entry, inputs and outputs; each has
/// these, its suffix and its own arena.
void emitManifest(const ArtifactInterface &artifact, const ManifestInfo &info,
                  llvm::raw_ostream &os);

} // namespace lathe

#endif // LATHE_TARGET_COMMON_MANIFEST_H
