//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MixedRanges.h"
#include "PostTrainingRun.h"
#include "lathe/Data/SampleStream.h"
#include "lathe/Dialect/Lathe/IntegerForms/IntegerForms.h"
#include "lathe/Dialect/Lathe/Transforms/States.h"
#include "lathe/Driver/Compiler.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Driver/Runner.h"
#include "lathe/Quantization/Equalization.h"
#include "lathe/Quantization/KnownBounds.h"
#include "lathe/Quantization/QuantizationMode.h"
#include "lathe/Quantization/WeightRounding.h"
#include "lathe/Support/HostTensorAttr.h"

#include "llvm/Support/Format.h"

using namespace mlir;
using namespace lathe;

/// Holds some samples out: more where not only an order of models is to be
/// found with them, but a bound to be kept. The noise of a few detections
/// differs by 1 dB between two models with the same precisions.
void PostTraining::divideSamples() {
  DividedSamples divided =
      isMixed() ? lathe::divideSamples(dataset, calibration.samples,
                                       /*interval=*/2, /*most=*/64)
                : lathe::divideSamples(dataset, calibration.samples);
  calibration.samples = std::move(divided.calibrating);
  heldOut.emplace(dataset, std::move(divided.heldOut), calibration.threads);
  report.numHeldOut = calibration.numHeldOut = heldOut->size();
}

/// Lets outputs of mixed ranges stay real, and what leads to them.
void PostTraining::keepMixedOutputs() {
  func::FuncOp model = lookupModel(module);
  auto statisticsOf = getStatistics(getPlan(model));
  auto lookUp = [&](Value value) { return statisticsOf.lookup(value); };
  for (const MixedOutput &output : findMixedOutputs(model, lookUp)) {
    realOutputs.push_back(output.number);
    auto name =
        model.getResultAttrOfType<StringAttr>(output.number, "lathe.name");
    std::string warning;
    llvm::raw_string_ostream(warning)
        << "output '" << (name ? name.getValue() : "")
        << "' stays float: it joins tensors of magnitudes up to "
        << llvm::format("%.4g", output.widest) << " and up to "
        << llvm::format("%.4g", output.narrowest)
        << ", which one scale of 8 bits cannot hold; for integers at all "
           "outputs, let the model end in the parts";
    report.warnings.push_back(std::move(warning));
  }
}

/// Runs the float model on the samples that are not held out.
llvm::Error PostTraining::observe() {
  func::FuncOp model = lookupModel(module);
  auto plan = getPlan(model);
  if (plan.getValues().empty())
    return llvm::createStringError(
        "the model has no operator that computes in integers");
  llvm::Expected<Calibration> found =
      calibrate(model, plan.getValues(), dataset, calibration);
  if (!found)
    return found.takeError();
  statistics = std::move(found->tensors);
  findChoices(plan);
  calibrationWarnings = std::move(found->warnings);
  report.numCalibrated = found->numSamples;
  return llvm::Error::success();
}

llvm::DenseMap<Value, const TensorStatistics *>
PostTraining::getStatistics(const QuantizationPlan &plan) const {
  llvm::DenseMap<Value, const TensorStatistics *> statisticsOf;
  for (auto [value, tensor] : llvm::zip_equal(plan.getValues(), statistics))
    statisticsOf[value] = &tensor;
  return statisticsOf;
}

/// Estimates what the range of each value of the plan may be.
void PostTraining::findChoices(const QuantizationPlan &plan) {
  auto statisticsOf = getStatistics(plan);
  choices.clear();
  wideRanges.clear();
  for (Value value : plan.getValues()) {
    Value source = plan.getParameterSource(value);
    const TensorStatistics &tensor = *statisticsOf[source];
    RealInterval bounds = getKnownBounds(source);
    RangeChoice &choice =
        choices.emplace_back(chooseRange(tensor, options.activations, bounds));
    addShares(choice, tensor, options.activations, bounds);
    wideRanges.push_back(chooseRange(tensor, QuantizedStorage::int16(), bounds,
                                     RangeMethod::MinMax)
                             .chosen);
  }
}

