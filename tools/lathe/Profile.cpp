//===- Profile.cpp - lathe profile ---------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "EstimateCommand.h"
#include "Options.h"
#include "ProfileLog.h"

#include "lathe/Driver/Loader.h"
#include "lathe/Driver/Profiler.h"
#include "lathe/Support/TensorIO.h"
#include "lathe/Target/Common/OutputFiles.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::tool;
namespace cl = llvm::cl;

namespace {

/// A kernel's figures beside what the machine can do.
struct Roofline {
  Roofline(const KernelProfile &kernel, const MachinePeaks &peaks)
      : flops(kernel.getFlops() / kernel.seconds),
        bandwidth(static_cast<double>(kernel.bytes) / kernel.seconds),
        ofPeak(flops / peaks.getOpsFor(kernel)),
        ofBandwidth(bandwidth / peaks.bandwidth) {
    // Williams, Waterman, Patterson, "Roofline" (CACM 52(4), 2009): the peaks
    // meet where a byte gets as many operations as their ratio.
    double intensity = kernel.getFlops() / static_cast<double>(kernel.bytes);
    isComputeBound = intensity > peaks.getOpsFor(kernel) / peaks.bandwidth;
  }

  StringRef getBound() const { return isComputeBound ? "compute" : "memory"; }

  double flops, bandwidth; ///< a second
  double ofPeak, ofBandwidth;
  bool isComputeBound;
};

} // namespace

static void printTable(const ModelProfile &profile, const MachinePeaks &peaks) {
  // Seconds are those that it would take at the peaks.
  double flops = 0, seconds = 0;
  for (const KernelProfile &kernel : profile.kernels) {
    flops += kernel.getFlops();
    seconds += kernel.getFlops() / peaks.getOpsFor(kernel);
  }
  llvm::outs() << llvm::format(
      "%.4g ms, median of %u runs; %.1f GFLOP/s, %.0f %% of the peak\n"
      "peak %.1f GFLOP/s, ",
      profile.seconds * 1e3, profile.numRuns, flops / profile.seconds * 1e-9,
      seconds / profile.seconds * 100, peaks.flops * 1e-9);
  if (peaks.byteOps > 0)
    llvm::outs() << llvm::format("%.1f GOP/s on bytes, ", peaks.byteOps * 1e-9);
  llvm::outs() << llvm::format("memory %.1f GB/s\n\n", peaks.bandwidth * 1e-9);
  llvm::outs() << "       us  share  GFLOP/s  peak   GB/s  memory  bound    "
                  "kernel: nodes\n";
  for (const KernelProfile &kernel : profile.kernels) {
    Roofline roofline(kernel, peaks);
    llvm::outs() << llvm::format("%9.2f %5.1f%% %8.1f %4.0f%% %6.1f %6.0f%%  ",
                                 kernel.seconds * 1e6,
                                 kernel.seconds / profile.seconds * 100,
                                 roofline.flops * 1e-9, roofline.ofPeak * 100,
                                 roofline.bandwidth * 1e-9,
                                 roofline.ofBandwidth * 100)
                 << llvm::left_justify(roofline.getBound(), 9) << kernel.name;
    if (kernel.nodes != kernel.name)
      llvm::outs() << ": " << kernel.nodes;
    llvm::outs() << "\n";
  }
}

static void printCSV(const ModelProfile &profile, const MachinePeaks &peaks) {
  llvm::outs() << "kernel,nodes,shapes,macs,element_ops,bytes,seconds,"
                  "flops_per_second,share_of_peak,bytes_per_second,"
                  "share_of_bandwidth,bound\n";
  for (const KernelProfile &kernel : profile.kernels) {
    Roofline roofline(kernel, peaks);
    llvm::outs() << quoteCSV(kernel.name) << ',' << quoteCSV(kernel.nodes)
                 << ',' << quoteCSV(kernel.shapes) << ',' << kernel.macs << ','
                 << kernel.elementOps << ',' << kernel.bytes
                 << llvm::format(",%.9g,%.6g,%.4g,%.6g,%.4g,", kernel.seconds,
                                 roofline.flops, roofline.ofPeak,
                                 roofline.bandwidth, roofline.ofBandwidth)
                 << roofline.getBound() << '\n';
  }
}

