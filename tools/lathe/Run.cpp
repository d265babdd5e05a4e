//===- Run.cpp - lathe run ------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "LayerCheck.h"
#include "Options.h"

#include "lathe/Driver/Artifact.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Driver/Runner.h"
#include "lathe/Frontend/ONNX/Import.h"
#include "lathe/Plan/Plan.h"
#include "lathe/Support/Compare.h"
#include "lathe/Support/TensorIO.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::tool;
namespace cl = llvm::cl;

/// Prints floats as printf's %g does, integers exactly.
static void printElement(const HostTensor &tensor, int64_t index) {
  if (isFloat(tensor.getKind()))
    llvm::outs() << llvm::format("%g", tensor.getDouble(index));
  else if (tensor.getKind() == ElementKind::UI64)
    llvm::outs() << static_cast<uint64_t>(tensor.getInt(index));
  else
    llvm::outs() << tensor.getInt(index);
}

/// Prints shape and first elements of each tensor, for results nobody keeps.
static void printTensors(const NamedTensors &tensors) {
  for (const auto &[name, tensor] : tensors) {
    llvm::outs() << name << "  ";
    for (int64_t extent : tensor.getShape())
      llvm::outs() << extent << "x";
    llvm::outs() << getName(tensor.getKind()) << "  [";
    int64_t shown = std::min<int64_t>(tensor.getNumElements(), 16);
    for (int64_t i = 0; i < shown; ++i) {
      llvm::outs() << (i ? ", " : "");
      printElement(tensor, i);
    }
    llvm::outs() << (shown < tensor.getNumElements() ? ", …]" : "]") << "\n";
  }
}

/// Compares `actual` with every tensor of the reference that it has; false if
/// one differs beyond the tolerance or is missing.
static bool compareAll(const NamedTensors &actual,
                       const NamedTensors &reference, Tolerance tolerance) {
  bool passed = true;
  for (const auto &[name, expected] : reference) {
    const HostTensor *tensor = actual.find(name);
    if (!tensor && actual.size() == 1 && reference.size() == 1)
      tensor = &actual.begin()->second;
    if (!tensor) {
      llvm::outs() << name << ": the model has no such output\n";
      passed = false;
      continue;
    }
    Comparison comparison = compareWithFile(*tensor, expected, tolerance);
    llvm::outs() << name << ": ";
    comparison.print(llvm::outs());
    llvm::outs() << "\n";
    passed &= comparison.passed();
  }
  return passed;
}

namespace {

struct Run : Command {
  Run()
      : Command("run", "Run a model on tensors from files",
                "lathe run model.onnx --input in.npz --compare out.npz"),
        flags(getSubCommand()),
        inputs("input", cl::sub(getSubCommand()), cl::value_desc("[name=]file"),
               cl::desc("Input tensors: .npz, .npy or ONNX .pb, or a folder of "
                        "input_0.pb, input_1.pb ...")),
        output("output", cl::sub(getSubCommand()), cl::value_desc("file"),
               cl::desc("Where to write the outputs: .npz, .npy or .pb")),
        reference(
            "compare", cl::sub(getSubCommand()), cl::value_desc("file"),
            cl::desc("Compare the outputs with these, or with a folder of "
                     "output_0.pb ..., and fail beyond the tolerance")),
        rtol("rtol", cl::sub(getSubCommand()), cl::init(1e-3),
             cl::desc("Relative tolerance of comparisons (default 1e-3)")),
        atol("atol", cl::sub(getSubCommand()), cl::init(1e-5),
             cl::desc("Absolute tolerance, times the largest magnitude of the "
                      "tensor (default 1e-5)")),
        mean("mean", cl::sub(getSubCommand()), cl::value_desc("number"),
             cl::desc("Let --compare bound the mean of the absolute "
                      "differences instead of each")),
        top1("top1", cl::sub(getSubCommand()),
             cl::desc("Let --compare ask for the same largest element")),
        referenceLayers(
            "compare-layers", cl::ValueOptional, cl::sub(getSubCommand()),
            cl::value_desc("path"),
            cl::desc("Compare each tensor that a node computes, in order, with "
                     "the array of its name in a file or folder, or with what "
                     "the reference evaluator makes of an ONNX model (default: "
                     "of this one), and name the first that departs. Operators "
                     "are not fused for that; if all agree, the outputs with "
                     "fused operators are compared, too")),
        arena("arena", cl::sub(getSubCommand()), cl::value_desc("file"),
              cl::desc("Do not run a model compiled with --io=arena, but take "
                       "its outputs from this copy of the arena, made on a "
                       "device after a run")),
        dumpLayers("dump-layers", cl::sub(getSubCommand()),
                   cl::desc("Return each tensor that a node computes; "
                            "operators are not fused then")),
        quiet("q", cl::sub(getSubCommand()),
              cl::desc("Print only the summary of --compare-layers")),
        backend("backend", cl::sub(getSubCommand()),
                cl::init(RunBackend::Native), cl::desc("How to run it"),
                cl::values(clEnumValN(RunBackend::Native, "native",
                                      "compiled for this machine (default)"),
                           clEnumValN(RunBackend::Reference, "reference",
                                      "by the reference evaluator"),
                           clEnumValN(RunBackend::C, "c",
                                      "as C, through the host's compiler"))),
        target("target", cl::sub(getSubCommand()), cl::init(""),
               cl::value_desc("target"),
               cl::desc("What to compile for (default: host, or c99; for a "
                        "compiled model what it was compiled for)")),
        codeFlags(getSubCommand()) {}

