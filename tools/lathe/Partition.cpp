//===- Partition.cpp - lathe partition ------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BookFlags.h"
#include "CalibrationFlags.h"
#include "Commands.h"
#include "Options.h"
#include "PrecisionPlanFlags.h"
#include "SimulationFlags.h"
#include "WireFlags.h"

#include "lathe/Driver/Loader.h"
#include "lathe/Plan/Planner.h"
#include "lathe/Support/RunPasses.h"
#include "lathe/Target/ONNX/Export.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

namespace cl = llvm::cl;
using namespace mlir;
using namespace lathe;
using namespace lathe::tool;

static void printComponents(const Plan &plan) {
  for (const PlanComponent &component : plan.components) {
    llvm::outs() << "  " << component.name << ": " << component.units.size()
                 << " kernels";
    if (!component.int8Units.empty())
      llvm::outs() << ", " << component.int8Units.size() << " in 8 bits,";
    llvm::outs() << llvm::formatv(
        " on {0} ({1}), {2:F3} ms, arena {3} bytes, weights {4} bytes\n",
        plan.devices[component.device].name,
        plan.devices[component.device].target, component.computeSeconds * 1e3,
        component.arenaBytes, component.weightBytes);
  }
}

static void printTransfers(const Plan &plan) {
  for (const PlanTransfer &transfer : plan.transfers)
    llvm::outs() << llvm::formatv(
        "  {0} -> {1}: {2}, {3} bytes{4}, {5:F3} ms\n",
        plan.devices[transfer.from].name, plan.devices[transfer.to].name,
        transfer.tensor, transfer.bytes,
        transfer.codec == "raw" ? "" : " as " + transfer.codec,
        transfer.seconds * 1e3);
}

/// Whatever is predicted says what it is made of.
static void printSummary(const Plan &plan, llvm::StringRef directory) {
  llvm::outs() << plan.model << " over " << plan.network << " in " << directory
               << "\n";
  printComponents(plan);
  printTransfers(plan);
  llvm::outs() << llvm::formatv("latency  {0:F3} ms predicted, all in turn\n",
                                plan.latencySeconds * 1e3)
               << llvm::formatv("makespan {0:F3} ms simulated, {1:F2} runs per "
                                "second one after the other\n",
                                plan.makespanSeconds * 1e3,
                                plan.requestsPerSecond)
               << llvm::formatv("energy   {0:F6} J modelled", plan.joules);
  llvm::ListSeparator comma(", ");
  llvm::outs() << ": ";
  for (const PlanDevice &device : plan.devices)
    llvm::outs() << llvm::StringRef(comma)
                 << llvm::formatv("{0} {1:F6}", device.name, device.joules);
  llvm::outs() << "\n";
  if (plan.precision)
    llvm::outs() << llvm::formatv(
        "noise    {0:E3} for a signal of 1, measured; precisions and places "
        "together: {1:F9} of {2}{3}\n",
        plan.precision->noise, plan.precision->objective,
        plan.objectiveName == getName(PlanObjective::Latency)
            ? "latency and energy"
            : plan.objectiveName,
        plan.precision->bound
            ? llvm::formatv(", at least {0:F9} by the sum of noise",
                            *plan.precision->bound)
                  .str()
            : "");
  llvm::outs() << llvm::formatv("bound    {0:F9} of {1:F9}, gap {2:P}{3}\n",
                                plan.bound, plan.objective, plan.getGap(),
                                plan.isOptimal ? ": optimal" : "");
  for (const PlanDevice &device : plan.devices)
    llvm::outs() << "times    " << device.name << ": " << device.timesFrom
                 << "\n";
  printSimulation(plan);
}

