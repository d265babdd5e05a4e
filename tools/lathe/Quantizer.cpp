//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Quantizer.h"

#include "Interrupts.h"
#include "lathe/Driver/Compiler.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Quantization/BlockWeights.h"

#include "llvm/Support/Format.h"

#include <map>

using namespace mlir;
using namespace lathe;
using namespace lathe::tool;
namespace cl = llvm::cl;

/// The modes, one to a line.
static std::string describeModes() {
  std::string text = "What the model becomes:";
  llvm::raw_string_ostream os(text);
  for (QuantizationMode mode : allQuantizationModes)
    os << "\n  " << llvm::left_justify(getName(mode), 14)
       << getDescription(mode);
  return text;
}

Quantizer::Quantizer(cl::SubCommand &command, StringRef modeFlag)
    : mode(modeFlag, cl::sub(command),
           cl::init(getName(QuantizationMode::Int8FloatIO).str()),
           cl::value_desc("mode")),
      calibration(command),
      range("range", cl::sub(command), cl::value_desc("method"),
            cl::desc("How the range of an activation is found: min-max, "
                     "mean-min-max, percentile-99.99, percentile-99.999, "
                     "entropy, mse or octav (default: for each tensor by the "
                     "noise at the outputs)")),
      anytime(
          "anytime", cl::sub(command),
          cl::desc("On Ctrl-C, once there is a quantized model, end what is "
                   "tried and write the best so far")),
      mixed(command) {
  static const std::string description = describeModes();
  mode.setDescription(description);
}

llvm::Expected<QuantizationMode> Quantizer::getMode() const {
  llvm::Expected<QuantizationMode> parsed = parseQuantizationMode(mode);
  if (!parsed)
    return llvm::createStringError("--" + mode.ArgStr + ": " +
                                   llvm::toString(parsed.takeError()));
  if (needsSamples(*parsed) && !calibration.isGiven())
    return llvm::createStringError(
        "mode '" + mode +
        "' needs samples of what the model will see: pass "
        "--calibration=FOLDER, or choose a mode that needs none, such as "
        "dynamic");
  if (!usesSamples(*parsed) && calibration.isGiven())
    return llvm::createStringError("mode '" + mode +
                                   "' needs no samples; leave --calibration "
                                   "away");
  if (llvm::Error error = checkUse(*parsed))
    return std::move(error);
  return parsed;
}

/// Fails if a flag was given that `chosen` has no use for.
llvm::Error Quantizer::checkUse(QuantizationMode chosen) const {
  StringRef ofMixed = mixed.getGiven();
  if (chosen != QuantizationMode::Mixed && !ofMixed.empty())
    return llvm::createStringError("--" + ofMixed + " is for --" + mode.ArgStr +
                                   "=mixed, not for '" + mode + "'");
  StringRef ofRanges = findGiven({&range, &anytime});
  if (!needsSamples(chosen) && !ofRanges.empty())
    return llvm::createStringError(
        "--" + ofRanges +
        " is for modes that find ranges of activations, not for '" + mode +
        "'");
  return calibration.check();
}

llvm::Error Quantizer::check() const {
  if (isGiven())
    return getMode().takeError();
  StringRef given = calibration.findGiven();
  if (given.empty())
    given = findGiven({&range, &anytime});
  if (!given.empty())
    return llvm::createStringError("--" + given + " is for --" + mode.ArgStr +
                                   "; pass that, too");
  given = mixed.getGiven();
  if (!given.empty())
    return llvm::createStringError("--" + given + " is for --" + mode.ArgStr +
                                   "=mixed; pass that, too");
  return llvm::Error::success();
}

llvm::Expected<PostTrainingResult> Quantizer::calibrate(ModuleOp module,
                                                        QuantizationMode mode,
                                                        unsigned threads,
                                                        bool quiet) const {
  auto samples = calibration.openSamples(lookupModel(module));
  if (!samples)
    return samples.takeError();
  PostTrainingOptions options;
  if (mode == QuantizationMode::Int16x8)
    options.activations = QuantizedStorage::int16();
  if (mode == QuantizationMode::Int8)
    options.scope = PlanScope::Whole;
  options.calibration.samples = std::move(samples->numbers);
  options.calibration.threads = threads;
  if (!range.empty()) {
    llvm::Expected<RangeMethod> method = parseRangeMethod(range);
    if (!method)
      return llvm::createStringError("--range: " +
                                     llvm::toString(method.takeError()));
    options.range = *method;
  }
  options.calibration.progress = createProgress("calibrating", quiet);
  if (mode == QuantizationMode::Int4Weights)
    return storeBlocksWithSamples(module, *samples->dataset,
                                  std::move(options.calibration));
  options.searchProgress = createProgress("searching ranges", quiet);
  options.precisionProgress = createProgress("measuring precisions", quiet);
  if (mode == QuantizationMode::Mixed) {
    llvm::Expected<MixedPrecisionOptions> given =
        mixed.get(getFootprint(lookupModel(module)).weights);
    if (!given)
      return given.takeError();
    options.mixed = std::move(*given);
  }
  if (anytime)
    options.shouldStop = watchInterrupts();
  return quantizeAfterTraining(module, *samples->dataset, options);
}

llvm::Expected<std::optional<PostTrainingReport>>
Quantizer::run(OwningOpRef<ModuleOp> &module, unsigned threads, bool quiet) {
  llvm::Expected<QuantizationMode> chosen = getMode();
  if (!chosen)
    return chosen.takeError();
  if (!calibration.isGiven()) {
    if (llvm::Error error = quantizeWithoutSamples(*module, *chosen))
      return std::move(error);
    return std::nullopt;
  }
  llvm::Expected<PostTrainingResult> result =
      calibrate(*module, *chosen, threads, quiet);
  if (!result)
    return result.takeError();
  module = std::move(result->module);
  return std::move(result->report);
}

/// Names the activations that disturb the outputs most.
static void printWorst(const PostTrainingReport &report,
                       llvm::raw_ostream &os) {
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
  os << "activations that cost most, each if it alone were "
        "quantized:\n";
  for (const ActivationReport *activation : worst)
    os << llvm::format("  %6.2f dB  ", *activation->decibels)
       << activation->name << " (" << describe(activation->range.chosen)
       << ")\n";
}

/// How many tensors have how many bits.
static void printPrecisions(const PostTrainingReport &report,
                            llvm::raw_ostream &os) {
  std::map<unsigned, size_t> counts;
  for (const ActivationReport &activation : report.activations)
    ++counts[activation.numBits];
  for (auto [numBits, count] : counts)
    os << "  " << count << " activations in " << numBits << " bits\n";
  if (!counts.empty())
    os << "  " << report.numWeights << " weights in 8 bits\n";
}

void tool::printReport(const PostTrainingReport &report,
                       llvm::raw_ostream &os) {
  printPrecisions(report, os);
  os << report.numCalibrated << " samples calibrated, " << report.numHeldOut
     << " measure the outputs' signal-to-noise ratio:\n";
  for (const StepReport &step : report.steps)
    os << llvm::format("  %6.2f dB  ", step.decibels)
       << llvm::left_justify(step.name, 28)
       << (step.isKept ? "kept" : "rolled back") << "\n";
  printWorst(report, os);
  if (report.mixed)
    printMixedPrecision(*report.mixed, os);
}
