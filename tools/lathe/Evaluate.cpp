//===- Evaluate.cpp - lathe evaluate --------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Options.h"

#include "lathe/Driver/Loader.h"
#include "lathe/Evaluation/Report.h"
#include "lathe/Target/Common/OutputFiles.h"

#include "llvm/Support/WithColor.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::tool;
namespace cl = llvm::cl;

namespace {

struct Evaluate : Command {
  Evaluate()
      : Command("evaluate", "Score models on a data set, side by side",
                "lathe evaluate model.onnx quantized.onnx --dataset=images "
                "--preprocessing=imagenet.yaml"),
        models(cl::Positional, cl::OneOrMore, cl::desc("MODEL..."),
               cl::sub(getSubCommand())),
        importFlags(getSubCommand()),
        dataset("dataset", cl::Required, cl::sub(getSubCommand()),
                cl::value_desc("path"),
                cl::desc("Samples with labels: a folder or a file, see "
                         "docs/datasets.md")),
        labels("labels", cl::sub(getSubCommand()), cl::value_desc("file"),
               cl::desc("CSV file with the classes of a folder of images "
                        "(default: labels.csv in it)")),
        preprocessing("preprocessing", cl::sub(getSubCommand()),
                      cl::value_desc("file.yaml"),
                      cl::desc("How an image becomes the input, see "
                               "docs/datasets.md")),
        detector("detector", cl::sub(getSubCommand()),
                 cl::value_desc("file.yaml"),
                 cl::desc("How the output of a detector becomes objects, see "
                          "docs/evaluating.md")),
        samples("samples", cl::sub(getSubCommand()),
                cl::value_desc("even|odd|A:B"),
                cl::desc("Take every second sample, or those from A to before "
                         "B (default: all)")),
        limit("limit", cl::sub(getSubCommand()), cl::value_desc("count"),
              cl::desc("Take so many of them at most")),
        csv("csv", cl::sub(getSubCommand()), cl::value_desc("file"),
            cl::desc("Write the table as CSV")),
        json("json", cl::sub(getSubCommand()), cl::value_desc("file"),
             cl::desc("Write all figures, those of each class too, as JSON")),
        html("html", cl::sub(getSubCommand()), cl::value_desc("file"),
             cl::desc("Write a page with charts and confusion matrices")),
        backend("backend", cl::sub(getSubCommand()),
                cl::init(RunBackend::Native), cl::desc("How to run the models"),
                cl::values(clEnumValN(RunBackend::Native, "native",
                                      "compiled for this machine (default)"),
                           clEnumValN(RunBackend::Reference, "reference",
                                      "by the reference evaluator"))),
        quiet("q", cl::sub(getSubCommand()), cl::desc("Show no progress")),
        codeFlags(getSubCommand()) {}

  ExitStatus run() override {
    llvm::Expected<EvaluationOptions> options = getOptions();
    if (!options)
      return reportError(options.takeError());
    llvm::Expected<std::optional<HtmlPage>> page = createPage();
    if (!page)
      return reportError(page.takeError());
    EvaluationReport report;
    report.dataset = dataset;
    report.setting = describeSetting(options->code);
    Evaluator evaluator(std::move(*options));
    for (const std::string &path : models) {
      llvm::Expected<ModelEvaluation> result = evaluate(evaluator, path);
      if (!result)
        return reportError(result.takeError());
      for (const std::string &warning : result->warnings)
        llvm::WithColor::warning(llvm::errs())
            << path << ": " << warning << "\n";
      report.models.push_back(std::move(*result));
    }
    // First of all: a file that cannot be written does not cost the results.
    printTable(report, llvm::outs());
    llvm::outs().flush();
    if (llvm::Error error = write(report, *page))
      return reportError(std::move(error));
    return Done;
  }

  /// Each model has a context of its own, so that its memory is free again
  /// before the next one.
  static llvm::Expected<ModelEvaluation> evaluate(Evaluator &evaluator,
                                                  StringRef path) {
    DialectRegistry registry;
    registerLatheDialects(registry);
    MLIRContext context(registry);
    DiagnosticPrinter printer(context);
    return evaluator.evaluate(path, context);
  }

  llvm::Expected<EvaluationOptions> getOptions() const {
    EvaluationOptions options;
    options.dataset = dataset;
    options.labels = labels;
    options.backend = backend;
    options.numModels = models.size();
    options.progress = chooseProgressStyle(quiet);
    llvm::Expected<CodeOptions> code = codeFlags.get();
    if (!code)
      return code.takeError();
    options.code = *code;
    if (code->threads > 1 && backend != RunBackend::Native)
      return llvm::createStringError("--threads is for --backend=native");
    llvm::Expected<ImportOptions> import = importFlags.getImportOptions();
    if (!import)
      return import.takeError();
    options.import = *import;
    if (llvm::Error error = readFiles(options))
      return std::move(error);
    if (!samples.empty()) {
      llvm::Expected<SampleSelection> selection =
          SampleSelection::parse(samples);
      if (!selection)
        return llvm::createStringError("--samples: " +
                                       llvm::toString(selection.takeError()));
      options.samples = *selection;
    }
    if (limit.getNumOccurrences() > 0) {
      if (limit == 0)
        return llvm::createStringError("--limit must be at least 1");
      options.samples.setLimit(limit);
    }
    return options;
  }

  llvm::Error readFiles(EvaluationOptions &options) const {
    if (!preprocessing.empty()) {
      auto loaded = PreprocessingOptions::load(preprocessing);
      if (!loaded)
        return loaded.takeError();
      options.preprocessing = std::move(*loaded);
    }
    if (!detector.empty()) {
      llvm::Expected<DetectorOptions> loaded = DetectorOptions::load(detector);
      if (!loaded)
        return loaded.takeError();
      options.detector = std::move(*loaded);
    }
    return llvm::Error::success();
  }

  /// Fails before minutes of work if the page could not be made.
  llvm::Expected<std::optional<HtmlPage>> createPage() const {
    if (html.empty())
      return std::nullopt;
    llvm::Expected<HtmlPage> page = HtmlPage::create("Evaluation");
    if (!page)
      return page.takeError();
    return std::optional<HtmlPage>(std::move(*page));
  }

  std::string describeSetting(const CodeOptions &code) const {
    if (backend == RunBackend::Reference)
      return "reference evaluator";
    return "native, " + std::to_string(code.threads) +
           (code.threads == 1 ? " thread" : " threads");
  }

  llvm::Error write(const EvaluationReport &report,
                    std::optional<HtmlPage> &page) const {
    auto writeFile =
        [&](const cl::opt<std::string> &path,
            llvm::function_ref<void(raw_ostream &)> print) -> llvm::Error {
      if (path.empty())
        return llvm::Error::success();
      std::string text;
      llvm::raw_string_ostream os(text);
      print(os);
      return writeOutputFile(path, std::move(text));
    };
    if (llvm::Error error =
            writeFile(csv, [&](raw_ostream &os) { printCSV(report, os); }))
      return error;
    if (llvm::Error error =
            writeFile(json, [&](raw_ostream &os) { printJSON(report, os); }))
      return error;
    return writeFile(html, [&](raw_ostream &os) {
      addToPage(report, *page);
      page->print(os);
    });
  }

  cl::list<std::string> models;
  ImportFlags importFlags;
  cl::opt<std::string> dataset, labels, preprocessing, detector, samples;
  cl::opt<unsigned> limit;
  cl::opt<std::string> csv, json, html;
  cl::opt<RunBackend> backend;
  cl::opt<bool> quiet;
  CodeFlags codeFlags;
} evaluate;

} // namespace
