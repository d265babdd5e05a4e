//===- Quantize.cpp - lathe quantize --------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Options.h"
#include "Quantizer.h"

#include "lathe/Dialect/Lathe/Transforms/Passes.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Quantization/ConstantBytes.h"
#include "lathe/Quantization/QuantizationReport.h"
#include "lathe/Support/RunPasses.h"
#include "lathe/Target/Common/OutputFiles.h"
#include "lathe/Target/ONNX/Export.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"
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
      : Command("quantize", "Turn a float model into one of fewer bits",
                "lathe quantize model.onnx --calibration=images -o q.onnx"),
        flags(getSubCommand()), quantizer(getSubCommand(), "mode"),
        output("o", cl::Required, cl::sub(getSubCommand()),
               cl::value_desc("file"),
               cl::desc("The quantized model: .onnx (with QuantizeLinear and "
                        "DequantizeLinear), .mlir or .mlirbc")),
        reportPath("report", cl::sub(getSubCommand()), cl::value_desc("file"),
                   cl::desc("Write what was done, and why: a page (.html) or "
                            "JSON (.json)")),
        quiet("q", cl::sub(getSubCommand()), cl::desc("Show no progress")),
        threads(getSubCommand()) {}

  ExitStatus run() override {
    StringRef path = output;
    if (!path.ends_with(".onnx") && !path.ends_with(".mlir") &&
        !path.ends_with(".mlirbc"))
      return reportError("'" + path + "' must end in .onnx, .mlir or .mlirbc");
    StringRef page = reportPath;
    if (!page.empty() && !page.ends_with(".html") && !page.ends_with(".json"))
      return reportError("'" + page + "' must end in .html or .json");
    llvm::Expected<unsigned> numThreads = threads.get();
    if (!numThreads)
      return reportError(numThreads.takeError());
    llvm::Expected<QuantizationMode> mode = quantizer.getMode();
    if (!mode)
      return reportError(mode.takeError());
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
    int64_t before = getFootprint(lookupModel(*module)).weights;
    auto report = quantizer.run(module, *numThreads, quiet);
    if (!report)
      return reportError(report.takeError());
    llvm::Expected<int64_t> after = getConstantBytes(*module);
    if (!after)
      return reportError(after.takeError());
    FailureOr<std::string> bytes = serialize(*module, path);
    if (failed(bytes))
      return UserError;
    QuantizationReport summary;
    summary.model = llvm::sys::path::filename(flags.model).str();
    summary.mode = *mode;
    summary.bytesBefore = before;
    summary.bytesAfter = *after;
    summary.samples = std::move(*report);
    if (llvm::Error error = writeReport(summary, *module))
      return reportError(std::move(error));
    if (llvm::Error error = writeOutputFile(path, *std::move(bytes)))
      return reportError(std::move(error));
    print(summary);
    return Done;
  }

private:
  llvm::Error writeReport(QuantizationReport &report, ModuleOp module) const {
    if (reportPath.empty())
      return llvm::Error::success();
    llvm::Expected<std::vector<FloatOp>> floatOps = findFloatOps(module);
    if (!floatOps)
      return floatOps.takeError();
    report.floatOps = std::move(*floatOps);
    llvm::Expected<std::string> text = StringRef(reportPath).ends_with(".json")
                                           ? toJSON(report)
                                           : toHTML(report);
    if (!text)
      return text.takeError();
    return writeOutputFile(reportPath, *std::move(text));
  }

  void print(const QuantizationReport &report) const {
    double share = static_cast<double>(report.bytesAfter) /
                   static_cast<double>(report.bytesBefore);
    llvm::outs() << output << ": " << getName(report.mode) << ", constants "
                 << report.bytesAfter << " of " << report.bytesBefore
                 << " bytes (" << llvm::format("%.1f", 100 * share) << " %)\n";
    if (!report.samples)
      return;
    for (const std::string &warning : report.samples->warnings)
      llvm::WithColor::warning(llvm::errs()) << warning << "\n";
    printReport(*report.samples, llvm::outs());
  }

  ModelFlags flags;
  Quantizer quantizer;
  cl::opt<std::string> output, reportPath;
  cl::opt<bool> quiet;
  ThreadsFlag threads;
} quantize;

} // namespace
