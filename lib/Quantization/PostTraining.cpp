//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/PostTraining.h"

#include "lathe/Data/SampleStream.h"
#include "lathe/Dialect/Lathe/Transforms/States.h"
#include "lathe/Driver/Compiler.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Driver/ModuleCopy.h"
#include "lathe/Driver/PreparedModel.h"
#include "lathe/Driver/Runner.h"
#include "lathe/Quantization/ErrorMeasure.h"
#include "lathe/Quantization/KnownBounds.h"
#include "lathe/Quantization/ObservedModel.h"
#include "lathe/Quantization/Passes.h"
#include "lathe/Quantization/QuantizationMode.h"
#include "lathe/Quantization/QuantizeGraph.h"
#include "lathe/Quantization/RangeSearch.h"
#include "lathe/Support/HostTensorAttr.h"
#include "lathe/Support/RunPasses.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace lathe;

//===----------------------------------------------------------------------===//
// Held-out samples
//===----------------------------------------------------------------------===//

namespace {

/// What the float model makes of samples that it is not calibrated with, and
/// how far another model is from that.
class HeldOut {
public:
  HeldOut(Dataset &dataset, std::vector<int64_t> samples, unsigned threads)
      : dataset(dataset), samples(std::move(samples)), threads(threads) {}

  int64_t size() const { return static_cast<int64_t>(samples.size()); }

  /// The inputs of at most `most` of the samples, evenly spread.
  llvm::Expected<std::vector<NamedTensors>> readInputs(int64_t most) const;

  /// Runs the float model.
  llvm::Error record(ModuleOp original);

  /// The mean over the outputs of their signal-to-noise ratios, in dB.
  llvm::Expected<double> measure(ModuleOp quantized) const;

private:
  llvm::Error
  forEach(ModuleOp module,
          llvm::function_ref<void(size_t, const NamedTensors &)> work) const;

  Dataset &dataset;
  std::vector<int64_t> samples;
  unsigned threads;
  std::vector<NamedTensors> originals;
};

} // namespace

/// Calls `work` with the number of each sample and the outputs for it, which
/// the next one overwrites.
llvm::Error HeldOut::forEach(
    ModuleOp module,
    llvm::function_ref<void(size_t, const NamedTensors &)> work) const {
  llvm::Expected<ModuleBytes> bytes = toBytes(module);
  if (!bytes)
    return bytes.takeError();
  auto model =
      prepareCopy(**bytes, "the quantized model cannot be run", threads);
  if (!model)
    return model.takeError();
  size_t number = 0;
  return forEachSample(dataset, samples,
                       [&](const Sample &sample) -> llvm::Error {
                         if (llvm::Error error = (*model)->run(sample.inputs))
                           return error;
                         work(number++, (*model)->getOutputs());
                         return llvm::Error::success();
                       });
}

llvm::Expected<std::vector<NamedTensors>>
HeldOut::readInputs(int64_t most) const {
  std::vector<int64_t> chosen;
  for (int64_t i : spreadSamples(size(), most))
    chosen.push_back(samples[i]);
  std::vector<NamedTensors> inputs;
  llvm::Error error =
      forEachSample(dataset, std::move(chosen), [&](const Sample &sample) {
        inputs.push_back(sample.inputs);
        return llvm::Error::success();
      });
  if (error)
    return std::move(error);
  return inputs;
}

llvm::Error HeldOut::record(ModuleOp original) {
  return forEach(original, [&](size_t, const NamedTensors &outputs) {
    NamedTensors copies;
    for (const auto &[name, tensor] : outputs)
      copies.set(name, HostTensor::copyOf(tensor.getKind(), tensor.getShape(),
                                          tensor.getBytes()));
    originals.push_back(std::move(copies));
  });
}

llvm::Expected<double> HeldOut::measure(ModuleOp quantized) const {
  OutputNoise noise;
  auto add = [&](size_t number, const NamedTensors &outputs) {
    noise.add(outputs, originals[number]);
  };
  if (llvm::Error error = forEach(quantized, add))
    return std::move(error);
  return noise.getDecibels();
}

//===----------------------------------------------------------------------===//
// Trying settings
//===----------------------------------------------------------------------===//

namespace {

class PostTraining {
public:
  PostTraining(ModuleOp module, Dataset &dataset,
               const PostTrainingOptions &options)
      : module(module), dataset(dataset), options(options) {}

  llvm::Expected<PostTrainingResult> run();

private:
  llvm::Error observe();
  void findChoices(const QuantizationPlan &plan);
  llvm::Error chooseRanges(QuantizationSettings &settings);
  llvm::Expected<std::vector<size_t>> searchRanges();
  OwningOpRef<ModuleOp> build(const QuantizationSettings &settings);
  ActivationParameters chooseActivations(const QuantizationPlan &plan,
                                         const QuantizationSettings &settings);
  llvm::Error attempt(StringRef name, const QuantizationSettings &settings);

  ModuleOp module;
  Dataset &dataset;
  const PostTrainingOptions &options;
  std::optional<HeldOut> heldOut;
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
};

} // namespace

