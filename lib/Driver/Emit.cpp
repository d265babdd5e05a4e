//===- Emit.cpp - Write what was compiled ---------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/Emit.h"

#include "lathe/Driver/NativeTarget.h"
#include "lathe/Support/RunPasses.h"
#include "lathe/Target/Common/Manifest.h"
#include "lathe/Target/LLVM/Emit.h"
#include "lathe/Target/LLVM/TargetSpec.h"
#include "lathe/Target/LLVM/Versions.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace lathe;

EmitKind lathe::getDefaultEmitKind(const TargetDescription &target) {
  return target.backend == TargetBackend::C ? EmitKind::C
                                            : EmitKind::StaticLibrary;
}

namespace {

/// Emits one model through LLVM.
class NativeEmitter {
public:
  NativeEmitter(ArrayRef<ModelVersion> versions,
                const TargetDescription &target, const EmitOptions &options)
      : versions(versions), target(target), options(options) {}

  llvm::Expected<Emission> emit();

private:
  /// Adds what `write` prints as a file called `name`.
  llvm::Error add(const Twine &name,
                  llvm::function_ref<llvm::Error(raw_ostream &)> write);
  /// Optimizes and adds `native`, which is of no use afterwards.
  llvm::Error addCode(NativeModule &native, llvm::TargetMachine &machine);
  llvm::Error addSharedLibrary(NativeModule &native,
                               llvm::TargetMachine &machine);
  llvm::Error addArchive(NativeModule &native, llvm::TargetMachine &machine);
  void addInterface(const ArtifactInterface &artifact,
                    const NativeModule &native);
  /// What a caller sees of all versions.
  llvm::Expected<ArtifactInterface> getInterface() const;
  /// The code of all versions, not yet optimized.
  llvm::Expected<NativeModule> translate(const TargetSpec &spec,
                                         llvm::TargetMachine &machine) const;
  llvm::Expected<std::vector<NativeVersion>> lowerVersions() const;

  ArrayRef<ModelVersion> versions;
  const TargetDescription &target;
  const EmitOptions &options;
  std::vector<OutputFile> files;
};

} // namespace

llvm::Error
NativeEmitter::add(const Twine &name,
                   llvm::function_ref<llvm::Error(raw_ostream &)> write) {
  OutputFile file{name.str(), ""};
  llvm::raw_string_ostream os(file.contents);
  if (llvm::Error error = write(os))
    return error;
  files.push_back(std::move(file));
  return llvm::Error::success();
}

llvm::Error NativeEmitter::addSharedLibrary(NativeModule &native,
                                            llvm::TargetMachine &machine) {
  SmallString<64> temporary;
  if (std::error_code error =
          llvm::sys::fs::createTemporaryFile(native.name, "so", temporary))
    return llvm::createStringError("no temporary file: " + error.message());
  llvm::FileRemover remover(temporary);
  if (llvm::Error error = emitSharedLibrary(native, machine, temporary))
    return error;
  auto buffer = llvm::MemoryBuffer::getFile(temporary);
  if (!buffer)
    return llvm::createStringError(temporary + ": " +
                                   buffer.getError().message());
  auto write = [buffer = std::shared_ptr(std::move(*buffer))](raw_ostream &os) {
    os << buffer->getBuffer();
    return llvm::Error::success();
  };
  files.push_back({"lib" + native.name + ".so", "", write});
  return llvm::Error::success();
}

llvm::Error NativeEmitter::addArchive(NativeModule &native,
                                      llvm::TargetMachine &machine) {
  auto objects = compileObjects(native, machine);
  if (!objects)
    return objects.takeError();
  auto write = [objects = std::make_shared<std::vector<ObjectFile>>(
                    std::move(*objects))](raw_ostream &os) {
    return emitArchive(*objects, os);
  };
  files.push_back({"lib" + native.name + ".a", "", write});
  return llvm::Error::success();
}

llvm::Error NativeEmitter::addCode(NativeModule &native,
                                   llvm::TargetMachine &machine) {
  // Libraries are optimized in parts.
  bool isLibrary = options.kind == EmitKind::StaticLibrary ||
                   options.kind == EmitKind::SharedLibrary;
  if (!isLibrary)
    optimize(*native.code, machine);
  auto addWeights = [&]() -> llvm::Error {
    if (native.weights.empty())
      return llvm::Error::success();
    return add(native.name + "_weights.o", [&](raw_ostream &os) {
      return emitWeightsObject(native.weights, machine, os);
    });
  };
  switch (options.kind) {
  case EmitKind::SharedLibrary:
    return addSharedLibrary(native, machine);
  case EmitKind::Object:
    return add(native.name + ".o", [&](raw_ostream &os) {
      return emitObject(native, machine, os);
    });
  case EmitKind::Assembly:
    if (llvm::Error error = add(native.name + ".s", [&](raw_ostream &os) {
          return emitAssembly(native, machine, os);
        }))
      return error;
    return addWeights();
  case EmitKind::LLVMIR:
    if (llvm::Error error = add(native.name + ".ll", [&](raw_ostream &os) {
          emitLLVMIR(native, os);
          return llvm::Error::success();
        }))
      return error;
    return addWeights();
  case EmitKind::C:
  case EmitKind::StaticLibrary:
    break;
  }
  return addArchive(native, machine);
}

