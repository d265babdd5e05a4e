//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PrecisionModel.h"

#include "StoredWeights.h"
#include "lathe/Quantization/BlockScales.h"
#include "lathe/Reference/Evaluator.h"

#include <cmath>

using namespace mlir;
using namespace lathe;

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

bool lathe::fitsBlocks(WeightedOpInterface layer) {
  auto type = cast<RankedTensorType>(layer.getWeights().getType());
  return type.getRank() >= 2 &&
         type.getShape().take_back(2).front() >= leastBlockChannels;
}

static HostTensor roundInChannels(const HostTensor &real, WeightRange range) {
  QuantizedStorage storage = QuantizedStorage::int8Weights();
  std::vector<double> scales = getWeightScales(real, storage, range);
  HostTensor rounded(ElementKind::F32, real.getShape());
  for (int64_t i = 0; i < real.getNumElements(); ++i) {
    double scale = scales[i % scales.size()];
    double steps = std::clamp(std::nearbyint(real.getDouble(i) / scale),
                              static_cast<double>(storage.low),
                              static_cast<double>(storage.high));
    rounded.setDouble(i, steps * scale);
  }
  return rounded;
}

static HostTensor roundInBlocks(const HostTensor &real) {
  int64_t axis = real.getRank() - 2, inner = real.getShape().back();
  BlockwiseTensor stored = quantizeInBlocks(real, axis, weightsPerBlock);
  int64_t extent = real.getShape()[axis];
  int64_t numBlocks = stored.scales.getShape()[axis];
  HostTensor rounded(ElementKind::F32, real.getShape());
  for (int64_t i = 0; i < real.getNumElements(); ++i) {
    int64_t row = i / inner, block = row % extent / weightsPerBlock;
    int64_t scale = (row / extent * numBlocks + block) * inner + i % inner;
    rounded.setDouble(i, static_cast<double>(stored.integers.getInt(i)) *
                             stored.scales.getDouble(scale));
  }
  return rounded;
}

/// What the weights of `layer` become in 8 bits, and in 4 if that suits them.
static WeightAlternatives getAlternatives(WeightedOpInterface layer,
                                          WeightRange range) {
  HostTensor real = *evaluateConstant(layer.getWeights());
  WeightAlternatives entry{layer, {roundInChannels(real, range)}};
  if (fitsBlocks(layer))
    entry.alternatives.push_back(roundInBlocks(real));
  return entry;
}

//===----------------------------------------------------------------------===//
// PrecisionModel
//===----------------------------------------------------------------------===//

llvm::Expected<std::unique_ptr<PrecisionModel>>
PrecisionModel::create(func::FuncOp model, const QuantizationPlan &plan,
                       ArrayRef<PrecisionGroup> groups,
                       ArrayRef<ActivationRanges> ranges,
                       WeightRange weightRange,
                       std::vector<NamedTensors> samples, unsigned threads) {
  std::unique_ptr<PrecisionModel> result(
      new PrecisionModel(std::move(samples), groups, ranges));
  std::vector<WeightAlternatives> weights;
  for (const PrecisionGroup &group : groups)
    for (WeightedOpInterface layer : group.layers)
      weights.push_back(getAlternatives(layer, weightRange));
  auto fake =
      FakeQuantizedModel::create(model, plan.getValues(), threads, weights);
  if (!fake)
    return fake.takeError();
  result->model = std::move(*fake);
  result->parts = findOutputParts(model);
  if (llvm::Error error = result->recordOriginals())
    return std::move(error);
  return result;
}

llvm::Error PrecisionModel::recordOriginals() {
  for (const NamedTensors &sample : samples) {
    if (llvm::Error error = model->run(sample))
      return error;
    originals.push_back(copyTensors(model->getOutputs()));
  }
  return llvm::Error::success();
}

void PrecisionModel::set(size_t group, Precision precision) {
  for (size_t value : groups[group].values) {
    std::optional<QuantizationParameters> parameters;
    if (precision == Precision::Int8)
      parameters = ranges[value].int8;
    if (precision == Precision::Int16)
      parameters = ranges[value].int16;
    model->set(value, parameters);
  }
  std::optional<size_t> alternative;
  if (precision != Precision::Float)
    alternative = precision == Precision::Int4Weights ? 1 : 0;
  size_t first = 0;
  for (const PrecisionGroup &before : groups.take_front(group))
    first += before.layers.size();
  for (size_t i = 0; i < groups[group].layers.size(); ++i)
    model->setWeights(first + i, alternative);
}

llvm::Expected<SmallVector<double, 1>>
PrecisionModel::measure(size_t numSamples) {
  OutputNoise noise(parts);
  for (size_t i = 0; i < std::min(numSamples, samples.size()); ++i) {
    if (llvm::Error error = model->run(samples[i]))
      return std::move(error);
    noise.add(model->getOutputs(), originals[i]);
  }
  return noise.getShares();
}