/// Ranges by each tensor's own error, or by the method that was asked for.
QuantizationSettings PostTraining::getFirstSettings() const {
  QuantizationSettings settings;
  for (const RangeChoice &choice : choices)
    settings.ranges.push_back(
        choice.find(options.range.value_or(choice.chosen.method)));
  settings.precisions.assign(choices.size(),
                             isWide() ? Precision::Int16 : Precision::Int8);
  return settings;
}

/// Goes on with a model of equalized channels if that is better.
llvm::Error PostTraining::equalize() {
  OwningOpRef<ModuleOp> copy = cast<ModuleOp>(module->clone());
  func::FuncOp model = lookupModel(*copy);
  auto statisticsOf = getStatistics(getPlan(model));
  auto lookUp = [&](Value value) { return statisticsOf.lookup(value); };
  if (equalizeChannels(model, options.activations, lookUp) == 0)
    return llvm::Error::success();
  ModuleOp before = std::exchange(module, *copy);
  auto statisticsBefore = std::exchange(statistics, {});
  auto choicesBefore = std::exchange(choices, {});
  auto wideBefore = std::exchange(wideRanges, {});
  const size_t numSteps = report.steps.size();
  if (llvm::Error error = observe())
    return error;
  QuantizationSettings settings = getFirstSettings();
  settings.correctsBiases = true;
  if (llvm::Error error = attempt("equalized channels", settings))
    return error;
  if (report.steps.size() > numSteps && report.steps.back().isKept) {
    equalized = std::move(copy);
    return llvm::Error::success();
  }
  module = before;
  statistics = std::move(statisticsBefore);
  choices = std::move(choicesBefore);
  wideRanges = std::move(wideBefore);
  return llvm::Error::success();
}

/// At most `most` of the samples that calibrate, evenly spread.
std::vector<int64_t> PostTraining::chooseSome(int64_t most) const {
  const std::vector<int64_t> &all = calibration.samples;
  std::vector<int64_t> some;
  for (int64_t i : spreadSamples(static_cast<int64_t>(all.size()), most))
    some.push_back(all[i]);
  return some;
}

llvm::Expected<std::vector<NamedTensors>>
PostTraining::readInputs(std::vector<int64_t> samples) {
  std::vector<NamedTensors> inputs;
  llvm::Error error =
      forEachSample(dataset, std::move(samples), [&](const Sample &sample) {
        inputs.push_back(sample.inputs);
        return llvm::Error::success();
      });
  if (error)
    return std::move(error);
  return inputs;
}

/// The candidates with which the outputs have the least noise, for each value
/// of the plan. On samples that calibrate, so that those held out tell whether
/// it helps others, too. Those there are if the search is given up.
llvm::Expected<std::vector<size_t>> PostTraining::searchRanges() {
  constexpr int64_t mostSamples = 32;
  llvm::Expected<std::vector<NamedTensors>> samples =
      readInputs(chooseSome(mostSamples));
  if (!samples)
    return samples.takeError();
  func::FuncOp model = lookupModel(module);
  auto plan = getPlan(model);
  std::vector<PrecisionGroup> groups = getPrecisionGroups(plan);
  std::vector<RangeAlternatives> alternatives;
  for (const PrecisionGroup &group : groups) {
    RangeAlternatives &entry = alternatives.emplace_back();
    for (size_t i : group.values)
      entry.values.push_back(plan.getValues()[i]);
    entry.candidates = choices[group.values.front()].candidates;
  }
  RangeSearchOptions searchOptions;
  searchOptions.threads = options.calibration.threads;
  searchOptions.progress = options.searchProgress;
  searchOptions.shouldStop = options.shouldStop;
  llvm::Expected<RangeSearchResult> result =
      lathe::searchRanges(model, alternatives, *samples, searchOptions);
  if (!result)
    return result.takeError();
  std::vector<size_t> ranges = best.ranges;
  if (result->ranges.empty())
    return ranges;
  searched.resize(plan.getValues().size());
  for (auto [group, range] : llvm::zip_equal(groups, result->ranges))
    for (size_t i : group.values)
      searched[i] = range;
  for (auto [range, found] : llvm::zip_equal(ranges, searched))
    range = found.candidate;
  return ranges;
}

