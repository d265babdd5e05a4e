//===- Compile.cpp - lathe compile ----------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Options.h"
#include "Quantizer.h"
#include "Tune.h"

#include "lathe/Driver/Compiler.h"
#include "lathe/Driver/Emit.h"
#include "lathe/Driver/Layers.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Driver/Runner.h"
#include "lathe/Driver/SelfTest.h"
#include "lathe/Support/RunPasses.h"
#include "lathe/Support/TensorIO.h"
#include "lathe/Target/ONNX/Export.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/Pass/Pass.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::tool;
namespace cl = llvm::cl;

namespace {

/// What the user asked for; `Default` follows the target.
enum class Emit { Default, C, Lib, Obj, Shared, Asm, LLVM, MLIR, ONNX };

/// The level at which `--emit=mlir` and `--emit=onnx` stop; `Default` is the
/// last one that the format can state.
enum class Level { Default, Graph, Simplified, Kernels, Loops };

EmitKind kindOf(Emit emit, const TargetDescription &target) {
  switch (emit) {
  case Emit::C:
    return EmitKind::C;
  case Emit::Lib:
    return EmitKind::StaticLibrary;
  case Emit::Obj:
    return EmitKind::Object;
  case Emit::Shared:
    return EmitKind::SharedLibrary;
  case Emit::Asm:
    return EmitKind::Assembly;
  case Emit::LLVM:
    return EmitKind::LLVMIR;
  case Emit::Default:
  case Emit::MLIR:
  case Emit::ONNX:
    break;
  }
  return getDefaultEmitKind(target);
}

/// Fails without a word.
struct FailingPass : PassWrapper<FailingPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(FailingPass)
  StringRef getArgument() const override { return "simulate-bug"; }
  void runOnOperation() override { signalPassFailure(); }
};

/// What a model needs, and the suffix of its shape binding.
using NamedFootprint = std::pair<std::string, Footprint>;

