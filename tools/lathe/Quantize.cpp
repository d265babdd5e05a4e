//===- Quantize.cpp - lathe quantize --------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Options.h"

#include "lathe/Data/SampleStream.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Driver/Runner.h"
#include "lathe/Evaluation/SampleSelection.h"
#include "lathe/Quantization/PostTraining.h"
#include "lathe/Support/Progress.h"
#include "lathe/Target/Common/OutputFiles.h"
#include "lathe/Target/ONNX/Export.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::tool;
namespace cl = llvm::cl;

/// The model in the form that the extension of `path` asks for.
static FailureOr<std::string> serialize(ModuleOp module, StringRef path) {
  if (path.ends_with(".onnx"))
    return exportONNX(module);
  std::string text;
  llvm::raw_string_ostream os(text);
  if (path.ends_with(".mlir"))
    module.print(os, OpPrintingFlags().enableDebugInfo());
  else if (failed(writeBytecodeToFile(module, os)))
    return failure();
  return text;
}

namespace {

struct Quantize : Command {
  Quantize()
      : Command("quantize", "Turn a float model into one of 8-bit integers",
                "lathe quantize model.onnx --calibration=images -o q.onnx"),
        flags(getSubCommand()),
        calibration("calibration", cl::Required, cl::sub(getSubCommand()),
                    cl::value_desc("path"),
                    cl::desc("Samples of what the model will see, without "
                             "labels: a folder or a file, see "
                             "docs/datasets.md")),
        preprocessing("preprocessing", cl::sub(getSubCommand()),
                      cl::value_desc("file.yaml"),
                      cl::desc("How an image becomes the input, see "
                               "docs/datasets.md")),
        selection("samples", cl::sub(getSubCommand()),
                  cl::value_desc("even|odd|A:B"),
                  cl::desc("Take every second sample, or those from A to "
                           "before B (default: all)")),
        limit("limit", cl::init(512), cl::sub(getSubCommand()),
              cl::value_desc("count"),
              cl::desc("Take so many of them at most, evenly spread (default "
                       "512)")),
        range("range", cl::sub(getSubCommand()), cl::value_desc("method"),
              cl::desc("How the range of an activation is found: min-max, "
                       "mean-min-max, percentile-99.99, percentile-99.999, "
                       "entropy, mse or octav (default: for each tensor by the "
                       "noise at the outputs)")),
        output("o", cl::Required, cl::sub(getSubCommand()),
               cl::value_desc("file"),
               cl::desc("The quantized model: .onnx (with QuantizeLinear and "
                        "DequantizeLinear), .mlir or .mlirbc")),
        quiet("q", cl::sub(getSubCommand()), cl::desc("Show no progress")),
        threads(getSubCommand()) {}

  ExitStatus run() override {
    StringRef path = output;
    if (!path.ends_with(".onnx") && !path.ends_with(".mlir") &&
        !path.ends_with(".mlirbc"))
      return reportError("'" + path + "' must end in .onnx, .mlir or .mlirbc");
    DialectRegistry registry;
    registerLatheDialects(registry);
    MLIRContext context(registry);
    DiagnosticPrinter printer(context);
    llvm::Expected<ImportOptions> import = flags.getImportOptions();
    if (!import)
      return reportError(import.takeError());
    import->isBatchOfOne = true; // samples come one by one
    OwningOpRef<ModuleOp> module = loadModel(flags.model, *import, &context);
    if (!module || !lookupModel(*module))
      return UserError;
    llvm::Expected<PostTrainingResult> result = quantize(*module);
    if (!result)
      return reportError(result.takeError());
    FailureOr<std::string> bytes = serialize(*result->module, path);
    if (failed(bytes))
      return UserError;
    if (llvm::Error error = writeOutputFile(path, *std::move(bytes)))
      return reportError(std::move(error));
    for (const std::string &warning : result->report.warnings)
      llvm::WithColor::warning(llvm::errs()) << warning << "\n";
    print(result->report);
    return Done;
  }

private:
  void print(const PostTrainingReport &report) const {
    llvm::outs() << output << ": " << report.activations.size()
                 << " activations and " << report.numWeights
                 << " weights in 8 bits\n"
                 << report.numCalibrated << " samples calibrated, "
                 << report.numHeldOut
                 << " measure the outputs' signal-to-noise ratio:\n";
    for (const StepReport &step : report.steps)
      llvm::outs() << llvm::format("  %6.2f dB  ", step.decibels)
                   << llvm::left_justify(step.name, 28)
                   << (step.isKept ? "kept" : "rolled back") << "\n";
    printWorst(report);
  }