static void printJSON(const ModelProfile &profile, const MachinePeaks &peaks,
                      unsigned threads, raw_ostream &os) {
  llvm::json::OStream json(os, /*IndentSize=*/2);
  json.object([&] {
    json.attribute("seconds", profile.seconds);
    json.attribute("runs", profile.numRuns);
    json.attribute("threads", threads);
    json.attribute("peak_flops_per_second", peaks.flops);
    json.attribute("peak_byte_ops_per_second", peaks.byteOps);
    json.attribute("peak_bytes_per_second", peaks.bandwidth);
    json.attributeArray("kernels", [&] {
      for (const KernelProfile &kernel : profile.kernels) {
        Roofline roofline(kernel, peaks);
        json.object([&] {
          addDescription(json, kernel);
          json.attribute("products", kernel.products);
          json.attribute("seconds", kernel.seconds);
          json.attribute("flops_per_second", roofline.flops);
          json.attribute("share_of_peak", roofline.ofPeak);
          json.attribute("bytes_per_second", roofline.bandwidth);
          json.attribute("share_of_bandwidth", roofline.ofBandwidth);
          json.attribute("bound", roofline.getBound());
        });
      }
    });
  });
  os << "\n";
}

namespace {

struct Profile : Command {
  Profile()
      : Command("profile",
                "Measure where the time of a model goes, here (--run) or on a "
                "device (--log), or estimate what models take of "
                "microcontrollers (--target=BOARD,...)",
                "lathe profile model.onnx --target=stm32l4r5,rp2040"),
        models(cl::Positional, cl::OneOrMore, cl::desc("MODEL..."),
               cl::sub(getSubCommand())),
        flags(getSubCommand()),
        measures("run", cl::sub(getSubCommand()),
                 cl::desc("Run the model on this machine and measure it")),
        targets("target", cl::sub(getSubCommand()), cl::CommaSeparated,
                cl::value_desc("target,..."),
                cl::desc("Cores and boards to estimate for; host with --run")),
        compiler("measure", cl::sub(getSubCommand()), cl::ValueOptional,
                 cl::value_desc("compiler"),
                 cl::desc("Compile the generated C and add the size of the "
                          "code and the stack (default: the target's C "
                          "compiler)")),
        inputs("input", cl::sub(getSubCommand()), cl::value_desc("[name=]file"),
               cl::desc("Inputs: .npz, .npy or ONNX .pb (default: "
                        "pseudo-random)")),
        codeFlags(getSubCommand()), objective(getSubCommand()),
        io(getSubCommand()), log(getSubCommand()),
        output("o", cl::sub(getSubCommand()), cl::value_desc("file"),
               cl::desc("Write what was measured for lathe partition (the "
                        "'profile' of a network's device)")),
        seconds("seconds", cl::sub(getSubCommand()), cl::init(1),
                cl::desc("How long to run the model (default 1)")),
        format(
            "format", cl::sub(getSubCommand()), cl::init(ReportFormat::Table),
            cl::desc("What to print"),
            cl::values(clEnumValN(ReportFormat::Table, "table",
                                  "a table to read (default)"),
                       clEnumValN(ReportFormat::CSV, "csv", "a row a kernel"),
                       clEnumValN(ReportFormat::JSON, "json", "all figures"))) {
  }

