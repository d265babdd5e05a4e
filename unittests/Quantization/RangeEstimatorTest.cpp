//===- RangeEstimatorTest.cpp - The range that integers stand for ---------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What is expected of the distributions was computed by NumPy 2 and SciPy 1.17
// from the values themselves, not from a histogram: squared errors by
// quantizing all values, their minima on a grid of 991 ranges (50 by 50, then
// Nelder-Mead, for both ends), OCTAV by its recurrence, entropy with
// scipy.stats.entropy of 2,048 bins of |x|.
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/RangeEstimator.h"
#include "TestValues.h"
#include "llvm/ADT/STLExtras.h"
#include "gtest/gtest.h"

using namespace lathe;

namespace {

constexpr QuantizedStorage int8 = QuantizedStorage::int8();
constexpr QuantizedStorage int8Symmetric = QuantizedStorage::int8Weights();
constexpr QuantizedStorage int4Symmetric = {-7, 7, true};

TensorStatistics collect(llvm::ArrayRef<float> values) {
  TensorStatistics statistics;
  EXPECT_FALSE(statistics.add(values));
  return statistics;
}

TensorStatistics laplace() { return collect(makeLaplace()); }
TensorStatistics exponential() { return collect(makeExponential()); }

/// The Laplace values with a negative part of a tenth.
TensorStatistics skewed() {
  std::vector<float> values = makeLaplace();
  for (float &value : values)
    value = value < 0 ? value * 0.1f : value;
  return collect(values);
}

/// The squares of the Laplace values with their signs.
TensorStatistics heavy() {
  std::vector<float> values = makeLaplace();
  for (float &value : values)
    value *= std::fabs(value);
  return collect(values);
}

RealInterval estimate(const TensorStatistics &statistics, RangeMethod method,
                      const QuantizedStorage &storage = int8) {
  std::optional<RealInterval> range =
      estimateRange(statistics, method, storage);
  EXPECT_TRUE(range);
  return range.value_or(RealInterval());
}

double errorOf(const TensorStatistics &statistics, RangeMethod method,
               const QuantizedStorage &storage = int8) {
  return chooseRange(statistics, storage, {}, method).chosen.meanSquaredError;
}

TEST(RangeEstimatorTest, ErrorOfTheHistogramIsThatOfTheValues) {
  EXPECT_NEAR(errorOf(laplace(), RangeMethod::MinMax), 0.00050281, 1e-6);
  EXPECT_NEAR(errorOf(laplace(), RangeMethod::MinMax, int8Symmetric),
              0.00050622, 1e-6);
  EXPECT_NEAR(errorOf(exponential(), RangeMethod::MinMax), 0.00014394, 1e-6);
  EXPECT_NEAR(errorOf(skewed(), RangeMethod::MinMax), 0.00015168, 1e-6);
  EXPECT_NEAR(errorOf(heavy(), RangeMethod::MinMax), 0.038237, 2e-4);
}

/// Steps finer than bins add noise of a twelfth of their square.
TEST(RangeEstimatorTest, ErrorOfFineStepsIsTheirNoiseAndWhatIsClipped) {
  TensorStatistics statistics = exponential();
  QuantizationParameters parameters = getParameters(
      {0, statistics.getHistogram().getMax()}, QuantizedStorage::int16());
  double noise = parameters.scale * parameters.scale / 12;
  EXPECT_NEAR(computeMeanSquaredError(statistics.getHistogram(), parameters) /
                  noise,
              1, 1e-3);
  // NumPy: mean(where(x > 5, x - 5, 0)^2) of the exponential values.
  parameters = getParameters({0, 5}, QuantizedStorage::int16());
  EXPECT_NEAR(computeMeanSquaredError(statistics.getHistogram(), parameters),
              0.01323, 1e-4);
}

/// The quantile p of the upper half is -log(2 (1 - p)).
TEST(RangeEstimatorTest, PercentilesAreThoseOfTheDistribution) {
  TensorStatistics values = collect(makeLaplace(1000000));
  RealInterval range = estimate(values, RangeMethod::Percentile99_99);
  EXPECT_NEAR(range.low, -8.5172, 0.02);
  EXPECT_NEAR(range.high, 8.5172, 0.02);
  range = estimate(values, RangeMethod::Percentile99_999);
  EXPECT_NEAR(range.low, -10.8198, 0.1);
  EXPECT_NEAR(range.high, 10.8198, 0.1);
}

TEST(RangeEstimatorTest, NothingIsCutWhereZeroIsTheEnd) {
  TensorStatistics values = collect(makeExponential(1000000));
  RealInterval range = estimate(values, RangeMethod::Percentile99_99);
  EXPECT_EQ(range.low, values.getHistogram().getMin());
  EXPECT_NEAR(range.high, 9.2103, 0.02);
}

TEST(RangeEstimatorTest, ZerosCountInPercentiles) {
  std::vector<float> values(19990, 0.0f);
  values.insert(values.end(), 9, 1.0f);
  values.push_back(100);
  RealInterval range = estimate(collect(values), RangeMethod::Percentile99_99);
  EXPECT_EQ(range.low, 0);
  EXPECT_NEAR(range.high, 1, 0.05);
}

TEST(RangeEstimatorTest, EntropyIsSciPys) {
  EXPECT_NEAR(estimate(laplace(), RangeMethod::Entropy).high, 9.903, 0.01);
  // From a grid of 16 bins.
  EXPECT_NEAR(estimate(heavy(), RangeMethod::Entropy).high, 23.125, 0.01);
  EXPECT_NEAR(estimate(skewed(), RangeMethod::Entropy).high, 6.90625, 0.01);
  EXPECT_NEAR(estimate(skewed(), RangeMethod::Entropy).low, -0.9903, 0.001);
  EXPECT_NEAR(estimate(exponential(), RangeMethod::Entropy).high, 10.597,
              0.001);
}

TEST(RangeEstimatorTest, EntropyNeedsBinsForItsLevels) {
  EXPECT_FALSE(estimateRange(laplace(), RangeMethod::Entropy,
                             QuantizedStorage::int16()));
  RangeChoice choice = chooseRange(laplace(), QuantizedStorage::int16(), {},
                                   RangeMethod::Entropy);
  EXPECT_EQ(choice.chosen.method, RangeMethod::MinMax);
}

TEST(RangeEstimatorTest, OctavConvergesToItsThreshold) {
  EXPECT_NEAR(estimate(laplace(), RangeMethod::OCTAV, int8Symmetric).high,
              9.4242, 0.01);
  EXPECT_NEAR(estimate(exponential(), RangeMethod::OCTAV).high, 10.3338, 0.01);
  EXPECT_NEAR(estimate(heavy(), RangeMethod::OCTAV, int8Symmetric).high, 93.332,
              0.1);
  EXPECT_NEAR(estimate(laplace(), RangeMethod::OCTAV, int4Symmetric).high,
              5.02964, 0.01);
  EXPECT_NEAR(estimate(heavy(), RangeMethod::OCTAV, int4Symmetric).high,
              32.8994, 0.1);
}

TEST(RangeEstimatorTest, MseFindsTheLeastError) {
  // Within half a percent of the best there is; the range itself may be
  // another, the error being flat.
  auto ratio = [](const TensorStatistics &statistics, double best,
                  const QuantizedStorage &storage = int8) {
    return errorOf(statistics, RangeMethod::MSE, storage) / best;
  };
  EXPECT_NEAR(ratio(laplace(), 0.00047796), 1, 0.01);
  EXPECT_NEAR(ratio(laplace(), 0.00048156, int8Symmetric), 1, 0.005);
  EXPECT_NEAR(ratio(exponential(), 0.00014028), 1, 0.005);
  EXPECT_NEAR(ratio(skewed(), 0.00014492), 1, 0.005);
  EXPECT_NEAR(ratio(heavy(), 0.036959), 1, 0.01);
  EXPECT_NEAR(ratio(laplace(), 0.0543346, int4Symmetric), 1, 0.005);
  EXPECT_NEAR(ratio(heavy(), 1.991575, int4Symmetric), 1, 0.005);
  EXPECT_NEAR(estimate(laplace(), RangeMethod::MSE, int4Symmetric).high, 4.818,
              0.05);
}

TEST(RangeEstimatorTest, LeastErrorIsChosenAmongAll) {
  RangeChoice choice = chooseRange(heavy(), int4Symmetric);
  EXPECT_EQ(choice.candidates.size(), std::size(allRangeMethods));
  for (const RangeCandidate &candidate : choice.candidates)
    EXPECT_LE(choice.chosen.meanSquaredError, candidate.meanSquaredError);
  EXPECT_EQ(choice.chosen.method, RangeMethod::MSE);
}

TEST(RangeEstimatorTest, MinMaxComesFirstAmongEquals) {
  // Every method finds that 0 and 1 need no more than 0 and 1.
  RangeChoice choice = chooseRange(collect({0, 1, 1, 0, 1}), int8);
  EXPECT_EQ(choice.chosen.method, RangeMethod::MinMax);
  EXPECT_NEAR(choice.chosen.meanSquaredError, 0, 1e-12);
}

TEST(RangeEstimatorTest, MethodCanBeForced) {
  RangeChoice choice =
      chooseRange(laplace(), int8, {}, RangeMethod::Percentile99_99);
  EXPECT_EQ(choice.chosen.method, RangeMethod::Percentile99_99);
  RealInterval range = estimate(laplace(), RangeMethod::Percentile99_99);
  EXPECT_LT(range.high, 9);
  EXPECT_EQ(choice.chosen.parameters.scale, getParameters(range, int8).scale);
  EXPECT_EQ(choice.candidates.size(), 2u);
}

TEST(RangeEstimatorTest, MeanOfSamplesExtremes) {
  TensorStatistics statistics;
  ASSERT_FALSE(statistics.add({-1, 4}));
  ASSERT_FALSE(statistics.add({-3, 2}));
  RealInterval range = estimate(statistics, RangeMethod::MeanMinMax);
  EXPECT_EQ(range.low, -2);
  EXPECT_EQ(range.high, 3);
}

TEST(RangeEstimatorTest, BoundsLimitEveryMethod) {
  RealInterval bounds{-0.375, 6.0};
  for (RangeMethod method : allRangeMethods) {
    std::optional<RealInterval> range =
        estimateRange(laplace(), method, int8, bounds);
    ASSERT_TRUE(range);
    EXPECT_GE(range->low, -0.375);
    EXPECT_LE(range->high, 6.0);
  }
}

TEST(RangeEstimatorTest, ConstantAndEmptyTensorsHaveParameters) {
  for (RangeMethod method : allRangeMethods) {
    RangeChoice choice = chooseRange(collect({2.5f, 2.5f}), int8, {}, method);
    const QuantizationParameters &p = choice.chosen.parameters;
    EXPECT_NEAR(p.dequantize(p.high), 2.5, 1e-6) << getName(method).str();
    EXPECT_EQ(p.zeroPoint, -128);
    choice = chooseRange(collect({0, 0}), int8, {}, method);
    EXPECT_EQ(choice.chosen.parameters.scale, 1);
    choice = chooseRange(TensorStatistics(), int8, {}, method);
    EXPECT_EQ(choice.chosen.parameters.scale, 1);
  }
}

TEST(RangeEstimatorTest, MethodsHaveNames) {
  for (RangeMethod method : allRangeMethods) {
    llvm::Expected<RangeMethod> parsed = parseRangeMethod(getName(method));
    ASSERT_TRUE(bool(parsed));
    EXPECT_EQ(*parsed, method);
  }
  EXPECT_EQ(llvm::toString(parseRangeMethod("max").takeError()),
            "there is no range method 'max'; there are min-max, "
            "mean-min-max, percentile-99.99, percentile-99.999, entropy, mse, "
            "octav");
}

TEST(RangeEstimatorTest, SharesArePartsOfTheMeanRangeWithinTheExtremes) {
  // Samples from -4 to 4 and from -8 to 8: -6 to 6 in the mean.
  TensorStatistics statistics = collect({-4, 1, 4});
  EXPECT_FALSE(statistics.add({-8, 1, 8}));
  RangeChoice choice = chooseRange(statistics, int8);
  size_t numMethods = choice.candidates.size();
  addShares(choice, statistics, int8, {-7, 6.5});
  ASSERT_GT(choice.candidates.size(), numMethods);
  for (const RangeCandidate &candidate :
       llvm::drop_begin(choice.candidates, numMethods)) {
    EXPECT_EQ(candidate.method, RangeMethod::MeanMinMax);
    RealInterval range = candidate.parameters.getRange();
    double step = candidate.parameters.scale;
    EXPECT_NEAR(range.low, std::max(-7.0, -6 * candidate.share), step);
    EXPECT_NEAR(range.high, std::min(6.5, 6 * candidate.share), step);
  }
  EXPECT_EQ(describe(choice.candidates[numMethods]), "60 % of mean-min-max");
  // Asked for by name, a method is what it gives itself.
  const RangeCandidate &whole =
      choice.candidates[choice.find(RangeMethod::MeanMinMax)];
  EXPECT_EQ(whole.share, 1);
  EXPECT_EQ(describe(whole), "mean-min-max");
}

} // namespace
