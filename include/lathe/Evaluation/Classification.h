//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// How well a model tells classes apart.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_EVALUATION_CLASSIFICATION_H
#define LATHE_EVALUATION_CLASSIFICATION_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace lathe {

/// What a class scored among the samples, each figure 0 where it divides by 0.
struct ClassScores {
  int64_t classIndex = 0;
  int64_t numSamples = 0;     ///< that have this label
  int64_t numPredictions = 0; ///< of this class
  int64_t numCorrect = 0;

  double getPrecision() const;
  double getRecall() const;
  double getF1() const;
};

/// Counts how a model classifies samples.
class ClassificationMetrics {
public:
  explicit ClassificationMetrics(int64_t numClasses) : numClasses(numClasses) {}

  /// The class with the largest of `scores`, the first of equal ones; none if a
  /// score is NaN.
  static std::optional<int64_t> predict(llvm::ArrayRef<double> scores);

  /// Counts a sample: `scores` has one for each class, larger ones being more
  /// likely, and `label` is one of the classes.
  void add(llvm::ArrayRef<double> scores, int64_t label);

  int64_t getNumClasses() const { return numClasses; }
  int64_t getNumSamples() const { return numSamples; }
  /// Samples with a score that is NaN; their class is taken for wrong.
  int64_t getNumInvalid() const { return numInvalid; }
  /// Samples whose label has the largest score.
  int64_t getNumTop1() const { return numTop1; }
  /// Samples whose label has one of the five largest scores; of equal scores,
  /// those of lower classes count as larger.
  int64_t getNumTop5() const { return numTop5; }

  /// The classes that occur as a label or as a prediction, in order.
  std::vector<ClassScores> getClasses() const;

  /// Means over `getClasses`, all classes having the same weight.
  double getMacroPrecision() const;
  double getMacroRecall() const;
  double getMacroF1() const;

  /// The mean cross entropy in nats. The scores are taken for probabilities if
  /// those of each sample are between 0 and 1 and add up to 1 within 5 %
  /// (quantized ones are rounded), else for logits. Probabilities below 1e-7
  /// count as that. None if there are no samples, or if a score is not finite.
  std::optional<double> getLoss() const;

  /// How often samples with label `first` were predicted to be `second`.
  const std::map<std::pair<int64_t, int64_t>, int64_t> &getConfusion() const {
    return confusion;
  }

private:
  void addLoss(llvm::ArrayRef<double> scores, int64_t label);

  int64_t numClasses;
  int64_t numSamples = 0, numInvalid = 0, numTop1 = 0, numTop5 = 0;
  /// Of a thousand classes few pairs occur.
  std::map<std::pair<int64_t, int64_t>, int64_t> confusion;
  /// Whether all scores so far can be probabilities, and the sums of losses if
  /// they are, and if they are logits.
  bool areProbabilities = true, areFinite = true;
  double lossOfProbabilities = 0, lossOfLogits = 0;
};

} // namespace lathe

#endif // LATHE_EVALUATION_CLASSIFICATION_H
