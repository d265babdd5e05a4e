//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PostTrainingRun.h"
#include "StoredWeights.h"
#include "lathe/Data/SampleStream.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Quantization/ConstantBytes.h"
#include "lathe/Quantization/ObservedModel.h"
#include "llvm/Support/Format.h"

#include <cmath>
#include <random>

using namespace mlir;
using namespace lathe;

//===----------------------------------------------------------------------===//
// Costs
//===----------------------------------------------------------------------===//

/// The time of a multiplication, that in 8 bits being 1: of MobileNetV2 in each
/// of the modes on x86-64 with AVX-512 VNNI, one thread (docs/quantization.md).
/// What a model takes is measured; this only tells where it is best spent.
static double getRelativeTime(Precision precision) {
  switch (precision) {
  case Precision::Int8:
    return 1;
  case Precision::Int16:
    return 4;
  case Precision::Float:
    return 3;
  case Precision::Int4Weights:
    return 9;
  }
  llvm_unreachable("unknown precision");
}

/// Multiplications, an element that is stored counting as some.
static double getWork(const PrecisionGroup &group, Precision precision) {
  constexpr double perElement = 8;
  return (static_cast<double>(group.macs) +
          perElement * static_cast<double>(group.numElements)) *
         getRelativeTime(precision);
}

static double getWeightBytes(const PrecisionGroup &group, Precision precision) {
  auto count = static_cast<double>(group.countWeights());
  switch (precision) {
  case Precision::Int8:
  case Precision::Int16:
    return count;
  case Precision::Float:
    return 4 * count;
  case Precision::Int4Weights:
    return count * (0.5 + 2.0 / weightsPerBlock);
  }
  llvm_unreachable("unknown precision");
}

/// Whether `group` can be computed in `precision`.
static bool canBe(const PrecisionGroup &group, Precision precision) {
  return precision != Precision::Int4Weights ||
         (!group.layers.empty() && llvm::all_of(group.layers, fitsBlocks));
}

//===----------------------------------------------------------------------===//
// Noise of groups
//===----------------------------------------------------------------------===//

/// `samples` with `count` that are spread over all of them first.
static std::vector<int64_t> spreadFirst(ArrayRef<int64_t> samples,
                                        int64_t count) {
  std::vector<int64_t> first, rest;
  std::vector<int64_t> places =
      spreadSamples(static_cast<int64_t>(samples.size()), count);
  for (auto [place, sample] : llvm::enumerate(samples))
    (llvm::is_contained(places, place) ? first : rest).push_back(sample);
  llvm::append_range(first, rest);
  return first;
}

llvm::Expected<std::unique_ptr<PrecisionModel>>
PostTraining::createPrecisionModel(const QuantizationPlan &plan,
                                   ArrayRef<PrecisionGroup> groups) {
  // Those that choices are measured with.
  llvm::Expected<std::vector<NamedTensors>> samples =
      readInputs(spreadFirst(heldOut->getSamples(), samplesAlone));
  if (!samples)
    return samples.takeError();
  activationRanges.clear();
  for (auto [i, choice] : llvm::enumerate(choices))
    activationRanges.push_back({choice.candidates[best.ranges[i]].parameters,
                                wideRanges[i].parameters});
  return PrecisionModel::create(
      lookupModel(module), plan, groups, activationRanges, best.weightRange,
      std::move(*samples), options.calibration.threads);
}

/// The noise with one group in `precision` and all others in float.
static llvm::Expected<OutputError>
measureAlone(PrecisionModel &model, size_t group, Precision precision) {
  size_t numSamples = std::min(samplesAlone, model.getNumSamples());
  if (precision == Precision::Float)
    return OutputError{SmallVector<double, 1>(model.countParts(numSamples), 0),
                       0};
  model.set(group, precision);
  llvm::Expected<OutputError> error = model.measure(numSamples);
  model.set(group, Precision::Float);
  return error;
}