struct Compile : Command {
  Compile()
      : Command("compile", "Compile a model for a machine",
                "lathe compile model.onnx --target=cortex-m4 -o out"),
        flags(getSubCommand()),
        target("target", cl::sub(getSubCommand()), cl::init("host"),
               cl::value_desc("target"),
               cl::desc("Core or board, see lathe targets (default: host)")),
        bindings("binding", cl::sub(getSubCommand()),
                 cl::value_desc("small:image=1x3x32x32,scale=1"),
                 cl::desc("Shapes of inputs, or values of named dimensions, "
                          "to compile the model for; several share one folder "
                          "and their weights, and give NAME_small_run and so "
                          "on")),
        output("o", cl::sub(getSubCommand()), cl::value_desc("path"),
               cl::desc("Folder to write to (default: the model's name); for "
                        "--emit=mlir a file or - (default); for --emit=onnx "
                        "also a file that ends in .onnx")),
        emit(
            "emit", cl::sub(getSubCommand()), cl::init(Emit::Default),
            cl::desc("What to write (default: by target)"),
            cl::values(
                clEnumValN(Emit::C, "c", "folder of C99 sources"),
                clEnumValN(Emit::Lib, "lib", "header and static library"),
                clEnumValN(Emit::Obj, "obj", "header and object"),
                clEnumValN(Emit::Shared, "shared", "header and shared library"),
                clEnumValN(Emit::Asm, "asm", "assembly"),
                clEnumValN(Emit::LLVM, "llvm", "LLVM IR"),
                clEnumValN(Emit::MLIR, "mlir", "Lathe's own IR"),
                clEnumValN(Emit::ONNX, "onnx", "standard ONNX again"))),
        level("level", cl::sub(getSubCommand()), cl::init(Level::Default),
              cl::desc("Where --emit=mlir and --emit=onnx stop"),
              cl::values(clEnumValN(Level::Graph, "graph", "as imported"),
                         clEnumValN(Level::Simplified, "simplified",
                                    "the simplified graph (default for onnx)"),
                         clEnumValN(Level::Kernels, "kernels",
                                    "kernels with their memory plan"),
                         clEnumValN(Level::Loops, "loops",
                                    "loops on memory (default for mlir)"))),
        weights(
            "weights", cl::sub(getSubCommand()),
            cl::init(CPackageOptions::Weights::Auto),
            cl::desc("How C sources hold the weights"),
            cl::values(
                clEnumValN(CPackageOptions::Weights::Auto, "auto",
                           "by their size (default)"),
                clEnumValN(CPackageOptions::Weights::CArrays, "c", "arrays"),
                clEnumValN(CPackageOptions::Weights::Binary, "incbin",
                           "a binary, included by an assembler"))),
        package("package", cl::sub(getSubCommand()),
                cl::init(CPackageOptions::Layout::Folder),
                cl::desc("What C sources come as"),
                cl::values(clEnumValN(CPackageOptions::Layout::Folder, "folder",
                                      "a project for CMake, Arduino and Zephyr "
                                      "(default)"),
                           clEnumValN(CPackageOptions::Layout::Single, "single",
                                      "NAME.h and NAME.c alone, weights "
                                      "included"))),
        sections("section", cl::sub(getSubCommand()),
                 cl::value_desc("[pattern=]section"),
                 cl::desc("Put C's weights of ONNX nodes or initializers that "
                          "match the pattern, or all, into this section of "
                          "the linker's; the last one that matches counts")),
        io(getSubCommand()),
        dumpLayers("dump-layers", cl::sub(getSubCommand()),
                   cl::desc("Make each tensor that a node computes an output, "
                            "to be compared by lathe run --compare-layers; "
                            "operators are not fused then")),
        selfTest("self-test", cl::sub(getSubCommand()),
                 cl::desc("Add to C sources NAME_self_test(), which checks the "
                          "model on known inputs")),
        selfTestInputs("self-test-input", cl::sub(getSubCommand()),
                       cl::value_desc("[name=]file"),
                       cl::desc("Inputs of --self-test: .npz, .npy or ONNX .pb "
                                "(default: pseudo-random)")),
        quantizer(getSubCommand(), "quantize"), codeFlags(getSubCommand()),
        objective(getSubCommand()), tuning(getSubCommand()),
        ramLimit("ram-limit", cl::sub(getSubCommand()), cl::init(0),
                 cl::value_desc("bytes"),
                 cl::desc("Optimize for RAM if the model needs more and "
                          "--optimize says nothing else; refuse it if it "
                          "still does")),
        flashLimit("flash-limit", cl::sub(getSubCommand()), cl::init(0),
                   cl::value_desc("bytes"),
                   cl::desc("Refuse a model whose weights need more flash")),
        allowOversize("allow-oversize", cl::sub(getSubCommand()),
                      cl::desc("Compile a model that does not fit")),
        printPlan("print-memory-plan", cl::sub(getSubCommand()),
                  cl::desc("Print where every tensor lies")),
        printPipeline("print-pipeline", cl::sub(getSubCommand()),
                      cl::desc("Print the command that replays the passes, and "
                               "do nothing else")),
        quiet("q", cl::sub(getSubCommand()), cl::desc("Print no summary")),
        simulateBug("simulate-bug", cl::sub(getSubCommand()), cl::Hidden,
                    cl::desc("Fail as a bug of Lathe would")) {}

