//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/PrecisionSearch.h"
#include "gtest/gtest.h"

using namespace lathe;

namespace {

using Kind = PrecisionBound::Kind;

/// Ten groups in 8 bits, without noise in float at twice the time and four
/// times the bytes; group i makes i^2 of noise and takes 10 - i of time.
std::vector<PrecisionOptions> makeGroups() {
  std::vector<PrecisionOptions> groups;
  for (int i = 1; i <= 10; ++i) {
    double work = 11 - i;
    groups.push_back({{Precision::Int8, {1e-4 * i * i}, work, 100},
                      {Precision::Float, {0}, 2 * work, 400}});
  }
  return groups;
}

class PrecisionSearchTest : public testing::Test {
protected:
  /// What a model is that has half as much noise again as the sum, takes 3 us
  /// for each unit of time and has 50 other bytes.
  static PrecisionMeasurement measure(llvm::ArrayRef<PrecisionOptions> groups,
                                      llvm::ArrayRef<size_t> choice) {
    PrecisionMeasurement measured;
    measured.bytes = 50;
    for (auto [group, option] : llvm::zip_equal(groups, choice)) {
      measured.noise += 1.5 * group[option].shares.front();
      measured.seconds += 3e-6 * group[option].work;
      measured.bytes += group[option].bytes;
    }
    // Linear in dB, to have a score.
    measured.score = -10 * std::log10(measured.noise + 1e-9);
    return measured;
  }

  PrecisionSearchResult search(PrecisionBound bound) {
    PrecisionSearchOptions options;
    options.bound = bound;
    options.measure = [&](llvm::ArrayRef<size_t> choice)
        -> llvm::Expected<PrecisionMeasurement> {
      return measure(groups, choice);
    };
    options.simulate =
        [&](llvm::ArrayRef<size_t> choice) -> llvm::Expected<double> {
      return measure(groups, choice).noise / 1.65;
    };
    options.shouldStop = shouldStop;
    auto result = searchPrecisions(groups, options);
    if (result)
      return std::move(*result);
    ADD_FAILURE() << llvm::toString(result.takeError());
    return {};
  }

  /// The least time of all choices with at most `noise`.
  double findLeastSeconds(double noise) const {
    double least = std::numeric_limits<double>::infinity();
    for (unsigned mask = 0; mask < 1u << groups.size(); ++mask) {
      llvm::SmallVector<size_t> choice;
      for (size_t i = 0; i < groups.size(); ++i)
        choice.push_back(mask >> i & 1);
      PrecisionMeasurement measured = measure(groups, choice);
      if (measured.noise <= noise)
        least = std::min(least, measured.seconds);
    }
    return least;
  }

