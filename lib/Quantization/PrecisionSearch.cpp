//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/PrecisionSearch.h"
#include "lathe/Quantization/Knapsack.h"

#include <cmath>
#include <map>

using namespace lathe;
using llvm::ArrayRef;

namespace {

using Kind = PrecisionBound::Kind;
using Choice = llvm::SmallVector<size_t>;

/// What is to be small of a choice, or to keep to a limit.
enum class Measure { Noise, Work, Bytes };

class PrecisionSearch {
public:
  PrecisionSearch(ArrayRef<PrecisionOptions> groups,
                  const PrecisionSearchOptions &options);

  llvm::Expected<PrecisionSearchResult> run();

private:
  double get(const PrecisionOption &option, Measure measure) const;
  double sum(const Choice &choice, Measure measure) const;
  Choice solve(Measure least, Measure limited, double capacity) const;
  bool wasTried(const Choice &choice) const;
  bool isBetter(const PrecisionTrial &a, const PrecisionTrial &b) const;
  double getExcess(const PrecisionTrial &trial) const;
  llvm::Error attempt(const Choice &choice);
  llvm::Error approach();
  llvm::Error bisect();
  Choice chooseNext(double tightness) const;
  llvm::Expected<Choice> chooseBySimulation(double tightness);
  llvm::Expected<Choice> choose(double tightness);
  llvm::Expected<double> simulate(const Choice &choice);
  bool isDone() const {
    return static_cast<int64_t>(result.trials.size()) >= options.mostTrials ||
           (options.shouldStop && options.shouldStop());
  }

  ArrayRef<PrecisionOptions> groups;
  const PrecisionSearchOptions &options;
  /// The noise of each part if all groups have their first options, and the
  /// geometric mean of that.
  llvm::SmallVector<double, 1> firstShares;
  double firstNoise = 0;
  /// By how much what was measured last is more than what was simulated, or
  /// than the sum that says so.
  double noiseFactor = 1, secondsPerWork = 1, otherBytes = 0;
  /// Noise by choices that were simulated.
  std::map<Choice, double> simulated;
  PrecisionSearchResult result;
};

} // namespace

PrecisionSearch::PrecisionSearch(ArrayRef<PrecisionOptions> groups,
                                 const PrecisionSearchOptions &options)
    : groups(groups), options(options),
      firstShares(groups.front().front().shares.size(), 0) {
  // About what the rounding to f32 leaves.
  constexpr double least = 1e-15;
  for (const PrecisionOptions &group : groups)
    for (auto [sum, share] : llvm::zip_equal(firstShares, group.front().shares))
      sum += share;
  double logarithm = 0;
  for (double &share : firstShares) {
    share = std::max(share, least);
    logarithm += std::log(share) / static_cast<double>(firstShares.size());
  }
  firstNoise = std::exp(logarithm);
}

/// Noise is the mean over the parts of the noise relative to that of the first
/// options. The geometric mean of all parts' noise, relative to the same, is at
/// most the sum of that over the groups, and equal to it for one part.
double PrecisionSearch::get(const PrecisionOption &option,
                            Measure measure) const {
  if (measure == Measure::Work)
    return option.work;
  if (measure == Measure::Bytes)
    return option.bytes;
  double mean = 0;
  for (auto [share, first] : llvm::zip_equal(option.shares, firstShares))
    mean += share / first / static_cast<double>(firstShares.size());
  return mean;
}

double PrecisionSearch::sum(const Choice &choice, Measure measure) const {
  double sum = 0;
  for (auto [group, option] : llvm::zip_equal(groups, choice))
    sum += get(group[option], measure);
  return sum;
}

/// The choice with the least of one measure that keeps another to `capacity`,
/// or if there is none, that with the least of the other.
Choice PrecisionSearch::solve(Measure least, Measure limited,
                              double capacity) const {
  std::vector<KnapsackItem> items;
  for (const PrecisionOptions &group : groups) {
    KnapsackItem &item = items.emplace_back();
    for (const PrecisionOption &option : group)
      item.push_back({get(option, least), get(option, limited)});
  }
  if (auto choice = solveMultipleChoiceKnapsack(items, std::max(capacity, 0.0)))
    return *choice;
  return llvm::map_to_vector(items, [](const KnapsackItem &item) {
    const KnapsackOption *lightest = llvm::min_element(
        item, [](const KnapsackOption &a, const KnapsackOption &b) {
          return a.weight < b.weight;
        });
    return static_cast<size_t>(lightest - item.begin());
  });
}

bool PrecisionSearch::wasTried(const Choice &choice) const {
  return llvm::any_of(result.trials, [&](const PrecisionTrial &trial) {
    return trial.choice == choice;
  });
}

/// How far `trial` is beyond the bound; 0 or below if it fits.
double PrecisionSearch::getExcess(const PrecisionTrial &trial) const {
  double limit = options.bound.limit;
  switch (options.bound.kind) {
  case Kind::Noise:
    return trial.measured.noise - limit;
  case Kind::Size:
    return trial.measured.bytes - limit;
  case Kind::Latency:
    return trial.measured.seconds - limit;
  case Kind::Score:
    return limit - trial.measured.score;
  }
  llvm_unreachable("unknown kind of bound");
}

bool PrecisionSearch::isBetter(const PrecisionTrial &a,
                               const PrecisionTrial &b) const {
  if (!a.fits || !b.fits)
    return a.fits || (!b.fits && getExcess(a) < getExcess(b));
  Kind kind = options.bound.kind;
  if (kind == Kind::Noise || kind == Kind::Score)
    return sum(a.choice, Measure::Work) < sum(b.choice, Measure::Work);
  return a.measured.noise < b.measured.noise;
}

