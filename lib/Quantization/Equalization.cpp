//===- Equalization.cpp - Channels of like magnitude ----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/Equalization.h"

#include "ChannelGroups.h"
#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Support/HostTensorAttr.h"

#include <cmath>

using namespace mlir;
using namespace lathe;

/// No channel is multiplied by more, so that one that was silent in all samples
/// does not get loud.
static constexpr double mostFactor = 64;

static double getMagnitude(const TensorStatistics &statistics, size_t channel) {
  const ChannelSums &sums = statistics.getChannelSums();
  return std::max(std::fabs(sums.min[channel]), std::fabs(sums.max[channel]));
}

static double getMeanSquare(const TensorStatistics &statistics,
                            size_t channel) {
  double mean = statistics.getMean(static_cast<int64_t>(channel));
  return mean * mean + statistics.getVariance(static_cast<int64_t>(channel));
}

//===----------------------------------------------------------------------===//
// Factors for one group
//===----------------------------------------------------------------------===//

namespace {

/// Finds the factors of a group.
class FactorFinder {
public:
  FactorFinder(const ChannelGroup &group, const QuantizedStorage &activations)
      : group(group), activations(activations), numChannels(group.numChannels) {
  }

  std::vector<double> find();

private:
  std::vector<double> fillLimit() const;
  std::vector<double> fillRanges() const;
  double getStep(const TensorStatistics &statistics,
                 ArrayRef<double> factors) const;
  std::vector<double> balance(ArrayRef<double> factors) const;

  const ChannelGroup &group;
  const QuantizedStorage &activations;
  const size_t numChannels;
};

} // namespace

/// With a bound to what the group's values are: the factors that take the
/// channels there, with some room for other samples.
std::vector<double> FactorFinder::fillLimit() const {
  constexpr double room = 1.15;
  std::vector<double> factors(numChannels, mostFactor);
  for (const TensorStatistics *member : group.members)
    for (size_t c = 0; c < numChannels; ++c)
      if (double magnitude = getMagnitude(*member, c))
        factors[c] = std::min(factors[c], group.limit / (room * magnitude));
  for (double &factor : factors)
    factor = std::max(factor, 1.0);
  return factors;
}

/// Without one: with ranges R_k of the members k, whose channels have the
/// magnitudes m_kc, the greatest factors are 1 / u_c with u_c = max_k m_kc /
/// R_k. The noise that member k adds, for a signal of 1, is then proportional
/// to a_k R_k^2 sum_c g_c u_c^2, where a_k is 1 over the member's mean square
/// and g_c the square of the weights that read channel c. The ranges R_k of the
/// least sum of that are found one after the other, on a grid.
std::vector<double> FactorFinder::fillRanges() const {
  const size_t numMembers = group.members.size();
  std::vector<double> gains(numChannels, 0), ranges(numMembers),
      weights(numMembers);
  std::vector<std::vector<double>> magnitudes(numMembers);
  for (const LayerWeights &layer : group.consumers)
    for (size_t c = 0; c < numChannels; ++c)
      gains[c] += layer.getColumnSquare(c);
  if (llvm::all_of(gains, [](double gain) { return gain == 0; }))
    llvm::fill(gains, 1);
  for (auto [k, member] : llvm::enumerate(group.members)) {
    double square = 0;
    for (size_t c = 0; c < numChannels; ++c) {
      square += getMeanSquare(*member, c);
      magnitudes[k].push_back(getMagnitude(*member, c));
    }
    ranges[k] = *llvm::max_element(magnitudes[k]);
    weights[k] = square > 0 ? 1 / square : 0;
  }
  auto getSize = [&](size_t c) {
    double size = 0;
    for (size_t k = 0; k < numMembers; ++k)
      if (ranges[k] > 0)
        size = std::max(size, magnitudes[k][c] / ranges[k]);
    return size;
  };
  auto getNoise = [&] {
    double squares = 0, steps = 0;
    for (size_t c = 0; c < numChannels; ++c) {
      double size = getSize(c);
      squares += gains[c] * size * size;
    }
    for (size_t k = 0; k < numMembers; ++k)
      steps += weights[k] * ranges[k] * ranges[k];
    return squares * steps;
  };
  constexpr int numRounds = 12;
  constexpr double changes[] = {0.5, 0.7, 0.85, 0.95, 1.05, 1.15, 1.4, 2};
  for (int round = 0; round < numRounds && numMembers > 1; ++round)
    for (double &range : ranges) {
      const double before = range;
      double best = before, least = getNoise();
      for (double change : changes) {
        range = before * change;
        if (double noise = getNoise(); noise < least) {
          least = noise;
          best = range;
        }
      }
      range = best;
    }
  std::vector<double> sizes(numChannels);
  for (size_t c = 0; c < numChannels; ++c)
    sizes[c] = getSize(c);
  double greatest = *llvm::max_element(sizes);
  for (double &size : sizes)
    size = size * mostFactor > greatest ? greatest / size : mostFactor;
  return sizes;
}

