//===- Layers.cpp - Compare every tensor of a model -----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/Layers.h"

#include "lathe/Support/TensorIO.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"

using namespace lathe;
using namespace mlir;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

//===----------------------------------------------------------------------===//
// Layers of a model
//===----------------------------------------------------------------------===//

static void sortByNumber(std::vector<Layer> &layers) {
  llvm::sort(layers, [](const Layer &a, const Layer &b) {
    return a.origin.number < b.origin.number;
  });
}

std::vector<Layer> lathe::getLayers(func::FuncOp model) {
  std::vector<Layer> layers;
  for (unsigned i = 0; i < model.getNumResults(); ++i) {
    auto name = model.getResultAttrOfType<StringAttr>(i, attr::name);
    auto origin = LayerInterface::get(
        model.getResultAttrOfType<DictionaryAttr>(i, attr::layer));
    if (name && origin)
      layers.push_back({name.str(), *origin});
  }
  sortByNumber(layers);
  return layers;
}

std::vector<Layer> lathe::getLayers(const Artifact &artifact) {
  std::vector<Layer> layers;
  for (const Artifact::Tensor &output : artifact.outputs)
    if (output.layer)
      layers.push_back({output.name, *output.layer});
  sortByNumber(layers);
  return layers;
}

//===----------------------------------------------------------------------===//
// Reference
//===----------------------------------------------------------------------===//

/// `name` with an underscore for each character that is no letter or digit, but
/// for those in front.
static std::string simplify(StringRef name) {
  std::string result =
      name.drop_until([](char c) { return llvm::isAlnum(c); }).str();
  for (char &c : result)
    if (!llvm::isAlnum(c))
      c = '_';
  return result;
}

LayerReference::LayerReference(NamedTensors given) : tensors(std::move(given)) {
  for (const auto &[name, tensor] : tensors) {
    auto [entry, isNew] = simplified.try_emplace(simplify(name), name);
    if (!isNew)
      entry->second.clear();
  }
}

const HostTensor *LayerReference::find(StringRef name) const {
  if (const HostTensor *tensor = tensors.find(name))
    return tensor;
  auto entry = simplified.find(simplify(name));
  return entry == simplified.end() || entry->second.empty()
             ? nullptr
             : tensors.find(entry->second);
}

/// The files of tensors in `directory` and below, sorted by their paths.
static llvm::Expected<std::vector<std::string>>
listTensorFiles(StringRef directory) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it(directory, error), end;
       it != end && !error; it.increment(error))
    if (llvm::is_contained({".npz", ".npy", ".pb", ".tensorproto"},
                           path::extension(it->path())) &&
        it->type() != fs::file_type::directory_file)
      files.push_back(it->path());
  if (error)
    return llvm::createFileError(directory, error);
  llvm::sort(files);
  return files;
}

static llvm::Expected<NamedTensors> readFolder(StringRef directory) {
  auto files = listTensorFiles(directory);
  if (!files)
    return files.takeError();
  NamedTensors tensors;
  for (StringRef file : *files) {
    llvm::Expected<NamedTensors> read = readTensors(file);
    if (!read)
      return read.takeError();
    StringRef stem = file;
    stem.consume_front(directory);
    stem = stem.ltrim(path::get_separator());
    stem.consume_back(path::extension(file));
    for (const auto &[name, tensor] : *read)
      tensors.set(name.empty() ? stem : StringRef(name), tensor);
  }
  return tensors;
}

llvm::Expected<LayerReference> LayerReference::read(StringRef path) {
  llvm::Expected<NamedTensors> tensors =
      fs::is_directory(path) ? readFolder(path) : readTensors(path);
  if (!tensors)
    return tensors.takeError();
  if (tensors->empty())
    return llvm::createStringError(path + ": holds no tensors to compare with");
  return LayerReference(std::move(*tensors));
}

//===----------------------------------------------------------------------===//
// Comparison
//===----------------------------------------------------------------------===//

static std::string formatType(const HostTensor &tensor) {
  std::string text;
  for (int64_t extent : tensor.getShape())
    text += std::to_string(extent) + "x";
  return text + getName(tensor.getKind()).str();
}

Comparison lathe::compareWithFile(const HostTensor &actual,
                                  const HostTensor &expected,
                                  const Tolerance &tolerance) {
  bool isBits = actual.getKind() == ElementKind::BF16 &&
                expected.getKind() == ElementKind::UI16;
  return compare(actual,
                 isBits ? expected.reinterpret(ElementKind::BF16) : expected,
                 tolerance);
}

