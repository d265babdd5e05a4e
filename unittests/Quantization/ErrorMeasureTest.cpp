//===- ErrorMeasureTest.cpp - How far a model moved -----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What is expected was computed by NumPy 2 and SciPy 1.17 (softmax, entropy).
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/ErrorMeasure.h"
#include "gtest/gtest.h"
#include <cmath>
#include <limits>

using namespace lathe;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

HostTensor floats(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<float> values) {
  return HostTensor::get<float>(shape, values);
}

const HostTensor original = floats({2, 4}, {1, 2, 3, -1, 0.5, 0, 0, 4});
const HostTensor actual = floats({2, 4}, {1.5, 2, 2.25, -1, 0.5, 0.25, 0, 3.5});

TEST(NoiseMeasureTest, DecibelsAreNumPys) {
  EXPECT_NEAR(computeSQNR(actual, original), 14.436974992327126, 1e-9);
}

TEST(NoiseMeasureTest, TensorsOfAStreamAreOneSignal) {
  NoiseMeasure measure;
  measure.add(floats({4}, {1.5, 2, 2.25, -1}), floats({4}, {1, 2, 3, -1}));
  measure.add(floats({4}, {0.5, 0.25, 0, 3.5}), floats({4}, {0.5, 0, 0, 4}));
  EXPECT_NEAR(measure.getDecibels(), 14.436974992327126, 1e-9);
}

TEST(NoiseMeasureTest, OtherKindsAreCompared) {
  EXPECT_NEAR(computeSQNR(actual.convertTo(ElementKind::F64), original),
              14.436974992327126, 1e-9);
  EXPECT_EQ(computeSQNR(HostTensor::get<int8_t>({2}, {3, 4}),
                        HostTensor::get<int8_t>({2}, {3, 4})),
            infinity);
}

TEST(NoiseMeasureTest, ExtremesAreDefined) {
  EXPECT_EQ(computeSQNR(original, original), infinity);
  EXPECT_EQ(computeSQNR(floats({1}, {1}), floats({1}, {0})), -infinity);
  EXPECT_EQ(computeSQNR(floats({2}, {NAN, 1}), floats({2}, {1, 1})), -infinity);
  EXPECT_EQ(computeSQNR(floats({2}, {INFINITY, 1}), floats({2}, {1, 1})),
            -infinity);
}

TEST(DivergenceMeasureTest, LogitsGoThroughSoftmax) {
  DivergenceMeasure measure;
  measure.add(actual, original, /*areLogits=*/true);
  EXPECT_EQ(measure.getNumRows(), 2);
  EXPECT_NEAR(measure.getMeanDivergence(), 0.05958854996278375, 1e-9);
  EXPECT_EQ(measure.getAgreement(), 1);
}

TEST(DivergenceMeasureTest, ProbabilitiesAreNormalized) {
  DivergenceMeasure measure;
  measure.add(floats({4}, {1, 1, 1, 1}), floats({4}, {0.7f, 0.2f, 0.1f, 0}),
              /*areLogits=*/false);
  EXPECT_NEAR(measure.getMeanDivergence(), 0.5844758085765535, 1e-6);
}

TEST(DivergenceMeasureTest, AgreementCountsTheLikeliestClass) {
  DivergenceMeasure measure;
  EXPECT_EQ(measure.getAgreement(), 1);
  measure.add(floats({2, 2}, {2, 1, 1, 2}), floats({2, 2}, {2, 1, 2, 1}),
              /*areLogits=*/true);
  EXPECT_EQ(measure.getAgreement(), 0.5);
}

