//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/PrecisionGroup.h"

#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IntegerForms/IntegerForms.h"
#include "lathe/Support/ParseName.h"

#include <cmath>

using namespace mlir;
using namespace lathe;

StringRef lathe::getName(Precision precision) {
  switch (precision) {
  case Precision::Int8:
    return "int8";
  case Precision::Int16:
    return "int16";
  case Precision::Float:
    return "float";
  case Precision::Int4Weights:
    return "int4-weights";
  }
  llvm_unreachable("unknown precision");
}

llvm::Expected<Precision> lathe::parsePrecision(StringRef name) {
  return parseName("precision", name, ArrayRef(allPrecisions));
}

static int64_t countElements(Value value) {
  return cast<RankedTensorType>(value.getType()).getNumElements();
}

int64_t PrecisionGroup::countWeights() const {
  int64_t count = 0;
  for (WeightedOpInterface layer : layers)
    count += countElements(layer.getWeights());
  return count;
}

/// Adds the ops that read `value`, behind those that only move it up to the
/// next value of `planned`.
static void addReaders(Value value, const llvm::DenseSet<Value> &planned,
                       llvm::SetVector<Operation *> &readers) {
  for (Operation *user : value.getUsers()) {
    if (!movesElements(user))
      readers.insert(user);
    else if (!planned.contains(user->getResult(0)))
      addReaders(user->getResult(0), planned, readers);
  }
}

std::vector<SmallVector<Operation *>>
lathe::getReaders(const QuantizationPlan &plan) {
  llvm::DenseSet<Value> planned(plan.getValues().begin(),
                                plan.getValues().end());
  std::vector<SmallVector<Operation *>> readers;
  for (Value value : plan.getValues()) {
    llvm::SetVector<Operation *> found;
    addReaders(value, planned, found);
    readers.emplace_back(found.begin(), found.end());
  }
  return readers;
}

std::vector<PrecisionGroup>
lathe::getPrecisionGroups(const QuantizationPlan &plan) {
  std::vector<SmallVector<Operation *>> readersOf = getReaders(plan);
  llvm::MapVector<Value, PrecisionGroup> bySource;
  for (auto [i, value] : llvm::enumerate(plan.getValues()))
    bySource[plan.getParameterSource(value)].values.push_back(i);
  std::vector<PrecisionGroup> groups;
  for (auto &[source, group] : bySource) {
    llvm::SetVector<Operation *> readers;
    for (size_t i : group.values) {
      readers.insert_range(readersOf[i]);
      group.numElements += countElements(plan.getValues()[i]);
    }
    for (Operation *reader : readers) {
      if (auto cost = dyn_cast<CostOpInterface>(reader))
        group.macs += cost.getMACs();
      auto layer = dyn_cast<WeightedOpInterface>(reader);
      if (layer && isConstantExpression(layer.getWeights()))
        group.layers.push_back(layer);
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

/// The sum of the logarithms of `noise` without that of `spared`.
static double getLogarithm(ArrayRef<double> noise, ArrayRef<double> spared) {
  // What is left of one that dominates is not more exact than this.
  constexpr double least = 1e-6;
  double sum = 0;
  for (auto [all, own] : llvm::zip_equal(noise, spared))
    sum += std::log10(std::max(all - own, least * all));
  return sum;
}

SmallVector<size_t> lathe::findDominantGroups(ArrayRef<GroupNoise> groups,
                                              int64_t mostMACs) {
  constexpr double leastGain = 0.5;
  SmallVector<size_t> dominant;
  if (groups.empty())
    return dominant;
  SmallVector<double> noise(groups.front().shares.size(), 0);
  const SmallVector<double> nothing(noise);
  for (const GroupNoise &group : groups)
    for (auto [sum, share] : llvm::zip_equal(noise, group.shares))
      sum += share;
  const double perPart = 10 / static_cast<double>(noise.size());
  while (true) {
    double before = getLogarithm(noise, nothing), most = leastGain;
    std::optional<size_t> best;
    for (auto [i, group] : llvm::enumerate(groups)) {
      if (group.macs > mostMACs || llvm::is_contained(dominant, i))
        continue;
      double gain = perPart * (before - getLogarithm(noise, group.shares));
      if (gain <= most)
        continue;
      most = gain;
      best = i;
    }
    if (!best)
      break;
    dominant.push_back(*best);
    mostMACs -= groups[*best].macs;
    for (auto [sum, share] : llvm::zip_equal(noise, groups[*best].shares))
      sum = std::max(sum - share, 0.0);
  }
  llvm::sort(dominant);
  return dominant;
}