  ExitStatus run() override {
    llvm::Expected<CodeOptions> given = codeFlags.get();
    if (!given)
      return reportError(given.takeError());
    code = *given;
    if (code.threads > 1 && backend != RunBackend::Native)
      return reportError("--threads is for --backend=native");
    if (!code.tiles.empty() && backend != RunBackend::Native)
      return reportError("--tiles is for --backend=native");
    DialectRegistry registry;
    registerLatheDialects(registry);
    MLIRContext context(registry);
    DiagnosticPrinter printer(context);
    if (failed(readNames(context)))
      return UserError;
    NamedTensors tensors;
    for (const std::string &argument : inputs)
      if (llvm::Error error = readInput(argument, tensors))
        return reportError(std::move(error));
    if (comparesLayers() && !reference.empty())
      return reportError("--compare and --compare-layers exclude each other");
    auto options = flags.getImportOptions();
    if (!options)
      return reportError(options.takeError());
    options->knownInputs = tensors;
    options->keepLayers = dumpLayers;
    if (Plan::isPlan(flags.model))
      return runPlanned(tensors);
    if (Artifact::isArtifact(flags.model))
      return runCompiled(tensors, *options, context);

    if (!arena.empty())
      return reportError("--arena goes with a folder that lathe compile "
                         "--io=arena wrote");
    std::string name = target;
    if (name.empty())
      name = backend == RunBackend::C ? "c99" : "host";
    llvm::Expected<TargetDescription> machine = getTarget(name);
    if (!machine)
      return reportError(machine.takeError());
    // C has no vectors, whatever the machine has.
    if (backend == RunBackend::C)
      machine->backend = TargetBackend::C;
    if (comparesLayers()) {
      LayerCheck check = createLayerCheck(tensors, *options, *machine, context);
      return finish(check, check.checkModel());
    }
    OwningOpRef<ModuleOp> module = loadModel(flags.model, *options, &context);
    if (!module)
      return UserError;
    auto results = runModel(*module, tensors, backend, *machine, code);
    if (!results)
      return reportError(results.takeError());
    return finish(*results);
  }

  static bool isFolder(StringRef path) {
    return llvm::sys::fs::is_directory(path);
  }

  /// The files of a folder are the model's tensors by their number alone.
  LogicalResult readNames(MLIRContext &context) {
    if (llvm::none_of(inputs, isFolder) && !isFolder(reference))
      return success();
    FailureOr<TensorNames> read = readTensorNames(flags.model, &context);
    if (succeeded(read))
      names = std::move(*read);
    return read;
  }

  llvm::Error readInput(StringRef argument, NamedTensors &tensors) {
    if (!isFolder(argument))
      return readTensorArgument(argument, tensors);
    llvm::Expected<NamedTensors> read =
        readDataSet(argument, "input", names.inputs);
    if (!read)
      return read.takeError();
    for (const auto &[name, tensor] : *read)
      tensors.set(name, tensor);
    return llvm::Error::success();
  }

  /// What `artifact` was compiled for, or --target instead.
  llvm::Expected<TargetDescription> getMachine(const Artifact &artifact) {
    if (!target.empty())
      return getTarget(target);
    llvm::Expected<TargetDescription> machine = getTarget(artifact.target);
    if (machine)
      return machine;
    // A manifest has names alone, so that it does not depend on where files
    // are.
    llvm::consumeError(machine.takeError());
    return llvm::createStringError(
        "the model was compiled for '" + artifact.target +
        "', which lathe has no description of; pass the file that has it with "
        "--target");
  }