  ExitStatus run() override {
    llvm::Expected<TargetDescription> machine = getTarget(target);
    if (!machine)
      return reportError(machine.takeError());
    // C has no vectors, whatever the machine has.
    if (emit == Emit::C)
      machine->backend = TargetBackend::C;
    llvm::Expected<CodeOptions> given = codeFlags.get();
    if (!given)
      return reportError(given.takeError());
    code = *given;
    code.io = io.get();
    if (objective.isGiven())
      code.objective = objective.get();
    code.sharesWeights = bindings.size() > 1;
    if (machine->backend == TargetBackend::C) {
      if (llvm::Error error = refuseForC(code))
        return reportError(std::move(error));
    } else if (objective.isGiven()) {
      return reportError("--optimize is for C; code through LLVM is always "
                         "optimized for speed");
    }
    if (llvm::Error error = refuseForVersions(*machine))
      return reportError(std::move(error));
    if (tuning.isGiven())
      if (llvm::Error error = refuseForTuning(*machine))
        return reportError(std::move(error));
    if (llvm::Error error = refuseForQuantization())
      return reportError(std::move(error));
    DialectRegistry registry;
    registerLatheDialects(registry);
    MLIRContext context(registry);
    DiagnosticPrinter printer(context);
    llvm::Expected<ImportOptions> options = flags.getImportOptions();
    if (!options)
      return reportError(options.takeError());
    options->keepLayers = dumpLayers;
    options->isBatchOfOne = quantizer.isGiven();
    for (const std::string &binding : bindings)
      if (llvm::Error error = options->addShapeBinding(binding))
        return reportError("--binding: " + llvm::toString(std::move(error)));
    OwningOpRef<ModuleOp> module = loadModel(flags.model, *options, &context);
    SmallVector<func::FuncOp> models;
    if (module)
      models = lookupModels(*module);
    if (models.empty())
      return UserError;
    std::string name = models.front().getSymName().str();
    if (auto artifact = (*module)->getAttrOfType<StringAttr>(attr::artifact)) {
      name = artifact.str();
      if (llvm::Error error = refuseForBindings())
        return reportError(std::move(error));
    }
    if (dumpLayers && getLayers(models.front()).empty())
      return reportError(flags.model + ": no node of an ONNX graph computes "
                                       "anything from its inputs, so there "
                                       "are no layers to dump");
    if (quantizer.isGiven())
      if (llvm::Error error = quantize(module))
        return reportError(std::move(error));
    auto chosen = chooseObjective(*module, *machine, code, getLimits());
    if (!chosen)
      return reportError(chosen.takeError());
    code.objective = *chosen;
    if (printPipeline)
      return printCommand(*machine);
    return lower(*module, *machine, name);
  }

  /// Prints what replays the passes.
  ExitStatus printCommand(const TargetDescription &machine) const {
    llvm::outs() << "lathe compile ";
    flags.print(llvm::outs());
    for (const std::string &binding : bindings) {
      llvm::outs() << " ";
      llvm::sys::printArg(llvm::outs(), "--binding=" + binding,
                          /*Quote=*/false);
    }
    llvm::outs() << (dumpLayers ? " --dump-layers" : "")
                 << " --emit=mlir --level=graph | lathe-opt - "
                 << getLoweringFlag(machine, code) << "\n";
    return Done;
  }

  /// Fails if what the user asked for does not go with --quantize.
  llvm::Error refuseForQuantization() const {
    StringRef flag = printPipeline           ? "--print-pipeline"
                     : dumpLayers            ? "--dump-layers"
                     : level == Level::Graph ? "--level=graph"
                     : !bindings.empty()     ? "--binding"
                                             : "";
    if (flag.empty() || !quantizer.isGiven())
      return quantizer.check();
    return llvm::createStringError(
        flag + " and --quantize exclude each other; quantize first, with lathe "
               "quantize, and compile what that writes");
  }

  /// Replaces `module` by the quantized model.
  llvm::Error quantize(OwningOpRef<ModuleOp> &module) {
    auto report = quantizer.run(module, code.threads, quiet);
    if (!report)
      return report.takeError();
    if (!quiet && *report)
      printReport(**report, llvm::outs());
    return llvm::Error::success();
  }

  /// Fails if what the user asked for is one of several versions.
  llvm::Error refuseForVersions(const TargetDescription &machine) const {
    llvm::Expected<std::vector<TargetDescription>> versions =
        getVersions(machine);
    if (!versions)
      return versions.takeError();
    bool isAnyVersion = level == Level::Graph || level == Level::Simplified;
    StringRef flag = printPipeline                         ? "--print-pipeline"
                     : emit == Emit::MLIR && !isAnyVersion ? "--emit=mlir"
                                                           : "";
    if (versions->size() == 1 || flag.empty())
      return llvm::Error::success();
    return llvm::createStringError(
        flag + " is for one version of " + machine.name +
        "; pass --target=" + llvm::join(machine.versions, " or --target="));
  }