TEST(DivergenceMeasureTest, ImpossibleClassesGiveNumbers) {
  DivergenceMeasure measure;
  measure.add(floats({1, 2}, {0, 1}), floats({1, 2}, {0.5, 0.5}),
              /*areLogits=*/false);
  EXPECT_NEAR(measure.getMeanDivergence(), 0.5 * std::log(0.5) * 2 + 50, 1e-9);
  // A row that says nothing is an even distribution.
  DivergenceMeasure silent;
  silent.add(floats({1, 2}, {0, 0}), floats({1, 2}, {0.5, 0.5}),
             /*areLogits=*/false);
  EXPECT_NEAR(silent.getMeanDivergence(), 0, 1e-12);
  DivergenceMeasure undefined;
  undefined.add(floats({1, 2}, {NAN, 0}), floats({1, 2}, {0.5, 0.5}),
                /*areLogits=*/true);
  EXPECT_TRUE(std::isnan(undefined.getMeanDivergence()));
}

/// Names an output each: "0", "1" and so on.
NamedTensors makeOutputs(llvm::ArrayRef<HostTensor> tensors) {
  NamedTensors outputs;
  for (auto [i, tensor] : llvm::enumerate(tensors))
    outputs.set(std::to_string(i), tensor);
  return outputs;
}

TEST(OutputNoiseTest, EachOutputCountsAlikeAndAnExactOneIsLimited) {
  HostTensor small = HostTensor::get<float>({1}, {0.1f}),
             smallOff = HostTensor::get<float>({1}, {0.11f}),
             large = HostTensor::get<float>({2}, {1000, 0}),
             largeOff = HostTensor::get<float>({2}, {1000, 10});
  OutputNoise noise;
  noise.add(makeOutputs({smallOff, largeOff, large}),
            makeOutputs({small, large, large}));
  // 20 dB, 40 dB and no noise.
  EXPECT_NEAR(noise.getDecibels(), (20 + 40 + 150) / 3.0, 1e-4);
  auto shares = noise.getShares();
  ASSERT_EQ(shares.size(), 3u);
  EXPECT_NEAR(shares[0], 1e-2, 1e-6);
  EXPECT_NEAR(shares[1], 1e-4, 1e-9);
  EXPECT_NEAR(shares[2], 1e-15, 1e-20);
}

TEST(OutputNoiseTest, PartsOfAnOutputCountAlike) {
  // 100 and 101 make 40 dB, 1 and 2 none.
  NamedTensors before, after;
  before.set("y", floats({4}, {100, 1, 100, 1}));
  after.set("y", floats({4}, {101, 2, 101, 2}));
  OutputNoise whole;
  whole.add(after, before);
  EXPECT_NEAR(whole.getDecibels(), 36.99, 0.01);
  const TensorParts parts[] = {{2, {{0, 1}, {1, 0}, {2, 1}, {3, 0}}}};
  OutputNoise divided(parts);
  divided.add(after, before);
  EXPECT_NEAR(divided.getDecibels(), 20, 1e-9);
  llvm::SmallVector<double, 1> shares = divided.getShares();
  ASSERT_EQ(shares.size(), 2u);
  EXPECT_NEAR(shares[0], 1, 1e-9);
  EXPECT_NEAR(shares[1], 1e-4, 1e-12);
  EXPECT_NEAR(getMeanDecibels(shares), 20, 1e-9);
}

TEST(OutputNoiseTest, SamplesCountAlike) {
  NamedTensors loud, loudAfter, quiet, quietAfter;
  loud.set("y", floats({2}, {100, 100}));
  loudAfter.set("y", floats({2}, {200, 200}));
  quiet.set("y", floats({2}, {1, 1}));
  quietAfter.set("y", floats({2}, {1.01f, 0.99f}));
  OutputNoise noise;
  noise.add(loudAfter, loud);
  noise.add(quietAfter, quiet);
  // 0 and 40 dB; as one signal the first would be all.
  EXPECT_NEAR(noise.getDecibels(), 20, 1e-3);
  EXPECT_EQ(noise.getShares().size(), 2u);
}

TEST(OutputNoiseTest, OutputOfOtherExtentsCountsAsZeros) {
  OutputNoise noise;
  noise.add(makeOutputs({HostTensor::get<float>({1}, {3})}),
            makeOutputs({HostTensor::get<float>({2}, {3, 4})}));
  EXPECT_EQ(noise.getDecibels(), 0);
}

} // namespace
