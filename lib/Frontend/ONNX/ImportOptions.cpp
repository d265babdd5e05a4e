//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Parsing of the options that are given as text.
//
//===----------------------------------------------------------------------===//

#include "lathe/Frontend/ONNX/ImportOptions.h"

#include "llvm/ADT/StringExtras.h"

using namespace lathe;
using llvm::createStringError;
using llvm::Error;
using llvm::StringRef;

static Error malformed(StringRef text, StringRef form) {
  return createStringError("'" + text + "' does not have the form " + form);
}

/// Splits at the last `=`, because a tensor's name may contain one. Both parts
/// are empty when there is none.
static std::pair<StringRef, StringRef> splitName(StringRef text) {
  size_t position = text.rfind('=');
  if (position == StringRef::npos)
    return {};
  return {text.take_front(position), text.drop_front(position + 1)};
}

static Error parseShape(StringRef text, std::vector<ImportOptions::Shape> &to) {
  auto [name, extents] = splitName(text);
  ImportOptions::Shape shape{name.str(), {}};
  llvm::SmallVector<StringRef> parts;
  if (!extents.empty())
    extents.split(parts, 'x');
  for (StringRef part : parts) {
    int64_t extent;
    if (part.getAsInteger(10, extent) || extent < 0)
      return malformed(text, "NAME=1x3x224x224");
    shape.dims.push_back(extent);
  }
  if (name.empty())
    return malformed(text, "NAME=1x3x224x224");
  to.push_back(std::move(shape));
  return Error::success();
}

Error ImportOptions::addShape(StringRef text) {
  return parseShape(text, shapes);
}

Error ImportOptions::addReshape(StringRef text) {
  return parseShape(text, reshapes);
}

Error ImportOptions::addDimension(StringRef text) {
  auto [name, value] = splitName(text);
  int64_t extent;
  if (name.empty() || value.getAsInteger(10, extent) || extent < 0)
    return malformed(text, "NAME=EXTENT, such as batch=1");
  dims.push_back({name.str(), extent});
  return Error::success();
}

/// Whether macros `A_X` and `B_Y` can be the same for some X and Y.
static bool areConfusable(StringRef a, StringRef b) {
  if (a.size() > b.size())
    std::swap(a, b);
  return b.starts_with_insensitive(a) &&
         (a.size() == b.size() || b[a.size()] == '_');
}

Error ImportOptions::addShapeBinding(StringRef text) {
  constexpr StringRef form = "SUFFIX:NAME=1x3x224x224,… or SUFFIX:batch=8";
  auto [suffix, list] = text.split(':');
  // An underscore at an end would not be one in C, see sanitizeCIdentifier.
  bool isIdentifier =
      !suffix.starts_with("_") && !suffix.ends_with("_") &&
      llvm::all_of(suffix, [](char c) { return llvm::isAlnum(c) || c == '_'; });
  if (suffix.empty() || list.empty() || !isIdentifier)
    return malformed(text, form);
  for (const ShapeBinding &other : shapeBindings)
    if (areConfusable(suffix, other.suffix))
      return createStringError("the suffixes '" + other.suffix + "' and '" +
                               suffix +
                               "' would give equal names in C; choose others");
  ShapeBinding binding{suffix.str(), {}};
  llvm::SmallVector<StringRef> parts;
  list.split(parts, ',');
  for (StringRef part : parts)
    if (Error error = parseShape(part, binding.extents)) {
      llvm::consumeError(std::move(error));
      return malformed(text, form);
    }
  shapeBindings.push_back(std::move(binding));
  return Error::success();
}

Error ImportOptions::addBinding(StringRef text) {
  auto [name, list] = splitName(text);
  llvm::SmallVector<StringRef> parts;
  list.split(parts, ',');
  Binding binding{name.str(), {}};
  for (StringRef part : parts) {
    double value;
    if (part.getAsDouble(value))
      return malformed(text, "NAME=VALUE or NAME=VALUE,VALUE,…");
    binding.values.push_back(value);
  }
  if (name.empty())
    return malformed(text, "NAME=VALUE or NAME=VALUE,VALUE,…");
  bindings.push_back(std::move(binding));
  return Error::success();
}

Error ImportOptions::addState(StringRef text) {
  auto [output, input] = splitName(text);
  if (output.empty() || input.empty())
    return malformed(text, "OUTPUT=INPUT");
  states.push_back({output.str(), input.str()});
  return Error::success();
}