  /// Runs a folder that lathe partition wrote.
  ExitStatus runPlanned(const NamedTensors &tensors) {
    if (dumpLayers || comparesLayers() || !arena.empty() || !target.empty())
      return reportError("a plan runs as it is: --dump-layers, "
                         "--compare-layers, --arena and --target are for "
                         "models");
    if (std::string given = flags.getGiven(); !given.empty())
      return reportError("'" + given +
                         "' says how a model is read; a plan was compiled "
                         "already: pass it to lathe partition");
    llvm::Expected<Plan> plan = Plan::load(flags.model);
    if (!plan)
      return reportError(plan.takeError());
    llvm::Expected<NamedTensors> outputs = runPlan(*plan, flags.model, tensors);
    if (!outputs)
      return reportError(outputs.takeError());
    return finish(*outputs);
  }

  /// Runs a folder that lathe compile wrote.
  ExitStatus runCompiled(const NamedTensors &tensors,
                         const ImportOptions &options, MLIRContext &context) {
    if (dumpLayers)
      return reportError("what a compiled model returns is settled; pass "
                         "--dump-layers to lathe compile");
    llvm::Expected<Artifact> artifact = Artifact::load(flags.model);
    if (artifact)
      artifact = artifact->select(tensors);
    if (!artifact)
      return reportError(artifact.takeError());
    llvm::Expected<TargetDescription> machine = getMachine(*artifact);
    if (!machine)
      return reportError(machine.takeError());
    llvm::Expected<NamedTensors> outputs =
        arena.empty() ? execute(*artifact, *machine, tensors)
                      : readArena(*artifact, arena);
    if (!outputs)
      return reportError(outputs.takeError());
    if (!comparesLayers())
      return finish(*outputs);
    LayerCheck check = createLayerCheck(tensors, options, *machine, context);
    return finish(check, check.checkArtifact(*artifact, *outputs));
  }

  static llvm::Expected<NamedTensors> execute(const Artifact &artifact,
                                              const TargetDescription &machine,
                                              const NamedTensors &tensors) {
    llvm::Expected<ArtifactRun> run = runArtifact(artifact, machine, tensors);
    if (!run)
      return run.takeError();
    if (run->instructions)
      llvm::outs() << "instructions " << *run->instructions << "\n";
    if (run->stack)
      llvm::outs() << "stack " << *run->stack << " bytes\n";
    return std::move(run->outputs);
  }

  bool comparesLayers() const {
    return referenceLayers.getNumOccurrences() > 0;
  }

  LayerCheck createLayerCheck(const NamedTensors &tensors,
                              const ImportOptions &options,
                              const TargetDescription &machine,
                              MLIRContext &context) const {
    LayerCheck::Settings settings;
    settings.model = flags.model;
    settings.import = options;
    settings.inputs = tensors;
    settings.reference = referenceLayers;
    settings.tolerance = getTolerance();
    settings.backend = backend;
    settings.target = machine;
    settings.code = code;
    settings.quiet = quiet;
    return LayerCheck(std::move(settings), context);
  }

  Tolerance getTolerance() const {
    Tolerance tolerance{rtol, atol, std::nullopt, top1};
    if (mean.getNumOccurrences() > 0)
      tolerance.mean = mean;
    return tolerance;
  }

  /// Writes the layers, if there are any.
  ExitStatus finish(const LayerCheck &check, ExitStatus status) {
    if (!output.empty() && !check.getResults().empty())
      if (llvm::Error error = writeTensors(output, check.getResults()))
        return reportError(std::move(error));
    return status;
  }

  /// Writes, compares or prints the results.
  ExitStatus finish(const NamedTensors &results) {
    if (!output.empty())
      if (llvm::Error error = writeTensors(output, results))
        return reportError(std::move(error));
    if (!reference.empty()) {
      llvm::Expected<NamedTensors> expected =
          isFolder(reference) ? readDataSet(reference, "output", names.outputs)
                              : readTensors(reference);
      if (!expected)
        return reportError(expected.takeError());
      if (expected->empty())
        return reportError(reference + ": holds no tensors to compare with");
      return compareAll(results, *expected, getTolerance()) ? Done : UserError;
    }
    if (output.empty())
      printTensors(results);
    return Done;
  }

  ModelFlags flags;
  cl::list<std::string> inputs;
  cl::opt<std::string> output, reference;
  TensorNames names;
  cl::opt<double> rtol, atol, mean;
  cl::opt<bool> top1;
  cl::opt<std::string> referenceLayers, arena;
  cl::opt<bool> dumpLayers, quiet;
  cl::opt<RunBackend> backend;
  cl::opt<std::string> target;
  CodeFlags codeFlags;
  CodeOptions code;
} run;

} // namespace