/// Whether `value` is what the model takes or, moved at most, gives.
static bool isInterface(Value value) {
  return isa<BlockArgument>(value) ||
         llvm::any_of(value.getUsers(), [](Operation *user) {
           return user->hasTrait<OpTrait::IsTerminator>() ||
                  (movesElements(user) && isInterface(user->getResult(0)));
         });
}

/// Stores activations in 16 bits that most of the noise comes from, if the
/// outputs are far from those of the float model and much better for it.
llvm::Error PostTraining::widenDominant() {
  // Of the multiplications, which take longer then; and what that, and twice
  // the memory, must be worth.
  constexpr double mostShare = 0.1, leastGain = 2, enough = 15;
  if (isWide() || searched.empty() || report.decibels >= enough || isStopped())
    return llvm::Error::success();
  func::FuncOp model = lookupModel(module);
  QuantizationPlan plan = getPlan(model);
  std::vector<PrecisionGroup> groups = getPrecisionGroups(plan);
  if (options.scope == PlanScope::Whole)
    llvm::erase_if(groups, [&](const PrecisionGroup &group) {
      return llvm::any_of(group.values, [&](size_t i) {
        return isInterface(plan.getValues()[i]);
      });
    });
  int64_t total = 0;
  model.walk([&](CostOpInterface op) { total += op.getMACs(); });
  auto noise = llvm::map_to_vector(groups, [&](const PrecisionGroup &group) {
    return GroupNoise{searched[group.values.front()].shares, group.macs};
  });
  QuantizationSettings settings = best;
  SmallVector<size_t> dominant = findDominantGroups(
      noise, static_cast<int64_t>(mostShare * static_cast<double>(total)));
  for (size_t group : dominant)
    for (size_t i : groups[group].values)
      settings.precisions[i] = Precision::Int16;
  if (dominant.empty())
    return llvm::Error::success();
  return attempt("16 bits where 8 cost most", settings, leastGain);
}

/// Lets the outputs decide on ranges.
llvm::Error PostTraining::chooseRanges(QuantizationSettings &settings) {
  // A model with states cannot start from the same ones again and again without
  // being compiled anew.
  if (getStates(lookupModel(module)).empty()) {
    llvm::Expected<std::vector<size_t>> ranges = searchRanges();
    if (!ranges)
      return ranges.takeError();
    settings.ranges = std::move(*ranges);
    return attempt("ranges by output noise", settings);
  }
  for (RangeMethod method : allRangeMethods) {
    for (auto [range, choice] : llvm::zip_equal(settings.ranges, choices))
      range = choice.find(method);
    if (llvm::Error error =
            attempt(("ranges by " + getName(method)).str(), settings))
      return error;
  }
  return llvm::Error::success();
}

/// Rounds the weights of each layer for what it reads in the model with
/// `settings`.
llvm::Error PostTraining::roundWeights(QuantizationSettings &settings) {
  constexpr int64_t mostSamples = 64, mostPatches = 64, greatestPatch = 2560;
  QuantizedModel quantized = build(settings);
  SmallVector<Operation *> layers;
  SmallVector<size_t> indices;
  for (auto [i, weights] : llvm::enumerate(quantized.weights)) {
    std::optional<Patches> patches = Patches::get(weights.op);
    if (!patches || patches->getSize() > greatestPatch)
      continue;
    layers.push_back(weights.op);
    indices.push_back(i);
  }
  CalibrationOptions some = calibration;
  some.progress = nullptr;
  some.leastSamples = 1;
  some.samples = chooseSome(mostSamples);
  settings.roundedWeights.assign(quantized.weights.size(), std::nullopt);
  auto round = [&](size_t layer, const GramMatrix &gram) {
    const QuantizedWeights &weights = quantized.weights[indices[layer]];
    settings.roundedWeights[indices[layer]] = lathe::roundWeights(
        weights.real, weights.scales, gram, QuantizedStorage::int8Weights());
    return llvm::Error::success();
  };
  return collectGramMatrices(lookupModel(*quantized.module), layers, dataset,
                             some, mostPatches, round);
}

