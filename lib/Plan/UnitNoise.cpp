//===- UnitNoise.cpp - What units in 8 bits do to the outputs -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "UnitNoise.h"
#include "PlanProblem.h"
#include "lathe/Dialect/Lathe/IR/Movement.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::partition;

/// About what the rounding to f32 leaves.
static constexpr double leastNoise = 1e-15;

double lathe::getMeanNoise(ArrayRef<double> shares) {
  double logarithm = 0;
  for (double share : shares)
    logarithm += std::log(std::max(share, leastNoise));
  return std::exp(logarithm / static_cast<double>(shares.size()));
}

/// The place among `values` of the one that `value` is, moved at most.
static std::optional<unsigned> findAmong(ArrayRef<Value> values, Value value) {
  for (;;) {
    auto found = llvm::find(values, value);
    if (found != values.end())
      return static_cast<unsigned>(found - values.begin());
    Operation *op = value.getDefiningOp();
    if (!op || !movesOneTensor(op))
      return std::nullopt;
    value = op->getOperand(0);
  }
}

UnitNoise::UnitNoise(PrecisionStudy &study, const ModelUnits &units)
    : study(study), valuesOf(units.units.size()), layersOf(units.units.size()),
      readersOf(study.getPlan().getValues().size()) {
  ArrayRef<Value> values = study.getPlan().getValues();
  for (auto [number, readers] : llvm::enumerate(getReaders(study.getPlan())))
    for (Operation *reader : readers) {
      if (reader->hasTrait<OpTrait::IsTerminator>())
        continue;
      unsigned unit = units.getUnit(reader);
      if (!llvm::is_contained(readersOf[number], unit)) {
        readersOf[number].push_back(unit);
        valuesOf[unit].push_back(number);
      }
    }
  for (auto [number, layer] : llvm::enumerate(study.getLayers()))
    layersOf[units.getUnit(WeightedOpInterface(layer))].push_back(number);
  for (const UnitTensor &tensor : units.tensors)
    valueOf.push_back(findAmong(values, tensor.value));
}

PrecisionMask UnitNoise::getMask(const llvm::SmallBitVector &units,
                                 const llvm::SmallBitVector &tensors) const {
  PrecisionMask mask = study.getMask(false);
  for (unsigned unit : units.set_bits()) {
    for (unsigned value : valuesOf[unit])
      mask.values.set(value);
    for (unsigned layer : layersOf[unit])
      mask.layers.set(layer);
  }
  for (unsigned tensor : tensors.set_bits())
    mask.values.set(*valueOf[tensor]);
  return mask;
}

llvm::Error
UnitNoise::measure(llvm::function_ref<void(int64_t, int64_t)> progress) {
  unitShares.resize(valuesOf.size());
  valueShares.resize(readersOf.size());
  // Values are measured alone that several read, or that cross by themselves.
  llvm::SmallBitVector alone(readersOf.size());
  for (auto [value, readers] : llvm::enumerate(readersOf))
    alone[value] = readers.size() > 1;
  for (std::optional<unsigned> value : valueOf)
    if (value)
      alone.set(*value);
  auto total = static_cast<int64_t>(
      alone.count() + llvm::count_if(valuesOf, [](const auto &values) {
        return !values.empty();
      }));
  int64_t done = 0;
  auto measureMask = [&](const PrecisionMask &mask,
                         SmallVector<double, 1> &shares) -> llvm::Error {
    auto measured = study.simulate(mask, /*isQuick=*/true);
    if (!measured)
      return measured.takeError();
    shares = std::move(*measured);
    progress(++done, total);
    return llvm::Error::success();
  };
  llvm::SmallBitVector none(valueOf.size());
  for (unsigned unit = 0; unit < valuesOf.size(); ++unit) {
    if (!isQuantizable(unit))
      continue;
    llvm::SmallBitVector one(valuesOf.size());
    one.set(unit);
    if (llvm::Error error = measureMask(getMask(one, none), unitShares[unit]))
      return error;
  }
  for (unsigned value : alone.set_bits()) {
    PrecisionMask mask = study.getMask(false);
    mask.values.set(value);
    if (llvm::Error error = measureMask(mask, valueShares[value]))
      return error;
  }
  return llvm::Error::success();
}

void UnitNoise::linearize(ArrayRef<double> shares, double noise) {
  // Units alone were measured with the first samples.
  size_t numParts = 0;
  for (ArrayRef<double> unit : unitShares)
    numParts = std::max(numParts, unit.size());
  for (ArrayRef<double> value : valueShares)
    numParts = std::max(numParts, value.size());
  weights.clear();
  for (double share : shares.take_front(numParts))
    weights.push_back(noise / std::max(share, leastNoise) /
                      static_cast<double>(numParts));
}

void UnitNoise::scale(double factor) {
  for (double &weight : weights)
    weight *= factor;
}

double UnitNoise::getNoise(ArrayRef<double> shares) const {
  double sum = 0;
  if (shares.empty())
    return 0;
  for (auto [share, weight] : llvm::zip_equal(shares, weights))
    sum += share * weight;
  return sum;
}

/// Units that read one value count its noise once: what neighbours among its
/// readers share is taken off, which is exact if those in 8 bits follow each
/// other, and else too much noise.
void UnitNoise::addShared(PlacementProblem &problem) const {
  for (auto [readers, shares] : llvm::zip_equal(readersOf, valueShares))
    for (size_t i = 1; i < readers.size(); ++i)
      problem.noiseTerms.push_back(
          {{readers[i - 1], readers[i]}, -getNoise(shares)});
}

void UnitNoise::addTo(PlacementProblem &problem) const {
  problem.noiseTerms.clear();
  for (auto [unit, node] : llvm::enumerate(problem.nodes))
    for (NodeOption &option : node.options)
      if (option.precision == partition::Precision::Int8)
        option.noise = getNoise(unitShares[unit]);
  for (auto [value, tensor] : llvm::zip_equal(valueOf, problem.tensors))
    for (WireCodec &codec : tensor.codecs)
      if (value && codec.name == int8Codec)
        codec.noise = getNoise(valueShares[*value]);
  addShared(problem);
}