  /// Fails if no code for this machine is to be written, or no time given.
  llvm::Error refuseForTuning(const TargetDescription &machine) const {
    if (machine.name != "host")
      return llvm::createStringError(
          "--tune measures on this machine: pass --target=host, not " +
          machine.name);
    StringRef flag = printPipeline        ? "--print-pipeline"
                     : emit == Emit::C    ? "--emit=c"
                     : emit == Emit::MLIR ? "--emit=mlir"
                     : emit == Emit::ONNX ? "--emit=onnx"
                                          : "";
    if (!flag.empty())
      return llvm::createStringError(
          "--tune is for a library, not for " + flag +
          "; tune first, then pass the file that it writes as --tiles");
    if (bindings.size() > 1)
      return llvm::createStringError(
          "--tune is for a single model; tune it for one --binding after the "
          "other, with the same --tiles=FILE, then compile with that");
    return tuning.check();
  }

  /// Fails if what the user asked for is for a single model.
  llvm::Error refuseForBindings() const {
    StringRef flag = selfTest || !selfTestInputs.empty() ? "--self-test"
                     : dumpLayers                        ? "--dump-layers"
                     : emit == Emit::ONNX                ? "--emit=onnx"
                                                         : "";
    if (flag.empty())
      return llvm::Error::success();
    return llvm::createStringError(flag +
                                   " is for a single model; compile it for "
                                   "one set of shapes, without --binding");
  }

  /// Fails if what the user asked for has no place in NAME.h and NAME.c.
  llvm::Error refuseForSingle(const EmitOptions &options) const {
    if (package != CPackageOptions::Layout::Single)
      return llvm::Error::success();
    if (emit == Emit::MLIR || emit == Emit::ONNX || options.kind != EmitKind::C)
      return llvm::createStringError(
          "--package=single is for C sources; pass --emit=c as well");
    if (weights == CPackageOptions::Weights::Binary)
      return llvm::createStringError(
          "--weights=incbin is a file of its own, which --package=single does "
          "not write; leave one of them away");
    if (selfTest || !selfTestInputs.empty())
      return llvm::createStringError(
          "--self-test writes files of its own, which --package=single does "
          "not; compile with --self-test into another folder, without "
          "--package=single, and add NAME_self_test.h and .c");
    return llvm::Error::success();
  }

  /// Adds to `options` where weights are to lie.
  llvm::Error addSections(EmitOptions &options) const {
    if (!sections.empty() && (emit == Emit::MLIR || emit == Emit::ONNX ||
                              options.kind != EmitKind::C))
      return llvm::createStringError(
          "--section is for C sources; pass --emit=c as well");
    for (StringRef text : sections) {
      size_t split = text.rfind('=');
      bool hasPattern = split != StringRef::npos;
      StringRef section = hasPattern ? text.drop_front(split + 1) : text;
      auto isLetter = [](char c) {
        return llvm::isAlnum(c) || StringRef("._-$").contains(c);
      };
      if (section.empty() || !llvm::all_of(section, isLetter))
        return llvm::createStringError(
            "--section: '" + section +
            "' is no name of a section, which has letters, digits, '.', '_', "
            "'-' and '$'");
      options.sections.push_back(
          {hasPattern ? text.take_front(split).str() : "*", section.str()});
    }
    return llvm::Error::success();
  }