/// Measures a choice, and what its sums were off by.
llvm::Error PrecisionSearch::attempt(const Choice &choice) {
  PrecisionTrial trial;
  trial.choice = choice;
  llvm::Expected<double> expected = simulate(choice);
  if (!expected)
    return expected.takeError();
  trial.predictedNoise = *expected * noiseFactor;
  llvm::Expected<PrecisionMeasurement> measured = options.measure(choice);
  if (!measured)
    return measured.takeError();
  trial.measured = *measured;
  trial.fits = getExcess(trial) <= 0;
  if (*expected > 0 && measured->noise > 0)
    noiseFactor = measured->noise / *expected;
  if (double work = sum(choice, Measure::Work); work > 0)
    secondsPerWork = measured->seconds / work;
  otherBytes = measured->bytes - sum(choice, Measure::Bytes);
  result.trials.push_back(std::move(trial));
  size_t last = result.trials.size() - 1;
  if (isBetter(result.trials[last], result.trials[result.best]))
    result.best = last;
  return llvm::Error::success();
}

llvm::Expected<double> PrecisionSearch::simulate(const Choice &choice) {
  auto it = simulated.find(choice);
  if (it != simulated.end())
    return it->second;
  llvm::Expected<double> noise = options.simulate(choice);
  if (noise)
    simulated.emplace(choice, *noise);
  return noise;
}

/// What should keep to the bound as sums say, or to `tightness` times it.
Choice PrecisionSearch::chooseNext(double tightness) const {
  double limit = options.bound.limit;
  switch (options.bound.kind) {
  case Kind::Noise:
    return solve(Measure::Work, Measure::Noise,
                 limit / (firstNoise * noiseFactor) * tightness);
  case Kind::Size:
    return solve(Measure::Noise, Measure::Bytes,
                 (limit - otherBytes) * tightness);
  case Kind::Latency:
    return solve(Measure::Noise, Measure::Work,
                 limit / secondsPerWork * tightness);
  case Kind::Score:
    return solve(Measure::Work, Measure::Noise, tightness);
  }
  llvm_unreachable("unknown kind of bound");
}

/// Of choices whose noise sums say to be more or less, the fastest that should
/// keep to `tightness` times the bound by simulation: noise adds up only
/// roughly, so the sum to allow is found by bisection.
llvm::Expected<Choice> PrecisionSearch::chooseBySimulation(double tightness) {
  constexpr int mostSimulations = 8;
  constexpr double stride = 1.5;
  double limit = options.bound.limit * tightness / noiseFactor;
  double allowed = tightness, low = 0, high = 0;
  Choice best, choice;
  for (int i = 0; i < mostSimulations; ++i) {
    choice = chooseNext(allowed);
    llvm::Expected<double> noise = simulate(choice);
    if (!noise)
      return noise.takeError();
    bool fits = *noise <= limit;
    if (fits &&
        (best.empty() || sum(choice, Measure::Work) < sum(best, Measure::Work)))
      best = choice;
    (fits ? low : high) = allowed;
    if (low == 0 || high == 0)
      allowed *= fits ? stride : 1 / stride;
    else
      allowed = std::sqrt(low * high);
  }
  return best.empty() ? choice : best;
}

/// What should keep to the bound as it is known now, or to `tightness` times
/// it.
llvm::Expected<Choice> PrecisionSearch::choose(double tightness) {
  if (options.bound.kind == Kind::Noise)
    return chooseBySimulation(tightness);
  return chooseNext(tightness);
}

llvm::Error PrecisionSearch::approach() {
  double tightness = 1;
  // Each time nothing new comes of it, less than the bound is aimed at.
  for (int64_t i = 0; i < options.mostTrials && !isDone(); ++i) {
    llvm::Expected<Choice> choice = choose(tightness);
    if (!choice)
      return choice.takeError();
    if (!wasTried(*choice)) {
      if (llvm::Error error = attempt(*choice))
        return error;
      continue;
    }
    if (result.trials[result.best].fits)
      break;
    tightness *= 0.8;
  }
  return llvm::Error::success();
}

/// Finds the most noise, relative to that of the first options, with which the
/// score is good enough.
llvm::Error PrecisionSearch::bisect() {
  double low = 1e-4, high = 1;
  if (result.trials.front().fits)
    return llvm::Error::success();
  while (!isDone() && high > 1.05 * low) {
    double middle = std::sqrt(low * high);
    Choice choice = chooseNext(middle);
    auto tried = llvm::find_if(result.trials, [&](const auto &trial) {
      return trial.choice == choice;
    });
    if (tried == result.trials.end()) {
      if (llvm::Error error = attempt(choice))
        return error;
      tried = std::prev(result.trials.end());
    }
    (tried->fits ? low : high) = middle;
  }
  return llvm::Error::success();
}

llvm::Expected<PrecisionSearchResult> PrecisionSearch::run() {
  if (llvm::Error error = attempt(Choice(groups.size(), 0)))
    return std::move(error);
  llvm::Error error = options.bound.kind == Kind::Score ? bisect() : approach();
  if (error)
    return std::move(error);
  return std::move(result);
}

llvm::Expected<PrecisionSearchResult>
lathe::searchPrecisions(ArrayRef<PrecisionOptions> groups,
                        const PrecisionSearchOptions &options) {
  return PrecisionSearch(groups, options).run();
}