void NativeEmitter::addInterface(const ArtifactInterface &artifact,
                                 const NativeModule &native) {
  ManifestInfo info;
  info.kind = "native";
  info.target = target.name;
  for (const OutputFile &file : files)
    info.files.push_back(file.path);
  info.libraries = {"m"};
  if (native.usesOpenMP)
    info.libraries.push_back("gomp");
  std::string header, manifest;
  llvm::raw_string_ostream headerStream(header), manifestStream(manifest);
  emitHeader(artifact, headerStream);
  emitManifest(artifact, info, manifestStream);
  files.push_back({artifact.name + ".h", header});
  files.push_back({"manifest.json", manifest});
}

llvm::Expected<ArtifactInterface> NativeEmitter::getInterface() const {
  std::optional<ArtifactInterface> result;
  for (const ModelVersion &version : versions) {
    FailureOr<ArtifactInterface> artifact =
        ArtifactInterface::get(version.module);
    if (failed(artifact))
      return llvm::createStringError("the model has no entry");
    if (!result)
      result = *artifact;
    // An arena for each.
    for (auto [model, other] :
         llvm::zip_equal(result->models, artifact->models)) {
      model.arenaSize = std::max(model.arenaSize, other.arenaSize);
      model.arenaAlign = std::max(model.arenaAlign, other.arenaAlign);
    }
    if (versions.size() > 1)
      result->versions.push_back(version.target.name);
  }
  return std::move(*result);
}

llvm::Expected<std::vector<NativeVersion>>
NativeEmitter::lowerVersions() const {
  NativeOptions native;
  native.maxThreads = options.threads;
  std::vector<NativeVersion> result;
  WeightsBlob weights;
  for (const ModelVersion &version : versions) {
    NativeVersion &lowered = result.emplace_back();
    lowered.name = version.target.name;
    lowered.spec = getTargetSpec(version.target);
    auto machine = createTargetMachine(lowered.spec);
    if (!machine)
      return machine.takeError();
    lowered.machine = std::move(*machine);
    auto code = lowerToNative(version.module, lowered.spec, *lowered.machine,
                              native, weights);
    if (!code)
      return code.takeError();
    lowered.code = std::move(*code);
    weights = lowered.code.weights;
  }
  return result;
}

llvm::Expected<NativeModule>
NativeEmitter::translate(const TargetSpec &spec,
                         llvm::TargetMachine &machine) const {
  auto lowered = lowerVersions();
  if (!lowered)
    return lowered.takeError();
  if (lowered->size() > 1)
    return joinVersions(*lowered, spec, machine);
  return std::move(lowered->front().code);
}

llvm::Expected<Emission> NativeEmitter::emit() {
  TargetSpec spec = getTargetSpec(target);
  auto machine = createTargetMachine(spec);
  if (!machine)
    return machine.takeError();
  auto artifact = getInterface();
  if (!artifact)
    return artifact.takeError();
  llvm::Expected<NativeModule> code = translate(spec, **machine);
  if (!code)
    return code.takeError();
  // Weights that the versions share are there once.
  if (versions.size() > 1)
    artifact->weightsSize = code->weights.getConstantBytes();
  if (llvm::Error error = addCode(*code, **machine))
    return std::move(error);
  addInterface(*artifact, *code);
  return Emission{std::move(files), artifact->weightsSize};
}

/// How many functions that differ in numbers alone become one. Four and more
/// save 13 to 35 % of the code of visual wake words for 0.6 to 1.8 % more
/// instructions (arm-none-eabi-gcc 12.2 -O2; Cortex-M4, M3, M0+, M55); two cost
/// image classification 5.7 % on a Cortex-M55.
static unsigned getMinShared(Objective objective) {
  switch (objective) {
  case Objective::Speed:
    return 0;
  case Objective::Balanced:
  case Objective::RAM:
    return 4;
  case Objective::Flash:
    return 2;
  }
  llvm_unreachable("no objective");
}

llvm::Expected<Emission> lathe::emitFiles(ArrayRef<ModelVersion> versions,
                                          const TargetDescription &target,
                                          const EmitOptions &options) {
  if (options.kind != EmitKind::C) {
    if (target.backend == TargetBackend::C)
      return llvm::createStringError("target '" + target.name +
                                     "' is compiled to C only (--emit=c)");
    return NativeEmitter(versions, target, options).emit();
  }
  CPackageOptions package;
  package.weights = options.weights;
  package.layout = options.layout;
  package.sections = options.sections;
  package.smallCode = options.objective == Objective::Flash;
  package.minShared = getMinShared(options.objective);
  package.target = target.name;
  package.selfTest = options.selfTest;
  ModuleOp module = versions.front().module;
  FailureOr<ArtifactInterface> artifact = ArtifactInterface::get(module);
  if (failed(artifact))
    return llvm::make_error<DiagnosedError>();
  FailureOr<std::vector<OutputFile>> files = buildCPackage(module, package);
  if (failed(files))
    return llvm::make_error<DiagnosedError>();
  return Emission{std::move(*files), artifact->weightsSize};
}