namespace {

struct Partition : Command {
  Partition()
      : Command("partition",
                "Place a model over the devices of a network, and compile the "
                "part of each",
                "lathe partition model.onnx --network=network.yaml -o plan"),
        flags(getSubCommand()),
        network("network", cl::sub(getSubCommand()), cl::value_desc("file"),
                cl::Required,
                cl::desc("The network (docs/networks.md, examples/networks)")),
        output("o", cl::sub(getSubCommand()), cl::value_desc("folder"),
               cl::desc("Folder for the plan (default: the model's name)")),
        objective(
            "objective", cl::sub(getSubCommand()),
            cl::init(PlanObjective::Latency), cl::desc("What is to be little"),
            cl::values(
                clEnumValN(PlanObjective::Latency, "latency",
                           "the time of a run, all in turn, and energy as "
                           "--latency-weight says (default)"),
                clEnumValN(PlanObjective::Makespan, "makespan",
                           "the time of a run, devices and links side by side"),
                clEnumValN(PlanObjective::Throughput, "throughput",
                           "the time between runs that follow each other"))),
        latencyWeight(
            "latency-weight", cl::sub(getSubCommand()), cl::init(1),
            cl::desc("What latency counts against energy, from 0 to 1 "
                     "(default 1)")),
        deviceEnergy("device-energy", cl::sub(getSubCommand()),
                     cl::value_desc("device=energy"),
                     cl::desc("The most that a device may take for a run, such "
                              "as camera=0.5J")),
        wire(getSubCommand()), book(getSubCommand()),
        report("report", cl::sub(getSubCommand()),
               cl::desc("Add report.html to the plan: the graph by device, the "
                        "run, energy, and latency against energy")),
        exported("export", cl::sub(getSubCommand()), cl::value_desc("file"),
                 cl::desc("Write the problem for other solvers: .lp (CBC, GLPK "
                          "and others) or .wcsp (toulbar2, without limits)")),
        quiet("q", cl::sub(getSubCommand()), cl::desc("Print no summary")),
        calibration(getSubCommand()), precisions(getSubCommand(), calibration),
        simulation(getSubCommand()) {}

  ExitStatus run() override {
    llvm::Expected<Network> described = loadNetwork(network);
    if (!described)
      return reportError(described.takeError());
    llvm::Expected<PlanOptions> options = getOptions(*described);
    if (!options)
      return reportError(options.takeError());
    // Whatever a report needs is there before anything is computed.
    std::optional<HtmlPage> page;
    if (report)
      if (llvm::Error error =
              HtmlPage::create("lathe partition " + flags.model).moveInto(page))
        return reportError(std::move(error));
    DialectRegistry registry;
    registerLatheDialects(registry);
    MLIRContext context(registry);
    DiagnosticPrinter printer(context);
    OwningOpRef<ModuleOp> module = load(context);
    if (!module || !lookupModel(*module))
      return UserError;
    if (llvm::Error error = addWireForms(lookupModel(*module), *options))
      return reportError(std::move(error));
    std::vector<OutputFile> whole;
    std::optional<PlanPrecision> precision;
    if (precisions.isGiven())
      if (llvm::Error error =
              choosePrecisions(module, *described, *options, whole)
                  .moveInto(precision))
        return reportError(std::move(error));
    auto planned = planModel(*module, *described, *options);
    if (!planned)
      return reportError(planned.takeError());
    planned->plan.precision = precision;
    auto files = compilePlan(*planned, *described);
    if (!files)
      return reportError(files.takeError());
    llvm::append_range(*files, whole);
    if (book.isGiven())
      files->push_back({"book.json", std::move(planned->book)});
    if (page)
      addReport(*planned, *page, *files);
    std::string directory =
        output.empty() ? planned->plan.model : output.getValue();
    if (llvm::Error error = writeOutputFiles(directory, *files))
      return reportError(std::move(error));
    removeOthers(directory);
    if (!exported.empty())
      if (llvm::Error error =
              writeOutputFile(exported, std::move(planned->problem)))
        return reportError(std::move(error));
    if (!quiet)
      printSummary(planned->plan, directory);
    if (!quiet && options->format != ProblemFormat::None)
      llvm::outs() << llvm::formatv(
          "{0}: the optimum times {1:E9}, plus {2:F9}\n", exported,
          planned->problemUnit, planned->problemOffset);
    return Done;
  }

private:
  /// What another plan left in the folder, and this one has not.
  void removeOthers(StringRef directory) const {
    for (auto [name, isThere] : {std::pair("book.json", book.isGiven()),
                                 std::pair("report.html", report.getValue())}) {
      llvm::SmallString<128> path(directory);
      llvm::sys::path::append(path, name);
      if (!isThere)
        llvm::sys::fs::remove(path);
    }
  }

  static void addReport(const PlannedModel &planned, HtmlPage &page,
                        std::vector<OutputFile> &files) {
    addToPage(planned.plan, planned.picture, page);
    std::string text;
    llvm::raw_string_ostream os(text);
    page.print(os);
    files.push_back({"report.html", std::move(text)});
  }

  OwningOpRef<ModuleOp> load(MLIRContext &context) {
    llvm::Expected<ImportOptions> import = flags.getImportOptions();
    if (!import)
      return reportError(import.takeError()), nullptr;
    // Samples come one by one.
    import->isBatchOfOne |= calibration.isGiven();
    return loadModel(flags.model, *import, &context);
  }

  /// What it takes to know how tensors may cross.
  llvm::Error addWireForms(func::FuncOp model, PlanOptions &options) const {
    if (wire.sendsBytes()) {
      auto preprocessing = calibration.loadPreprocessing();
      if (!preprocessing)
        return preprocessing.takeError();
      if (llvm::Error error = wire.addImages(model, *preprocessing, options))
        return error;
    }
    return wire.sendsRunLengths()
               ? wire.addSamples(model, calibration, quiet, options)
               : llvm::Error::success();
  }