/// Measures the model with `settings`, and keeps them if it is better than all
/// before by more than `leastGain`, in dB.
llvm::Error PostTraining::attempt(StringRef name,
                                  const QuantizationSettings &settings,
                                  double leastGain) {
  if (isStopped())
    return llvm::Error::success();
  QuantizedModel quantized = build(settings);
  llvm::Expected<HeldOutResult> measured = heldOut->measure(*quantized.module);
  if (!measured)
    return measured.takeError();
  if (report.addStep(name, measured->decibels, leastGain)) {
    best = settings;
    bestResult = *measured;
  }
  return llvm::Error::success();
}

llvm::Expected<PostTrainingResult> PostTraining::run() {
  divideSamples();
  if (llvm::Error error = observe())
    return std::move(error);
  if (options.scope == PlanScope::Whole) {
    keepMixedOutputs();
    if (!realOutputs.empty())
      if (llvm::Error error = observe())
        return std::move(error);
  }
  if (llvm::Error error = heldOut->record(original))
    return std::move(error);
  StringRef name = isWide() ? "16-bit activations" : "8-bit integers";
  if (llvm::Error error = attempt(name, getFirstSettings()))
    return std::move(error);
  if (llvm::Error error = equalize())
    return std::move(error);
  QuantizationSettings settings = best;
  if (!options.range && !isStopped())
    if (llvm::Error error = chooseRanges(settings))
      return std::move(error);
  if (!isMixed())
    if (llvm::Error error = widenDominant())
      return std::move(error);
  settings = best;
  settings.weightRange = WeightRange::Max;
  if (llvm::Error error = attempt("weights without clipping", settings))
    return std::move(error);
  settings = best;
  settings.correctsBiases = true;
  if (!best.correctsBiases)
    if (llvm::Error error = attempt("corrected biases", settings))
      return std::move(error);
  // Which weights are rounded depends on it.
  if (options.mixed)
    if (llvm::Error error = choosePrecisions())
      return std::move(error);
  if (options.choosePrecisions)
    if (llvm::Error error = studyPrecisions())
      return std::move(error);
  settings = best;
  // Who chose precisions has measured, and maybe scored, what there is.
  if (!isStopped() && !options.choosePrecisions) {
    if (llvm::Error error = roundWeights(settings))
      return std::move(error);
    if (llvm::Error error = attempt("weights rounded by layer", settings))
      return std::move(error);
  }
  PostTrainingResult result;
  result.module = build(best).module;
  if (llvm::Error error = finish(*result.module))
    return std::move(error);
  llvm::append_range(report.warnings, calibrationWarnings);
  result.report = std::move(report);
  freeUnusedResources({original, *result.module});
  return result;
}

llvm::Expected<PostTrainingResult>
lathe::quantizeAfterTraining(ModuleOp module, Dataset &dataset,
                             const PostTrainingOptions &options) {
  if (llvm::Error error = prepareFloatModel(module))
    return std::move(error);
  bool isMixed = options.mixed || options.choosePrecisions;
  if (isMixed && !getStates(lookupModel(module)).empty())
    return llvm::createStringError(
        "the model has states, with which the noise of single activations "
        "cannot be measured, so that mode 'mixed' does not know what to "
        "choose; choose int8-float-io or int16x8");
  return PostTraining(module, dataset, options).run();
}