/// Measures each group alone in each precision that it may have; of fewer
/// groups if it is to stop.
llvm::Expected<std::vector<PrecisionOptions>>
PostTraining::measureOptions(PrecisionModel &noiseModel,
                             ArrayRef<PrecisionGroup> groups) {
  std::vector<PrecisionOptions> all;
  auto total = static_cast<int64_t>(groups.size());
  for (auto [i, group] : llvm::enumerate(groups)) {
    if (isStopped())
      break;
    PrecisionOptions &entry = all.emplace_back();
    GroupReport &groupReport = report.mixed->groups[i];
    for (Precision precision : allPrecisions) {
      bool isAllowed = precision == Precision::Int8 ||
                       llvm::is_contained(options.mixed->precisions, precision);
      if (!isAllowed || !canBe(group, precision))
        continue;
      llvm::Expected<OutputError> error =
          measureAlone(noiseModel, i, precision);
      if (!error)
        return error.takeError();
      groupReport.alone.push_back(
          {precision, getMeanDecibels(error->shares), error->divergence});
      entry.push_back({precision, std::move(error->shares),
                       getWork(group, precision),
                       getWeightBytes(group, precision)});
    }
    if (options.precisionProgress)
      options.precisionProgress(static_cast<int64_t>(i) + 1, total);
  }
  return all;
}

//===----------------------------------------------------------------------===//
// Noise of sets of groups
//===----------------------------------------------------------------------===//

/// The groups that make most noise in 8 bits, in ascending order.
static std::vector<size_t> findNoisiest(ArrayRef<PrecisionOptions> options,
                                        size_t most) {
  std::vector<std::pair<double, size_t>> order;
  for (auto [i, entry] : llvm::enumerate(options))
    order.push_back({getMeanDecibels(entry.front().shares), i});
  llvm::sort(order);
  order.resize(std::min(order.size(), most));
  std::vector<size_t> noisiest;
  for (auto [decibels, i] : order)
    noisiest.push_back(i);
  llvm::sort(noisiest);
  return noisiest;
}

