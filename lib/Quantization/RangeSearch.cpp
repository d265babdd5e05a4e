//===- RangeSearch.cpp - Ranges by the noise of outputs -------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/RangeSearch.h"

#include "lathe/Quantization/ErrorMeasure.h"
#include "lathe/Quantization/FakeQuantizedModel.h"
#include "lathe/Quantization/OutputParts.h"

#include "llvm/Support/DebugLog.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

#define DEBUG_TYPE "lathe-range-search"

using namespace mlir;
using namespace lathe;

namespace {

/// The index of a candidate for each of the alternatives.
using Choice = SmallVector<size_t>;

/// The noise of each part of the outputs of each sample for a signal of 1.
using Shares = SmallVector<double, 1>;

/// What is known of one of the alternatives.
struct Alternative {
  /// Its first value among those of the model that is run.
  size_t firstValue;
  size_t numValues;
  ArrayRef<RangeCandidate> candidates;
  /// The first candidate with the same parameters, for each of them.
  SmallVector<size_t, 8> representatives;
  /// With each representative alone, nothing for other candidates.
  SmallVector<Shares, 8> shares;

  bool isRepresentative(size_t i) const { return representatives[i] == i; }
  size_t countRepresentatives() const;
  SmallVector<size_t> findClose() const;
};

class RangeSearch {
public:
  RangeSearch(FakeQuantizedModel &model, ArrayRef<TensorParts> parts,
              ArrayRef<RangeAlternatives> alternatives,
              ArrayRef<NamedTensors> samples,
              const RangeSearchOptions &options);

  llvm::Expected<RangeSearchResult> run();

private:
  llvm::Error recordOriginals();
  llvm::Error measureAlone();
  Choice chooseByMethod(RangeMethod method) const;
  Choice chooseByOwnError() const;
  Choice chooseByAddition() const;
  llvm::Error compare(const Choice &choice, StringRef what);
  llvm::Error improveWorst();

  bool isStopped() const { return options.shouldStop && options.shouldStop(); }
  void count(size_t runs);
  void set(const Alternative &alternative, std::optional<size_t> candidate);
  llvm::Error measure(size_t first, size_t last, OutputNoise &noise);
  llvm::Error measureAlone(Alternative &alternative, size_t numSamples);
  SmallVector<size_t> findWorst() const;

  FakeQuantizedModel &model;
  ArrayRef<TensorParts> parts;
  ArrayRef<NamedTensors> samples;
  const RangeSearchOptions &options;
  std::vector<Alternative> alternatives;
  /// The float outputs for the samples.
  std::vector<NamedTensors> originals;
  Choice best;
  double bestDecibels = 0;
  int64_t numRuns = 0, expectedRuns = 0;
};

} // namespace

size_t Alternative::countRepresentatives() const {
  return llvm::count_if(llvm::seq<size_t>(0, candidates.size()),
                        [&](size_t i) { return isRepresentative(i); });
}

/// The candidates that, alone, are not far behind the best.
SmallVector<size_t> Alternative::findClose() const {
  constexpr double farDecibels = 6;
  double most = -std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < candidates.size(); ++i)
    if (isRepresentative(i))
      most = std::max(most, getMeanDecibels(shares[i]));
  SmallVector<size_t> close;
  for (size_t i = 0; i < candidates.size(); ++i)
    if (isRepresentative(i) && getMeanDecibels(shares[i]) >= most - farDecibels)
      close.push_back(i);
  return close;
}

static bool areEqual(const QuantizationParameters &a,
                     const QuantizationParameters &b) {
  return a.scale == b.scale && a.zeroPoint == b.zeroPoint && a.low == b.low &&
         a.high == b.high;
}

/// How many alternatives are tried again among all others.
static constexpr size_t numWorst = 12;

RangeSearch::RangeSearch(FakeQuantizedModel &model, ArrayRef<TensorParts> parts,
                         ArrayRef<RangeAlternatives> given,
                         ArrayRef<NamedTensors> samples,
                         const RangeSearchOptions &options)
    : model(model), parts(parts), samples(samples), options(options) {
  size_t numValues = 0;
  for (const RangeAlternatives &entry : given) {
    Alternative &alternative = alternatives.emplace_back();
    alternative.firstValue = numValues;
    alternative.numValues = entry.values.size();
    alternative.candidates = entry.candidates;
    alternative.shares.resize(entry.candidates.size());
    numValues += entry.values.size();
    for (const RangeCandidate &candidate : entry.candidates) {
      const RangeCandidate *first =
          llvm::find_if(entry.candidates, [&](const RangeCandidate &other) {
            return areEqual(other.parameters, candidate.parameters);
          });
      alternative.representatives.push_back(first - entry.candidates.begin());
    }
  }
}