  /// Names the activations that disturb the outputs most.
  static void printWorst(const PostTrainingReport &report) {
    constexpr size_t most = 5;
    SmallVector<const ActivationReport *> worst;
    for (const ActivationReport &activation : report.activations)
      if (activation.decibels)
        worst.push_back(&activation);
    if (worst.empty())
      return;
    llvm::stable_sort(worst, [](const auto *a, const auto *b) {
      return *a->decibels < *b->decibels;
    });
    worst.truncate(std::min(worst.size(), most));
    llvm::outs() << "activations that cost most, each if it alone were "
                    "quantized:\n";
    for (const ActivationReport *activation : worst)
      llvm::outs() << llvm::format("  %6.2f dB  ", *activation->decibels)
                   << activation->name << " ("
                   << describe(activation->range.chosen) << ")\n";
  }

  /// Shows how far a task has come that says how many of its steps are done.
  std::function<void(int64_t, int64_t)> createProgress(StringRef task) const {
    struct State {
      std::optional<Progress> progress;
      int64_t done = 0;
    };
    auto state = std::make_shared<State>();
    ProgressStyle style = chooseProgressStyle(quiet);
    return [=, name = task.str()](int64_t done, int64_t total) {
      if (!state->progress)
        state->progress.emplace(name, total, style);
      state->progress->advance(done - state->done);
      state->done = done;
      if (done == total)
        state->progress->finish();
    };
  }

  llvm::Expected<std::unique_ptr<Dataset>> openDataset(func::FuncOp model) {
    DatasetOptions options;
    if (!preprocessing.empty()) {
      auto loaded = PreprocessingOptions::load(preprocessing);
      if (!loaded)
        return loaded.takeError();
      options.preprocessing = std::move(*loaded);
    }
    llvm::Expected<NamedTensors> inputs = createZeroInputs(model);
    if (!inputs)
      return inputs.takeError();
    for (const auto &[name, tensor] : *inputs)
      options.inputs.push_back(
          {name, tensor.getKind(), SmallVector<int64_t, 4>(tensor.getShape())});
    return Dataset::open(calibration, options);
  }

  llvm::Expected<std::vector<int64_t>> selectSamples(const Dataset &dataset) {
    SampleSelection samples;
    if (!selection.empty()) {
      llvm::Expected<SampleSelection> parsed =
          SampleSelection::parse(selection);
      if (!parsed)
        return llvm::createStringError("--samples: " +
                                       llvm::toString(parsed.takeError()));
      samples = *parsed;
    }
    llvm::Expected<std::vector<int64_t>> all =
        samples.select(dataset.getNumSamples());
    if (!all)
      return llvm::createFileError(calibration, all.takeError());
    std::vector<int64_t> chosen;
    for (int64_t i : spreadSamples(all->size(), limit))
      chosen.push_back((*all)[i]);
    return chosen;
  }

  llvm::Expected<PostTrainingResult> quantize(ModuleOp module) {
    llvm::Expected<unsigned> numThreads = threads.get();
    if (!numThreads)
      return numThreads.takeError();
    auto dataset = openDataset(lookupModel(module));
    if (!dataset)
      return dataset.takeError();
    PostTrainingOptions options;
    llvm::Expected<std::vector<int64_t>> samples = selectSamples(**dataset);
    if (!samples)
      return samples.takeError();
    options.calibration.samples = std::move(*samples);
    options.calibration.threads = *numThreads;
    if (!range.empty()) {
      llvm::Expected<RangeMethod> method = parseRangeMethod(range);
      if (!method)
        return llvm::createStringError("--range: " +
                                       llvm::toString(method.takeError()));
      options.range = *method;
    }
    options.calibration.progress = createProgress("calibrating");
    options.searchProgress = createProgress("searching ranges");
    return quantizeAfterTraining(module, **dataset, options);
  }

  ModelFlags flags;
  cl::opt<std::string> calibration, preprocessing, selection;
  cl::opt<unsigned> limit;
  cl::opt<std::string> range, output;
  cl::opt<bool> quiet;
  ThreadsFlag threads;
} quantize;

} // namespace