  std::vector<PrecisionOptions> groups = makeGroups();
  std::function<bool()> shouldStop;
};

TEST_F(PrecisionSearchTest, FastestModelUnderANoiseBoundIsFound) {
  for (double noise : {0.05, 0.02, 0.005, 0.001}) {
    PrecisionSearchResult result = search({Kind::Noise, noise});
    const PrecisionTrial &best = result.trials[result.best];
    EXPECT_TRUE(best.fits);
    EXPECT_LE(best.measured.noise, noise);
    EXPECT_NEAR(best.measured.seconds, findLeastSeconds(noise), 3e-6);
    EXPECT_LE(result.trials.size(), 4u);
    // All but the first know by how much sums are wrong.
    for (const PrecisionTrial &trial : llvm::drop_begin(result.trials))
      EXPECT_NEAR(trial.predictedNoise, trial.measured.noise, 1e-9);
  }
}

TEST_F(PrecisionSearchTest, ModelThatFitsStaysAsItIs) {
  PrecisionSearchResult result = search({Kind::Noise, 1});
  EXPECT_EQ(result.trials.size(), 1u);
  EXPECT_EQ(result.trials[result.best].choice,
            llvm::SmallVector<size_t>(10, 0));
}

TEST_F(PrecisionSearchTest, SizeAndLatencyAreKeptWithLeastNoise) {
  // Three groups more in float: those that make most noise.
  PrecisionSearchResult bySize = search({Kind::Size, 50 + 1000 + 3 * 300 + 2});
  const PrecisionTrial &small = bySize.trials[bySize.best];
  EXPECT_TRUE(small.fits);
  EXPECT_EQ(small.choice,
            (llvm::SmallVector<size_t>{0, 0, 0, 0, 0, 0, 0, 1, 1, 1}));
  // Of these, 1 + 2 + 3 of time.
  PrecisionSearchResult byTime = search({Kind::Latency, 3e-6 * 61.9});
  const PrecisionTrial &fast = byTime.trials[byTime.best];
  EXPECT_TRUE(fast.fits);
  EXPECT_EQ(fast.choice, small.choice);
}

TEST_F(PrecisionSearchTest, ScoreIsReachedByBisection) {
  double score = 20;
  PrecisionSearchResult result = search({Kind::Score, score});
  const PrecisionTrial &best = result.trials[result.best];
  EXPECT_TRUE(best.fits);
  EXPECT_GE(best.measured.score, score);
  EXPECT_LE(best.measured.seconds,
            1.1 * findLeastSeconds(std::pow(10, -score / 10)));
}

TEST_F(PrecisionSearchTest, NearestIsTakenWhereNothingFits) {
  PrecisionSearchResult result = search({Kind::Latency, 1e-6});
  EXPECT_FALSE(result.trials[result.best].fits);
  EXPECT_EQ(result.trials[result.best].choice,
            llvm::SmallVector<size_t>(10, 0));
  result = search({Kind::Score, 1000});
  EXPECT_FALSE(result.trials[result.best].fits);
  EXPECT_LE(result.trials.size(), 6u);
}

TEST_F(PrecisionSearchTest, SearchEndsWhenAsked) {
  shouldStop = [] { return true; };
  EXPECT_EQ(search({Kind::Noise, 0.001}).trials.size(), 1u);
}

TEST_F(PrecisionSearchTest, PartsOfOutputsCountAlike) {
  // The second part has as much noise from the first group alone as the first
  // part has from all; its numbers are small.
  for (auto [i, group] : llvm::enumerate(groups)) {
    group[0].shares.push_back(i == 0 ? 1e-9 : 0);
    group[1].shares.push_back(0);
  }
  PrecisionSearchOptions options;
  options.bound = {Kind::Noise, 0.5 * std::sqrt(385e-4 * 1e-9)};
  options.measure = [&](llvm::ArrayRef<size_t> choice)
      -> llvm::Expected<PrecisionMeasurement> {
    double first = 1e-15, second = 1e-15;
    for (auto [group, option] : llvm::zip_equal(groups, choice)) {
      first += group[option].shares[0];
      second += group[option].shares[1];
    }
    PrecisionMeasurement measured;
    measured.noise = std::sqrt(first * second);
    return measured;
  };
  options.simulate =
      [&](llvm::ArrayRef<size_t> choice) -> llvm::Expected<double> {
    return options.measure(choice)->noise;
  };
  auto result = searchPrecisions(groups, options);
  ASSERT_TRUE(bool(result));
  const PrecisionTrial &best = result->trials[result->best];
  EXPECT_TRUE(best.fits);
  EXPECT_EQ(best.choice[0], 1u);
}

TEST_F(PrecisionSearchTest, SimulationFindsWhatSumsMiss) {
  // Two groups cancel each other's noise, which no sum knows.
  auto getNoise = [&](llvm::ArrayRef<size_t> choice) {
    double noise = measure(groups, choice).noise;
    return choice[8] == 0 && choice[9] == 0 ? 0.5 * noise : noise;
  };
  int numBuilt = 0;
  PrecisionSearchOptions options;
  options.bound = {Kind::Noise, 0.02};
  options.measure = [&](llvm::ArrayRef<size_t> choice)
      -> llvm::Expected<PrecisionMeasurement> {
    ++numBuilt;
    PrecisionMeasurement measured = measure(groups, choice);
    measured.noise = getNoise(choice);
    return measured;
  };
  options.simulate =
      [&](llvm::ArrayRef<size_t> choice) -> llvm::Expected<double> {
    return getNoise(choice) / 1.5;
  };
  auto result = searchPrecisions(groups, options);
  ASSERT_TRUE(bool(result));
  const PrecisionTrial &best = result->trials[result->best];
  EXPECT_TRUE(best.fits);
  EXPECT_NEAR(best.predictedNoise, best.measured.noise, 1e-9);
  // All in 8 bits, and what was simulated to fit.
  EXPECT_EQ(numBuilt, 2);
}

} // namespace