//===----------------------------------------------------------------------===//
// Runs
//===----------------------------------------------------------------------===//

void RangeSearch::set(const Alternative &alternative,
                      std::optional<size_t> candidate) {
  std::optional<QuantizationParameters> parameters;
  if (candidate)
    parameters = alternative.candidates[*candidate].parameters;
  for (size_t i = 0; i < alternative.numValues; ++i)
    model.set(alternative.firstValue + i, parameters);
}

llvm::Error RangeSearch::recordOriginals() {
  for (const NamedTensors &sample : samples) {
    if (llvm::Error error = model.run(sample))
      return error;
    originals.push_back(copyTensors(model.getOutputs()));
  }
  return llvm::Error::success();
}

/// Adds to `noise` that of what is set now on the samples from `first` to
/// before `last`.
llvm::Error RangeSearch::measure(size_t first, size_t last,
                                 OutputNoise &noise) {
  for (size_t i = first; i < last; ++i) {
    if (llvm::Error error = model.run(samples[i]))
      return error;
    noise.add(model.getOutputs(), originals[i]);
  }
  count(last - first);
  return llvm::Error::success();
}

/// Says that so many runs are done, or were found not to be needed.
void RangeSearch::count(size_t runs) {
  numRuns += static_cast<int64_t>(runs);
  if (options.progress)
    options.progress(std::min(numRuns, expectedRuns - 1), expectedRuns);
}

//===----------------------------------------------------------------------===//
// Alone
//===----------------------------------------------------------------------===//

llvm::Error RangeSearch::measureAlone() {
  auto all = static_cast<int64_t>(samples.size());
  int64_t numPairs = 0;
  for (const Alternative &alternative : alternatives)
    numPairs += static_cast<int64_t>(alternative.countRepresentatives());
  int64_t numSamples = std::clamp<int64_t>(options.mostRuns / numPairs, 1, all);
  // Of what follows, whole choices and the last tries, this is an estimate.
  auto numMethods = static_cast<int64_t>(std::size(allRangeMethods));
  expectedRuns = numSamples * numPairs + all * (numMethods + 2) +
                 all * static_cast<int64_t>(numWorst) * numMethods;
  for (Alternative &alternative : alternatives) {
    if (isStopped())
      return llvm::Error::success();
    if (llvm::Error error = measureAlone(alternative, numSamples))
      return error;
  }
  return llvm::Error::success();
}

/// Lets samples that were not measured have the mean noise, in dB, of those
/// that were.
static void complete(Shares &shares, size_t count) {
  shares.resize(count, std::pow(10, -getMeanDecibels(shares) / 10));
}