  ExitStatus run() override {
    if (log.isGiven())
      return log.run(models, output, format);
    if (!measures)
      return estimate();
    if (llvm::Error error = refuseEstimates())
      return reportError(std::move(error));
    llvm::Expected<CodeOptions> given = codeFlags.get();
    if (!given)
      return reportError(given.takeError());
    code = *given;
    DialectRegistry registry;
    registerLatheDialects(registry);
    MLIRContext context(registry);
    DiagnosticPrinter printer(context);
    NamedTensors tensors;
    for (const std::string &argument : inputs)
      if (llvm::Error error = readTensorArgument(argument, tensors))
        return reportError(std::move(error));
    llvm::Expected<ImportOptions> options = flags.getImportOptions();
    if (!options)
      return reportError(options.takeError());
    OwningOpRef<ModuleOp> module =
        loadModel(models.front(), *options, &context);
    if (!module)
      return UserError;
    llvm::Expected<ModelProfile> profile =
        profileModel(*module, tensors, {code, seconds});
    if (!profile)
      return reportError(profile.takeError());
    llvm::Expected<MachinePeaks> peaks = measurePeaks();
    if (!peaks)
      return reportError(peaks.takeError());
    peaks->flops *= code.threads;
    peaks->byteOps *= code.threads;
    ExitStatus status = write(*profile, *peaks);
    if (status == Done)
      print(*profile, *peaks);
    return status;
  }

  /// Writes the profile as a file, if it is to be one.
  ExitStatus write(const ModelProfile &profile,
                   const MachinePeaks &peaks) const {
    if (output.empty())
      return Done;
    std::string text;
    llvm::raw_string_ostream os(text);
    printJSON(profile, peaks, code.threads, os);
    if (llvm::Error error = writeOutputFile(output, std::move(text)))
      return reportError(std::move(error));
    return Done;
  }

  /// Fails if a flag is for estimates alone.
  llvm::Error refuseEstimates() const {
    for (const std::string &target : targets)
      if (target != "host")
        return llvm::createStringError(
            "only --target=host can be measured here, not '" + target +
            "'; leave out --run for an estimate");
    if (models.size() > 1)
      return llvm::createStringError("--run measures one model at a time");
    if (io.isGiven())
      return llvm::createStringError(
          "--io is for estimates: a measured model gets buffers of its own; "
          "leave out --run");
    if (objective.isGiven())
      return llvm::createStringError(
          "--optimize is for the code of boards; leave out --run");
    if (compiler.getNumOccurrences() != 0)
      return llvm::createStringError(
          "--measure is for the code of boards; leave out --run");
    return llvm::Error::success();
  }

  ExitStatus estimate() const {
    if (!inputs.empty() || seconds.getNumOccurrences() != 0 || !output.empty())
      return reportError(
          "--input and --seconds are for --run, -o for --run and --log");
    llvm::Expected<CodeOptions> code = codeFlags.get();
    if (!code)
      return reportError(code.takeError());
    if (llvm::Error error = refuseForC(*code))
      return reportError(std::move(error));
    llvm::Expected<ImportOptions> options = flags.getImportOptions();
    if (!options)
      return reportError(options.takeError());
    EstimateRequest request;
    request.models.assign(models.begin(), models.end());
    request.targets.assign(targets.begin(), targets.end());
    request.import = std::move(*options);
    request.code = *code;
    request.code.io = io.get();
    if (objective.isGiven())
      request.code.objective = objective.get();
    request.format = format;
    if (compiler.getNumOccurrences() != 0)
      request.compiler = compiler;
    return runEstimates(request);
  }

  void print(const ModelProfile &profile, const MachinePeaks &peaks) const {
    switch (format) {
    case ReportFormat::Table:
      return printTable(profile, peaks);
    case ReportFormat::CSV:
      return printCSV(profile, peaks);
    case ReportFormat::JSON:
      return printJSON(profile, peaks, code.threads, llvm::outs());
    }
  }

  cl::list<std::string> models;
  ReadFlags flags;
  cl::opt<bool> measures;
  cl::list<std::string> targets;
  cl::opt<std::string> compiler;
  cl::list<std::string> inputs;
  CodeFlags codeFlags;
  ObjectiveFlag objective;
  IOFlag io;
  ProfileLog log;
  CodeOptions code;
  cl::opt<std::string> output;
  cl::opt<double> seconds;
  cl::opt<ReportFormat> format;
} profile;

} // namespace
