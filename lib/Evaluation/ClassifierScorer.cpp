//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Scorer.h"
#include "llvm/ADT/STLExtras.h"

using namespace lathe;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;
using llvm::Twine;

namespace {

class ClassifierScorer : public Scorer {
public:
  /// `numNames` is how many classes the data set names, 0 if it names none.
  ClassifierScorer(RealOutput scores, int64_t numClasses, int64_t numNames)
      : scores(std::move(scores)), metrics(numClasses), numNames(numNames) {}

  Error add(const Sample &sample, const NamedTensors &outputs, size_t index,
            bool isFirst, FirstResults &first) override {
    llvm::ArrayRef<double> values = scores.read(outputs);
    std::optional<int64_t> prediction = ClassificationMetrics::predict(values);
    if (isFirst)
      first.classes.push_back(prediction);
    else
      numAgreeing += prediction && prediction == first.classes[index];
    if (!sample.label)
      return Error::success();
    if (*sample.label < 0 || *sample.label >= metrics.getNumClasses())
      return createStringError(sample.name + ": has class " +
                               Twine(*sample.label) +
                               ", but the model's output '" + scores.getName() +
                               "' has scores for classes 0 to " +
                               Twine(metrics.getNumClasses() - 1) +
                               "; mend the labels, or choose another model");
    metrics.add(values, *sample.label);
    return Error::success();
  }

  void finish(bool isFirst, ModelEvaluation &result) override {
    if (metrics.getNumSamples() != 0)
      result.classification = metrics;
    result.hasRealScores = scores.isReal();
    if (!isFirst)
      result.numAgreeing = numAgreeing;
    if (numNames != 0 && numNames < metrics.getNumClasses())
      result.warnings.push_back("the data name " + std::to_string(numNames) +
                                " classes, and the model scores " +
                                std::to_string(metrics.getNumClasses()));
    if (int64_t count = metrics.getNumInvalid())
      result.warnings.push_back("for " + std::to_string(count) +
                                " samples a score is NaN");
  }

private:
  RealOutput scores;
  ClassificationMetrics metrics;
  int64_t numNames;
  int64_t numAgreeing = 0;
};

} // namespace

/// Whether all elements lie along one dimension.
static bool isVector(const HostTensor &tensor) {
  return tensor.getRank() != 0 &&
         *llvm::max_element(tensor.getShape()) == tensor.getNumElements();
}

/// The only output with more than one element.
static Expected<const NamedTensors::Entry *>
findScores(const ScoredModel &model) {
  llvm::SmallVector<const NamedTensors::Entry *> candidates;
  for (const NamedTensors::Entry &entry : model.outputs)
    if (entry.second.getNumElements() > 1)
      candidates.push_back(&entry);
  if (candidates.empty())
    return createStringError(
        model.path + ": no output has a score for each class; name a tensor "
                     "that has them with --outputs=NAME");
  if (candidates.size() > 1)
    return createStringError(model.path +
                             ": which output has the scores? "
                             "Name one of " +
                             listNames(model.outputs) + " with --outputs=NAME");
  const auto &[name, tensor] = *candidates.front();
  if (!isVector(tensor))
    return createStringError(
        model.path + ": output '" + name + "' of shape " +
        formatExtents(tensor.getShape()) +
        " is no score for each class; name another tensor with --outputs=NAME, "
        "or say how it becomes objects with --detector=FILE");
  return candidates.front();
}

Expected<std::unique_ptr<Scorer>>
lathe::createClassifierScorer(const EvaluationOptions &options,
                              const ScoredModel &model,
                              const Dataset &dataset) {
  if (dataset.hasBoxes())
    return createStringError(options.dataset +
                             ": has boxes and no classes; say how the model's "
                             "output becomes objects with --detector=FILE");
  if (!dataset.hasLabels() && options.numModels < 2)
    return createStringError(
        options.dataset + ": has no labels; give them with --labels=FILE or as "
                          "docs/datasets.md says, or name a second model to "
                          "compare with");
  Expected<const NamedTensors::Entry *> scores = findScores(model);
  if (!scores)
    return scores.takeError();
  const auto &[name, tensor] = **scores;
  const auto numNames = int64_t(dataset.getClassNames().size());
  if (numNames > tensor.getNumElements())
    return createStringError(
        options.dataset + ": has " + Twine(numNames) +
        " classes, but output '" + name + "' of " + model.path + " has " +
        Twine(tensor.getNumElements()) +
        " scores; choose the data that the model was trained for");
  return std::make_unique<ClassifierScorer>(
      RealOutput(name, tensor, model.quantizations), tensor.getNumElements(),
      numNames);
}