  /// Fails if samples are missing, or nothing needs them.
  llvm::Error checkSamples() const {
    if (wire.sendsRunLengths() && !calibration.isGiven())
      return llvm::createStringError(
          "--wire=rle needs samples of what the model will see, which tell how "
          "long the codes are: pass --calibration=FOLDER");
    StringRef given = calibration.findGiven(wire.sendsBytes());
    if (precisions.isGiven() || wire.sendsRunLengths() || given.empty())
      return precisions.check();
    if (given == "preprocessing")
      return llvm::createStringError(
          "--preprocessing is for --calibration and --wire=u8");
    return llvm::createStringError(
        "--" + given +
        " is for --wire=rle and for models some of which is to run in 8 bits; "
        "say how much, with --max-noise, --min-sqnr, or --min-score and "
        "--eval-cmd");
  }

  /// Lets some of the model be in 8 bits. As a whole it is added to `files`.
  llvm::Expected<PlanPrecision>
  choosePrecisions(OwningOpRef<ModuleOp> &module, const Network &described,
                   PlanOptions &options, std::vector<OutputFile> &files) const {
    auto report = precisions.run(module, described, options, quiet);
    if (!report)
      return report.takeError();
    options.requestBook = std::move(report->requestBook);
    FailureOr<std::string> onnx = exportONNX(*module);
    if (failed(onnx))
      return llvm::make_error<DiagnosedError>();
    files.push_back(
        {(lookupModel(*module).getSymName() + ".onnx").str(), *onnx});
    return PlanPrecision{report->noise, report->trials[report->best].objective,
                         report->bound};
  }

  /// Fails if flags do not go together.
  llvm::Error checkFlags(const PlanOptions &options) const {
    if (!exported.empty() && options.format == ProblemFormat::None)
      return llvm::createStringError("--export writes .lp and .wcsp, not '" +
                                     exported + "'");
    if (!exported.empty() && objective != PlanObjective::Latency)
      return llvm::createStringError("--export goes with --objective=latency");
    if (!options.requestClasses.empty() && !precisions.isGiven())
      return llvm::createStringError(
          "--book-noise is for models some of which may run in 8 bits: pass "
          "--max-noise, --min-sqnr or --min-score, too");
    if (wire.sendsBytes() && (book.isGiven() || !exported.empty()))
      return llvm::createStringError(
          "--book and --export go without --wire=u8, which makes two problems "
          "of one");
    if (objective != PlanObjective::Latency &&
        latencyWeight.getNumOccurrences() > 0)
      return llvm::createStringError("--latency-weight goes with "
                                     "--objective=latency");
    if (options.hasBook && !deviceEnergy.empty())
      return llvm::createStringError("--book goes without --device-energy: "
                                     "energy depends on the bandwidth, which "
                                     "a book leaves open");
    if (!(latencyWeight >= 0 && latencyWeight <= 1))
      return llvm::createStringError("--latency-weight is from 0 to 1");
    return checkSamples();
  }

  llvm::Expected<PlanOptions> getOptions(const Network &described) const {
    PlanOptions options;
    options.objective = objective;
    options.latencyWeight = latencyWeight;
    options.draws = report;
    options.sendsHalves = wire.sendsHalves();
    options.format = StringRef(exported).ends_with(".lp") ? ProblemFormat::LP
                     : StringRef(exported).ends_with(".wcsp")
                         ? ProblemFormat::WCSP
                         : ProblemFormat::None;
    if (llvm::Error error = book.addTo(options, described))
      return std::move(error);
    if (llvm::Error error = simulation.addTo(options))
      return std::move(error);
    if (llvm::Error error = checkFlags(options))
      return std::move(error);
    for (StringRef text : deviceEnergy) {
      auto limit = parseDeviceQuantity("--device-energy", text, described,
                                       Dimension::Joules);
      if (!limit)
        return limit.takeError();
      options.deviceEnergy[limit->device] = limit->amount;
    }
    return options;
  }

  ModelFlags flags;
  cl::opt<std::string> network, output;
  cl::opt<PlanObjective> objective;
  cl::opt<double> latencyWeight;
  cl::list<std::string> deviceEnergy;
  WireFlags wire;
  BookFlags book;
  cl::opt<bool> report;
  cl::opt<std::string> exported;
  cl::opt<bool> quiet;
  CalibrationFlags calibration;
  PrecisionPlanFlags precisions;
  SimulationFlags simulation;
} partition;

} // namespace
