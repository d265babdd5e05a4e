//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/PostTraining.h"

#include "HeldOut.h"
#include "MixedRanges.h"
#include "lathe/Data/SampleStream.h"
#include "lathe/Dialect/Lathe/Transforms/States.h"
#include "lathe/Driver/Compiler.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Driver/Runner.h"
#include "lathe/Quantization/Equalization.h"
#include "lathe/Quantization/KnownBounds.h"
#include "lathe/Quantization/ObservedModel.h"
#include "lathe/Quantization/Passes.h"
#include "lathe/Quantization/QuantizationMode.h"
#include "lathe/Quantization/QuantizeGraph.h"
#include "lathe/Quantization/RangeSearch.h"
#include "lathe/Quantization/WeightRounding.h"
#include "lathe/Support/HostTensorAttr.h"
#include "lathe/Support/RunPasses.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using namespace lathe;

//===----------------------------------------------------------------------===//
// Trying settings
//===----------------------------------------------------------------------===//

namespace {

struct QuantizedModel {
  OwningOpRef<ModuleOp> module;
  SmallVector<QuantizedWeights> weights;
};

class PostTraining {
public:
  PostTraining(ModuleOp module, Dataset &dataset,
               const PostTrainingOptions &options)
      : original(module), module(module), dataset(dataset), options(options),
        calibration(options.calibration) {}

  llvm::Expected<PostTrainingResult> run();

private:
  QuantizationPlan getPlan(func::FuncOp model) const {
    return QuantizationPlan::get(model, options.scope, realOutputs);
  }
  void divideSamples();
  llvm::Error observe();
  void keepMixedOutputs();
  void findChoices(const QuantizationPlan &plan);
  llvm::DenseMap<Value, const TensorStatistics *>
  getStatistics(const QuantizationPlan &plan) const;
  QuantizationSettings getFirstSettings() const;
  llvm::Error equalize();
  llvm::Error chooseRanges(QuantizationSettings &settings);
  std::vector<int64_t> chooseSome(int64_t most) const;
  llvm::Expected<std::vector<size_t>> searchRanges();
  QuantizedModel build(const QuantizationSettings &settings);
  llvm::Error roundWeights(QuantizationSettings &settings);
  ActivationParameters chooseActivations(const QuantizationPlan &plan,
                                         const QuantizationSettings &settings);
  llvm::Error attempt(StringRef name, const QuantizationSettings &settings);

  ModuleOp original;
  /// What is to be quantized: the original, or the same with other channels.
  ModuleOp module;
  OwningOpRef<ModuleOp> equalized;
  Dataset &dataset;
  const PostTrainingOptions &options;
  /// With the samples that are not held out.
  CalibrationOptions calibration;
  std::optional<HeldOut> heldOut;
  /// Outputs that stay real because their parts cannot share a scale.
  SmallVector<unsigned> realOutputs;
  /// Of the values of the plan, in their order.
  std::vector<TensorStatistics> statistics;
  /// What there is to choose from for each of them.
  std::vector<RangeChoice> choices;
  /// The ranges that a search found, and the outputs' ratios with each of them
  /// alone; empty if there was none.
  std::vector<size_t> searched;
  std::vector<double> decibelsAlone;
  QuantizationSettings best;
  PostTrainingReport report;
  /// Those of the last calibration.
  std::vector<std::string> calibrationWarnings;
};

} // namespace

/// Holds some samples out.
void PostTraining::divideSamples() {
  DividedSamples divided = lathe::divideSamples(dataset, calibration.samples);
  calibration.samples = std::move(divided.calibrating);
  heldOut.emplace(dataset, std::move(divided.heldOut), calibration.threads);
  report.numHeldOut = heldOut->size();
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
  for (Value value : plan.getValues()) {
    Value source = plan.getParameterSource(value);
    const TensorStatistics &tensor = *statisticsOf[source];
    RealInterval bounds = getKnownBounds(source);
    RangeChoice &choice =
        choices.emplace_back(chooseRange(tensor, options.activations, bounds));
    addShares(choice, tensor, options.activations, bounds);
  }
}