LayerComparison lathe::compareLayers(ArrayRef<Layer> layers,
                                     const NamedTensors &actual,
                                     const LayerReference &reference,
                                     const Tolerance &tolerance) {
  LayerComparison result;
  for (const Layer &layer : layers) {
    const HostTensor *tensor = actual.find(layer.tensor);
    if (!tensor)
      continue;
    ComparedLayer &compared = result.layers.emplace_back();
    compared.layer = layer;
    compared.type = formatType(*tensor);
    if (const HostTensor *expected = reference.find(layer.tensor))
      compared.comparison = compareWithFile(*tensor, *expected, tolerance);
  }
  return result;
}

size_t LayerComparison::getNumCompared() const {
  return llvm::count_if(layers, [](const ComparedLayer &layer) {
    return layer.comparison.has_value();
  });
}

size_t LayerComparison::getNumDeparting() const {
  return llvm::count_if(
      layers, [](const ComparedLayer &layer) { return layer.departs(); });
}

const ComparedLayer *LayerComparison::getFirstDeparting() const {
  auto found = llvm::find_if(
      layers, [](const ComparedLayer &layer) { return layer.departs(); });
  return found == layers.end() ? nullptr : &*found;
}

//===----------------------------------------------------------------------===//
// Output
//===----------------------------------------------------------------------===//

static std::string describeNode(const Layer &layer) {
  return layer.origin.node + " (" + layer.origin.op + ")";
}

static std::string describeStatus(const ComparedLayer &layer) {
  if (!layer.comparison)
    return "no reference";
  if (!layer.comparison->incompatible.empty())
    return "another type";
  return layer.departs() ? "departs" : "ok";
}

void ComparedLayer::print(llvm::raw_ostream &os) const {
  os << "'" << layer.tensor << "' of node '" << layer.origin.node << "' ("
     << layer.origin.op << "), " << type << ": ";
  if (comparison)
    comparison->print(os);
  else
    os << "no reference";
}

void LayerComparison::printTable(llvm::raw_ostream &os) const {
  size_t tensorWidth = strlen("tensor"), nodeWidth = strlen("node"),
         typeWidth = strlen("shape");
  for (const ComparedLayer &entry : layers) {
    tensorWidth = std::max(tensorWidth, entry.layer.tensor.size());
    nodeWidth = std::max(nodeWidth, describeNode(entry.layer).size());
    typeWidth = std::max(typeWidth, entry.type.size());
  }
  auto printLine = [&](StringRef tensor, StringRef node, StringRef type,
                       StringRef largest, StringRef mean, StringRef status) {
    os << llvm::left_justify(tensor, tensorWidth) << "  "
       << llvm::left_justify(node, nodeWidth) << "  "
       << llvm::left_justify(type, typeWidth) << "  "
       << llvm::left_justify(largest, 9) << "  " << llvm::left_justify(mean, 9)
       << "  " << status << "\n";
  };
  printLine("tensor", "node", "shape", "max error", "mean", "status");
  for (const ComparedLayer &entry : layers) {
    bool hasError = entry.comparison && entry.comparison->incompatible.empty();
    auto format = [&](double value) {
      std::string text = "-";
      if (hasError)
        llvm::raw_string_ostream(text = "") << llvm::format("%.3g", value);
      return text;
    };
    printLine(entry.layer.tensor, describeNode(entry.layer), entry.type,
              format(entry.comparison ? entry.comparison->largest : 0),
              format(entry.comparison ? entry.comparison->mean : 0),
              describeStatus(entry));
  }
}

void LayerComparison::printSummary(llvm::raw_ostream &os) const {
  if (const ComparedLayer *first = getFirstDeparting()) {
    os << "first to depart: ";
    first->print(os);
    os << "\n";
  }
  size_t compared = getNumCompared(), departing = getNumDeparting();
  os << compared - departing << " of " << compared
     << " layers agree with the reference";
  if (compared != layers.size())
    os << ", which lacks " << layers.size() - compared << " more";
  os << "\n";
}

//===----------------------------------------------------------------------===//
// Faults of fusion
//===----------------------------------------------------------------------===//

llvm::Expected<size_t> lathe::findFirstDepartingEnd(
    size_t numLayers,
    llvm::function_ref<llvm::Expected<bool>(size_t layer)> departs) {
  size_t first = 0, last = numLayers - 1;
  while (first < last) {
    size_t middle = first + (last - first) / 2;
    llvm::Expected<bool> result = departs(middle);
    if (!result)
      return result.takeError();
    if (*result)
      last = middle;
    else
      first = middle + 1;
  }
  return first;
}