/// Measures the candidates with a quarter of the samples, and those that are
/// not far behind the best with the others too.
llvm::Error RangeSearch::measureAlone(Alternative &alternative,
                                      size_t numSamples) {
  const size_t few = llvm::divideCeil(numSamples, 4);
  SmallVector<OutputNoise, 8> noise(alternative.candidates.size(),
                                    OutputNoise(parts));
  auto measurePart = [&](size_t i, size_t first, size_t last) {
    set(alternative, i);
    llvm::Error error = measure(first, last, noise[i]);
    alternative.shares[i] = noise[i].getShares();
    return error;
  };
  for (size_t i = 0; i < noise.size(); ++i)
    if (alternative.isRepresentative(i))
      if (llvm::Error error = measurePart(i, 0, few))
        return error;
  SmallVector<size_t> close = alternative.findClose();
  for (size_t i : close)
    if (llvm::Error error = measurePart(i, few, numSamples))
      return error;
  set(alternative, std::nullopt);
  size_t numOthers = alternative.countRepresentatives() - close.size();
  count(numOthers * (numSamples - few));
  for (Shares &shares : alternative.shares)
    if (!shares.empty())
      complete(shares, alternative.shares[close.front()].size());
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Choices
//===----------------------------------------------------------------------===//

/// The candidate of `method`, or the first where the method is of no use.
Choice RangeSearch::chooseByMethod(RangeMethod method) const {
  return llvm::map_to_vector(alternatives, [&](const Alternative &entry) {
    const RangeCandidate *found =
        llvm::find_if(entry.candidates, [&](const RangeCandidate &candidate) {
          return candidate.method == method;
        });
    bool isMissing = found == entry.candidates.end();
    return entry
        .representatives[isMissing ? 0 : found - entry.candidates.begin()];
  });
}

Choice RangeSearch::chooseByOwnError() const {
  return llvm::map_to_vector(alternatives, [](const Alternative &entry) {
    const RangeCandidate *least = llvm::min_element(
        entry.candidates, [](const RangeCandidate &a, const RangeCandidate &b) {
          return a.meanSquaredError < b.meanSquaredError;
        });
    return entry.representatives[least - entry.candidates.begin()];
  });
}

/// Were noise additive, this would have the best mean of the parts' ratios in
/// dB as far as changing one at a time tells; with one part, the best of all.
Choice RangeSearch::chooseByAddition() const {
  constexpr int mostRounds = 8;
  Choice choice = chooseByOwnError();
  for (int round = 0; round < mostRounds; ++round) {
    bool changed = false;
    for (size_t index = 0; index < alternatives.size(); ++index) {
      const Alternative &alternative = alternatives[index];
      Shares others(alternative.shares[choice[index]].size(), 0);
      for (auto [i, other] : llvm::enumerate(alternatives))
        for (size_t part = 0; i != index && part < others.size(); ++part)
          others[part] += other.shares[choice[i]][part];
      auto getLogarithm = [&](size_t candidate) {
        double sum = 0;
        for (auto [own, rest] :
             llvm::zip_equal(alternative.shares[candidate], others))
          sum += std::log(own + rest);
        return sum;
      };
      size_t least = choice[index];
      for (size_t i = 0; i < alternative.candidates.size(); ++i)
        if (alternative.isRepresentative(i) &&
            getLogarithm(i) < getLogarithm(least))
          least = i;
      changed |= least != choice[index];
      choice[index] = least;
    }
    if (!changed)
      break;
  }
  return choice;
}

/// Keeps `choice` if it is better than the best so far.
llvm::Error RangeSearch::compare(const Choice &choice, StringRef what) {
  for (auto [alternative, candidate] : llvm::zip_equal(alternatives, choice))
    set(alternative, candidate);
  OutputNoise noise(parts);
  if (llvm::Error error = measure(0, samples.size(), noise))
    return error;
  double decibels = noise.getDecibels();
  LDBG() << what << ": " << decibels << " dB";
  if (best.empty() || decibels > bestDecibels) {
    best = choice;
    bestDecibels = decibels;
  }
  return llvm::Error::success();
}

/// Those whose chosen candidates disturb the outputs most, by the mean of their
/// ratios, the worst first.
SmallVector<size_t> RangeSearch::findWorst() const {
  auto getNoise = [&](size_t i) {
    return getMeanDecibels(alternatives[i].shares[best[i]]);
  };
  auto order = llvm::to_vector(llvm::seq<size_t>(0, alternatives.size()));
  llvm::stable_sort(
      order, [&](size_t a, size_t b) { return getNoise(a) < getNoise(b); });
  order.truncate(std::min(order.size(), numWorst));
  return order;
}

llvm::Error RangeSearch::improveWorst() {
  for (size_t index : findWorst()) {
    const Alternative &alternative = alternatives[index];
    const Choice before = best;
    for (size_t i : alternative.findClose()) {
      if (i == before[index])
        continue;
      Choice changed = before;
      changed[index] = i;
      if (llvm::Error error = compare(changed, "one changed"))
        return error;
    }
  }
  return llvm::Error::success();
}

llvm::Expected<RangeSearchResult> RangeSearch::run() {
  if (llvm::Error error = recordOriginals())
    return std::move(error);
  if (llvm::Error error = measureAlone())
    return std::move(error);
  if (isStopped())
    return RangeSearchResult();
  if (llvm::Error error = compare(chooseByAddition(), "least noise"))
    return std::move(error);
  if (llvm::Error error = compare(chooseByOwnError(), "least own error"))
    return std::move(error);
  for (RangeMethod method : allRangeMethods)
    if (llvm::Error error = compare(chooseByMethod(method), getName(method)))
      return std::move(error);
  if (llvm::Error error = improveWorst())
    return std::move(error);
  if (options.progress)
    options.progress(expectedRuns, expectedRuns);
  RangeSearchResult result;
  result.decibels = bestDecibels;
  for (auto [alternative, candidate] : llvm::zip_equal(alternatives, best))
    result.ranges.push_back({candidate, alternative.shares[candidate]});
  return result;
}

llvm::Expected<RangeSearchResult> lathe::searchRanges(
    func::FuncOp model, ArrayRef<RangeAlternatives> alternatives,
    ArrayRef<NamedTensors> samples, const RangeSearchOptions &options) {
  SmallVector<Value> values;
  for (const RangeAlternatives &alternative : alternatives)
    llvm::append_range(values, alternative.values);
  auto fake = FakeQuantizedModel::create(model, values, options.threads);
  if (!fake)
    return fake.takeError();
  std::vector<TensorParts> parts = findOutputParts(model);
  return RangeSearch(**fake, parts, alternatives, samples, options).run();
}