/// Divides the samples, at most 32 of them to be held out, and runs the float
/// model on all.
llvm::Error PostTraining::observe() {
  constexpr int64_t interval = 8, most = 32;
  CalibrationOptions calibration = options.calibration;
  std::vector<int64_t> all = calibration.samples;
  if (all.empty())
    all = spreadSamples(dataset.getNumSamples(), dataset.getNumSamples());
  auto count = static_cast<int64_t>(all.size());
  std::vector<int64_t> places = spreadSamples(
      count, std::min<int64_t>(most, llvm::divideCeil(count, interval)));
  llvm::DenseSet<int64_t> isHeldOut(places.begin(), places.end());
  std::vector<int64_t> measured;
  calibration.samples.clear();
  for (int64_t i = 0; i < count; ++i)
    (isHeldOut.contains(i) ? measured : calibration.samples).push_back(all[i]);

  func::FuncOp model = lookupModel(module);
  auto plan = QuantizationPlan::get(model, options.scope);
  if (plan.getValues().empty())
    return llvm::createStringError(
        "the model has no operator that computes in integers");
  llvm::Expected<Calibration> found =
      calibrate(model, plan.getValues(), dataset, calibration);
  if (!found)
    return found.takeError();
  statistics = std::move(found->tensors);
  findChoices(plan);
  report.warnings = std::move(found->warnings);
  report.numCalibrated = found->numSamples;
  heldOut.emplace(dataset, std::move(measured), calibration.threads);
  report.numHeldOut = heldOut->size();
  report.activationBits = options.activations.getNumBits();
  return heldOut->record(module);
}

/// Estimates what the range of each value of the plan may be.
void PostTraining::findChoices(const QuantizationPlan &plan) {
  llvm::DenseMap<Value, const TensorStatistics *> statisticsOf;
  for (auto [value, tensor] : llvm::zip_equal(plan.getValues(), statistics))
    statisticsOf[value] = &tensor;
  for (Value value : plan.getValues()) {
    Value source = plan.getParameterSource(value);
    const TensorStatistics &tensor = *statisticsOf[source];
    RealInterval bounds = getKnownBounds(source);
    RangeChoice &choice =
        choices.emplace_back(chooseRange(tensor, options.activations, bounds));
    addShares(choice, tensor, options.activations, bounds);
  }
}

/// The candidates with which the outputs on held-out samples have the least
/// noise, for each value of the plan.
llvm::Expected<std::vector<size_t>> PostTraining::searchRanges() {
  constexpr int64_t mostSamples = 16;
  llvm::Expected<std::vector<NamedTensors>> samples =
      heldOut->readInputs(mostSamples);
  if (!samples)
    return samples.takeError();
  func::FuncOp model = lookupModel(module);
  auto plan = QuantizationPlan::get(model, options.scope);
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
OwningOpRef<ModuleOp>
PostTraining::build(const QuantizationSettings &settings) {
  OwningOpRef<ModuleOp> copy = cast<ModuleOp>(module->clone());
  func::FuncOp model = lookupModel(*copy);
  auto plan = QuantizationPlan::get(model, options.scope);
  llvm::DenseMap<Value, const TensorStatistics *> statisticsOf;
  for (auto [value, tensor] : llvm::zip_equal(plan.getValues(), statistics))
    statisticsOf[value] = &tensor;
  quantizeActivations(chooseActivations(plan, settings));
  SmallVector<QuantizedWeights> weights =
      quantizeWeights(model, QuantizedStorage::int8Weights(),
                      options.activations.forConstants(), settings.weightRange);
  report.numWeights = static_cast<int64_t>(weights.size());
  if (settings.correctsBiases)
    correctBiases(weights,
                  [&](Value data) -> std::optional<SmallVector<double>> {
                    const TensorStatistics *tensor = statisticsOf.lookup(data);
                    if (!tensor)
                      return std::nullopt;
                    return llvm::map_to_vector(
                        llvm::seq<int64_t>(0, tensor->getNumChannels()),
                        [&](int64_t i) { return tensor->getMean(i); });
                  });
  return copy;
}

/// Measures the model with `settings`, and keeps them if it is better than all
/// before.
llvm::Error PostTraining::attempt(StringRef name,
                                  const QuantizationSettings &settings) {
  OwningOpRef<ModuleOp> quantized = build(settings);
  llvm::Expected<double> decibels = heldOut->measure(*quantized);
  if (!decibels)
    return decibels.takeError();
  bool isKept = report.steps.empty() || *decibels > report.decibels;
  report.steps.push_back({name.str(), *decibels, isKept});
  if (isKept) {
    best = settings;
    report.decibels = *decibels;
  }
  return llvm::Error::success();
}

llvm::Expected<PostTrainingResult> PostTraining::run() {
  if (llvm::Error error = observe())
    return std::move(error);
  QuantizationSettings settings;
  for (const RangeChoice &choice : choices)
    settings.ranges.push_back(
        choice.find(options.range.value_or(choice.chosen.method)));
  StringRef name = options.activations.getNumBits() == 8 ? "8-bit integers"
                                                         : "16-bit activations";
  if (llvm::Error error = attempt(name, settings))
    return std::move(error);
  if (!options.range)
    if (llvm::Error error = chooseRanges(settings))
      return std::move(error);
  settings = best;
  settings.weightRange = WeightRange::Max;
  if (llvm::Error error = attempt("weights without clipping", settings))
    return std::move(error);
  settings = best;
  settings.correctsBiases = true;
  if (llvm::Error error = attempt("corrected biases", settings))
    return std::move(error);
  PostTrainingResult result;
  result.module = build(best);
  PassManager cleanup(module.getContext());
  if (options.scope == PlanScope::Whole)
    cleanup.addNestedPass<func::FuncOp>(createQuantizeInterface());
  // Takes away what the weights were.
  cleanup.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  if (llvm::Error error = runPasses(cleanup, *result.module))
    return std::move(error);
  result.report = std::move(report);
  freeUnusedResources({module, *result.module});
  return result;
}

llvm::Expected<PostTrainingResult>
lathe::quantizeAfterTraining(ModuleOp module, Dataset &dataset,
                             const PostTrainingOptions &options) {
  if (llvm::Error error = checkIsFloat(module))
    return std::move(error);
  if (llvm::Error error = simplifyGraph(module))
    return std::move(error);
  if (!lookupModel(module))
    return llvm::make_error<DiagnosedError>();
  return PostTraining(module, dataset, options).run();
}
