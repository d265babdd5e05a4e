//===- QuantizationParameters.cpp - Integers for real numbers -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/QuantizationParameters.h"
#include "LineSearch.h"

#include <algorithm>
#include <cmath>

using namespace lathe;

static double roundScale(double scale) {
  return std::max<double>(static_cast<float>(scale), leastScale);
}

QuantizationParameters lathe::getParameters(RealInterval range,
                                            const QuantizedStorage &storage) {
  QuantizationParameters parameters;
  parameters.low = storage.low;
  parameters.high = storage.high;
  range = {std::min(range.low, 0.0), std::max(range.high, 0.0)};
  if (range.getWidth() == 0)
    return parameters;
  if (storage.symmetric) {
    parameters.scale =
        roundScale(range.getMagnitude() / static_cast<double>(storage.high));
    return parameters;
  }
  auto low = static_cast<double>(storage.low);
  auto high = static_cast<double>(storage.high);
  parameters.scale = roundScale(range.getWidth() / (high - low));
  double zeroPoint = std::nearbyint(low - range.low / parameters.scale);
  parameters.zeroPoint = static_cast<int64_t>(std::clamp(zeroPoint, low, high));
  return parameters;
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// The sum of the squared errors of `values` as multiples of `scale` up to
/// `high` times it.
static double getSquaredError(llvm::ArrayRef<float> values, double scale,
                              int64_t high) {
  // Adding and subtracting this rounds a float below 2^22 to an integer, ties
  // to even, in a way that every vector unit has.
  constexpr float rounder = 0x1.8p23f;
  constexpr size_t lanes = 8;
  const auto step = static_cast<float>(scale);
  const float perStep = 1 / step, limit = static_cast<float>(high);
  double sums[lanes] = {};
  auto add = [&](size_t i, size_t lane) {
    float steps = values[i] * perStep;
    steps = steps < limit ? steps : limit;
    steps = steps > -limit ? steps : -limit;
    float error = values[i] - ((steps + rounder) - rounder) * step;
    sums[lane] += error * error;
  };
  size_t i = 0;
  for (; i + lanes <= values.size(); i += lanes)
    for (size_t lane = 0; lane < lanes; ++lane)
      add(i + lane, lane);
  for (; i < values.size(); ++i)
    add(i, 0);
  double sum = 0;
  for (double part : sums)
    sum += part;
  return sum;
}

/// The step of the grid that `values`, of at most `magnitude`, lie on with no
/// more than `high` steps to either side; 0 if there is none. The weights of
/// models that were quantized before, and stored as floats, lie on one: with
/// its step as their scale nothing is lost again.
static double findGrid(llvm::ArrayRef<float> values, double magnitude,
                       int64_t high) {
  // Euclid's algorithm, on numbers that products in f32 have rounded; what is
  // left of that is far below the least step.
  const double leastStep = magnitude / (static_cast<double>(high) + 0.5);
  const double tolerance = leastStep * 0x1p-4;
  double step = magnitude;
  for (float value : values) {
    double a = std::fabs(value);
    while (a > tolerance) {
      double rest = std::fabs(step - std::nearbyint(step / a) * a);
      step = a;
      a = rest;
    }
    if (step < leastStep)
      return 0;
  }
  // The least squares fit, since the last steps had the largest errors.
  double products = 0, squares = 0;
  for (float value : values) {
    double steps = std::nearbyint(value / step);
    products += steps * value;
    squares += steps * steps;
  }
  step = products / squares;
  constexpr double closeness = 0x1p-6;
  bool lies = llvm::all_of(values, [&](float value) {
    double steps = value / step;
    return std::fabs(steps - std::nearbyint(steps)) < closeness;
  });
  return lies ? step : 0;
}

static double getChannelScale(llvm::ArrayRef<float> values,
                              const QuantizedStorage &storage,
                              WeightRange method) {
  float magnitude = 0;
  for (float value : values)
    magnitude = std::max(magnitude, std::fabs(value));
  double greatest = magnitude / static_cast<double>(storage.high);
  if (greatest <= leastScale)
    return greatest;
  if (double step = findGrid(values, magnitude, storage.high))
    return step;
  if (method == WeightRange::Max)
    return greatest;
  // With few levels it pays to clip much.
  constexpr double leastShare = 0.2;
  constexpr int gridSteps = 40, goldenSteps = 12;
  return minimizeOnInterval(
      [&](double scale) {
        return getSquaredError(values, scale, storage.high);
      },
      leastShare * greatest, greatest, gridSteps, goldenSteps);
}

std::vector<double> lathe::getWeightScales(const HostTensor &weights,
                                           const QuantizedStorage &storage,
                                           WeightRange method) {
  HostTensor tensor = weights.convertTo(ElementKind::F32);
  llvm::ArrayRef<float> data = tensor.data<float>();
  size_t numChannels = tensor.getRank() == 0 ? 1 : tensor.getShape().back();
  std::vector<double> scales(numChannels);
  std::vector<float> channel(numChannels ? data.size() / numChannels : 0);
  for (size_t c = 0; c < numChannels; ++c) {
    for (size_t i = 0; i < channel.size(); ++i)
      channel[i] = data[i * numChannels + c];
    scales[c] = getChannelScale(channel, storage, method);
  }
  double greatest = 0;
  for (double scale : scales)
    greatest = std::max(greatest, scale);
  for (double &scale : scales)
    scale = roundScale(scale != 0 ? scale : greatest != 0 ? greatest : 1);
  return scales;
}

double lathe::getLeastWeightScale(double bias, double inputScale) {
  return std::fabs(bias) / (inputScale * 0x1p30);
}