/// Fits polynomials to the noise of sets of groups in 8 bits, all others being
/// float, and tests them on other sets.
llvm::Error PostTraining::fitNoise(PrecisionModel &noiseModel,
                                   ArrayRef<PrecisionOptions> groupOptions) {
  constexpr size_t mostGroups = 12, numFitted = 400, numTested = 64;
  size_t numSamples = std::min<size_t>(noiseModel.getNumSamples(), 4);
  MixedPrecisionReport &mixed = *report.mixed;
  mixed.modelledGroups = findNoisiest(groupOptions, mostGroups);
  std::mt19937 random;
  std::vector<NoiseSample> samples;
  for (size_t i = 0; i < numFitted + numTested; ++i) {
    NoiseSample &sample = samples.emplace_back();
    sample.quantized.resize(mixed.modelledGroups.size());
    for (auto [bit, group] : llvm::enumerate(mixed.modelledGroups)) {
      sample.quantized[bit] = random() % 2 != 0;
      noiseModel.set(group, sample.quantized[bit] ? Precision::Int8
                                                  : Precision::Float);
    }
    llvm::Expected<OutputError> error = noiseModel.measure(numSamples);
    if (!error)
      return error.takeError();
    sample.noise = std::pow(10, -getMeanDecibels(error->shares) / 10);
  }
  ArrayRef<NoiseSample> fitted = ArrayRef(samples).take_front(numFitted);
  ArrayRef<NoiseSample> tested = ArrayRef(samples).drop_front(numFitted);
  for (unsigned degree : {1, 2, 3})
    if (std::optional<NoiseModel> model = NoiseModel::fit(fitted, degree))
      mixed.noiseModels.push_back({*model, model->computeR2(tested)});
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// The choice
//===----------------------------------------------------------------------===//

/// Builds and measures what `settings` make of the model, of which some is
/// `known` if it was measured before.
llvm::Expected<PrecisionMeasurement>
PostTraining::measurePrecisions(const QuantizationSettings &settings,
                                std::optional<HeldOutResult> known) {
  QuantizedModel quantized = build(settings);
  if (!known) {
    llvm::Expected<HeldOutResult> measured =
        heldOut->measure(*quantized.module);
    if (!measured)
      return measured.takeError();
    known = *measured;
  }
  if (llvm::Error error = finish(*quantized.module))
    return std::move(error);
  llvm::Expected<int64_t> bytes = getConstantBytes(*quantized.module);
  if (!bytes)
    return bytes.takeError();
  PrecisionMeasurement result;
  result.noise = std::pow(10, -known->decibels / 10);
  result.seconds = known->seconds;
  result.bytes = static_cast<double>(*bytes);
  if (options.mixed->score) {
    llvm::Expected<double> score = options.mixed->score(*quantized.module);
    if (!score)
      return score.takeError();
    result.score = *score;
  }
  return result;
}

/// The noise of `choice`, simulated.
static llvm::Expected<double>
simulateChoice(PrecisionModel &model, ArrayRef<PrecisionOptions> groupOptions,
               ArrayRef<size_t> choice) {
  for (auto [group, option] : llvm::enumerate(choice))
    model.set(group, groupOptions[group][option].precision);
  llvm::Expected<OutputError> error = model.measure(model.getNumSamples());
  if (!error)
    return error.takeError();
  return std::pow(10, -getMeanDecibels(error->shares) / 10);
}

/// The settings of the best model so far with other precisions.
static QuantizationSettings getSettings(const QuantizationSettings &before,
                                        ArrayRef<PrecisionGroup> groups,
                                        ArrayRef<PrecisionOptions> groupOptions,
                                        ArrayRef<size_t> choice) {
  QuantizationSettings settings = before;
  for (auto [group, entry, option] :
       llvm::zip_equal(groups, groupOptions, choice))
    for (size_t value : group.values)
      settings.precisions[value] = entry[option].precision;
  return settings;
}

static std::string describeMiss(const PrecisionBound &bound) {
  std::string limit;
  llvm::raw_string_ostream os(limit);
  switch (bound.kind) {
  case PrecisionBound::Kind::Noise:
    os << llvm::format("noise of %.4g (%.2f dB)", bound.limit,
                       toDecibels(bound.limit));
    break;
  case PrecisionBound::Kind::Size:
    os << llvm::format("%.0f bytes of constants", bound.limit);
    break;
  case PrecisionBound::Kind::Latency:
    os << llvm::format("%.4g ms", 1e3 * bound.limit);
    break;
  case PrecisionBound::Kind::Score:
    os << llvm::format("a score of %.6g", bound.limit);
    break;
  }
  return "no choice of precisions that was tried keeps to " + limit +
         "; this is the nearest to it";
}

/// Chooses precisions under a bound.
llvm::Error PostTraining::choosePrecisions() {
  func::FuncOp model = lookupModel(module);
  QuantizationPlan plan = getPlan(model);
  std::vector<PrecisionGroup> groups = getPrecisionGroups(plan);
  report.mixed.emplace();
  report.mixed->bound = options.mixed->bound;
  for (const PrecisionGroup &group : groups)
    report.mixed->groups.push_back(
        {describeValue(plan.getValues()[group.values.front()]),
         group.values.size(),
         Precision::Int8,
         {}});
  auto noiseModel = createPrecisionModel(plan, groups);
  if (!noiseModel)
    return noiseModel.takeError();
  auto groupOptions = measureOptions(**noiseModel, groups);
  if (!groupOptions)
    return groupOptions.takeError();
  if (isStopped()) {
    report.mixed.reset();
    report.warnings.push_back("stopped before precisions were chosen: all is "
                              "in 8 bits, whatever the bound");
    return llvm::Error::success();
  }
  if (llvm::Error error = fitNoise(**noiseModel, *groupOptions))
    return error;

  const QuantizationSettings before = best;
  PrecisionSearchOptions search;
  search.bound = options.mixed->bound;
  search.shouldStop = options.shouldStop;
  search.measure = [&](ArrayRef<size_t> choice) {
    // The first choice is what there was before.
    bool isFirst = llvm::all_of(choice, [](size_t i) { return i == 0; });
    return measurePrecisions(getSettings(before, groups, *groupOptions, choice),
                             isFirst ? std::optional(bestResult)
                                     : std::nullopt);
  };
  search.simulate = [&](ArrayRef<size_t> choice) {
    return simulateChoice(**noiseModel, *groupOptions, choice);
  };
  llvm::Expected<PrecisionSearchResult> result =
      searchPrecisions(*groupOptions, search);
  if (!result)
    return result.takeError();
  const PrecisionTrial &chosen = result->trials[result->best];
  best = getSettings(before, groups, *groupOptions, chosen.choice);
  for (auto [group, entry, option] :
       llvm::zip_equal(report.mixed->groups, *groupOptions, chosen.choice))
    group.chosen = entry[option].precision;
  if (!chosen.fits)
    report.warnings.push_back(describeMiss(search.bound));
  // Not to be better than before, but to keep to the bound.
  report.decibels = toDecibels(chosen.measured.noise);
  report.steps.push_back({"mixed precision", report.decibels, true});
  report.mixed->trials = std::move(result->trials);
  report.mixed->best = result->best;
  return llvm::Error::success();
}