/// The step of the integers for an activation multiplied by `factors`.
double FactorFinder::getStep(const TensorStatistics &statistics,
                             ArrayRef<double> factors) const {
  const ChannelSums &sums = statistics.getChannelSums();
  double low = 0, high = 0;
  for (size_t c = 0; c < numChannels; ++c) {
    low = std::min(low, factors[c] * sums.min[c]);
    high = std::max(high, factors[c] * sums.max[c]);
  }
  return getParameters({low, high}, activations).scale;
}

/// With a factor t, an activation's rounding adds A / t^2 to the noise of the
/// layers that read it, A being the squares of the step and of the weights. The
/// rounding of these layers' weights, in steps D_o for the output o, adds B
/// t^2, B being the mean square of the channel times the squares of D_o. The
/// sum is least for t^4 = A / B. As both steps depend on the factors, these are
/// where to go on from. A depthwise layer's scales make up for any factors.
std::vector<double> FactorFinder::balance(ArrayRef<double> factors) const {
  std::vector<double> a(numChannels, 0), b(numChannels, 0);
  for (const LayerWeights &layer : group.consumers) {
    const TensorStatistics *data = group.statisticsOf.lookup(layer.op);
    if (layer.isDepthwise() || !data)
      continue;
    double step = getStep(*data, factors);
    std::vector<double> noise = layer.getRoundingSquares(factors);
    for (size_t c = 0; c < numChannels; ++c) {
      a[c] += step * step * layer.getColumnSquare(c);
      b[c] += getMeanSquare(*data, c) * noise[layer.getGroup(c)];
    }
  }
  std::vector<double> balanced(numChannels);
  for (size_t c = 0; c < numChannels; ++c)
    balanced[c] = b[c] > 0 ? std::pow(a[c] / b[c], 0.25)
                           : std::numeric_limits<double>::infinity();
  return balanced;
}

std::vector<double> FactorFinder::find() {
  constexpr int numRounds = 4;
  const bool isLimited = std::isfinite(group.limit);
  const std::vector<double> most = isLimited ? fillLimit() : fillRanges();
  std::vector<double> factors = most;
  for (int round = 0; round < numRounds; ++round) {
    std::vector<double> balanced = balance(factors);
    for (size_t c = 0; c < numChannels; ++c) {
      factors[c] = std::min(most[c], balanced[c]);
      if (isLimited)
        factors[c] = std::max(factors[c], 1.0);
    }
  }
  return factors;
}

//===----------------------------------------------------------------------===//
// Applying factors
//===----------------------------------------------------------------------===//

/// A constant that replaces `old`.
static Value createConstant(OpBuilder &builder, Value old,
                            const HostTensor &tensor) {
  return ConstantOp::create(
      builder, old.getLoc(),
      toElementsAttr(tensor, builder.getContext(), getConstantName(old)));
}

/// Multiplies the outputs of a layer.
static void scaleOutputs(WeightedOpInterface op, ArrayRef<double> factors) {
  OpBuilder builder(op);
  auto scale = [&](Value constant) {
    HostTensor tensor = *readConstant(constant);
    HostTensor scaled(ElementKind::F32, tensor.getShape());
    for (int64_t i = 0; i < tensor.getNumElements(); ++i)
      scaled.setDouble(i, tensor.getDouble(i) * factors[i % factors.size()]);
    return createConstant(builder, constant, scaled);
  };
  op.setWeights(scale(op.getWeights()));
  if (op.getBias())
    op.setBias(scale(op.getBias()));
}

/// Divides the weights that read the inputs of a layer.
static void scaleInputs(const LayerWeights &layer, ArrayRef<double> factors) {
  WeightedOpInterface op = layer.op;
  OpBuilder builder(op);
  // Since the layer was read its outputs may have changed.
  HostTensor tensor = *readConstant(op.getWeights());
  HostTensor scaled(ElementKind::F32, tensor.getShape());
  for (int64_t i = 0; i < tensor.getNumElements(); ++i)
    scaled.setDouble(i, tensor.getDouble(i) / factors[layer.getInput(i)]);
  op.setWeights(createConstant(builder, op.getWeights(), scaled));
}

int64_t lathe::equalizeChannels(
    func::FuncOp model, const QuantizedStorage &activations,
    llvm::function_ref<const TensorStatistics *(Value)> getStatistics) {
  int64_t numChanged = 0;
  for (const ChannelGroup &group : findChannelGroups(model, getStatistics)) {
    std::vector<double> factors = FactorFinder(group, activations).find();
    if (llvm::all_of(factors, [](double factor) { return factor == 1; }))
      continue;
    for (WeightedOpInterface producer : group.producers)
      scaleOutputs(producer, factors);
    for (ChannelFactorOpInterface absorber : group.absorbers)
      absorber.absorbChannelFactors(factors);
    for (const LayerWeights &consumer : group.consumers)
      scaleInputs(consumer, factors);
    ++numChanged;
  }
  return numChanged;
}
