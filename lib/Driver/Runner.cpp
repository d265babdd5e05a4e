//===- Runner.cpp - Run a model on tensors --------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/Runner.h"
#include "lathe/Driver/NativeCall.h"

#include "lathe/Dialect/Lathe/Transforms/States.h"
#include "lathe/Driver/Artifact.h"
#include "lathe/Driver/Compiler.h"
#include "lathe/Driver/Emit.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Driver/StatefulEvaluator.h"
#include "lathe/Support/HostTensorAttr.h"

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"

using namespace mlir;
using namespace lathe;

static std::string nameOf(DictionaryAttr attrs, const Twine &fallback) {
  if (attrs)
    if (auto name = attrs.getAs<StringAttr>("lathe.name"))
      return name.str();
  return fallback.str();
}

/// A tensor of zeros for the argument or result called `name`.
static llvm::Expected<HostTensor> createTensor(Type type, StringRef what,
                                               StringRef name) {
  auto tensor = cast<RankedTensorType>(type);
  std::optional<ElementKind> kind = getElementKind(tensor.getElementType());
  if (!kind)
    return llvm::createStringError(what + " '" + name +
                                   "' has a type that has no file format");
  return HostTensor(*kind, tensor.getShape());
}

llvm::Expected<NamedTensors> lathe::createZeroInputs(func::FuncOp model) {
  NamedTensors inputs;
  for (unsigned i = 0; i < model.getNumArguments(); ++i) {
    if (isStateArgument(model, i))
      continue;
    std::string name = nameOf(model.getArgAttrDict(i), "input" + Twine(i));
    auto tensor = createTensor(model.getArgumentTypes()[i], "input", name);
    if (!tensor)
      return tensor.takeError();
    inputs.set(name, *tensor);
  }
  return inputs;
}

llvm::Expected<SmallVector<HostTensor>>
lathe::matchInputs(func::FuncOp model, const NamedTensors &given) {
  llvm::Expected<NamedTensors> wanted = createZeroInputs(model);
  if (!wanted)
    return wanted.takeError();
  SmallVector<HostTensor> inputs;
  for (const auto &[name, tensor] : *wanted) {
    llvm::Expected<HostTensor> found = selectInput(
        given, name, wanted->size() == 1, tensor.getKind(), tensor.getShape());
    if (!found)
      return found.takeError();
    inputs.push_back(*found);
  }
  return inputs;
}

llvm::Expected<NamedTensors> lathe::createOutputs(func::FuncOp model) {
  NamedTensors outputs;
  for (unsigned i = 0; i < model.getNumResults(); ++i) {
    if (isStateResult(model, i))
      continue;
    std::string name = nameOf(model.getResultAttrDict(i), "output" + Twine(i));
    auto tensor = createTensor(model.getResultTypes()[i], "output", name);
    if (!tensor)
      return tensor.takeError();
    outputs.set(name, *tensor);
  }
  return outputs;
}

SmallVector<OutputExtents> lathe::getOutputExtents(func::FuncOp model) {
  SmallVector<OutputExtents> extents;
  for (unsigned i = 0; i < model.getNumResults(); ++i)
    if (auto output = model.getResultAttrOfType<StringAttr>(i, "lathe.dims_of"))
      extents.emplace_back(output.str(), nameOf(model.getResultAttrDict(i),
                                                "output" + Twine(i)));
  return extents;
}

/// Writes the model as files into a temporary folder, and builds and runs
/// them.
static llvm::Expected<NamedTensors>
runAsFiles(ArrayRef<ModelVersion> versions, const NamedTensors &inputs,
           const TargetDescription &target, EmitKind kind, unsigned threads) {
  SmallString<64> directory;
  if (std::error_code error =
          llvm::sys::fs::createUniqueDirectory("lathe-run", directory))
    return llvm::createStringError("no temporary folder: " + error.message());
  llvm::scope_exit cleanUp(
      [&] { llvm::sys::fs::remove_directories(directory); });
  EmitOptions options;
  options.kind = kind;
  options.threads = threads;
  llvm::Expected<Emission> emission = emitFiles(versions, target, options);
  if (!emission)
    return emission.takeError();
  if (llvm::Error error = writeOutputFiles(directory, emission->files))
    return std::move(error);
  llvm::Expected<Artifact> artifact = Artifact::load(directory);
  if (!artifact)
    return artifact.takeError();
  llvm::Expected<ArtifactRun> run = runArtifact(*artifact, target, inputs);
  if (!run)
    return run.takeError();
  return std::move(run->outputs);
}

bool lathe::isQuantized(ModuleOp module) {
  WalkResult result = module.walk([](Operation *op) {
    bool found = llvm::any_of(op->getResultTypes(), [](Type type) {
      return isa<quant::QuantizedType>(getElementTypeOrSelf(type));
    });
    return found ? WalkResult::interrupt() : WalkResult::advance();
  });
  return result.wasInterrupted();
}

llvm::Error lathe::prepareForEvaluator(ModuleOp module) {
  // A float model is evaluated as it was imported, but what the integers of a
  // quantized one are, passes decide.
  if (!isQuantized(module))
    return llvm::Error::success();
  if (llvm::Error error = simplifyGraph(module))
    return error;
  return settleIntegers(module);
}

llvm::Expected<NamedTensors>
lathe::runModel(ModuleOp module, const NamedTensors &given, RunBackend backend,
                const TargetDescription &target, const CodeOptions &code) {
  func::FuncOp model = lookupModel(module);
  if (!model)
    return llvm::createStringError("there is no model to run");
  auto inputs = matchInputs(model, given);
  if (!inputs)
    return inputs.takeError();
  llvm::Expected<NamedTensors> outputs = createOutputs(model);
  if (!outputs)
    return outputs.takeError();

  // The passes below take the function apart.
  SmallVector<OutputExtents> extents = getOutputExtents(model);

  if (backend == RunBackend::Reference) {
    if (llvm::Error error = prepareForEvaluator(module))
      return std::move(error);
    StatefulEvaluator evaluator(model);
    auto results = evaluator.run(*inputs);
    if (!results)
      return results.takeError();
    for (auto [i, entry] : llvm::enumerate(*outputs))
      outputs->set(entry.first, (*results)[i]);
    return cropOutputs(*outputs, extents);
  }

  auto versions = lowerVersionsToKernels(module, target, code);
  if (!versions)
    return versions.takeError();
  int64_t arenaSize = getFootprint(lookupModel(module)).arena;
  if (llvm::Error error = lowerVersionsToLoops(*versions))
    return std::move(error);
  if (backend == RunBackend::C)
    return runAsFiles(*versions, given, target, EmitKind::C, code.threads);
  if (target.name != "host")
    return runAsFiles(*versions, given, target, getDefaultEmitKind(target),
                      code.threads);
  NativeOptions options;
  options.maxThreads = code.threads;
  auto call = NativeCall::create(module, *inputs, *outputs, arenaSize, options);
  if (!call)
    return call.takeError();
  if (llvm::Error error = call->run())
    return std::move(error);
  return cropOutputs(*outputs, extents);
}
