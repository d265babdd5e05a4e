//===- PrecisionPlanFlags.cpp - Precisions for a network ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PrecisionPlanFlags.h"

#include "lathe/Driver/Loader.h"
#include "lathe/Quantization/ErrorMeasure.h"
#include "lathe/Quantization/PostTraining.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/Threading.h"
#include "llvm/Support/WithColor.h"

#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::tool;
namespace cl = llvm::cl;

PrecisionPlanFlags::PrecisionPlanFlags(cl::SubCommand &command,
                                       const CalibrationFlags &calibration)
    : quality(command, "For units in 8 bits: "), calibration(calibration) {}

llvm::Error PrecisionPlanFlags::check() const {
  if (!isGiven())
    return llvm::Error::success();
  if (quality.countBounds() > 1)
    return llvm::createStringError(
        "--max-noise, --min-sqnr and --min-score exclude each other");
  if (llvm::Error error = quality.check())
    return error;
  if (!calibration.isGiven())
    return llvm::createStringError(
        "8 bits need samples of what the model will see: pass "
        "--calibration=FOLDER");
  return llvm::Error::success();
}

PrecisionLimit PrecisionPlanFlags::getLimit(bool quiet) const {
  PrecisionLimit limit;
  limit.progress = createProgress("measuring precisions", quiet);
  limit.noise = quality.getNoise();
  limit.leastScore = quality.getLeastScore().value_or(0);
  limit.score = quality.getScore();
  return limit;
}

static void print(const PrecisionPlanReport &report, bool isScored) {
  llvm::outs() << llvm::format(
      "precisions: of %zu units, %zu could be in 8 "
      "bits; tensors that cross so, dB predicted and measured, objective%s\n",
      report.numUnits, report.numQuantizable, isScored ? ", score" : "");
  for (auto [i, trial] : llvm::enumerate(report.trials)) {
    llvm::outs() << llvm::format(
        "  %3zu in 8 bits, %zu sent so  %6.2f %6.2f dB  %.6g", trial.numInt8,
        trial.numTensors, toDecibels(trial.predictedNoise),
        toDecibels(trial.noise), trial.objective);
    if (isScored)
      llvm::outs() << llvm::format("  %.6g", trial.score);
    llvm::outs() << (i == report.best ? "  chosen"
                     : trial.fits     ? ""
                                      : "  does not fit")
                 << "\n";
  }
}

llvm::Expected<PrecisionPlanReport>
PrecisionPlanFlags::run(OwningOpRef<ModuleOp> &module, const Network &network,
                        const PlanOptions &options, bool quiet) const {
  auto samples = calibration.openSamples(lookupModel(*module));
  if (!samples)
    return samples.takeError();
  PrecisionLimit limit = getLimit(quiet);
  PostTrainingOptions training;
  training.calibration.samples = std::move(samples->numbers);
  // The result is the same with any number.
  training.calibration.threads =
      llvm::hardware_concurrency().compute_thread_count();
  training.calibration.progress = createProgress("calibrating", quiet);
  training.searchProgress = createProgress("searching ranges", quiet);
  PrecisionPlanReport report;
  training.choosePrecisions = [&](PrecisionStudy &study) {
    return choosePrecisions(study, network, options, limit, report);
  };
  auto result = quantizeAfterTraining(*module, *samples->dataset, training);
  if (!result)
    return result.takeError();
  for (const std::string &warning : result->report.warnings)
    llvm::WithColor::warning(llvm::errs()) << warning << "\n";
  module = std::move(result->module);
  report.noise = std::pow(10, -result->report.decibels / 10);
  if (!quiet)
    print(report, static_cast<bool>(limit.score));
  return report;
}
