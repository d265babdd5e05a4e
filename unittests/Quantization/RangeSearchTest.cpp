//===- RangeSearchTest.cpp - Ranges by the noise of outputs ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/RangeSearch.h"
#include "TestModel.h"
#include "gtest/gtest.h"

using namespace lathe;

namespace {

/// What is far from 0 does not show in the first output, and is all that counts
/// in the second.
constexpr llvm::StringLiteral outliers = R"(
  func.func @outliers(%x: tensor<2x32xf32> {lathe.name = "x"} loc("x"))
      -> (tensor<2x32xf32> {lathe.name = "limited"},
          tensor<2x32xf32> {lathe.name = "whole"}) {
    %0 = lathe.add %x, %x : (tensor<2x32xf32>, tensor<2x32xf32>)
        -> tensor<2x32xf32> loc("Add_0")
    %1 = lathe.clamp %0 {min = -1.0 : f64, max = 1.0 : f64}
        : (tensor<2x32xf32>) -> tensor<2x32xf32> loc("Clip_1")
    %2 = lathe.neg %x : (tensor<2x32xf32>) -> tensor<2x32xf32> loc("Neg_2")
    return %1, %2 : tensor<2x32xf32>, tensor<2x32xf32>
  })";

class RangeSearchTest : public testing::Test {
protected:
  RangeSearchTest() {
    TensorSamples tensors = makeSamples(4, {2, 32});
    for (auto [i, tensor] : llvm::enumerate(tensors.tensors)) {
      tensor.setDouble(7 * static_cast<int64_t>(i), 100);
      samples.emplace_back().set("x", tensor);
    }
    // The own errors say the contrary of what is right.
    RangeAlternatives &limited = alternatives.emplace_back();
    limited.values = {model.getValue("Add_0")};
    limited.candidates = {makeCandidate(RangeMethod::MinMax, 200, 1),
                          makeCandidate(RangeMethod::Entropy, 1, 2)};
    RangeAlternatives &whole = alternatives.emplace_back();
    whole.values = {model.getValue("Neg_2")};
    whole.candidates = {makeCandidate(RangeMethod::MinMax, 100, 2),
                        makeCandidate(RangeMethod::MeanMinMax, 100, 2),
                        makeCandidate(RangeMethod::Entropy, 1, 1)};
  }

  static RangeCandidate makeCandidate(RangeMethod method, double magnitude,
                                      double error) {
    return {method,
            getParameters({-magnitude, magnitude}, QuantizedStorage::int8()),
            error};
  }

  RangeSearchResult search(llvm::ArrayRef<RangeAlternatives> given) {
    auto result = searchRanges(model.get(), given, samples, options);
    if (result)
      return std::move(*result);
    ADD_FAILURE() << llvm::toString(result.takeError());
    return {};
  }

  TestModel model{outliers};
  std::vector<NamedTensors> samples;
  std::vector<RangeAlternatives> alternatives;
  RangeSearchOptions options;
};

TEST_F(RangeSearchTest, EachValueGetsTheRangeThatItsOutputNeeds) {
  RangeSearchResult found = search(alternatives);
  ASSERT_EQ(found.ranges.size(), 2u);
  EXPECT_EQ(found.ranges[0].candidate, 1u);
  // The second is the same range.
  EXPECT_EQ(found.ranges[1].candidate, 0u);

  // No method is right for both.
  for (RangeMethod method : {RangeMethod::MinMax, RangeMethod::Entropy}) {
    auto single = alternatives;
    for (RangeAlternatives &alternative : single)
      llvm::erase_if(alternative.candidates, [&](const auto &candidate) {
        return candidate.method != method;
      });
    EXPECT_LT(search(single).decibels, found.decibels - 10);
  }
}

TEST_F(RangeSearchTest, NoiseOfOneIsMeasuredWithTheOthersInFloat) {
  RangeSearchResult both = search(alternatives);
  for (size_t i = 0; i < 2; ++i) {
    RangeSearchResult one = search(alternatives[i]);
    EXPECT_DOUBLE_EQ(one.ranges[0].getDecibels(), both.ranges[i].getDecibels());
    EXPECT_NEAR(one.decibels, one.ranges[0].getDecibels(), 1e-9);
    EXPECT_GT(one.decibels, both.decibels);
  }
}

TEST_F(RangeSearchTest, ValuesOfOneAlternativeAreRoundedTogether) {
  alternatives[0].values.push_back(model.getValue("Neg_2"));
  alternatives.pop_back();
  // The mean of both outputs: 200 rounds the one, 1 cuts off the other.
  RangeSearchResult together = search(alternatives);
  alternatives[0].values.pop_back();
  RangeSearchResult alone = search(alternatives);
  EXPECT_LT(together.ranges[0].getDecibels(),
            alone.ranges[0].getDecibels() - 10);
}

TEST_F(RangeSearchTest, NothingIsFoundIfGivenUp) {
  int asked = 0;
  options.shouldStop = [&] { return ++asked > 1; };
  EXPECT_TRUE(search(alternatives).ranges.empty());
  EXPECT_LE(asked, 3);
}

TEST_F(RangeSearchTest, FewRunsAreEnoughForARoughChoice) {
  int64_t done = 0, total = 0;
  options.progress = [&](int64_t now, int64_t all) {
    EXPECT_GE(now, done);
    done = now;
    total = all;
  };
  options.mostRuns = 1;
  RangeSearchResult found = search(alternatives);
  EXPECT_EQ(found.ranges[0].candidate, 1u);
  EXPECT_EQ(found.ranges[1].candidate, 0u);
  EXPECT_GT(total, 0);
  EXPECT_EQ(done, total);
}

} // namespace
