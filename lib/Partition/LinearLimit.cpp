//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinearLimit.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include <cmath>

using namespace lathe::partition;
using llvm::ArrayRef;

static MetricWeights ofDevice(llvm::SmallVector<double> MetricWeights::*metric,
                              unsigned device, unsigned numDevices) {
  MetricWeights weights;
  (weights.*metric).assign(numDevices, 0);
  (weights.*metric)[device] = 1;
  return weights;
}

std::vector<LinearLimit>
lathe::partition::makeLinearLimits(const PlacementProblem &problem,
                                   const PlacementLimits &limits) {
  unsigned numDevices = problem.devices.size();
  std::vector<LinearLimit> list;
  auto add = [&](MetricWeights weights, double bound) {
    if (std::isfinite(bound))
      list.push_back({std::move(weights), bound});
  };
  add(MetricWeights::ofLatency(), limits.latency);
  add(MetricWeights::ofEnergy(problem), limits.totalEnergy);
  for (auto [device, bound] : llvm::enumerate(limits.energy))
    add(ofDevice(&MetricWeights::energy, device, numDevices), bound);
  for (auto [device, bound] : llvm::enumerate(limits.memory))
    add(ofDevice(&MetricWeights::memory, device, numDevices), bound);
  return list;
}

LinearLimit lathe::partition::makeNoiseCut(const PlacementProblem &problem,
                                           ArrayRef<double> quantized,
                                           double limit) {
  LinearLimit cut;
  cut.bound = limit;
  cut.weights.noise = 1;
  cut.weights.quantized.assign(problem.nodes.size(), 0);
  for (const NoiseTerm &term : problem.noiseTerms) {
    if (term.coefficient < 0) {
      // A product is at most its least factor.
      unsigned least = *llvm::min_element(term.nodes, [&](auto a, auto b) {
        return quantized[a] < quantized[b];
      });
      cut.weights.quantized[least] += term.coefficient;
      continue;
    }
    // A product is at least 0 and at least the sum less all others' 1.
    double rest = 1.0 - term.nodes.size();
    double sum = rest;
    for (unsigned node : term.nodes)
      sum += quantized[node];
    if (sum <= 0)
      continue;
    for (unsigned node : term.nodes)
      cut.weights.quantized[node] += term.coefficient;
    cut.bound -= term.coefficient * rest;
  }
  return cut;
}

bool lathe::partition::isWithin(const PlacementMetrics &metrics,
                                const PlacementLimits &limits) {
  auto fits = [](double value, double limit) {
    return value <= limit + 1e-9 * std::abs(limit);
  };
  auto allFit = [&](ArrayRef<double> values, ArrayRef<double> bounds) {
    return llvm::all_of(llvm::zip(values, bounds), [&](auto pair) {
      return fits(std::get<0>(pair), std::get<1>(pair));
    });
  };
  return fits(metrics.latency, limits.latency) &&
         fits(metrics.getTotalEnergy(), limits.totalEnergy) &&
         allFit(metrics.energy, limits.energy) &&
         allFit(metrics.memory, limits.memory) &&
         fits(metrics.noise, limits.noise);
}
