//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Runs models on the samples of a data set and scores what they return.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_EVALUATION_EVALUATOR_H
#define LATHE_EVALUATION_EVALUATOR_H

#include "lathe/Data/Dataset.h"
#include "lathe/Driver/Runner.h"
#include "lathe/Evaluation/Classification.h"
#include "lathe/Evaluation/DetectionDecoder.h"
#include "lathe/Evaluation/SampleSelection.h"
#include "lathe/Frontend/ONNX/ImportOptions.h"
#include "lathe/Support/Progress.h"

namespace lathe {

/// What to evaluate models on, and how.
struct EvaluationOptions {
  /// The path of the data set, and of a file with its labels if it is not where
  /// the data set has it (see DatasetOptions).
  std::string dataset, labels;
  std::optional<PreprocessingOptions> preprocessing;
  SampleSelection samples;
  /// How outputs become objects. Without it, models are classifiers.
  std::optional<DetectorOptions> detector;
  /// How each model is imported. An open first dimension becomes 1.
  ImportOptions import;
  /// Native or Reference.
  RunBackend backend = RunBackend::Native;
  CodeOptions code;
  ProgressStyle progress = ProgressStyle::Silent;
  /// How many models there are. One alone cannot be compared, and so needs
  /// labels.
  size_t numModels = 1;
};

/// What the first model made of each sample, to compare others with.
struct FirstResults {
  /// For classifiers; none where a score is NaN.
  std::vector<std::optional<int64_t>> classes;
  /// For detectors, those whose score MatchLimits asks for.
  std::vector<std::vector<Detection>> objects;
};

/// What a model scored.
struct ModelEvaluation {
  std::string path;
  /// The stem of the file's name.
  std::string name;
  int64_t numSamples = 0;
  /// What is to be said about the data, a sentence each.
  std::vector<std::string> warnings;

  /// For classifiers, with labels.
  std::optional<ClassificationMetrics> classification;
  /// Whether scores are real numbers, so that they have a loss: integers whose
  /// scale is not known do not.
  bool hasRealScores = true;
  /// Samples that the first model puts into the same class; for classifiers.
  std::optional<int64_t> numAgreeing;

  /// For detectors, with boxes.
  std::optional<DetectionMetrics> detection;
  /// What this model finds of what the first one does; for detectors.
  std::optional<MatchCount> matches;

  /// The mean of all runs but the first, whose caches are cold.
  double secondsPerRun = 0;
  int64_t fileBytes = 0;
  /// Of the compiled model, 0 with the reference evaluator.
  int64_t codeBytes = 0, weightsBytes = 0, ramBytes = 0;
};

/// Evaluates models one after another, and compares each with the first.
class Evaluator {
public:
  explicit Evaluator(EvaluationOptions options) : options(std::move(options)) {
    this->options.import.isBatchOfOne = true;
  }

  /// Runs the model in the file at `path` on the samples. `context` has Lathe's
  /// dialects, gets the diagnostics, and may be dropped afterwards. Fails if
  /// the model, the data and the options do not fit; a failure that was
  /// emitted is a DiagnosedError.
  llvm::Expected<ModelEvaluation> evaluate(llvm::StringRef path,
                                           mlir::MLIRContext &context);

private:
  EvaluationOptions options;
  /// None before the first model.
  std::optional<FirstResults> first;
};

} // namespace lathe

#endif // LATHE_EVALUATION_EVALUATOR_H
