//===- LayerCheck.cpp - lathe run --compare-layers ------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LayerCheck.h"

#include "lathe/Driver/Loader.h"
#include "lathe/Support/RunPasses.h"

#include "llvm/Support/Path.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::tool;

/// Whether a reference is a model rather than arrays.
static bool isModel(StringRef path) {
  return llvm::is_contained(
      {".onnx", ".onnxtxt", ".textproto", ".pbtxt", ".prototxt"},
      llvm::sys::path::extension(path));
}

OwningOpRef<ModuleOp> LayerCheck::load(StringRef path,
                                       const ImportOptions &options) {
  OwningOpRef<ModuleOp> module = loadModel(path, options, &context);
  if (module && !lookupModel(*module))
    return nullptr;
  return module;
}

llvm::Expected<NamedTensors> LayerCheck::run(ModuleOp module) {
  return runModel(module, settings.inputs, settings.backend, settings.target,
                  settings.code);
}

llvm::Expected<NamedTensors> LayerCheck::evaluate(ModuleOp module) {
  return runModel(module, settings.inputs, RunBackend::Reference,
                  settings.target, settings.code);
}

/// `model` is the one to check, or null if there is only what was compiled.
llvm::Expected<LayerReference> LayerCheck::getReference(ModuleOp model) {
  if (!settings.reference.empty() && !isModel(settings.reference))
    return LayerReference::read(settings.reference);
  OwningOpRef<ModuleOp> other;
  if (!settings.reference.empty()) {
    ImportOptions options = settings.import;
    options.keepLayers = true;
    other = load(settings.reference, options);
    if (!other)
      return llvm::make_error<DiagnosedError>();
    model = *other;
  } else if (!model) {
    return llvm::createStringError(
        "a compiled model has no reference of its own; give the ONNX model "
        "that it was compiled from, as in --compare-layers=model.onnx, or "
        "arrays");
  } else if (settings.backend == RunBackend::Reference) {
    return llvm::createStringError(
        "--compare-layers without a path compares with the reference "
        "evaluator, which --backend=reference runs itself; give arrays, as in "
        "--compare-layers=layers.npz");
  }
  llvm::Expected<NamedTensors> tensors = evaluate(model);
  if (!tensors)
    return tensors.takeError();
  return LayerReference(std::move(*tensors));
}

ExitStatus LayerCheck::report(ArrayRef<Layer> layers,
                              const LayerReference &reference) {
  comparison = compareLayers(layers, results, reference, settings.tolerance);
  if (!settings.quiet)
    comparison.printTable(llvm::outs());
  if (comparison.getNumCompared() == 0)
    return reportError(settings.reference + ": has none of the " +
                       Twine(layers.size()) +
                       " layers; arrays are looked up by the names of the "
                       "model's tensors, such as '" +
                       layers.front().tensor + "'");
  comparison.printSummary(llvm::outs());
  return comparison.getFirstDeparting() ? UserError : Done;
}

ExitStatus LayerCheck::checkModel() {
  ImportOptions options = settings.import;
  options.keepLayers = true;
  OwningOpRef<ModuleOp> module = load(settings.model, options);
  if (!module)
    return UserError;
  std::vector<Layer> layers = getLayers(lookupModel(*module));
  if (layers.empty())
    return reportError(settings.model +
                       ": no node of an ONNX graph computes anything from its "
                       "inputs, so there are no layers to compare");
  // Running a model takes it apart.
  OwningOpRef<ModuleOp> original(module->clone());
  llvm::Expected<NamedTensors> computed = run(*module);
  if (!computed)
    return reportError(computed.takeError());
  results = std::move(*computed);
  llvm::Expected<LayerReference> reference = getReference(*original);
  if (!reference)
    return reportError(reference.takeError());
  ExitStatus status = report(layers, *reference);
  if (status != Done || settings.backend == RunBackend::Reference)
    return status;
  return checkFused(*reference);
}

ExitStatus LayerCheck::checkArtifact(const Artifact &artifact,
                                     const NamedTensors &outputs) {
  std::vector<Layer> layers = getLayers(artifact);
  if (layers.empty())
    return reportError(settings.model +
                       ": was compiled without its layers; pass --dump-layers "
                       "to lathe compile");
  results = outputs;
  llvm::Expected<LayerReference> reference = getReference(/*model=*/nullptr);
  if (!reference)
    return reportError(reference.takeError());
  return report(layers, *reference);
}

//===----------------------------------------------------------------------===//
// Faults of fusion
//===----------------------------------------------------------------------===//

/// Compares the outputs of the model as it is compiled without its layers;
/// `outputs` are others for it, if there are any.
llvm::Expected<LayerComparison>
LayerCheck::runFused(const LayerReference &reference,
                     ArrayRef<std::string> outputs) {
  ImportOptions options = settings.import;
  if (!outputs.empty())
    options.outputs.assign(outputs.begin(), outputs.end());
  // The first import has said what there is to say.
  ScopedDiagnosticHandler errorsOnly(&context, [](Diagnostic &diagnostic) {
    return success(diagnostic.getSeverity() != DiagnosticSeverity::Error);
  });
  OwningOpRef<ModuleOp> module = load(settings.model, options);
  if (!module)
    return llvm::make_error<DiagnosedError>();
  llvm::Expected<NamedTensors> computed = run(*module);
  if (!computed)
    return computed.takeError();
  std::vector<Layer> layers;
  for (const ComparedLayer &entry : comparison.layers)
    layers.push_back(entry.layer);
  return compareLayers(layers, *computed, reference, settings.tolerance);
}

ExitStatus LayerCheck::checkFused(const LayerReference &reference) {
  llvm::Expected<LayerComparison> fused = runFused(reference, {});
  if (!fused)
    return reportError(fused.takeError());
  const ComparedLayer *departing = fused->getFirstDeparting();
  if (!departing) {
    llvm::outs() << "with fused operators, too, all " << fused->getNumCompared()
                 << " outputs that the reference has agree\n";
    return Done;
  }
  llvm::outs() << "only with fused operators departs ";
  departing->print(llvm::outs());
  llvm::outs() << "\n";
  if (llvm::Error error = locateFault(*departing, reference))
    return reportError(std::move(error));
  return UserError;
}

llvm::Error LayerCheck::locateFault(const ComparedLayer &departing,
                                    const LayerReference &reference) {
  // The model cannot end before a tensor that it is to keep.
  if (!settings.import.states.empty())
    return llvm::Error::success();
  SmallVector<const Layer *> ends;
  for (const ComparedLayer &entry : comparison.layers)
    if (entry.comparison && !entry.layer.origin.isInFunction &&
        entry.layer.origin.number <= departing.layer.origin.number)
      ends.push_back(&entry.layer);
  auto departs = [&](size_t i) -> llvm::Expected<bool> {
    auto part = runFused(reference, ends[i]->tensor);
    if (!part)
      return part.takeError();
    return part->getFirstDeparting() != nullptr;
  };
  llvm::Expected<size_t> first = findFirstDepartingEnd(ends.size(), departs);
  if (!first)
    return first.takeError();
  llvm::outs() << "the shortest model that departs ends at '"
               << ends[*first]->tensor << "' of node '"
               << ends[*first]->origin.node << "' (" << ends[*first]->origin.op
               << "); run it with --outputs to see it alone\n";
  return llvm::Error::success();
}
