//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Evaluation/Classification.h"
#include "PseudoRandom.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace lathe;

namespace {

/// 40 samples of 7 classes. What is expected of them was computed by
/// scikit-learn 1.9 (precision_recall_fscore_support with average="macro" and
/// zero_division=0), and by SciPy's log_softmax.
ClassificationMetrics evaluatePseudoRandom() {
  constexpr int64_t numClasses = 7;
  PseudoRandom random(1);
  ClassificationMetrics metrics(numClasses);
  for (int sample = 0; sample < 40; ++sample) {
    double scores[numClasses];
    for (double &score : scores)
      score = double(random.below(64)) / 8 - 4;
    const int64_t label = random.below(numClasses - 1);
    if (sample % 3 != 0)
      scores[label] += 3;
    metrics.add(scores, label);
  }
  return metrics;
}

TEST(ClassificationTest, CountsAreThoseOfScikitLearn) {
  ClassificationMetrics metrics = evaluatePseudoRandom();
  EXPECT_EQ(metrics.getNumSamples(), 40);
  EXPECT_EQ(metrics.getNumTop1(), 14);
  EXPECT_EQ(metrics.getNumTop5(), 36);
  // Class 6 is no label, but it is predicted.
  EXPECT_EQ(metrics.getClasses().size(), 7u);
  EXPECT_EQ(metrics.getConfusion().at({3, 1}), 4);
  EXPECT_EQ(metrics.getConfusion().count({3, 2}), 0u);
}

TEST(ClassificationTest, MacroFiguresAreThoseOfScikitLearn) {
  ClassificationMetrics metrics = evaluatePseudoRandom();
  EXPECT_NEAR(metrics.getMacroPrecision(), 0.3761904761904762, 1e-12);
  EXPECT_NEAR(metrics.getMacroRecall(), 0.3174603174603175, 1e-12);
  EXPECT_NEAR(metrics.getMacroF1(), 0.3217032967032967, 1e-12);
}

TEST(ClassificationTest, LossOfLogitsIsThatOfSciPy) {
  EXPECT_NEAR(*evaluatePseudoRandom().getLoss(), 2.3424955154441527, 1e-12);
}

TEST(ClassificationTest, LossOfProbabilitiesTakesNoSoftmax) {
  ClassificationMetrics metrics(3);
  metrics.add({0.5, 0.25, 0.25}, 0);
  metrics.add({0.0, 0.0, 1.0}, 1);
  // ln 2, and the bound 1e-7 in place of 0.
  EXPECT_NEAR(*metrics.getLoss(), (std::log(2) + std::log(1e7)) / 2, 1e-12);
}

TEST(ClassificationTest, OneSampleOfLogitsMakesAllScoresLogits) {
  ClassificationMetrics metrics(2);
  metrics.add({0.5, 0.5}, 0);
  metrics.add({3, 3}, 0);
  EXPECT_NEAR(*metrics.getLoss(), std::log(2), 1e-12);
}

TEST(ClassificationTest, EqualScoresGoToTheFirstClass) {
  ClassificationMetrics metrics(7);
  double equal[7] = {1, 1, 1, 1, 1, 1, 1};
  EXPECT_EQ(ClassificationMetrics::predict(equal), 0);
  for (int64_t label : {0, 1, 4, 5})
    metrics.add(equal, label);
  EXPECT_EQ(metrics.getNumTop1(), 1);
  EXPECT_EQ(metrics.getNumTop5(), 3);
}

TEST(ClassificationTest, NaNIsWrongAndHasNoLoss) {
  ClassificationMetrics metrics(2);
  metrics.add({NAN, 0}, 0);
  metrics.add({0, 1}, 1);
  EXPECT_EQ(metrics.getNumInvalid(), 1);
  EXPECT_EQ(metrics.getNumTop1(), 1);
  EXPECT_EQ(metrics.getLoss(), std::nullopt);
  EXPECT_EQ(metrics.getMacroRecall(), 0.5);
}

} // namespace