/// Ranges by each tensor's own error, or by the method that was asked for.
QuantizationSettings PostTraining::getFirstSettings() const {
  QuantizationSettings settings;
  for (const RangeChoice &choice : choices)
    settings.ranges.push_back(
        choice.find(options.range.value_or(choice.chosen.method)));
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
  if (llvm::Error error = observe())
    return error;
  QuantizationSettings settings = getFirstSettings();
  settings.correctsBiases = true;
  if (llvm::Error error = attempt("equalized channels", settings))
    return error;
  if (report.steps.back().isKept) {
    equalized = std::move(copy);
    return llvm::Error::success();
  }
  module = before;
  statistics = std::move(statisticsBefore);
  choices = std::move(choicesBefore);
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

static llvm::Expected<std::vector<NamedTensors>>
readInputs(Dataset &dataset, std::vector<int64_t> samples) {
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
/// it helps others, too.
llvm::Expected<std::vector<size_t>> PostTraining::searchRanges() {
  constexpr int64_t mostSamples = 32;
  llvm::Expected<std::vector<NamedTensors>> samples =
      readInputs(dataset, chooseSome(mostSamples));
  if (!samples)
    return samples.takeError();
  func::FuncOp model = lookupModel(module);
  auto plan = getPlan(model);
  llvm::MapVector<Value, RangeAlternatives> bySource;
  for (auto [value, choice] : llvm::zip_equal(plan.getValues(), choices)) {
    RangeAlternatives &entry = bySource[plan.getParameterSource(value)];
    entry.values.push_back(value);
    entry.candidates = choice.candidates;
  }
  std::vector<RangeAlternatives> alternatives;
  for (auto &[source, entry] : bySource)
    alternatives.push_back(std::move(entry));
  RangeSearchOptions searchOptions;
  searchOptions.threads = options.calibration.threads;
  searchOptions.progress = options.searchProgress;
  llvm::Expected<RangeSearchResult> result =
      lathe::searchRanges(model, alternatives, *samples, searchOptions);
  if (!result)
    return result.takeError();
  llvm::DenseMap<Value, FoundRange> found;
  for (auto [entry, range] : llvm::zip_equal(alternatives, result->ranges))
    for (Value value : entry.values)
      found[value] = range;
  std::vector<size_t> ranges;
  for (Value value : plan.getValues()) {
    ranges.push_back(found[value].candidate);
    decibelsAlone.push_back(found[value].decibels);
  }
  searched = ranges;
  return ranges;
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

ActivationParameters
PostTraining::chooseActivations(const QuantizationPlan &plan,
                                const QuantizationSettings &settings) {
  ActivationParameters parameters;
  report.activations.clear();
  for (auto [i, value] : llvm::enumerate(plan.getValues())) {
    RangeChoice choice = choices[i];
    choice.chosen = choice.candidates[settings.ranges[i]];
    parameters[value] = choice.chosen.parameters;
    const Histogram &histogram = statistics[i].getHistogram();
    ActivationReport &activation = report.activations.emplace_back();
    activation.name = describeValue(value);
    activation.range = std::move(choice);
    activation.min = histogram.getMin();
    activation.max = histogram.getMax();
    activation.values = summarize(histogram, parameters[value].getRange());
    if (!searched.empty() && settings.ranges[i] == searched[i])
      activation.decibels = decibelsAlone[i];
  }
  return parameters;
}

/// The model quantized as `settings` say.
QuantizedModel PostTraining::build(const QuantizationSettings &settings) {
  QuantizedModel result;
  result.module = cast<ModuleOp>(module->clone());
  func::FuncOp model = lookupModel(*result.module);
  auto plan = getPlan(model);
  auto statisticsOf = getStatistics(plan);
  quantizeActivations(chooseActivations(plan, settings));
  result.weights =
      quantizeWeights(model, QuantizedStorage::int8Weights(),
                      options.activations.forConstants(), settings.weightRange,
                      settings.roundedWeights);
  report.numWeights = static_cast<int64_t>(result.weights.size());
  if (settings.correctsBiases && settings.roundedWeights.empty())
    correctBiases(result.weights,
                  [&](Value data) -> std::optional<SmallVector<double>> {
                    const TensorStatistics *tensor = statisticsOf.lookup(data);
                    if (!tensor)
                      return std::nullopt;
                    return llvm::map_to_vector(
                        llvm::seq<int64_t>(0, tensor->getNumChannels()),
                        [&](int64_t i) { return tensor->getMean(i); });
                  });
  return result;
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
/// before.
llvm::Error PostTraining::attempt(StringRef name,
                                  const QuantizationSettings &settings) {
  QuantizedModel quantized = build(settings);
  llvm::Expected<double> decibels = heldOut->measure(*quantized.module);
  if (!decibels)
    return decibels.takeError();
  if (report.addStep(name, *decibels))
    best = settings;
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
  report.activationBits = options.activations.getNumBits();
  StringRef name =
      report.activationBits == 8 ? "8-bit integers" : "16-bit activations";
  if (llvm::Error error = attempt(name, getFirstSettings()))
    return std::move(error);
  if (llvm::Error error = equalize())
    return std::move(error);
  QuantizationSettings settings = best;
  if (!options.range)
    if (llvm::Error error = chooseRanges(settings))
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
  settings = best;
  if (llvm::Error error = roundWeights(settings))
    return std::move(error);
  if (llvm::Error error = attempt("weights rounded by layer", settings))
    return std::move(error);
  PostTrainingResult result;
  result.module = build(best).module;
  PassManager cleanup(original.getContext());
  if (options.scope == PlanScope::Whole)
    cleanup.addNestedPass<func::FuncOp>(createQuantizeInterface());
  // Takes away what the weights were.
  cleanup.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  if (llvm::Error error = runPasses(cleanup, *result.module))
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
  return PostTraining(module, dataset, options).run();
}
