//===- PrecisionStudy.cpp - Precisions by someone else's choice -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/PrecisionStudy.h"
#include "PostTrainingRun.h"
#include "lathe/Driver/Loader.h"

#include <cmath>

using namespace mlir;
using namespace lathe;

/// The layers that read values of `plan`.
static std::vector<WeightedOpInterface>
findLayers(const QuantizationPlan &plan) {
  std::vector<WeightedOpInterface> layers;
  for (const PrecisionGroup &group : getPrecisionGroups(plan))
    llvm::append_range(layers, group.layers);
  return layers;
}

/// A group for each value, then one for each layer: what a mask has bits for.
static std::vector<PrecisionGroup>
splitGroups(const QuantizationPlan &plan,
            ArrayRef<WeightedOpInterface> layers) {
  std::vector<PrecisionGroup> groups(plan.getValues().size() + layers.size());
  for (auto [i, group] : llvm::enumerate(groups)) {
    if (i < plan.getValues().size())
      group.values = {i};
    else
      group.layers = {layers[i - plan.getValues().size()]};
  }
  return groups;
}

namespace lathe {

class PostTraining::Study : public PrecisionStudy {
public:
  Study(PostTraining &run, func::FuncOp model, const QuantizationPlan &plan)
      : PrecisionStudy(model, plan, findLayers(plan)), run(run),
        before(run.best), groups(splitGroups(getPlan(), getLayers())) {}

  llvm::Error prepare() {
    return run.createPrecisionModel(getPlan(), groups).moveInto(noiseModel);
  }
  llvm::Expected<SmallVector<double, 1>> simulate(const PrecisionMask &mask,
                                                  bool isQuick) override;
  llvm::Expected<StudiedModel> build(const PrecisionMask &mask) override;
  QuantizationSettings getSettings(const PrecisionMask &mask) const;

private:
  PostTraining &run;
  /// The best ones so far, all in 8 bits.
  const QuantizationSettings before;
  std::vector<PrecisionGroup> groups;
  std::unique_ptr<PrecisionModel> noiseModel;
};

} // namespace lathe

llvm::Expected<SmallVector<double, 1>>
PostTraining::Study::simulate(const PrecisionMask &mask, bool isQuick) {
  const size_t numValues = mask.values.size();
  for (size_t i = 0; i < groups.size(); ++i) {
    bool isInt8 =
        i < numValues ? mask.values.test(i) : mask.layers.test(i - numValues);
    noiseModel->set(i, isInt8 ? Precision::Int8 : Precision::Float);
  }
  const size_t numSamples = noiseModel->getNumSamples();
  auto error = noiseModel->measure(isQuick ? std::min(samplesAlone, numSamples)
                                           : numSamples);
  if (!error)
    return error.takeError();
  return std::move(error->shares);
}

QuantizationSettings
PostTraining::Study::getSettings(const PrecisionMask &mask) const {
  QuantizationSettings settings = before;
  for (size_t i = 0; i < mask.values.size(); ++i)
    settings.precisions[i] =
        mask.values.test(i) ? Precision::Int8 : Precision::Float;
  settings.realLayers = mask.layers;
  settings.realLayers.flip();
  return settings;
}

llvm::Expected<StudiedModel>
PostTraining::Study::build(const PrecisionMask &mask) {
  QuantizedModel quantized = run.build(getSettings(mask));
  auto measured = run.heldOut->measure(*quantized.module);
  if (!measured)
    return measured.takeError();
  if (llvm::Error error = run.finish(*quantized.module))
    return std::move(error);
  return StudiedModel{std::move(quantized.module),
                      std::pow(10, -measured->decibels / 10)};
}

/// Lets someone else choose precisions.
llvm::Error PostTraining::studyPrecisions() {
  func::FuncOp model = lookupModel(module);
  Study study(*this, model, getPlan(model));
  if (llvm::Error error = study.prepare())
    return error;
  auto mask = options.choosePrecisions(study);
  if (!mask)
    return mask.takeError();
  best = study.getSettings(*mask);
  QuantizedModel quantized = build(best);
  auto measured = heldOut->measure(*quantized.module);
  if (!measured)
    return measured.takeError();
  // Not to be better than before, but what was chosen.
  bestResult = *measured;
  report.decibels = measured->decibels;
  report.steps.push_back({"chosen precisions", report.decibels, true});
  return llvm::Error::success();
}
