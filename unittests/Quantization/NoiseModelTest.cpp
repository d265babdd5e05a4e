//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/NoiseModel.h"
#include "gtest/gtest.h"
#include <random>

using namespace lathe;

namespace {

/// 1 q0 + 2 q1 + 4 q2 + 3 q0 q2 - 5 q0 q1 q2 of four layers.
double compute(const llvm::SmallBitVector &q) {
  return q[0] + 2.0 * q[1] + 4.0 * q[2] + 3.0 * (q[0] && q[2]) -
         5.0 * (q[0] && q[1] && q[2]);
}

/// `count` of the 16 sets, each once, in an order that is the same each time.
std::vector<NoiseSample> makeSamples(unsigned first, unsigned count) {
  std::vector<unsigned> masks(16);
  std::iota(masks.begin(), masks.end(), 0);
  std::mt19937 random(1);
  for (unsigned i = 15; i > 0; --i)
    std::swap(masks[i], masks[random() % (i + 1)]);
  std::vector<NoiseSample> samples;
  for (unsigned i = first; i < first + count; ++i) {
    llvm::SmallBitVector quantized(4);
    for (unsigned bit = 0; bit < 4; ++bit)
      quantized[bit] = masks[i] >> bit & 1;
    samples.push_back({quantized, compute(quantized)});
  }
  return samples;
}

TEST(NoiseModelTest, PolynomialOfItsDegreeIsFound) {
  auto model = NoiseModel::fit(makeSamples(0, 16), 3);
  ASSERT_TRUE(model);
  EXPECT_EQ(model->getTerms().size(), 4u + 6 + 4);
  for (const NoiseModel::Term &term : model->getTerms()) {
    double expected = 0;
    if (term.layers.size() == 1 && term.layers[0] < 3)
      expected = 1 << term.layers[0];
    if (term.layers == llvm::SmallVector<unsigned, 3>{0, 2})
      expected = 3;
    if (term.layers == llvm::SmallVector<unsigned, 3>{0, 1, 2})
      expected = -5;
    EXPECT_NEAR(term.coefficient, expected, 1e-2);
  }
}

TEST(NoiseModelTest, HigherDegreesExplainMore) {
  std::vector<NoiseSample> all = makeSamples(0, 16);
  double before = -1;
  for (unsigned degree : {1, 2, 3}) {
    auto r2 = NoiseModel::fit(all, degree)->computeR2(all);
    ASSERT_TRUE(r2);
    EXPECT_GT(*r2, before);
    before = *r2;
  }
  EXPECT_NEAR(before, 1, 1e-3);
}

TEST(NoiseModelTest, FewerSamplesThanTermsStillExplainOthers) {
  // 14 terms; what the mean of all sets alone would say has R^2 of 0.
  auto model = NoiseModel::fit(makeSamples(0, 11), 3);
  ASSERT_TRUE(model);
  EXPECT_GT(*model->computeR2(makeSamples(11, 5)), 0.3);
}

TEST(NoiseModelTest, NothingQuantizedIsNoNoise) {
  auto model = NoiseModel::fit(makeSamples(0, 16), 2);
  EXPECT_EQ(model->predict(llvm::SmallBitVector(4)), 0);
  EXPECT_FALSE(NoiseModel::fit({}, 1));
  std::vector<NoiseSample> one = makeSamples(3, 1);
  EXPECT_FALSE(model->computeR2(one));
}

} // namespace
