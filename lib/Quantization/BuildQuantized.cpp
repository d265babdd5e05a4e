//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PostTrainingRun.h"
#include "StoredWeights.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Quantization/ObservedModel.h"
#include "lathe/Quantization/Passes.h"
#include "lathe/Reference/Evaluator.h"
#include "lathe/Support/RunPasses.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace lathe;

ActivationParameters
PostTraining::chooseActivations(const QuantizationPlan &plan,
                                const QuantizationSettings &settings) {
  ActivationParameters parameters;
  report.activations.clear();
  for (auto [i, value] : llvm::enumerate(plan.getValues())) {
    Precision precision = settings.precisions[i];
    if (precision == Precision::Float)
      continue;
    RangeChoice choice = choices[i];
    bool isWidened = precision == Precision::Int16 && !isWide();
    choice.chosen =
        isWidened ? wideRanges[i] : choice.candidates[settings.ranges[i]];
    parameters[value] = choice.chosen.parameters;
    const Histogram &histogram = statistics[i].getHistogram();
    ActivationReport &activation = report.activations.emplace_back();
    activation.name = describeValue(value);
    activation.numBits = precision == Precision::Int16 ? 16 : 8;
    activation.range = std::move(choice);
    activation.min = histogram.getMin();
    activation.max = histogram.getMax();
    activation.values = summarize(histogram, parameters[value].getRange());
    if (!searched.empty() && !isWidened &&
        settings.ranges[i] == searched[i].candidate)
      activation.decibels = searched[i].getDecibels();
  }
  return parameters;
}

/// Stores the weights in blocks of those layers that are to have them so.
static void storeFourBits(ArrayRef<PrecisionGroup> groups,
                          const QuantizationSettings &settings) {
  for (const PrecisionGroup &group : groups) {
    if (settings.precisions[group.values.front()] != Precision::Int4Weights)
      continue;
    for (WeightedOpInterface layer : group.layers) {
      OpBuilder builder(layer);
      Value weights = layer.getWeights();
      layer.setWeights(storeInBlocks(
          builder, weights, *evaluateConstant(weights), weightsPerBlock));
    }
  }
}

/// The model quantized as `settings` say.
QuantizedModel PostTraining::build(const QuantizationSettings &settings) {
  QuantizedModel result;
  result.module = cast<ModuleOp>(module->clone());
  func::FuncOp model = lookupModel(*result.module);
  auto plan = getPlan(model);
  auto statisticsOf = getStatistics(plan);
  std::vector<PrecisionGroup> groups = getPrecisionGroups(plan);
  llvm::SmallPtrSet<Operation *, 8> realLayers;
  unsigned layerNumber = 0;
  for (const PrecisionGroup &group : groups)
    for (WeightedOpInterface layer : group.layers)
      if (unsigned i = layerNumber++;
          i < settings.realLayers.size() && settings.realLayers.test(i))
        realLayers.insert(layer);
  quantizeActivations(chooseActivations(plan, settings));
  result.weights = quantizeWeights(
      model, QuantizedStorage::int8Weights(),
      options.activations.forConstants(), settings.weightRange,
      [&](Operation *op) { return realLayers.contains(op); },
      settings.roundedWeights);
  report.numWeights = static_cast<int64_t>(result.weights.size());
  storeFourBits(groups, settings);
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

/// What is left to do with a model that was built.
llvm::Error PostTraining::finish(ModuleOp quantized) const {
  PassManager passes(quantized.getContext());
  if (options.scope == PlanScope::Whole)
    passes.addNestedPass<func::FuncOp>(createQuantizeInterface());
  // Takes away what the weights were.
  passes.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  return runPasses(passes, quantized);
}