  /// Runs the pipelines and writes what was asked for.
  ExitStatus lower(ModuleOp module, const TargetDescription &machine,
                   StringRef name) {
    EmitOptions options;
    options.kind = kindOf(emit, machine);
    options.threads = code.threads;
    options.weights = weights;
    options.layout = package;
    options.objective = code.objective.value_or(Objective::Balanced);
    if (llvm::Error error = addSections(options))
      return reportError(std::move(error));
    if (llvm::Error error = refuseForSingle(options))
      return reportError(std::move(error));
    if (selfTest || !selfTestInputs.empty())
      if (llvm::Error error = addSelfTest(module, options))
        return reportError(std::move(error));
    if (emit == Emit::ONNX)
      return lowerToONNX(module, machine, name);
    bool writesIR = emit == Emit::MLIR;
    if (writesIR && level == Level::Graph)
      return writeIR(module);
    if (simulateBug)
      return failOnPurpose(module);
    if (writesIR && level == Level::Simplified) {
      if (llvm::Error error = simplifyGraph(module))
        return reportError(std::move(error));
      return writeIR(module);
    }
    if (tuning.isGiven())
      if (llvm::Error error = tuning.run(module, name, quiet, code))
        return reportError(std::move(error));
    auto versions = lowerVersionsToKernels(module, machine, code,
                                           /*isAlone=*/true);
    if (!versions)
      return reportError(versions.takeError());
    SmallVector<NamedFootprint> footprints;
    for (const ModelVersion &version : *versions) {
      if (printPlan && versions->size() > 1)
        llvm::outs() << "version " << version.target.name << "\n";
      if (failed(measure(version, name, footprints)))
        return UserError;
    }
    if (writesIR && level == Level::Kernels)
      return writeIR(module);
    if (llvm::Error error = lowerVersionsToLoops(*versions))
      return reportError(std::move(error));
    if (writesIR)
      return writeIR(module);

    llvm::Expected<Emission> emission = emitFiles(*versions, machine, options);
    if (!emission)
      return reportError(emission.takeError());
    std::string directory = output.empty() ? name.str() : output.getValue();
    if (llvm::Error error = writeOutputFiles(directory, emission->files))
      return reportError(std::move(error));
    if (!quiet)
      printSummary(name, directory, machine, footprints, emission->weightsSize);
    if (!quiet && tuning.isGiven())
      printTuning();
    return Done;
  }

  /// Checks that the models of `version` fit, and makes `footprints` those of
  /// an arena that has room for it as well.
  LogicalResult measure(const ModelVersion &version, StringRef name,
                        SmallVectorImpl<NamedFootprint> &footprints) {
    SmallVector<func::FuncOp> models = lookupModels(version.module);
    footprints.resize(models.size());
    for (auto [model, entry] : llvm::zip_equal(models, footprints)) {
      if (!allowOversize &&
          failed(checkFit(model, version.target, getLimits())))
        return failure();
      StringRef suffix = model.getSymName();
      suffix.consume_front(name);
      suffix.consume_front("_");
      if (printPlan && !suffix.empty())
        llvm::outs() << "binding " << suffix << "\n";
      if (printPlan)
        printMemoryPlan(model, llvm::outs());
      Footprint footprint = getFootprint(model);
      if (footprint.arena >= entry.second.arena)
        entry = {suffix.str(), footprint};
    }
    return success();
  }

  /// Runs the model, at the graph level, on the inputs of its self-test.
  llvm::Error addSelfTest(ModuleOp module, EmitOptions &options) {
    if (emit == Emit::MLIR || emit == Emit::ONNX || options.kind != EmitKind::C)
      return llvm::createStringError(
          "--self-test is a part of C sources; pass --emit=c, or compare with "
          "lathe run --compare");
    NamedTensors inputs;
    for (const std::string &argument : selfTestInputs)
      if (llvm::Error error = readTensorArgument(argument, inputs))
        return error;
    OwningOpRef<ModuleOp> evaluated = cast<ModuleOp>(module->clone());
    if (llvm::Error error = prepareForEvaluator(*evaluated))
      return error;
    auto data = createSelfTest(lookupModel(*evaluated), inputs);
    if (!data)
      return data.takeError();
    options.selfTest = std::move(*data);
    return llvm::Error::success();
  }

  /// Runs the passes up to the level asked for and writes it as ONNX.
  ExitStatus lowerToONNX(ModuleOp module, const TargetDescription &machine,
                         StringRef name) {
    if (level == Level::Loops)
      return reportError("ONNX has no loops on memory: --emit=onnx goes with "
                         "--level=graph, simplified or kernels");
    llvm::Error error = level == Level::Kernels
                            ? lowerToKernels(module, machine, code)
                        : level == Level::Graph ? llvm::Error::success()
                                                : simplifyGraph(module);
    if (error)
      return reportError(std::move(error));
    FailureOr<std::string> model = exportONNX(module);
    return failed(model) ? UserError : writeONNX(name, *std::move(model));
  }

