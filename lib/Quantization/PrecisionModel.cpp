//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PrecisionModel.h"

#include "StoredWeights.h"
#include "lathe/Reference/Evaluator.h"

#include <cmath>
#include <numeric>

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

/// What the weights of `layer` become in 8 bits, and in 4 if that suits them,
/// as the ops say that a quantized model gets instead.
static WeightAlternatives getAlternatives(WeightedOpInterface layer,
                                          WeightRange range) {
  const QuantizedStorage storage = QuantizedStorage::int8Weights();
  Value weights = layer.getWeights();
  HostTensor real = *evaluateConstant(weights);
  Block scratch;
  OpBuilder builder(weights.getContext());
  builder.setInsertionPointToEnd(&scratch);
  Value int8 = storeAsIntegers(builder, weights, real,
                               getWeightScales(real, storage, range), storage);
  WeightAlternatives entry{layer, {*evaluateConstant(int8)}};
  if (fitsBlocks(layer))
    entry.alternatives.push_back(*evaluateConstant(
        storeInBlocks(builder, weights, real, weightsPerBlock)));
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

/// Whether there is one output, of rows of classes.
bool PrecisionModel::isClassifier() const {
  if (originals.front().size() != 1)
    return false;
  const HostTensor &output = originals.front().begin()->second;
  return output.getKind() == ElementKind::F32 && output.getRank() == 2 &&
         output.getShape().back() > 1;
}

/// Whether the rows of `output` are no probabilities: one is negative, or they
/// do not sum up to 1.
static bool hasLogits(const HostTensor &output) {
  constexpr double tolerance = 1e-2;
  llvm::ArrayRef<float> values = output.data<float>();
  const auto numClasses = static_cast<size_t>(output.getShape().back());
  for (size_t i = 0; i < values.size(); i += numClasses) {
    llvm::ArrayRef<float> row = values.slice(i, numClasses);
    double sum = std::accumulate(row.begin(), row.end(), 0.0);
    if (std::abs(sum - 1) > tolerance ||
        llvm::any_of(row, [](float value) { return value < 0; }))
      return true;
  }
  return false;
}

llvm::Error PrecisionModel::recordOriginals() {
  for (const NamedTensors &sample : samples) {
    if (llvm::Error error = model->run(sample))
      return error;
    originals.push_back(copyTensors(model->getOutputs()));
    areLogits |= isClassifier() && hasLogits(originals.back().begin()->second);
  }
  return llvm::Error::success();
}

size_t PrecisionModel::countParts(size_t numSamples) const {
  size_t count = 0;
  for (const TensorParts &output : parts)
    count += output.numParts;
  return count * numSamples;
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

llvm::Expected<OutputError> PrecisionModel::measure(size_t numSamples) {
  OutputNoise noise(parts);
  DivergenceMeasure divergence;
  for (size_t i = 0; i < std::min(numSamples, samples.size()); ++i) {
    if (llvm::Error error = model->run(samples[i]))
      return std::move(error);
    const NamedTensors &outputs = model->getOutputs();
    noise.add(outputs, originals[i]);
    if (isClassifier())
      divergence.add(outputs.begin()->second, originals[i].begin()->second,
                     areLogits);
  }
  OutputError error{noise.getShares(), std::nullopt};
  if (isClassifier())
    error.divergence = divergence.getMeanDivergence();
  return error;
}
