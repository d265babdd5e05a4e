//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Puts together the folder that a compilation to C writes.
//
//===----------------------------------------------------------------------===//

#include "lathe/Target/C/Package.h"
#include "CPackage.h"
#include "lathe/Target/Common/CNames.h"
#include "lathe/Target/Common/Manifest.h"

using namespace mlir;

namespace lathe {

std::string expandTemplate(StringRef text, StringRef name) {
  std::string result;
  while (true) {
    auto [before, rest] = text.split('@');
    result += before;
    if (before.size() == text.size())
      return result;
    auto [key, after] = rest.split('@');
    result += key == "NAME" ? name.str() : toMacroName(name);
    text = after;
  }
}

static LogicalResult checkSelfTest(ModuleOp module,
                                   const ArtifactInterface &artifact,
                                   const SelfTestData &data) {
  if (artifact.hasBindings())
    return module.emitError("a self-test is for a model without shape "
                            "bindings");
  const ModelInterface &model = artifact.models.front();
  for (const SelfTestVector &vector : data.vectors) {
    std::vector<std::vector<char>> all = vector.inputs;
    all.insert(all.end(), vector.outputs.begin(), vector.outputs.end());
    if (vector.inputs.size() != model.getNumInputs() ||
        all.size() != model.tensors.size())
      return module.emitError("the self-test gives ")
             << vector.inputs.size() << " inputs and " << vector.outputs.size()
             << " outputs, the model has " << model.getNumInputs() << " and "
             << model.tensors.size() - model.getNumInputs();
    for (auto [bytes, tensor] : llvm::zip(all, model.tensors))
      if (static_cast<int64_t>(bytes.size()) != tensor.getSizeInBytes())
        return module.emitError("the self-test gives ")
               << bytes.size() << " bytes for '" << tensor.name
               << "', which has " << tensor.getSizeInBytes();
  }
  return success();
}

FailureOr<std::vector<OutputFile>>
buildCPackage(ModuleOp module, const CPackageOptions &options) {
  bool isSingle = options.layout == CPackageOptions::Layout::Single;
  COptions codeOptions;
  codeOptions.weights =
      isSingle ? COptions::Weights::SameFile : COptions::Weights::OwnFile;
  codeOptions.sections = options.sections;
  codeOptions.minShared = options.minShared;
  std::string code;
  llvm::raw_string_ostream codeStream(code);
  FailureOr<CEmission> emission =
      emitCForPackage(module, codeOptions, codeStream);
  if (failed(emission))
    return failure();
  const ArtifactInterface &artifact = emission->artifact;
  if (options.selfTest &&
      failed(checkSelfTest(module, artifact, *options.selfTest)))
    return failure();

  std::string header;
  llvm::raw_string_ostream headerStream(header);
  emitHeader(artifact, headerStream, getLayerHookDeclarations(*emission));
  std::vector<OutputFile> files;
  files.push_back({artifact.name + ".h", std::move(header)});
  files.push_back({artifact.name + ".c", std::move(code)});
  if (isSingle)
    return files;

  std::vector<std::string> sources{artifact.name + ".c"};
  bool asBinary = options.weights == CPackageOptions::Weights::Binary ||
                  (options.weights == CPackageOptions::Weights::Auto &&
                   artifact.weightsSize >= options.incbinThreshold);
  addWeightFiles(*emission, asBinary, files, sources);
  if (options.selfTest)
    addSelfTest(artifact.models.front(), *options.selfTest, files);
  addBuildFiles(*emission, options, sources, files);
  files.push_back({"README.md", getReadme(module, *emission, options)});

  ManifestInfo info{"c", options.target, sources, {}, {}, {}};
  info.flags.push_back("-fno-strict-aliasing");
  if (options.smallCode)
    info.flags.push_back("-Os");
  for (const std::vector<CLayer> &layers : emission->layers) {
    std::vector<ManifestLayer> &list = info.layers.emplace_back();
    for (const CLayer &layer : layers)
      list.push_back({layer.kernel, {layer.nodes.begin(), layer.nodes.end()}});
  }
  if (emission->needsMath)
    info.libraries.push_back("m");
  std::string manifest;
  llvm::raw_string_ostream manifestStream(manifest);
  emitManifest(artifact, info, manifestStream);
  files.push_back({"manifest.json", std::move(manifest)});
  return files;
}

} // namespace lathe