  /// Writes the bytes of an ONNX model: to a file, into a folder or, as `-`, to
  /// standard output.
  ExitStatus writeONNX(StringRef name, std::string bytes) {
    if (output == "-") {
      llvm::outs() << bytes;
      return Done;
    }
    SmallString<128> path(output.empty() ? name : StringRef(output));
    if (!path.ends_with(".onnx"))
      llvm::sys::path::append(path, name + ".onnx");
    if (llvm::Error error = writeOutputFile(path, std::move(bytes)))
      return reportError(std::move(error));
    return Done;
  }

  MemoryLimits getLimits() const {
    MemoryLimits limits;
    if (ramLimit.getNumOccurrences())
      limits.ram = ramLimit;
    if (flashLimit.getNumOccurrences())
      limits.flash = flashLimit;
    return limits;
  }

  ExitStatus writeIR(ModuleOp module) {
    std::string path = output.empty() ? "-" : output.getValue();
    std::error_code error;
    llvm::ToolOutputFile file(path, error, llvm::sys::fs::OF_None);
    if (!error) {
      if (!StringRef(path).ends_with(".mlirbc"))
        module.print(file.os(), OpPrintingFlags().enableDebugInfo());
      else if (failed(writeBytecodeToFile(module, file.os())))
        return UserError;
      file.os().flush();
      error = file.os().error();
      file.os().clear_error();
    }
    if (error)
      return reportError("cannot write '" + path + "': " + error.message() +
                         "; check the path, its permissions and the space "
                         "left, or choose another output");
    file.keep();
    return Done;
  }

  /// Runs a pass that fails, to test what users see of our bugs.
  static ExitStatus failOnPurpose(ModuleOp module) {
    PassManager passes(module.getContext());
    passes.addPass(std::make_unique<FailingPass>());
    return reportError(runPasses(passes, module));
  }

  static void printSummary(StringRef name, StringRef directory,
                           const TargetDescription &machine,
                           ArrayRef<NamedFootprint> footprints,
                           int64_t weights) {
    llvm::outs() << name << " for " << machine.name << " in " << directory
                 << "\n";
    for (const auto &[suffix, footprint] : footprints) {
      if (!suffix.empty())
        llvm::outs() << "  binding  " << suffix << "\n";
      llvm::outs() << "  arena    " << footprint.arena << " bytes (lower bound "
                   << footprint.arenaLowerBound << ")\n  inputs   "
                   << footprint.inputs << " bytes, outputs "
                   << footprint.outputs << " bytes"
                   << (footprint.io == IOMode::Arena ? ", in the arena" : "")
                   << "\n";
      if (const RemovedChannels &removed = footprint.removed; removed.channels)
        llvm::outs() << "  removed  " << removed.channels
                     << " channels that no output needs: " << removed.macs
                     << " MACs, " << removed.weightBytes
                     << " bytes of weights\n";
    }
    llvm::outs() << "  weights  " << weights << " bytes\n";
  }

  /// What tuning brought, and the flag that uses it again.
  void printTuning() const {
    tuning.printSummary(llvm::outs());
    llvm::outs() << "           use them again with ";
    llvm::sys::printArg(llvm::outs(), "--tiles=" + code.tiles, /*Quote=*/false);
    llvm::outs() << "\n";
  }

  ModelFlags flags;
  cl::opt<std::string> target;
  cl::list<std::string> bindings;
  cl::opt<std::string> output;
  cl::opt<Emit> emit;
  cl::opt<Level> level;
  cl::opt<CPackageOptions::Weights> weights;
  cl::opt<CPackageOptions::Layout> package;
  cl::list<std::string> sections;
  IOFlag io;
  cl::opt<bool> dumpLayers, selfTest;
  cl::list<std::string> selfTestInputs;
  Quantizer quantizer;
  CodeFlags codeFlags;
  ObjectiveFlag objective;
  Tuning tuning;
  CodeOptions code;
  cl::opt<uint64_t> ramLimit, flashLimit;
  cl::opt<bool> allowOversize, printPlan, printPipeline, quiet, simulateBug;
} compile;

} // namespace
