//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Evaluation/Classification.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cmath>

using namespace lathe;
using llvm::ArrayRef;

static double divide(double a, double b) { return b == 0 ? 0 : a / b; }

double ClassScores::getPrecision() const {
  return divide(double(numCorrect), double(numPredictions));
}

double ClassScores::getRecall() const {
  return divide(double(numCorrect), double(numSamples));
}

double ClassScores::getF1() const {
  return divide(2 * double(numCorrect), double(numSamples + numPredictions));
}

std::optional<int64_t> ClassificationMetrics::predict(ArrayRef<double> scores) {
  if (scores.empty() ||
      llvm::any_of(scores, [](double score) { return std::isnan(score); }))
    return std::nullopt;
  return llvm::max_element(scores) - scores.begin();
}

void ClassificationMetrics::add(ArrayRef<double> scores, int64_t label) {
  ++numSamples;
  addLoss(scores, label);
  std::optional<int64_t> prediction = predict(scores);
  if (!prediction) {
    ++numInvalid;
    // No class: the label is missed, and no other is predicted.
    ++confusion[{label, -1}];
    return;
  }
  ++confusion[{label, *prediction}];
  int64_t rank = 0;
  for (auto [i, score] : llvm::enumerate(scores))
    if (score > scores[label] || (score == scores[label] && int64_t(i) < label))
      ++rank;
  numTop1 += rank < 1;
  numTop5 += rank < 5;
}

void ClassificationMetrics::addLoss(ArrayRef<double> scores, int64_t label) {
  constexpr double tolerance = 0.05;
  constexpr double leastProbability = 1e-7;
  double sum = 0, largest = -INFINITY;
  for (double score : scores) {
    areFinite &= std::isfinite(score);
    areProbabilities &= score >= 0 && score <= 1 + tolerance;
    sum += score;
    largest = std::max(largest, score);
  }
  areProbabilities &= std::fabs(sum - 1) <= tolerance;
  if (!areFinite)
    return;
  lossOfProbabilities -= std::log(std::max(scores[label], leastProbability));
  double sumOfExponentials = 0;
  for (double score : scores)
    sumOfExponentials += std::exp(score - largest);
  lossOfLogits += std::log(sumOfExponentials) - (scores[label] - largest);
}

std::optional<double> ClassificationMetrics::getLoss() const {
  if (numSamples == 0 || !areFinite)
    return std::nullopt;
  return (areProbabilities ? lossOfProbabilities : lossOfLogits) /
         double(numSamples);
}

std::vector<ClassScores> ClassificationMetrics::getClasses() const {
  std::map<int64_t, ClassScores> classes;
  for (const auto &[pair, count] : confusion) {
    const auto [label, prediction] = pair;
    classes[label].numSamples += count;
    if (prediction < 0)
      continue;
    classes[prediction].numPredictions += count;
    if (label == prediction)
      classes[label].numCorrect += count;
  }
  std::vector<ClassScores> result;
  for (auto &[index, scores] : classes) {
    scores.classIndex = index;
    result.push_back(scores);
  }
  return result;
}

/// The mean of a figure of each class.
static double average(const std::vector<ClassScores> &classes,
                      double (ClassScores::*figure)() const) {
  double sum = 0;
  for (const ClassScores &scores : classes)
    sum += (scores.*figure)();
  return divide(sum, double(classes.size()));
}

double ClassificationMetrics::getMacroPrecision() const {
  return average(getClasses(), &ClassScores::getPrecision);
}

double ClassificationMetrics::getMacroRecall() const {
  return average(getClasses(), &ClassScores::getRecall);
}

double ClassificationMetrics::getMacroF1() const {
  return average(getClasses(), &ClassScores::getF1);
}
